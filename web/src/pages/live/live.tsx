// SPDX-License-Identifier: MIT
// Events as they arrive. Scrolling down, an open row or Space hold the list still; what comes meanwhile is kept back.
import { ArrowUp, ChevronDown, Pause, Play } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import { typeName } from '@/analytics/event-kind';
import * as E from '@/api/errors.gen';
import { Page } from '@/app/page';
import { useProject } from '@/app/place';
import { isTaken } from '@/app/shortcuts';
import { FilterBar, summary } from '@/filters/bar';
import { useFilters } from '@/filters/filters';
import { oneOf, useOwnList, useOwnWords } from '@/filters/own-words';
import { exactCount } from '@/format/number';
import { moment } from '@/format/time';
import type { LiveState, LiveStore } from '@/live/store';
import { Button, buttonClass } from '@/ui/button';
import { classes } from '@/ui/classes';
import { Checkbox } from '@/ui/field';
import { Empty, Notice } from '@/ui/notice';
import { PopupButton } from '@/ui/popup';
import { Skeleton } from '@/ui/skeleton';
import { Rows } from './rows';
import { useLive, useNow, useSummary } from './use-live';

const loadTypes = () => import('./type-popup');
const SECOND_MS = 1000;
const TYPE = /^[a-z][a-z0-9_]{0,63}$/;

function Status({ state: { connection, paused }, now }: { state: LiveState; now: number }) {
	const live = connection.state === 'live';
	const held = live && paused.length > 0;
	const text = held
		? 'Paused'
		: { connecting: () => 'Connecting …', live: () => 'Live', stopped: () => 'Stopped', waiting: () => `Reconnecting in ${connection.state === 'waiting' ? Math.max(0, Math.ceil((connection.until - now) / SECOND_MS)) : 0} s` }[connection.state]();
	const dot = held ? 'bg-warning-mark' : live ? 'bg-success-mark' : connection.state === 'stopped' ? 'bg-error-mark' : 'bg-warning-mark';
	return (
		<span className="tabular flex items-center gap-2 font-medium whitespace-nowrap" data-live={held ? 'paused' : connection.state}>
			<span aria-hidden className={classes('size-2.5 rounded-full', dot, live && !held && 'animate-pulse')} />
			{text}
		</span>
	);
}

function Notices({ state: { connection, away, gap, notShown }, store, zone }: { state: LiveState; store: LiveStore; zone: string }) {
	const refused = connection.state === 'stopped' || (connection.state === 'waiting' && connection.text !== undefined);
	return (
		<>
			{refused && (
				<Notice tone="warning" className="flex flex-wrap items-center justify-between gap-3">
					<span>
						{connection.state === 'stopped' && connection.code === E.SSE_CONNECTION_LIMIT ? 'You have too many live views open. Close one in another tab or browser, then try again.' : `${connection.text ?? ''}${connection.state === 'waiting' ? '. It connects again by itself.' : ''}`}
					</span>
					<Button size="small" onClick={() => store.retry()}>
						Retry now
					</Button>
				</Notice>
			)}
			{away && <Notice tone="warning">The event store cannot be asked at the moment. Events are kept and appear here when it is back.</Notice>}
			{(gap || notShown > 0) && (
				<Notice tone="info">
					{notShown > 0 && `${exactCount(notShown)} ${notShown === 1 ? 'event is' : 'events are'} not shown, because more than 100 came in a second. `}
					{gap && `Events stored between ${moment(gap.from, zone)} and ${moment(gap.to, zone)} were skipped. `}
					All of them are in the other views.
				</Notice>
			)}
		</>
	);
}

function Nothing({ filtered, stopped }: { filtered: boolean; stopped: boolean }) {
	return (
		<div className="flex h-[max(24rem,calc(100dvh-15rem))] items-center justify-center rounded-card border border-line bg-panel">
			{stopped ? <Empty title="Not connected" /> : <Empty title="Waiting for events">{filtered ? 'None of the latest events passes these filters. New ones appear here as they arrive.' : 'Call one of your tools, and it appears here within seconds.'}</Empty>}
		</div>
	);
}

/** Space pauses and resumes, unless it presses what has the focus. */
function usePauseKey(toggle: () => void): void {
	useEffect(() => {
		const onKey = (e: KeyboardEvent) => {
			if (e.key !== ' ' || isTaken(e) || (e.target instanceof HTMLElement && e.target.closest('button,a,summary,[role=menuitem]'))) return;
			e.preventDefault();
			toggle();
		};
		addEventListener('keydown', onKey);
		return () => removeEventListener('keydown', onKey);
	}, [toggle]);
}

function Feed() {
	const { platforms, tools, timezone, url } = useFilters();
	const own = useOwnWords({ status: oneOf(['error']) });
	const types = useOwnList('type', (word) => TYPE.test(word));
	const errors = own.status === 'error';
	const { store, state } = useLive({ types, tools, platforms, errors });
	const now = useNow(SECOND_MS);
	const said = useSummary(state);
	const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
	const byHand = state.paused.includes('hand');
	const toggle = useCallback(() => store.pause('hand', !store.snapshot().paused.includes('hand')), [store]);
	usePauseKey(toggle);
	const onToggle = useCallback((id: string) => setOpen((all) => (all.has(id) ? new Set([...all].filter((one) => one !== id)) : new Set(all).add(id))), []);
	const onAway = useCallback((away: boolean) => store.pause('scroll', away), [store]);
	useEffect(() => store.pause('open', open.size > 0), [store, open]);
	const filter = JSON.stringify([types, tools, platforms, errors]);
	useEffect(() => setOpen(new Set()), [filter]);
	const showHeld = () => {
		store.showHeld();
		document.querySelector('[data-live-frame]')?.scrollTo({ top: 0 });
	};
	const filtered = types.length + tools.length + platforms.length > 0 || errors;
	const look = classes(buttonClass('secondary'), 'max-w-64');
	return (
		<Page
			title="Live"
			actions={
				<FilterBar range={false} own={['type', 'status']}>
					<PopupButton load={loadTypes} className={look} kind="dialog" label={`Types: ${summary(types.map(typeName), 'All types')}`}>
						<span className="truncate">{summary(types.map(typeName), 'All types')}</span>
						<ChevronDown aria-hidden className="size-4 shrink-0 text-secondary" />
					</PopupButton>
					<Checkbox label="Errors only" checked={errors} onChange={(e) => url.set({ status: e.target.checked ? 'error' : undefined })} />
				</FilterBar>
			}
		>
			<div className="flex flex-col gap-4">
				<div className="flex min-h-9 flex-wrap items-center gap-x-4 gap-y-2">
					<Status state={state} now={now} />
					<Button onClick={toggle} title="Space">
						{byHand ? <Play aria-hidden className="size-4" /> : <Pause aria-hidden className="size-4" />}
						{byHand ? 'Resume' : 'Pause'}
					</Button>
					{state.held > 0 && (
						<Button kind="primary" onClick={showHeld}>
							<ArrowUp aria-hidden className="size-4" /> {exactCount(state.held)} new
						</Button>
					)}
					{open.size > 0 && (
						<Button kind="quiet" onClick={() => setOpen(new Set())}>
							Close {open.size === 1 ? 'the open row' : `${open.size} open rows`}
						</Button>
					)}
				</div>
				<Notices state={state} store={store} zone={timezone} />
				<h2 className="sr-only">Events</h2>
				{state.rows.length > 0 ? (
					<Rows rows={state.rows} zone={timezone} now={now} open={open} onToggle={onToggle} onAway={onAway} />
				) : state.connection.state === 'connecting' ? (
					<Skeleton className="h-[max(24rem,calc(100dvh-15rem))]" />
				) : (
					<Nothing filtered={filtered} stopped={state.connection.state === 'stopped'} />
				)}
			</div>
			<p role="status" className="sr-only">
				{said}
			</p>
		</Page>
	);
}

/** Another project is another feed. */
export default function LivePage() {
	return <Feed key={useProject().id} />;
}
