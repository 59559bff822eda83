// SPDX-License-Identifier: MIT
// The steps and conversions that units report by themselves, by their position; and how to report some, when there are none.
import type { components } from '@/api/schema.gen';
import { useEventNames } from '@/analytics/event-names';
import { useFilters } from '@/filters/filters';
import { count } from '@/format/number';
import { Badge } from '@/ui/badge';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Empty } from '@/ui/notice';
import { Snippet } from '@/ui/snippet';
import { FunnelBars } from './bars';

type AutoFunnel = components['schemas']['AutoFunnel'];
type Position = AutoFunnel['positions'][number];

const NAMES_SHOWN = 6;
const CODE = `yavio.step('rooms_found', { city });\nyavio.conversion('booking', { value: 120, currency: 'EUR' });`;

function Names({ names }: { names: Position['names'] }) {
	const more = names.length - NAMES_SHOWN;
	return (
		<ul className="mt-2 flex flex-wrap items-center gap-1.5">
			{names.slice(0, NAMES_SHOWN).map((n) => (
				<li key={`${n.type}:${n.name}`}>
					<Badge tone={n.type === 'conversion' ? 'success' : 'neutral'}>
						<span className="max-w-48 truncate font-mono">{n.name}</span> <span className="tabular ml-1.5 font-normal">{count(n.units)}</span>
					</Badge>
				</li>
			))}
			{more > 0 && <li className="text-small text-secondary">and {more} more</li>}
		</ul>
	);
}

function Nothing({ onBuild }: { onBuild: (words: readonly string[]) => void }) {
	const names = useEventNames(useFilters());
	const tools = names.of('tool_call').slice(0, 2).map((t) => `tool_call:${t.value}`);
	return (
		<Empty
			title="No steps or conversions in this period"
			action={
				<Button kind="primary" onClick={() => onBuild(tools)}>
					Build one from tools
				</Button>
			}
		>
			<p>Say in your tools where a session stands, and the funnel appears by itself.</p>
			<Snippet label="How to report steps and conversions" code={CODE} />
		</Empty>
	);
}

export function Automatic({ data, onBuild }: { data: AutoFunnel; onBuild: (words: readonly string[]) => void }) {
	if (data.positions.length === 0) return <Nothing onBuild={onBuild} />;
	return (
		<Card title={`Steps and conversions that ${data.scope}s report, in order`}>
			<FunnelBars
				unit={data.scope}
				bars={data.positions.map((p) => ({
					key: String(p.position),
					title: `${p.position === 1 ? 'One or more' : `${p.position} or more`}`,
					text: p.names.map((n) => n.name).join(', '),
					units: p.units,
					fromStart: p.conversionFromStart,
					fromPrevious: p.conversionFromPrevious,
					dropOff: p.dropOff,
					medianMs: p.medianMsFromPrevious,
					note: <Names names={p.names} />,
				}))}
			/>
		</Card>
	);
}
