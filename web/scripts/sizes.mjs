// SPDX-License-Identifier: MIT
// Holds the build in web/static against its budgets: what a browser loads at first, each chunk that comes later, all that a route
// or a popup loads on top of what is there (with what it shares with others, but without the charts), and the chunk of charts.
// usage: node scripts/sizes.mjs [--json]      in web/, after a build; exits 1 when something is over
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const KB = 1000;
const BUDGET_KB = { initial: 150, chunk: 60, route: 60, charts: 180, style: 20 };
const root = fileURLToPath(new URL('../static', import.meta.url));
const assets = join(root, 'assets');

const text = (file) => readFileSync(join(assets, file), 'utf8');
const bytes = (files) => [...files].reduce((sum, file) => sum + gzipSync(readFileSync(join(assets, file)), { level: 9 }).length, 0);
const matches = (file, pattern) => [...text(file).matchAll(pattern)].map((m) => m[1]);
const staticImports = (file) => matches(file, /(?:from|import)\s*["']\.\/([^"']+\.js)["']/g);
const dynamicImports = (file) => matches(file, /import\(\s*["'`]\.\/([^"'`]+\.js)["'`]\s*\)/g);

/** A chunk with everything that it cannot start without. */
function withImports(file, seen = new Set()) {
	if (seen.has(file)) return seen;
	seen.add(file);
	for (const next of staticImports(file)) withImports(next, seen);
	return seen;
}

const nameOf = (file) => file.replace(/-[\w-]{8}\.js$/, '');
const largestFirst = (list) => list.sort((a, b) => b.bytes - a.bytes);

/** { initial, style, charts, chunks: [{ chunk, bytes }], routes: [{ chunk, bytes }] } of gzip, the largest first. */
export function sizes() {
	const entry = /src="\/assets\/([^"]+\.js)"/.exec(readFileSync(join(root, 'index.html'), 'utf8'))?.[1];
	if (!entry) throw new Error('web/static/index.html names no script: run make web');
	const initial = withImports(entry);
	const later = new Map();
	const queue = [...initial];
	const known = new Set(queue);
	for (let file = queue.pop(); file; file = queue.pop()) {
		for (const chunk of [...staticImports(file), ...dynamicImports(file)]) {
			if (known.has(chunk)) continue;
			known.add(chunk);
			queue.push(chunk);
		}
		const there = withImports(file, new Set(initial));
		for (const chunk of dynamicImports(file)) if (!initial.has(chunk)) later.set(chunk, Math.max(later.get(chunk) ?? 0, bytes([...withImports(chunk)].filter((f) => !there.has(f)))));
	}
	const isCharts = (chunk) => chunk.startsWith('engine-');
	return {
		initial: bytes(initial),
		style: bytes(readdirSync(assets).filter((f) => f.endsWith('.css'))),
		charts: Math.max(0, ...[...later].filter(([chunk]) => isCharts(chunk)).map(([, n]) => n)),
		chunks: largestFirst([...known].filter((file) => !initial.has(file) && !isCharts(file)).map((file) => ({ chunk: nameOf(file), bytes: bytes([file]) }))),
		routes: largestFirst([...later].filter(([chunk]) => !isCharts(chunk)).map(([chunk, n]) => ({ chunk: nameOf(chunk), bytes: n }))),
	};
}

/** What is over its budget, in words. */
export function over(found) {
	const all = [['initial', 'JavaScript of the first view', found.initial], ['style', 'the style sheet', found.style], ['charts', 'the chunk of charts', found.charts], ...found.chunks.map((c) => ['chunk', `the chunk ${c.chunk}`, c.bytes]), ...found.routes.map((r) => ['route', `all of ${r.chunk}`, r.bytes])];
	return all.filter(([kind, , n]) => n > BUDGET_KB[kind] * KB).map(([kind, what, n]) => `${what}: ${(n / KB).toFixed(1)} KB gzip, ${BUDGET_KB[kind]} KB allowed`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const found = sizes();
	const kb = (n) => `${(n / KB).toFixed(1)} KB`;
	if (process.argv.includes('--json')) console.log(JSON.stringify(found));
	else console.log(`gzip: initial ${kb(found.initial)}, style ${kb(found.style)}, charts ${kb(found.charts)}, largest chunk ${found.chunks[0].chunk} ${kb(found.chunks[0].bytes)}, largest routes ${found.routes.slice(0, 3).map((r) => `${r.chunk} ${kb(r.bytes)}`).join(', ')}`);
	const problems = over(found);
	for (const problem of problems) console.error(`over its budget: ${problem}`);
	process.exitCode = problems.length > 0 ? 1 : 0;
}
