// SPDX-License-Identifier: MIT
// Oracle of the analytics: what each route must answer for a set of events. Small, slow, and independent of the store and of
// its queries: the tests compare both. What is not here (cursors, generatedAt) is checked by other tests.
import { granularity } from './calendar.mjs';
import { Dataset } from './dataset.mjs';
import { autoFunnel, funnel, funnelExamples, paths } from './journeys.mjs';
import { iso } from './numbers.mjs';
import { active, retention, session, sessions, trace, user, userEvents, users } from './people.mjs';
import { errorGroups, errorList, errorSeries, errors, intents, invocations, overview, toolDetail, tools } from './views.mjs';

const DAY = 86_400_000;
const list = (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]);
const number = (value) => (value === undefined ? undefined : Number(value));

/** Parameters as the routes understand them, defaults resolved. */
function read(query, now) {
	const to = query.to === undefined ? now : Date.parse(query.to);
	const from = query.from === undefined ? to - 7 * DAY : Date.parse(query.from);
	return {
		now, from, to, timezone: query.timezone ?? 'UTC', granularity: granularity(query.granularity, from, to), platforms: list(query.platform).flatMap((p) => p.split(',')), tools: list(query.tool), compare: query.compare,
		page: number(query.page), pageSize: number(query.pageSize), sort: query.sort, order: query.order, q: query.q, unused: query.unused === '1', status: query.status, category: query.category, fingerprint: query.fingerprint, kind: query.kind, source: query.source,
		steps: list(query.step).map((s) => ({ type: s.slice(0, s.indexOf(':')), name: s.slice(s.indexOf(':') + 1) })), scope: query.scope, window: number(query.window), level: number(query.level),
		nodes: query.nodes?.split(','), depth: number(query.depth), limit: number(query.limit), start: query.start, end: query.end, collapse: query.collapse === '1',
		period: query.period, mode: query.mode, periods: number(query.periods), user: query.user, has: list(query.has), types: query.type === undefined ? undefined : list(query.type), traits: list(query.trait).map((t) => [t.slice(0, t.indexOf(':')), t.slice(t.indexOf(':') + 1)]),
	};
}

const ROUTES = [
	['overview', overview], ['tools', tools], ['tools/{}', toolDetail], ['tools/{}/invocations', invocations],
	['funnels', (data, q) => (q.steps.length > 0 ? funnel(data, q) : autoFunnel(data, q))], ['funnels/examples', funnelExamples],
	['users', users], ['users/retention', retention], ['users/active', active], ['users/{}', user], ['users/{}/events', userEvents],
	['paths', paths], ['errors', errors], ['errors/groups', errorGroups], ['errors/series', errorSeries], ['errors/list', errorList], ['intents', intents],
	['sessions', sessions], ['sessions/{}', session], ['traces/{}', trace],
];
const COMPARED = new Set(['overview', 'tools/{}', 'errors']);

/** The answer to a route below /api/analytics/{project}/, without meta's generatedAt. now: ms, what the server takes for now. */
export function answer(rows, registry, tenant, route, query, now) {
	const parts = route.split('/');
	const exact = ROUTES.find(([path]) => path === route);
	const [path, view] = exact ?? ROUTES.find(([pattern]) => pattern.split('/').length === parts.length && pattern.split('/').every((part, i) => part === '{}' || part === parts[i]));
	const q = read(query, now);
	const at = path.split('/').indexOf('{}');
	if (at >= 0) q.name = decodeURIComponent(parts[at]);
	const before = COMPARED.has(path) && q.compare !== 'none';
	const meta = { from: iso(q.from), to: iso(q.to), timezone: q.timezone, granularity: q.granularity, platform: q.platforms, tool: q.tools, compare: before ? { from: iso(q.from - (q.to - q.from)), to: iso(q.from) } : null };
	return { meta, ...view(new Dataset(rows, registry, tenant), q) };
}
