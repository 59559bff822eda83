// SPDX-License-Identifier: MIT
// Where nodes and links of paths are drawn: a column a position, heights by sessions, links as ribbons between columns.
import type { components } from '@/api/schema.gen';

export type PathNode = components['schemas']['PathNode'];
export type PathLink = components['schemas']['PathLink'];
export interface PlacedNode extends PathNode {
	key: string;
	x: number;
	y: number;
	height: number;
}
export interface PlacedLink extends PathLink {
	key: string;
	from: string;
	to: string;
	/** of an SVG path */
	shape: string;
}
export interface Layout {
	nodes: PlacedNode[];
	links: PlacedLink[];
	positions: number[];
	width: number;
	height: number;
}

export const NODE_WIDTH = 168;
const COLUMN_WIDTH = 248;
const GAP = 8;
/** A node holds a line of text, however few sessions it has. */
const NODE_MIN = 30;
/** What the fullest column's sessions take. */
const FULL = 340;

const keyOf = (position: number, node: string): string => `${position} ${node}`;
const n1 = (n: number): string => n.toFixed(1);

/** A ribbon from the right of one node to the left of another. */
function ribbon(x0: number, top0: number, bottom0: number, x1: number, top1: number, bottom1: number): string {
	const m = n1((x0 + x1) / 2);
	return `M${x0},${n1(top0)}C${m},${n1(top0)} ${m},${n1(top1)} ${x1},${n1(top1)}L${x1},${n1(bottom1)}C${m},${n1(bottom1)} ${m},${n1(bottom0)} ${x0},${n1(bottom0)}Z`;
}

function place(nodes: readonly PathNode[], positions: readonly number[]): Map<string, PlacedNode> {
	const columns = positions.map((p) => nodes.filter((n) => n.position === p));
	const most = Math.max(1, ...columns.map((c) => c.reduce((sum, n) => sum + n.sessions, 0)));
	const placed = new Map<string, PlacedNode>();
	columns.forEach((column, i) => {
		let y = 0;
		for (const n of column) {
			const one = { ...n, key: keyOf(n.position, n.node), x: i * COLUMN_WIDTH, y, height: Math.max(NODE_MIN, (n.sessions / most) * FULL) };
			placed.set(one.key, one);
			y += one.height + GAP;
		}
	});
	return placed;
}

export function layOut(nodes: readonly PathNode[], links: readonly PathLink[]): Layout {
	const positions = [...new Set(nodes.map((n) => n.position))].sort((a, b) => a - b);
	const placed = place(nodes, positions);
	const between = links.flatMap((link) => {
		const from = placed.get(keyOf(link.position, link.source));
		const to = placed.get(keyOf(link.position + 1, link.target));
		return from && to ? [{ link, from, to }] : [];
	});
	// how much of each side is taken by links already
	const out = new Map<string, number>();
	const into = new Map<string, number>();
	const take = (of: Map<string, number>, node: PlacedNode, sessions: number): [number, number] => {
		const top = node.y + (of.get(node.key) ?? 0);
		const size = (sessions / node.sessions) * node.height;
		of.set(node.key, (of.get(node.key) ?? 0) + size);
		return [top, top + size];
	};
	const drawn = between
		.sort((a, b) => a.from.y - b.from.y || a.to.y - b.to.y)
		.map(({ link, from, to }) => ({ ...link, key: `${from.key}>${to.key}`, from: from.key, to: to.key, shape: ribbon(from.x + NODE_WIDTH, ...take(out, from, link.sessions), to.x, ...take(into, to, link.sessions)) }));
	const all = [...placed.values()];
	return { nodes: all, links: drawn, positions, width: positions.length === 0 ? 0 : (positions.length - 1) * COLUMN_WIDTH + NODE_WIDTH, height: Math.max(0, ...all.map((n) => n.y + n.height)) };
}
