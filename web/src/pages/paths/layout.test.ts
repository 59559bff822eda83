// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { layOut, NODE_WIDTH } from './layout';

const node = (position: number, name: string, sessions: number) => ({ position, node: name, sessions, converted: 0, dropped: 0 });
const link = (position: number, source: string, target: string, sessions: number) => ({ position, source, target, sessions, dropped: 0 });

describe('the drawing of paths', () => {
	const { nodes, links, width, height } = layOut([node(1, 'a', 60), node(1, 'b', 40), node(2, 'a', 50), node(2, 'c', 1)], [link(1, 'b', 'a', 20), link(1, 'a', 'a', 30), link(1, 'a', 'c', 1), link(1, 'a', 'gone', 5)]);
	const of = (key: string) => nodes.find((n) => n.key === key);
	it('places a column a position, heights by sessions, none too small to read', () => {
		expect(of('1 a')?.x).toBe(0);
		expect(of('2 a')?.x).toBeGreaterThan(NODE_WIDTH);
		expect((of('1 a')?.height ?? 0) / (of('1 b')?.height ?? 1)).toBeCloseTo(1.5);
		expect(of('2 c')?.height).toBe(30);
		expect(width).toBe((of('2 a')?.x ?? 0) + NODE_WIDTH);
	});
	it('nodes of a column do not overlap and fit', () => {
		for (const n of nodes) {
			expect(n.y + n.height).toBeLessThanOrEqual(height + 0.001);
			for (const m of nodes) if (m !== n && m.x === n.x) expect(m.y >= n.y + n.height || n.y >= m.y + m.height).toBe(true);
		}
	});
	it('draws links between nodes that are there, as wide as their sessions', () => {
		expect(links.map((l) => l.key).sort()).toEqual(['1 a>2 a', '1 a>2 c', '1 b>2 a']);
		const shape = links.find((l) => l.key === '1 a>2 a')?.shape ?? '';
		const [top, bottom] = [Number(/^M168,([\d.]+)C/.exec(shape)?.[1]), Number(/ 168,([\d.]+)Z$/.exec(shape)?.[1])];
		expect(bottom - top).toBeCloseTo((of('1 a')?.height ?? 0) / 2, 0);
	});
	it('of nothing is nothing', () => expect(layOut([], [])).toMatchObject({ nodes: [], links: [], width: 0, height: 0 }));
});
