// SPDX-License-Identifier: MIT
// What became of a funnel that was built: its bars, how it did in all, and by platform.
import type { components } from '@/api/schema.gen';
import { NothingHere } from '@/analytics/empty';
import { KpiCard, KpiGrid } from '@/analytics/kpi';
import { typeName } from '@/analytics/event-kind';
import { platformName } from '@/filters/platforms';
import { count, duration, exactCount, rate } from '@/format/number';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Table } from '@/ui/table';
import { FunnelBars } from './bars';
import { ANY } from './steps';

export type Funnel = components['schemas']['Funnel'];
type Step = Funnel['steps'][number];

export const stepText = (s: Pick<Step, 'type' | 'name'>): string => (s.name === ANY ? `any ${typeName(s.type)}` : s.name);

function StepTitle({ step }: { step: Step }) {
	if (step.name === ANY) return <>{stepText(step)}</>;
	return (
		<>
			<span className="font-mono">{step.name}</span> <span className="text-small text-secondary">{typeName(step.type)}</span>
		</>
	);
}

export function Explicit({ data, onOpen }: { data: Funnel; onOpen: (level: number) => void }) {
	const { steps, scope } = data;
	const entered = steps[0]?.units ?? 0;
	if (entered === 0) return <NothingHere things={`${scope}s that begin this funnel`} />;
	return (
		<div className="flex flex-col gap-6">
			<KpiGrid label="Key numbers">
				<KpiCard label="Entered" kpi={{ value: entered }} format={count} exact={exactCount} compared={false} note={`${scope}s`} />
				<KpiCard label="Completed" kpi={{ value: data.completed }} format={count} exact={exactCount} compared={false} note={`${scope}s`} />
				<KpiCard label="Conversion" kpi={{ value: data.conversion }} format={rate} compared={false} note="first to last step" />
				<KpiCard label="Median time" kpi={{ value: data.medianMsTotal }} format={duration} compared={false} note="first to last step" />
			</KpiGrid>
			<Card
				title="How far they get"
				actions={
					data.completed > 0 && (
						<Button size="small" onClick={() => onOpen(steps.length)}>
							Examples that completed
						</Button>
					)
				}
			>
				<FunnelBars
					unit={scope}
					onDrop={onOpen}
					bars={steps.map((s) => ({ key: String(s.index), title: <StepTitle step={s} />, text: stepText(s), units: s.units, fromStart: s.conversionFromStart, fromPrevious: s.conversionFromPrevious, dropOff: s.dropOff, medianMs: s.medianMsFromPrevious }))}
				/>
			</Card>
			<section aria-label="By platform" className="flex flex-col gap-3">
				<h2 className="text-section">By platform</h2>
				<Table
					label="Funnel by platform"
					rows={data.platforms}
					rowKey={(p) => p.platform}
					columns={[
						{ key: 'platform', title: 'Platform', className: 'whitespace-nowrap', cell: (p) => platformName(p.platform) },
						...steps.map((s, i) => ({ key: `step-${s.index}`, title: `${s.index}. ${stepText(s)}`, numeric: true, cell: (p: Funnel['platforms'][number]) => count(p.units[i] ?? 0) })),
						{ key: 'conversion', title: 'Conversion', numeric: true, cell: (p) => rate(p.conversion) },
					]}
				/>
			</section>
		</div>
	);
}
