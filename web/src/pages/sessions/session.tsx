// SPDX-License-Identifier: MIT
// One session: who, where, and what happened when, a lane a trace.
import { useParams } from '@tanstack/react-router';
import { ArrowDownToLine } from 'lucide-react';
import type { Answer } from '@/api/client';
import { Amounts } from '@/analytics/amounts';
import { EventDrawer } from '@/analytics/event-fields';
import { isFailure } from '@/analytics/event-kind';
import { EventTable, eventRowId } from '@/analytics/event-table';
import { Gone } from '@/analytics/gone';
import { Lanes, type Timed } from '@/analytics/lanes';
import { TraceLink, UserLink } from '@/analytics/links';
import { Status } from '@/analytics/status';
import { usePages } from '@/analytics/view';
import { useViewTarget } from '@/analytics/view-link';
import { When } from '@/analytics/when';
import { Page } from '@/app/page';
import { useFilters } from '@/filters/filters';
import { platformName } from '@/filters/platforms';
import { count, duration, exactCount, NONE } from '@/format/number';
import { exactMoment, moment } from '@/format/time';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { CopyButton } from '@/ui/copy';
import { type Fact, FactGrid } from '@/ui/facts';
import { LoadError } from '@/ui/notice';
import { Skeleton } from '@/ui/skeleton';
import { joinTraces } from './join-traces';

type Detail = Answer<'/api/analytics/{projectId}/sessions/{session}'>;
type Session = NonNullable<Detail['session']>;
type Trace = Detail['traces'][number];

function facts(s: Session, zone: string): Fact[] {
	const client = s.clientName && `${s.clientName} ${s.clientVersion ?? ''}`;
	return [
		['User', <UserLink key="user" id={s.userId} className="max-w-full" />],
		['Platform', platformName(s.platform)],
		['Client', client ?? NONE],
		['Country', s.countryCode ?? NONE],
		['Started', <When key="at" at={s.startedAt} zone={zone} />],
		['Duration', duration(s.durationMs)],
		['Events', exactCount(s.events)],
		['Tool calls', `${exactCount(s.toolCalls)}${s.toolCalls > 0 ? ` of ${count(s.tools)} ${s.tools === 1 ? 'tool' : 'tools'}` : ''}`],
		['Errors', <span key="errors" className={s.errors > 0 ? 'text-error' : undefined}>{exactCount(s.errors)}</span>],
		['Conversions', exactCount(s.conversions)],
		['Revenue', <Amounts key="revenue" amounts={s.revenue} />],
		['First interaction', duration(s.ttfiMs)],
	];
}

function TraceTitle({ trace, zone }: { trace: Trace; zone: string }) {
	return (
		<span className="flex flex-wrap items-center gap-x-3 gap-y-1">
			<span className={trace.tool === null ? 'text-small text-secondary' : 'font-mono text-small font-medium'}>{trace.tool ?? 'without a tool call'}</span>
			{trace.status !== null && <Status status={trace.status} />}
			{trace.latencyMs !== null && <span className="tabular text-small text-secondary">{duration(trace.latencyMs)}</span>}
			<span className="tabular ml-auto text-small text-secondary" title={exactMoment(trace.startedAt, zone)}>
				{moment(trace.startedAt, zone)}
			</span>
			{trace.traceId !== '' && <TraceLink id={trace.traceId} className="max-w-40 text-secondary" />}
		</span>
	);
}

/** To the row of an event, which gets the focus. */
function showRow(e: Timed): void {
	const row = document.getElementById(eventRowId(e.eventId));
	row?.scrollIntoView({ block: 'center' });
	row?.focus({ preventScroll: true });
}

function Happened({ traces, zone, more }: { traces: readonly Trace[]; zone: string; more: React.ReactNode }) {
	const { url } = useFilters();
	const events = traces.flatMap((t) => t.events);
	const open = events.find((e) => e.eventId === url.text('open'));
	const show = (e: Timed | undefined) => url.set({ open: e?.eventId }, { keepPage: true });
	const failed = events.filter(isFailure).sort((a, b) => a.offsetMs - b.offsetMs)[0];
	return (
		<>
			<Card
				title="Timeline"
				actions={
					failed && (
						<Button size="small" onClick={() => showRow(failed)}>
							<ArrowDownToLine aria-hidden className="size-3.5" /> Jump to the first error
						</Button>
					)
				}
			>
				<Lanes
					label={`${exactCount(events.length)} events of ${exactCount(traces.length)} traces, listed in the table below`}
					lanes={traces.map((t) => ({ key: t.traceId, title: <span className="font-mono">{t.tool ?? t.events[0]?.eventType.replaceAll('_', ' ')}</span>, events: t.events }))}
					onOpen={show}
				/>
			</Card>
			<EventTable
				label="Events"
				groups={traces.map((t) => ({ key: t.traceId, title: <TraceTitle trace={t} zone={zone} />, events: t.events }))}
				when={{ title: 'After', of: (e) => <span title={exactMoment(e.timestamp, zone)}>{duration(e.offsetMs)}</span> }}
				onOpen={show}
			/>
			{more}
			{open && <EventDrawer event={open} zone={zone} onClose={() => show(undefined)} />}
		</>
	);
}

export default function SessionPage() {
	const { id = '' }: Record<string, string | undefined> = useParams({ strict: false });
	const { timezone } = useFilters();
	const target = useViewTarget();
	const query = usePages('/api/analytics/{projectId}/sessions/{session}', { session: id });
	const session = query.data?.pages[0]?.session;
	const traces = joinTraces(query.data?.pages.flatMap((p) => p.traces) ?? []);
	return (
		<Page key={id} title={id} crumbs={[{ title: 'Sessions', ...target({ view: 'sessions' }) }]} actions={<CopyButton text={id} label="Copy id" size="normal" />}>
			{query.isError && !query.data && <LoadError what="the session" error={query.error} onRetry={() => void query.refetch()} />}
			{query.isPending && (
				<>
					<Skeleton className="h-44" />
					<Skeleton className="h-64" />
					<Skeleton className="h-96" />
				</>
			)}
			{session === null && <Gone what="session" view="sessions" list="All sessions" />}
			{session && (
				<>
					<FactGrid label="Session" rows={facts(session, timezone)} />
					<Happened
						traces={traces}
						zone={timezone}
						more={
							query.hasNextPage && (
								<Button className="self-center" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
									Load more events
								</Button>
							)
						}
					/>
				</>
			)}
		</Page>
	);
}
