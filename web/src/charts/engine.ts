// SPDX-License-Identifier: MIT
// The parts of ECharts that are used, in one chunk that is loaded when the first chart comes near. Canvas only: the policy of
// the page allows no style attribute in markup. Rings, heat maps, paths and funnels are drawn without it.
import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, TooltipComponent } from 'echarts/components';
import { init, use as register } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

register([BarChart, LineChart, GridComponent, TooltipComponent, CanvasRenderer]);
export { init };
