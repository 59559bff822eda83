// SPDX-License-Identifier: MIT
// Oracle of the analytics: funnels and paths, by walking along each unit's events.
import { inOrder } from './dataset.mjs';
import { by, group, iso, median, rate } from './numbers.mjs';
import { page } from './views.mjs';

const DAY = 86_400_000;
const POSITIONS_MAX = 10;
const UNIT = { session: (e) => e.session, user: (e) => e.user, trace: (e) => e.trace };

/** The furthest that any entry of a unit gets: { level, chain } with the events taken, the earliest such entry's. */
function furthest(events, steps, entryEnd, windowMs) {
	let best = null;
	const matches = (e, i) => e.type === steps[i].type && (steps[i].name === '*' || e.name === steps[i].name);
	const lowest = (e) => steps.findIndex((_, i) => matches(e, i));
	const sorted = events.filter((e) => lowest(e) >= 0).sort(by([(e) => e.t], [lowest], [(e) => e.id]));
	for (const [at, entry] of sorted.entries()) {
		if (!matches(entry, 0) || entry.t >= entryEnd) continue;
		const chain = [entry];
		for (const e of sorted.slice(at + 1)) {
			if (chain.length === steps.length) break;
			if (matches(e, chain.length) && e.t - entry.t <= windowMs) chain.push(e);
		}
		if (best === null || chain.length > best.length) best = chain;
	}
	return best;
}

function chains(data, q) {
	const windowMs = (q.window ?? 86_400) * 1000;
	const unitOf = UNIT[q.scope ?? 'session'];
	const events = data.select({ ...q, to: q.to + windowMs }).filter((e) => unitOf(e) !== '');
	return [...group(events, unitOf)].map(([unit, list]) => ({ unit, chain: furthest(list, q.steps, q.to, windowMs) })).filter((u) => u.chain !== null)
		.map((u) => ({ ...u, platform: data.platformsOf(u.chain[0], { from: q.from - DAY, to: q.to + windowMs })[0] }));
}

export function funnel(data, q) {
	const units = chains(data, q);
	const reached = q.steps.map((_, i) => units.filter((u) => u.chain.length > i));
	const steps = q.steps.map(({ type, name }, i) => {
		const before = i === 0 ? null : reached[i - 1].length;
		const n = reached[i].length;
		const conversionFromPrevious = before === null ? null : rate(n, before);
		return { index: i + 1, type, name, units: n, conversionFromStart: rate(n, reached[0].length), conversionFromPrevious, dropOff: before === null ? 0 : before - n,
			dropOffRate: before === null ? null : rate(before - n, before), medianMsFromPrevious: i === 0 ? null : median(reached[i].map((u) => u.chain[i].t - u.chain[i - 1].t)) };
	});
	const done = reached.at(-1);
	return { mode: 'explicit', scope: q.scope ?? 'session', windowSeconds: q.window ?? 86_400, steps, completed: done.length, conversion: rate(done.length, units.length),
		medianMsTotal: median(done.map((u) => u.chain.at(-1).t - u.chain[0].t)),
		platforms: [...group(units, (u) => u.platform)].map(([platform, list]) => ({ platform, units: q.steps.map((_, i) => list.filter((u) => u.chain.length > i).length), conversion: rate(list.filter((u) => u.chain.length === q.steps.length).length, list.length) }))
			.sort(by([(p) => p.units[0], -1], [(p) => p.platform])) };
}

export function funnelExamples(data, q) {
	const list = chains(data, q).filter((u) => u.chain.length === q.level).sort(by([(u) => u.chain[0].t, q.order === 'asc' ? 1 : -1], [(u) => u.unit]));
	return page(list.map(({ unit, chain, platform }) => ({ unit, level: chain.length, sessionId: chain[0].session, traceId: chain.at(-1).trace, userId: chain[0].user || null, platform, enteredAt: iso(chain[0].t), lastStepAt: iso(chain.at(-1).t) })), q);
}

export function autoFunnel(data, q) {
	const unitOf = UNIT[q.scope ?? 'session'];
	const events = data.select(q).filter((e) => ['step', 'conversion'].includes(e.type) && e.name !== '' && unitOf(e) !== '');
	const units = [...group(events, unitOf).values()].map((list) => list.sort(inOrder));
	const positions = [];
	for (let i = 0; i < POSITIONS_MAX; i++) {
		const there = units.filter((list) => list.length > i);
		if (there.length === 0) break;
		const before = i === 0 ? null : positions[i - 1].units;
		const names = [...group(there, (list) => JSON.stringify([list[i].type, list[i].name]))].map(([key, all]) => ({ type: JSON.parse(key)[0], name: JSON.parse(key)[1], units: all.length }));
		positions.push({ position: i + 1, units: there.length, conversionFromStart: rate(there.length, units.length), conversionFromPrevious: before === null ? null : rate(there.length, before), dropOff: before === null ? 0 : before - there.length,
			medianMsFromPrevious: i === 0 ? null : median(there.map((list) => list[i].t - list[i - 1].t)), names: names.sort(by([(n) => n.units, -1], [(n) => n.type], [(n) => n.name])) });
	}
	return { mode: 'auto', scope: q.scope ?? 'session', positions };
}

/* ---- paths ---- */

function pathOf(events, q) {
	let nodes = events.map((e) => `${e.type}:${e.name}`);
	if (q.collapse) nodes = nodes.filter((node, i) => i === 0 || node !== nodes[i - 1]);
	if (q.start) {
		if (!nodes.includes(q.start)) return null;
		nodes = nodes.slice(nodes.indexOf(q.start));
	}
	const depth = q.depth ?? 6;
	if (!q.end) return { nodes: nodes.slice(0, depth), whole: nodes.length <= depth };
	if (!nodes.includes(q.end)) return null;
	return { nodes: nodes.slice(0, nodes.indexOf(q.end) + 1).slice(-depth), whole: nodes.indexOf(q.end) === nodes.length - 1 };
}

export function paths(data, q) {
	const chosen = data.select(q);
	const types = q.nodes ?? ['tool_call', 'step', 'conversion'];
	const converted = new Set(chosen.filter((e) => e.type === 'conversion').map((e) => e.session));
	const walks = [...group(chosen.filter((e) => types.includes(e.type) && e.name !== ''), (e) => e.session)]
		.map(([session, list]) => ({ converted: converted.has(session), path: pathOf(list.sort(inOrder), q) })).filter((w) => w.path !== null)
		.map((w) => ({ converted: w.converted, nodes: w.path.nodes, whole: w.path.whole }));
	const limit = q.limit ?? 8;
	const positions = Math.max(0, ...walks.map((w) => w.nodes.length));
	const kept = Array.from({ length: positions }, (_, i) => {
		const at = group(walks.filter((w) => w.nodes.length > i), (w) => w.nodes[i]);
		return new Set([...at].sort(by([(n) => n[1].length, -1], [(n) => n[0]])).slice(0, limit).map(([node]) => node));
	});
	const label = (w, i) => (kept[i].has(w.nodes[i]) ? w.nodes[i] : 'other');
	const ends = (w, i) => w.whole && i === w.nodes.length - 1;
	const nodes = [];
	const links = [];
	for (let i = 0; i < positions; i++) {
		const here = walks.filter((w) => w.nodes.length > i);
		for (const [node, list] of group(here, (w) => label(w, i))) nodes.push({ position: i + 1, node, sessions: list.length, converted: list.filter((w) => ends(w, i) && w.converted).length, dropped: list.filter((w) => ends(w, i) && !w.converted).length });
		for (const [key, list] of group(here.filter((w) => w.nodes.length > i + 1), (w) => JSON.stringify([label(w, i), label(w, i + 1)]))) {
			const [source, target] = JSON.parse(key);
			links.push({ position: i + 1, source, target, sessions: list.length, dropped: list.filter((w) => !w.converted).length });
		}
	}
	const sequences = [...group(walks, (w) => JSON.stringify(w.nodes))].map(([key, list]) => ({ steps: JSON.parse(key), sessions: list.length, share: rate(list.length, walks.length), converted: list.filter((w) => w.converted).length, conversionRate: rate(list.filter((w) => w.converted).length, list.length) }));
	return {
		totals: { sessions: walks.length, converted: walks.filter((w) => w.converted).length, dropped: walks.filter((w) => !w.converted).length },
		nodes: nodes.sort(by([(n) => n.position], [(n) => n.sessions, -1], [(n) => n.node])), links: links.sort(by([(l) => l.position], [(l) => l.sessions, -1], [(l) => l.source], [(l) => l.target])),
		sequences: sequences.sort(by([(s) => s.sessions, -1], [(s) => s.steps.join('\0')])).slice(0, 20),
	};
}
