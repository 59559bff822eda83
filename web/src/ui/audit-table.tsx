// SPDX-License-Identifier: MIT
// Rows of an audit log; a row opens all that is known of it.
import { useState } from 'react';
import type { components } from '@/api/schema.gen';
import { browserZone, exactMoment, moment } from '@/format/time';
import { Dialog } from './dialog';
import { Facts } from './facts';
import { Empty } from './notice';
import { type Paging, Table } from './table';

type Item = components['schemas']['AuditItem'];
const who = (item: Item): string => (item.actor === null ? 'deleted user' : (item.actor.name ?? item.actor.kind));

export function AuditTable({ items, paging, stale }: { items: readonly Item[] | undefined; paging?: Paging; stale: boolean }) {
	const [open, setOpen] = useState<Item | null>(null);
	const zone = browserZone();
	return (
		<>
			<Table
				label="Audit log"
				rows={items}
				rowKey={(i) => String(i.id)}
				onRow={setOpen}
				stale={stale}
				{...(paging ? { paging } : {})}
				empty={<Empty title="Nothing was recorded for this choice" />}
				columns={[
					{
						key: 'at',
						title: 'Time',
						cell: (i) => (
							<button type="button" className="min-h-6 hover:underline" title={exactMoment(i.at, zone)} onClick={() => setOpen(i)}>
								{moment(i.at, zone)}
							</button>
						),
					},
					{ key: 'action', title: 'Action', cell: (i) => <code className="font-mono text-small">{i.action}</code> },
					{ key: 'who', title: 'Who', cell: who },
					{ key: 'target', title: 'What', cell: (i) => i.target?.type ?? '–' },
					{ key: 'ip', title: 'From', cell: (i) => i.ip ?? '–' },
				]}
			/>
			{open && (
				<Dialog title={open.action} onClose={() => setOpen(null)}>
					<Facts
						rows={[
							['Time', exactMoment(open.at, zone)],
							['Who', who(open)],
							['What', open.target ? `${open.target.type} ${open.target.id ?? ''}` : '–'],
							['Address', open.ip ?? '–'],
							['Program', open.userAgent ?? '–'],
							['Request', open.requestId ?? '–'],
							...Object.entries(open.detail as Record<string, unknown>).map(([k, v]) => [k, typeof v === 'string' ? v : JSON.stringify(v)] as const),
						]}
					/>
				</Dialog>
			)}
		</>
	);
}
