// SPDX-License-Identifier: MIT
// The calls of one tool; one opens with all that went in and out.
import type { Answer } from '@/api/client';
import { NothingHere } from '@/analytics/empty';
import { ExportMenu } from '@/analytics/export-menu';
import { orderOf } from '@/analytics/export-tables';
import { SessionLink, TraceLink, UserLink } from '@/analytics/links';
import { Status } from '@/analytics/status';
import { useView } from '@/analytics/view';
import { ViewTable } from '@/analytics/view-table';
import { useListState } from '@/app/paging';
import { useFilters } from '@/filters/filters';
import { oneOf, useOwnWords } from '@/filters/own-words';
import { platformName } from '@/filters/platforms';
import { duration } from '@/format/number';
import { exactMoment, moment } from '@/format/time';
import { Badge } from '@/ui/badge';
import { Dialog } from '@/ui/dialog';
import { SelectField } from '@/ui/field';
import { Facts } from '@/ui/facts';
import { Json } from '@/ui/json';

type Invocation = Answer<'/api/analytics/{projectId}/tools/{tool}/invocations'>['items'][number];

function Detail({ call, zone, onClose }: { call: Invocation; zone: string; onClose: () => void }) {
	return (
		<Dialog title="Call" shape="drawer" onClose={onClose}>
			<div className="flex flex-col gap-5">
				<Facts
					rows={[
						['Time', exactMoment(call.timestamp, zone)],
						['Latency', duration(call.latencyMs)],
						['Platform', platformName(call.platform)],
						['User', <UserLink key="user" id={call.userId} />],
						['Session', <SessionLink key="session" id={call.sessionId} />],
						['Trace', <TraceLink key="trace" id={call.traceId} />],
						...(call.errorMessage ? ([['Error', `${call.errorCategory ?? ''} ${call.errorMessage}`]] as const) : []),
						...(call.intent ? ([['Intent', call.intent.text]] as const) : []),
					]}
			/>
				<h3 className="text-card">Input</h3>
				<Json label="Input" value={call.input} />
				<h3 className="text-card">Output</h3>
				<Json label="Output" value={call.output} />
				<h3 className="text-card">Properties</h3>
				<Json label="Properties" value={call.metadata} />
				{call.customEvents.length > 0 && (
					<>
						<h3 className="text-card">Custom events</h3>
						{call.customEvents.map((e) => (
							<div key={e.eventId} className="flex flex-col gap-1">
								<p className="font-mono text-small">
									{e.name ?? '–'} <span className="text-secondary">{exactMoment(e.timestamp, zone)}</span>
								</p>
								<Json label={`Custom event ${e.name ?? ''}`} value={e.metadata} />
							</div>
						))}
					</>
				)}
			</div>
		</Dialog>
	);
}

export function Invocations({ tool }: { tool: string }) {
	const filters = useFilters();
	const list = useListState({ sort: 'timestamp', order: 'desc' });
	const { url, timezone } = filters;
	const words = useOwnWords({ status: oneOf(['success', 'error']), category: (word) => word.length <= 64 });
	const query = useView('/api/analytics/{projectId}/tools/{tool}/invocations', filters, { at: { tool }, accepts: { tool: false }, extra: { ...list.query, ...words } });
	const open = query.data?.items.find((i) => i.eventId === url.text('open'));
	const show = (id: string | undefined) => url.set({ open: id }, { keepPage: true });
	return (
		<>
			<div className="flex flex-wrap items-end justify-between gap-4">
				<SelectField label="Status" className="w-44" value={words.status ?? ''} onChange={(e) => url.set({ status: e.target.value })}>
					<option value="">All</option>
					<option value="success">Success</option>
					<option value="error">Error</option>
				</SelectField>
				<ExportMenu tables={[{ table: 'invocations', title: 'Calls', accepts: { tool: false }, words: { tool, ...orderOf(list.query), ...words } }]} />
			</div>
			<ViewTable
				label="Calls"
				what="the calls"
				query={query}
				list={list}
				rowKey={(i) => i.eventId}
				onRow={(i) => show(i.eventId)}
				empty={<NothingHere things="calls" />}
				columns={[
					{
						key: 'time',
						title: 'Time',
						cell: (i) => (
							<button type="button" className="min-h-6 whitespace-nowrap hover:underline" title={exactMoment(i.timestamp, timezone)} onClick={() => show(i.eventId)}>
								{moment(i.timestamp, timezone)}
							</button>
						),
					},
					{
						key: 'status',
						title: 'Status',
						cell: (i) => (
							<span className="inline-flex gap-1">
								<Status status={i.status} />
								{i.isRetry && <Badge>retry</Badge>}
							</span>
						),
					},
					{ key: 'latency', title: 'Latency', numeric: true, cell: (i) => duration(i.latencyMs) },
					{ key: 'platform', title: 'Platform', cell: (i) => platformName(i.platform) },
					{ key: 'user', title: 'User', cell: (i) => <span className={i.userId ? 'font-mono text-small' : 'text-secondary'}>{i.userId ?? 'anonymous'}</span> },
					{ key: 'intent', title: 'Intent', className: 'max-w-80', cell: (i) => <span className="line-clamp-1" title={i.intent?.text}>{i.intent?.text ?? '–'}</span> },
					{ key: 'error', title: 'Error', className: 'max-w-80', cell: (i) => <span className="line-clamp-1 text-error" title={i.errorMessage ?? undefined}>{i.errorMessage ?? ''}</span> },
				]}
			/>
			{open && <Detail call={open} zone={timezone} onClose={() => show(undefined)} />}
		</>
	);
}
