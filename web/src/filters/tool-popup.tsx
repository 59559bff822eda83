// SPDX-License-Identifier: MIT
import { useView } from '@/analytics/view';
import { PickList } from '@/ui/pick-list';
import type { PopupProps } from '@/ui/popup';
import { useFilters } from './filters';

const MAX = 20;
/** Chooses tools, the most used first. */
export default function ToolPopup(popup: PopupProps) {
	const filters = useFilters();
	const tools = useView('/api/analytics/{projectId}/tools', filters, { extra: { pageSize: 100, unused: '1' }, accepts: { tool: false, platform: false }, enabled: popup.open });
	return <PickList {...popup} label="Tools" max={MAX} options={tools.data?.items.map((t) => ({ value: t.tool, label: t.tool }))} selected={filters.tools} onSelect={(values) => filters.url.set({ tool: values })} />;
}
