// SPDX-License-Identifier: MIT
// Paths as columns of nodes and the ribbons between them. A node is a button: start here, end here.
import { lazy, Suspense, useRef, useState } from 'react';
import { kindOf, typeName } from '@/analytics/event-kind';
import type { Answer } from '@/api/client';
import { WithTable } from '@/charts/alternative';
import { count, exactCount } from '@/format/number';
import { classes } from '@/ui/classes';
import { layOut, NODE_WIDTH, type PlacedNode } from './layout';
import { nodeName, nodeParts, OTHER } from './node-name';

const NodeMenu = lazy(() => import('./node-menu'));
type Paths = Answer<'/api/analytics/{projectId}/paths'>;

const sessions = (n: number): string => `${exactCount(n)} ${n === 1 ? 'session' : 'sessions'}`;

/** What ends at a node, as a strip at its right edge. */
function Ends({ node }: { node: PlacedNode }) {
	const part = (n: number) => ({ height: `${(n / node.sessions) * 100}%` });
	return (
		<span aria-hidden className="absolute inset-y-0 right-0 flex w-1.5 flex-col justify-end">
			<span className="bg-success-mark" style={part(node.converted)} />
			<span className="bg-error-mark" style={part(node.dropped)} />
		</span>
	);
}

function Node({ node, open, onOpen, onActive }: { node: PlacedNode; open: boolean; onOpen: (button: HTMLButtonElement) => void; onActive: (on: boolean) => void }) {
	const { type, name } = nodeParts(node.node);
	const rest = type === OTHER;
	const ends = [node.converted > 0 && `${exactCount(node.converted)} end here converted`, node.dropped > 0 && `${exactCount(node.dropped)} end here without a conversion`].filter((end) => end !== false);
	return (
		<button
			type="button"
			title={`${node.node}: ${[sessions(node.sessions), ...ends].join(', ')}`}
			aria-haspopup={rest ? undefined : 'menu'}
			aria-expanded={rest ? undefined : open}
			className={classes('absolute flex items-start gap-2 overflow-hidden rounded-control border border-line-control bg-panel py-1 pr-3 pl-2 text-left text-small hover:border-accent', rest && 'cursor-default')}
			style={{ left: node.x, top: node.y, width: NODE_WIDTH, height: node.height }}
			onMouseEnter={() => onActive(true)}
			onMouseLeave={() => onActive(false)}
			onFocus={() => onActive(true)}
			onBlur={() => onActive(false)}
			onClick={(e) => !rest && onOpen(e.currentTarget)}
		>
			<span aria-hidden className={classes('mt-0.5 h-4 w-[3px] shrink-0 rounded-full', rest ? 'bg-connection-mark' : kindOf({ eventType: type, status: null }).fill)} />
			<span className={classes('min-w-0 grow truncate leading-5', rest ? 'text-secondary' : 'font-mono')}>{name}</span>
			<span className="sr-only">
				, {rest ? 'all others' : typeName(type)}, position {node.position}:{' '}
			</span>
			<span className="tabular shrink-0 leading-5 text-secondary">{count(node.sessions)}</span>
			<span className="sr-only"> {[node.sessions === 1 ? 'session' : 'sessions', ...ends].join(', ')}</span>
			<Ends node={node} />
		</button>
	);
}

export function Sankey({ data, onStart, onEnd }: { data: Paths; onStart: (node: string) => void; onEnd: (node: string) => void }) {
	const { nodes, links, positions, width, height } = layOut(data.nodes, data.links);
	const [active, setActive] = useState<string | null>(null);
	const [open, setOpen] = useState<PlacedNode | null>(null);
	const [shown, setShown] = useState<PlacedNode | null>(null);
	const anchor = useRef<HTMLButtonElement | null>(null);
	const label = `Paths of ${sessions(data.totals.sessions)} through ${positions.length} positions: ${exactCount(data.totals.converted)} converted, ${exactCount(data.totals.dropped)} did not`;
	return (
		<WithTable
			label={label}
			height="max-h-128"
			table={{ head: ['Position', 'From', 'To', 'Sessions', 'Never convert'], rows: data.links.map((l) => [`${l.position} → ${l.position + 1}`, nodeName(l.source), nodeName(l.target), exactCount(l.sessions), exactCount(l.dropped)]) }}
		>
			<div role="group" aria-label={label} className="overflow-x-auto pb-2">
				<div className="relative m-1" style={{ width, height }}>
					<svg aria-hidden width={width} height={height} className="absolute inset-0 text-secondary">
						{links.map((l) => (
							<path key={l.key} d={l.shape} fill="currentColor" className={classes('transition-opacity', active === null ? 'opacity-25' : l.from === active || l.to === active ? 'opacity-60' : 'opacity-10')}>
								<title>{`${nodeName(l.source)} → ${nodeName(l.target)}: ${sessions(l.sessions)}`}</title>
							</path>
						))}
					</svg>
					{nodes.map((n) => (
						<Node
							key={n.key}
							node={n}
							open={open?.key === n.key}
							onActive={(on) => setActive(on ? n.key : null)}
							onOpen={(button) => {
								anchor.current = button;
								setOpen(n);
								setShown(n);
							}}
						/>
					))}
				</div>
			</div>
			{shown && (
				<Suspense>
					<NodeMenu anchor={anchor} open={open !== null} onOpen={(on) => !on && setOpen(null)} name={nodeName(shown.node)} onStart={() => onStart(shown.node)} onEnd={() => onEnd(shown.node)} />
				</Suspense>
			)}
		</WithTable>
	);
}
