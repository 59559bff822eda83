// SPDX-License-Identifier: MIT
// What a tool is asked: how often each argument is given, with which values, in which combinations.
import { ChevronDown, ChevronRight } from 'lucide-react';
import { useState } from 'react';
import type { Answer } from '@/api/client';
import { count, rate } from '@/format/number';
import { Badge } from '@/ui/badge';
import { Empty } from '@/ui/notice';
import { Table } from '@/ui/table';

type Params = Answer<'/api/analytics/{projectId}/tools/{tool}'>['parameters'];

function Key({ of }: { of: Params['keys'][number] }) {
	const [open, setOpen] = useState(false);
	const Icon = open ? ChevronDown : ChevronRight;
	return (
		<li className="flex flex-col gap-1 py-2">
			<button type="button" className="flex min-h-6 w-full items-center gap-2 text-left" aria-expanded={open} onClick={() => setOpen(!open)}>
				<Icon aria-hidden className="size-4 shrink-0 text-secondary" />
				<span className="min-w-0 truncate font-mono">{of.key}</span>
				{of.required && <Badge>required</Badge>}
				{of.declared && of.count === 0 && <Badge tone="warning">never used</Badge>}
				{!of.declared && <Badge tone="warning">not declared</Badge>}
				<span className="tabular ml-auto shrink-0">{rate(of.fillRate)}</span>
			</button>
			<div className="ml-6 h-1.5 rounded-full bg-muted" role="img" aria-label={`given in ${rate(of.fillRate)} of the calls`}>
				<div className="h-full rounded-full bg-accent" style={{ width: `${(of.fillRate ?? 0) * 100}%` }} />
			</div>
			{open && (
				<ul className="ml-6 flex flex-col gap-1 py-1 text-small">
					{of.topValues.length === 0 && <li className="text-secondary">No values are captured.</li>}
					{of.topValues.map((v) => (
						<li key={v.type + v.value} className="flex justify-between gap-4">
							<span className="min-w-0 font-mono break-all">{v.type === 'string' ? v.value : `${v.value}`}</span>
							<span className="tabular shrink-0">
								{count(v.count)} <span className="text-secondary">{rate(v.share)}</span>
							</span>
						</li>
					))}
					{of.distinct > of.topValues.length && <li className="text-secondary">{count(of.distinct)} different values in all</li>}
				</ul>
			)}
		</li>
	);
}

export function Parameters({ parameters: { capturedCalls, keys, combinations } }: { parameters: Params }) {
	if (capturedCalls === 0 && keys.length === 0) return <Empty title="No arguments were captured">Capture of inputs is off, or the SDK sent none.</Empty>;
	return (
		<div className="grid grid-cols-1 gap-6 lg:grid-cols-2">
			<div>
				<p className="text-small text-secondary">Of {count(capturedCalls)} calls whose arguments are known</p>
				<ul className="divide-y divide-line-subtle">
					{keys.map((k) => (
						<Key key={k.key} of={k} />
					))}
				</ul>
			</div>
			<Table
				label="Combinations of arguments"
				rows={combinations}
				rowKey={(c) => c.keys.join('\n')}
				empty={<Empty title="No combinations" />}
				columns={[
					{ key: 'keys', title: 'Arguments', cell: (c) => <span className="font-mono text-small">{c.keys.join(', ') || 'none'}</span> },
					{ key: 'calls', title: 'Calls', numeric: true, cell: (c) => count(c.calls) },
					{ key: 'share', title: 'Share', numeric: true, cell: (c) => rate(c.share) },
					{ key: 'errors', title: 'Error rate', numeric: true, cell: (c) => rate(c.errorRate) },
					{ key: 'zero', title: 'No result', numeric: true, cell: (c) => rate(c.zeroResultRate) },
				]}
			/>
		</div>
	);
}
