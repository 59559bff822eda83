// SPDX-License-Identifier: MIT
// One trace: a tool call and all that belongs to it, on server and in the widget, on one axis of time.
import { useParams } from '@tanstack/react-router';
import { EventDrawer } from '@/analytics/event-fields';
import { EventTable } from '@/analytics/event-table';
import { Gone } from '@/analytics/gone';
import { Mark, Scale, spanOf, type Timed } from '@/analytics/lanes';
import { SessionLink, ToolLink, UserLink } from '@/analytics/links';
import { axisOf } from '@/analytics/time-axis';
import { useThing } from '@/analytics/view';
import { useViewTarget } from '@/analytics/view-link';
import { When } from '@/analytics/when';
import { Page } from '@/app/page';
import { useFilters } from '@/filters/filters';
import { platformName } from '@/filters/platforms';
import { duration, exactCount } from '@/format/number';
import { exactMoment } from '@/format/time';
import { CopyButton } from '@/ui/copy';
import { FactGrid } from '@/ui/facts';
import { LoadError } from '@/ui/notice';
import { Skeleton } from '@/ui/skeleton';

export default function TracePage() {
	const { id = '' }: Record<string, string | undefined> = useParams({ strict: false });
	const { url, timezone } = useFilters();
	const target = useViewTarget();
	const query = useThing('/api/analytics/{projectId}/traces/{trace}', { trace: id });
	const trace = query.data?.trace;
	const start = Date.parse(query.data?.events[0]?.timestamp ?? '');
	const events: Timed[] = (query.data?.events ?? []).map((e) => ({ ...e, offsetMs: Date.parse(e.timestamp) - start }));
	const axis = axisOf(events.map(spanOf));
	const open = events.find((e) => e.eventId === url.text('open'));
	const show = (e: Timed | undefined) => url.set({ open: e?.eventId }, { keepPage: true });
	const crumbs = [{ title: 'Sessions', ...target({ view: 'sessions' }) }, ...(trace ? [{ title: trace.sessionId, ...target({ view: 'sessions/$id', params: { id: trace.sessionId } }) }] : [])];
	return (
		<Page key={id} title={id} crumbs={crumbs} actions={<CopyButton text={id} label="Copy id" size="normal" />}>
			{query.isError && !query.data && <LoadError what="the trace" error={query.error} onRetry={() => void query.refetch()} />}
			{query.isPending && (
				<>
					<Skeleton className="h-28" />
					<Skeleton className="h-96" />
				</>
			)}
			{trace === null && <Gone what="trace" view="sessions" list="All sessions" />}
			{trace && (
				<>
					<FactGrid
						label="Trace"
						rows={[
							['Tool', <ToolLink key="tool" id={trace.tool} className="max-w-full" />],
							['User', <UserLink key="user" id={trace.userId} className="max-w-full" />],
							['Session', <SessionLink key="session" id={trace.sessionId} className="max-w-full" />],
							['Platform', platformName(trace.platform)],
							['Started', <When key="at" at={trace.startedAt} zone={timezone} />],
							['Duration', `${duration(Math.max(Date.parse(trace.endedAt) - Date.parse(trace.startedAt), ...events.map((e) => spanOf(e).to)))} · ${exactCount(events.length)} events`],
						]}
					/>
					<EventTable
						label="Events"
						groups={[{ key: id, events }]}
						when={{ title: 'After', of: (e) => <span title={exactMoment(e.timestamp, timezone)}>{duration(e.offsetMs)}</span> }}
						bar={{
							title: <Scale axis={axis} />,
							of: (e) => (
								<span aria-hidden className="relative block h-6">
									<Mark event={e} axis={axis} />
								</span>
							),
						}}
						onOpen={show}
					/>
					{open && <EventDrawer event={open} zone={timezone} onClose={() => show(undefined)} />}
				</>
			)}
		</Page>
	);
}
