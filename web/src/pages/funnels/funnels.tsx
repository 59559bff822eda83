// SPDX-License-Identifier: MIT
// How far sessions, users or traces get: through steps that one chooses, or through those that they report by themselves.
import { useState } from 'react';
import type { Answer } from '@/api/client';
import { ExportMenu } from '@/analytics/export-menu';
import { Loaded } from '@/analytics/panel';
import { useView } from '@/analytics/view';
import { Page } from '@/app/page';
import { FilterBar } from '@/filters/bar';
import { useFilters } from '@/filters/filters';
import { oneOf, useMendedUrl, useOwnWords, wholeNumber } from '@/filters/own-words';
import { RangeLine } from '@/filters/range-line';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Choice } from '@/ui/choice';
import { controlClass } from '@/ui/field';
import { Automatic } from './automatic';
import { Builder } from './builder';
import { Examples } from './examples';
import { Explicit } from './explicit';
import { readSteps, STEPS_MAX, suggestedSteps } from './steps';

export type AnyFunnel = Answer<'/api/analytics/{projectId}/funnels'>;
type Scope = AnyFunnel['scope'];

const SCOPES: Record<Scope, string> = { session: 'Sessions', user: 'Users', trace: 'Traces' };
const WINDOW_MAX = 2_592_000;
const DAY_S = 86_400;
const WINDOWS: readonly [number, string][] = [
	[900, '15 minutes'],
	[3600, '1 hour'],
	[3 * 3600, '3 hours'],
	[DAY_S, '1 day'],
	[7 * DAY_S, '7 days'],
	[30 * DAY_S, '30 days'],
];

function WindowChoice({ seconds, onChoose }: { seconds: number; onChoose: (seconds: number) => void }) {
	return (
		<label className="flex items-center gap-3 text-small">
			<span className="whitespace-nowrap text-secondary">All steps within</span>
			<select className={`${controlClass} w-auto`} value={seconds} onChange={(e) => onChoose(Number(e.target.value))}>
				{WINDOWS.map(([s, text]) => (
					<option key={s} value={s}>
						{text}
					</option>
				))}
				{!WINDOWS.some(([s]) => s === seconds) && <option value={seconds}>{seconds} seconds</option>}
			</select>
		</label>
	);
}

export default function FunnelsPage() {
	const filters = useFilters();
	const { url } = filters;
	const steps = readSteps(url.list('step'));
	useMendedUrl(steps.invalid ? { step: [] } : {});
	const own = useOwnWords({ scope: oneOf(Object.keys(SCOPES)), window: wholeNumber(1, WINDOW_MAX), open: wholeNumber(1, STEPS_MAX) });
	const [wanted, setWanted] = useState(false);
	const building = wanted || steps.words.length > 0;
	const words = { step: steps.words, scope: own.scope, ...(steps.words.length ? { window: own.window } : {}) };
	const query = useView('/api/analytics/{projectId}/funnels', filters, { extra: words });
	const scope = (own.scope ?? 'session') as Scope;
	const build = (from: readonly string[]) => {
		setWanted(true);
		if (from.length >= 2) url.set({ step: [...from] });
	};
	return (
		<Page title="Funnels" actions={<FilterBar actions={<ExportMenu tables={[{ table: 'funnel', title: 'Steps of the funnel', words }]} />} />}>
			<RangeLine />
			<div className="flex flex-wrap items-center gap-x-6 gap-y-3">
				<Choice label="Count" value={scope} options={(Object.keys(SCOPES) as Scope[]).map((s) => [s, SCOPES[s]])} onChoose={(s) => url.set({ scope: s === 'session' ? undefined : s, open: undefined })} />
				{building ? (
					<WindowChoice seconds={Number(own.window ?? DAY_S)} onChoose={(s) => url.set({ window: s === DAY_S ? undefined : String(s), open: undefined })} />
				) : (
					<Button kind="primary" onClick={() => build(query.data?.mode === 'auto' ? suggestedSteps(query.data.positions) : [])}>
						Build a funnel
					</Button>
				)}
			</div>
			{building && (
				<Builder
					words={steps.words}
					onSteps={(next) => url.set({ step: next, open: undefined })}
					onClose={() => {
						setWanted(false);
						url.set({ step: undefined, window: undefined, open: undefined });
					}}
				/>
			)}
			<Loaded what="the funnel" query={query} height="h-96">
				{(d) =>
					d.mode === 'explicit' ? (
						<Explicit data={d} onOpen={(level) => url.set({ open: String(level) })} />
					) : building ? (
						<Card title="Your funnel">
							<p className="text-secondary">It appears here once two steps have a name.</p>
						</Card>
					) : (
						<Automatic data={d} onBuild={build} />
					)
				}
			</Loaded>
			{query.data?.mode === 'explicit' && own.open && <Examples data={query.data} words={words} level={Number(own.open)} onClose={() => url.set({ open: undefined })} />}
		</Page>
	);
}
