// SPDX-License-Identifier: MIT
// The pages as a browser meets them over many events: size of what it loads, largest paint and what it is of, shifts of the layout,
// time until the numbers stand there; cold (nothing cached) and warm (again in the same browser). A table, then a JSON line a page.
// usage: node tests/bench/web.mjs [events=200000] [rounds=3]       exits 1 when a bar is missed
import { over as overBudget, sizes } from '../../web/scripts/sizes.mjs';
import { openWindow, startBrowser } from '../support/browser.mjs';
import { median, options, print, round } from '../support/bench.mjs';
import { signIn, viewsOf } from '../support/pages.mjs';
import { Stack } from '../support/stack.mjs';

const LCP_MS = 1000;
const CLS = 0.02;
const OVERVIEW_REQUESTS = 12;
const SETTLED_MS = 20_000;
const REST_MS = 400;
const LIMITS = ['CEILING', 'AUTH_STRICT', 'AUTH', 'MANAGE', 'ANALYTICS'];
const o = options({ events: 200_000, rounds: 3 });

/** Runs in the page before anything else: paints, shifts, and when the last placeholder went. */
function watch() {
	const seen = { lcp: 0, largest: '', cls: 0, data: 0, moved: [] };
	Object.assign(window, { yavioSeen: seen });
	new PerformanceObserver((list) => list.getEntries().forEach((e) => Object.assign(seen, { lcp: e.startTime, largest: `${e.element?.nodeName ?? ''} ${e.element?.textContent.slice(0, 40) ?? ''}` }))).observe({ type: 'largest-contentful-paint', buffered: true });
	const shifted = (e) => {
		if (e.hadRecentInput) return;
		seen.cls += e.value;
		for (const { node, previousRect, currentRect } of e.sources) seen.moved.push(`${node?.nodeName} ${node?.textContent?.slice(0, 30)} from ${previousRect.top} to ${currentRect.top}`);
	};
	new PerformanceObserver((list) => list.getEntries().forEach(shifted)).observe({ type: 'layout-shift', buffered: true });
	// of what is in the window: a chart further down or in a tab waits until one comes near
	const inWindow = (e) => e.getClientRects().length > 0 && e.getBoundingClientRect().top < innerHeight;
	let planned = false;
	const look = () => {
		planned = false;
		const waiting = !document.querySelector('h1') || [...document.querySelectorAll('.skeleton, [aria-busy="true"]')].some(inWindow);
		if (waiting) seen.data = 0;
		else if (seen.data === 0) seen.data = performance.now();
	};
	new MutationObserver(() => {
		if (!planned) requestAnimationFrame(look);
		planned = true;
	}).observe(document, { subtree: true, childList: true, attributes: true });
}

/** One visit in a window: { lcp, cls, data, kb, requests }. */
async function visit(page, path) {
	await page.goto('about:blank');
	await page.goto(path);
	await page.waitForFunction((rest) => window.yavioSeen.data > 0 && performance.now() - window.yavioSeen.data > rest, REST_MS, { timeout: SETTLED_MS }).catch((e) => {
		throw new Error(`${path} does not come to rest: ${e.message}`);
	});
	return page.evaluate(() => {
		const all = [...performance.getEntriesByType('resource'), ...performance.getEntriesByType('navigation')];
		return { ...window.yavioSeen, kb: all.reduce((sum, e) => sum + e.transferSize, 0) / 1000, requests: all.length };
	});
}

const over = (row) => [row.lcp > LCP_MS && 'LCP', row.cls > CLS && 'CLS', row.page === 'overview' && row.cache === 'cold' && row.requests > OVERVIEW_REQUESTS && 'requests'].filter(Boolean).join(' ');
const middle = (visits) => Object.fromEntries(['lcp', 'cls', 'data', 'kb', 'requests'].map((name) => [name, median(visits.map((v) => v[name]))]));

const stack = await Stack.start({ YAVIO_STORE_MEMORY: '', YAVIO_DASHBOARD_WORKERS: 'auto', YAVIO_ACCESS_LOG: 'errors', ...Object.fromEntries(LIMITS.map((name) => [`YAVIO_RL_${name}`, '100000/60'])) });
const origin = `http://localhost:${stack.http}`; // as NEXTAUTH_URL has it: a login holds on no other
let browser;
try {
	const { email, password } = await stack.must(['seed', '--profile', 'load', '--events', String(o.events), '--json'], { timeout: 600_000 });
	browser = await startBrowser();
	const login = await openWindow(browser, origin);
	await signIn(login.page, email, password);
	const views = await viewsOf(login.page, '/demo/demo-load', { query: '?range=30d' });
	const pages = { login: '/login', projects: '/demo', members: '/demo/settings/members', ...Object.fromEntries(Object.entries(views).map(([name, path]) => [name, `${path}?range=30d`])) };
	const storageState = await login.context.storageState();
	await login.close();

	const rows = [];
	for (const [name, path] of Object.entries(pages)) {
		const visits = { cold: [], warm: [] };
		for (let i = 0; i < o.rounds; i++) {
			const window = await openWindow(browser, origin, name === 'login' ? {} : { storageState });
			await window.context.addInitScript(watch);
			for (const cache of ['cold', 'warm']) {
				const seen = await visit(window.page, path);
				visits[cache].push(seen);
				if (seen.cls > CLS) console.error(`${name}, ${cache}, moved: ${seen.moved.join(' | ')}`);
			}
			await window.close();
		}
		for (const cache of ['cold', 'warm']) rows.push({ page: name, cache, ...middle(visits[cache]), largest: visits[cache].at(-1).largest });
	}
	const found = sizes();
	const { initial, style, charts, routes } = found;
	const large = overBudget(found);
	for (const what of large) console.error(`over its budget: ${what}`);
	console.log(`${o.events} events; medians of ${o.rounds}; gzip: initial ${round(initial / 1000, 1)} KB, style ${round(style / 1000, 1)} KB, charts ${round(charts / 1000, 1)} KB, largest route ${routes[0].chunk} ${round(routes[0].bytes / 1000, 1)} KB\n`);
	console.log(`${'page'.padEnd(16)}cache  LCP ms  data ms     CLS  loaded KB  requests  largest paint`);
	for (const r of rows) console.log(`${r.page.padEnd(16)}${r.cache}${String(round(r.lcp, 0)).padStart(9)}${String(round(r.data, 0)).padStart(9)}${r.cls.toFixed(3).padStart(8)}${r.kb.toFixed(0).padStart(11)}${String(r.requests).padStart(10)}  ${r.largest}  ${over(r)}`);
	console.log('');
	print({ bench: 'web', events: o.events, rounds: o.rounds, initial_bytes: initial, style_bytes: style, charts_bytes: charts, routes });
	for (const r of rows) print({ bench: 'web', page: r.page, cache: r.cache, lcp_ms: round(r.lcp, 0), data_ms: round(r.data, 0), cls: round(r.cls, 4), kb: round(r.kb, 1), requests: r.requests, largest: r.largest });
	process.exitCode = large.length > 0 || rows.some((r) => over(r)) ? 1 : 0;
} finally {
	await browser?.close();
	await stack.stop();
}
