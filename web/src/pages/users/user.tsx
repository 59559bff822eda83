// SPDX-License-Identifier: MIT
// One user, over everything retained: who it is, and all that was done, newest first.
import { useParams } from '@tanstack/react-router';
import type { Answer } from '@/api/client';
import { Amounts } from '@/analytics/amounts';
import { type Event, EventDrawer } from '@/analytics/event-fields';
import { EVENT_TYPES, typeName } from '@/analytics/event-kind';
import { EventTable } from '@/analytics/event-table';
import { Gone } from '@/analytics/gone';
import { BY_ID, SessionLink } from '@/analytics/links';
import { usePages, useThing } from '@/analytics/view';
import { useViewTarget } from '@/analytics/view-link';
import { When } from '@/analytics/when';
import { Page } from '@/app/page';
import { useFilters } from '@/filters/filters';
import { oneOf, useOwnList } from '@/filters/own-words';
import { platformName } from '@/filters/platforms';
import { exactCount, NONE } from '@/format/number';
import { calendarDay, clockSeconds, exactMoment } from '@/format/time';
import { Button, buttonClass } from '@/ui/button';
import { Card } from '@/ui/card';
import { classes } from '@/ui/classes';
import { CopyButton } from '@/ui/copy';
import { type Fact, FactGrid, Facts } from '@/ui/facts';
import { Empty, LoadError } from '@/ui/notice';
import { PopupButton } from '@/ui/popup';
import { Skeleton } from '@/ui/skeleton';
import { byVisit } from './by-visit';

/** Ids that cannot stand in the path of the API: words of other routes, and what addresses take for themselves. */
const NO_SEGMENT = ['retention', 'active', BY_ID, '.', '..'];

type User = NonNullable<Answer<'/api/analytics/{projectId}/users/by-id'>['user']>;

function facts(u: User, zone: string): Fact[] {
	return [
		['First seen', <When key="first" at={u.firstSeen} zone={zone} />],
		['Last seen', <When key="last" at={u.lastSeen} zone={zone} />],
		['Sessions', exactCount(u.sessions)],
		['Events', exactCount(u.events)],
		['Tool calls', exactCount(u.toolCalls)],
		['Errors', <span key="errors" className={u.errors > 0 ? 'text-error' : undefined}>{exactCount(u.errors)}</span>],
		['Conversions', exactCount(u.conversions)],
		['Revenue', <Amounts key="revenue" amounts={u.revenue} />],
		['Country', u.countryCode ?? NONE],
		['Platforms', u.platforms.map((p) => `${platformName(p.platform)} (${exactCount(p.sessions)})`).join(', ') || NONE],
	];
}

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function Traits({ traits }: { traits: Record<string, unknown> }) {
	const rows = Object.entries(traits);
	return (
		<Card title="Traits">
			{rows.length === 0 ? <p className="text-secondary">No identify event of this user has told any.</p> : <Facts rows={rows.map(([key, value]) => [key, <span key={key} dir="auto" className="font-mono text-small">{text(value)}</span>] as const)} />}
		</Card>
	);
}

const loadTypes = () => import('./type-popup');

function Timeline({ id, zone }: { id: string; zone: string }) {
	const { url } = useFilters();
	const types = useOwnList('type', oneOf(EVENT_TYPES));
	const bySearch = NO_SEGMENT.includes(id);
	const query = usePages(bySearch ? '/api/analytics/{projectId}/users/by-id/events' : '/api/analytics/{projectId}/users/{id}/events', bySearch ? {} : { id }, { type: types, ...(bySearch ? { id } : {}) });
	const events = query.data?.pages.flatMap((p) => p.items) ?? [];
	const open = events.find((e) => e.eventId === url.text('open'));
	const show = (e: Event | undefined) => url.set({ open: e?.eventId }, { keepPage: true });
	const chosen = types.length === 0 ? 'All types' : types.length === 1 ? typeName(String(types[0])) : `${types.length} types`;
	return (
		<>
			<div className="flex flex-wrap items-center justify-between gap-2">
				<h2 className="text-section">Timeline</h2>
				<PopupButton load={loadTypes} kind="dialog" className={classes(buttonClass('secondary'), 'max-w-64')} label={`Types of events: ${chosen}`}>
					{chosen}
				</PopupButton>
			</div>
			{query.isError && !query.data && <LoadError what="the events" error={query.error} onRetry={() => void query.refetch()} />}
			{query.isPending && <Skeleton className="h-96" />}
			{query.data && events.length === 0 && <Empty title={types.length > 0 ? 'No events of these types' : 'No events are retained'} />}
			{events.length > 0 && (
				<EventTable
					label="Events"
					groups={byVisit(events, zone).map((visit) => ({
						key: visit.key,
						title: (
							<span className="flex flex-wrap items-center gap-x-3">
								<span className="font-medium">{calendarDay(visit.date)}</span>
								<span className="inline-flex items-center gap-1 text-small text-secondary">
									Session <SessionLink id={visit.sessionId} />
								</span>
								<span className="ml-auto text-small text-secondary">{platformName(visit.events.find((e) => e.platform)?.platform)}</span>
							</span>
						),
						events: visit.events,
					}))}
					when={{ title: 'Time', of: (e) => <span title={exactMoment(e.timestamp, zone)}>{clockSeconds(e.timestamp, zone)}</span> }}
					onOpen={show}
				/>
			)}
			{query.hasNextPage && (
				<Button className="self-center" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
					Load more
				</Button>
			)}
			{open && <EventDrawer event={open} zone={zone} onClose={() => show(undefined)} />}
		</>
	);
}

export default function UserPage() {
	const { id: segment = '' }: Record<string, string | undefined> = useParams({ strict: false });
	const { timezone, url } = useFilters();
	const id = segment === BY_ID ? (url.text('id') ?? BY_ID) : segment;
	const target = useViewTarget();
	const bySearch = NO_SEGMENT.includes(id);
	const query = useThing(bySearch ? '/api/analytics/{projectId}/users/by-id' : '/api/analytics/{projectId}/users/{id}', bySearch ? {} : { id }, bySearch ? { id } : {});
	const user = query.data?.user;
	return (
		<Page key={id} title={id} crumbs={[{ title: 'Users', ...target({ view: 'users' }) }]} actions={<CopyButton text={id} label="Copy id" size="normal" />}>
			{query.isError && !query.data && <LoadError what="the user" error={query.error} onRetry={() => void query.refetch()} />}
			{query.isPending && (
				<>
					<Skeleton className="h-44" />
					<Skeleton className="h-96" />
				</>
			)}
			{user === null && <Gone what="user" view="users" list="All users" />}
			{user && (
				<>
					<FactGrid label="User" rows={facts(user, timezone)} />
					<Traits traits={user.traits} />
					<Timeline id={id} zone={timezone} />
				</>
			)}
		</Page>
	);
}
