// SPDX-License-Identifier: MIT
// Small random projects that repeat for a seed: sessions of people and of nobody, several platforms and currencies, names in many
// scripts, widgets, retries, copies, late arrivals, moments at which clocks change. And requests for each analytics route.
import { dice } from './analytics.mjs';

const DAY = 86_400_000;
const HOUR = 3_600_000;

/** Zones with a day on which their clocks change. */
const MOMENTS = [
	['Europe/Berlin', '2026-03-29'], ['Europe/Berlin', '2026-10-25'], ['Africa/Cairo', '2026-04-24'], ['Africa/Cairo', '2026-10-29'], ['America/Santiago', '2026-04-05'],
	['America/Santiago', '2026-09-06'], ['America/Havana', '2025-11-02'], ['Asia/Kathmandu', '2026-05-04'], ['America/New_York', '2026-03-08'], ['UTC', '2026-02-01'],
];
const TOOLS = ['search', 'book', 'поиск', '検索する', "o'brien \"s\"", 'a,b', 'back\\slash', 'with/slash', '100% sure?', '🚀 launch', 'search'];
const USERS = ['u1', 'u2', 'ünal', '用户', "d'arc", 'a/b', '+plus', 'u10'];
const PLATFORMS = ['chatgpt', 'claude', 'cursor', 'unknown', ''];
const CURRENCIES = ['EUR', 'USD', 'JPY', ''];
const MESSAGES = ['timeout after 30 s', 'timeout after 31 s', 'HTTP 500 from https://x.example/a?b=1', "no such room 'blue'", 'id 4f6e2c1a-1111-4222-8333-444455556666 gone', 'ошибка 7', '', 'Deadbeef 0x1f'];
const CATEGORIES = ['timeout', 'validation', 'server', ''];
const TRAITS = [{ plan: 'pro' }, { plan: 'free', seats: 3 }, { city: 'Köln', beta: true }, {}];

const hex = (d, digits) => Array.from({ length: digits }, () => d.int(16).toString(16)).join('');
/** Event ids, of which many begin alike. */
const eventId = (d) => `${d.chance(0.4) ? '00000000-0000' : `${hex(d, 8)}-${hex(d, 4)}`}-4${hex(d, 3)}-8${hex(d, 3)}-${hex(d, 12)}`;
const iso = (t) => new Date(t).toISOString();
const maybe = (d, p, value) => (d.chance(p) ? value() : undefined);

function call(d) {
	const name = d.chance(0.05) ? undefined : d.pick(TOOLS);
	const status = d.pick(['success', 'success', 'success', 'error', undefined]);
	const values = maybe(d, 0.6, () => Object.fromEntries(d.shuffle([['city', d.pick(['Berlin', 'Köln', '', 'x'.repeat(210)])], ['guests', d.int(3)], ['flags', d.pick([[1, 2], { a: null }, null, true])], ['_meta', 'x']]).slice(0, d.int(5))));
	return {
		event_type: 'tool_call', event_name: name, status, latency_ms: maybe(d, 0.9, () => d.pick([0, 9.5, 10, 120, 999.25, 5000, 40_000])), is_retry: d.chance(0.2) ? 1 : 0,
		error_category: status === 'error' ? d.pick(CATEGORIES) : undefined, error_message: status === 'error' ? d.pick(MESSAGES) : undefined,
		input_keys: values && (d.chance(0.5) ? Object.fromEntries(Object.keys(values).map((k) => [k, true])) : Object.keys(values)), input_values: values && d.chance(0.8) ? values : undefined,
		output_content: maybe(d, 0.2, () => ({ text: 'found "it"\n\\', n: [1, 2.5, null] })), tokens_in: maybe(d, 0.3, () => d.int(500)), tokens_out: maybe(d, 0.3, () => d.int(500)),
		intent_signals: maybe(d, 0.3, () => ({ intent: d.pick(['find a room', 'Найти номер', 'book "now"']), source: d.pick(['context_parameter', 'inferred']) })),
		metadata: maybe(d, 0.5, () => ({ ...(d.chance(0.7) ? { response_size: d.int(5000) } : {}), ...(d.chance(0.5) ? { content_types: d.pick([['text'], ['text', 'image'], []]) } : {}), ...(d.chance(0.6) ? { zero_result: d.chance(0.3) } : {}) })),
	};
}

const KINDS = {
	tool_call: call,
	connection: (d) => ({ event_type: 'connection', metadata: d.pick([{ intent_enabled: true }, { intent_enabled: false }, undefined]), sdk_version: d.pick(['1.0.0', '1.1.0', undefined]), client_name: d.pick(['claude-ai', 'openai-mcp', undefined]), client_version: d.pick(['1', undefined]) }),
	tool_discovery: (d) => ({ event_type: 'tool_discovery', metadata: { tools_listed: d.shuffle([...new Set(TOOLS)]).slice(0, d.int(5)) } }),
	identify: (d) => ({ event_type: 'identify', user_traits: d.pick(TRAITS) }),
	step: (d) => ({ event_type: 'step', event_name: d.pick(['cart', 'checkout', 'шаг', 'cart']), step_sequence: maybe(d, 0.5, () => d.int(4)) }),
	track: (d) => ({ event_type: 'track', event_name: d.pick(['cache_hit', 'custom', undefined]), metadata: maybe(d, 0.5, () => ({ note: 'a "b" \\ c', n: 1 })) }),
	conversion: (d) => ({ event_type: 'conversion', event_name: d.pick(['sale', 'booking']), conversion_value: maybe(d, 0.85, () => d.pick(['10', '0.0001', '-3.5', '199.99', '1200.5'])), conversion_currency: d.pick(CURRENCIES) }),
	widget_render: () => ({ event_type: 'widget_render' }),
	widget_click: () => ({ event_type: 'widget_click' }),
	widget_form_field: () => ({ event_type: 'widget_form_field', field_name: 'email' }),
	widget_error: (d) => ({ event_type: 'widget_error', error_message: d.pick(MESSAGES) }),
};
const MIX = ['tool_call', 'tool_call', 'tool_call', 'tool_call', 'tool_call', 'connection', 'tool_discovery', 'identify', 'step', 'step', 'track', 'conversion', 'widget_render', 'widget_click', 'widget_click', 'widget_form_field', 'widget_error'];
const isWidget = (type) => type.startsWith('widget_');

/** Events of one session, around the time of its begin. */
function session(d, number, begin) {
	const user = d.pick([...USERS, undefined, undefined, undefined, undefined]);
	const [platform, country] = [d.pick(PLATFORMS), d.pick(['DE', 'FR', ''])];
	const named = d.pick(['always', 'later', 'once']);
	const traces = Array.from({ length: 1 + d.int(4) }, (_, i) => `tr_${number}_${i}`);
	let t = begin;
	return Array.from({ length: 1 + d.int(14) }, (_, i) => {
		t += d.pick([0, 1, 250, 2500, 60_000, 20 * 60_000, 3 * HOUR, ...(d.chance(0.1) ? [2 * DAY] : [])]);
		const kind = KINDS[d.pick(MIX)](d);
		const own = !isWidget(kind.event_type) && (named === 'always' || (named === 'later' && i > 2) || (named === 'once' && i === 1)) ? user : maybe(d, 0.05, () => d.pick(USERS));
		const known = !isWidget(kind.event_type) && d.chance(0.9);
		return {
			event_id: eventId(d), timestamp: iso(t), trace_id: d.pick(traces), session_id: `ses_${number}`, source: isWidget(kind.event_type) ? 'widget' : 'server',
			user_id: kind.event_type === 'identify' ? (user ?? d.pick(USERS)) : own, platform: known ? platform : undefined, country_code: known ? country : undefined,
			ingested_at: iso(t + d.pick([1000, 1000, 5000, 3 * DAY])), ...kind,
		};
	});
}

/** A project: { rows, registry, zone, at } for a tenant; the rows come in any order, with copies. */
export function dataset(seed, { workspace, project }) {
	const d = dice(seed);
	const [zone, date] = MOMENTS[seed % MOMENTS.length];
	const at = Date.parse(date);
	const events = Array.from({ length: d.int(9) }, (_, i) => session(d, i, at + (d.int(8 * 24) - 4 * 24) * HOUR + d.int(HOUR))).flat()
		.map((event) => ({ workspace_id: workspace, project_id: project, ...JSON.parse(JSON.stringify(event)) }));
	const copies = [...events, ...events].filter(() => d.chance(0.2)).map((event) => ({ ...event, ingested_at: iso(Date.parse(event.ingested_at) + d.int(DAY)) }));
	const registry = d.shuffle([...new Set(TOOLS)]).slice(0, d.int(6)).map((name) => ({
		workspace_id: workspace, project_id: project, tool_name: name, description: d.pick(['', 'Finds "rooms"']), updated_at: iso(at),
		input_schema: d.pick(['', JSON.stringify({ type: 'object', properties: { city: { type: 'string' }, extra: {} }, required: ['city'] })]),
	}));
	return { rows: d.shuffle([...events, ...copies]), registry, zone, at, events };
}

/* ---- requests ---- */

const filters = (d) => ({ ...(d.chance(0.3) ? { platform: d.pick(['chatgpt', 'claude,cursor', ['unknown', 'claude'], 'nosuch']) } : {}), ...(d.chance(0.3) ? { tool: d.shuffle([...new Set(TOOLS)]).slice(0, 1 + d.int(3)) } : {}) });
function range(d, { at, zone, events }) {
	if (events.length > 0 && d.chance(0.3)) return close(d, d.pick(events), zone);
	if (d.chance(0.05)) return { from: iso(at - 400 * DAY), to: iso(at - 390 * DAY) };
	const from = at - d.int(5 * 24) * HOUR - d.pick([0, 0, 1234]);
	return { from: iso(from), to: iso(from + (1 + d.int(9 * 24)) * HOUR), ...(d.chance(0.7) ? { timezone: zone } : {}) };
}
/** A range that begins or ends at an event or beside it, shorter or longer than the quarters of an hour that visits are kept in. */
function close(d, event, zone) {
	const edge = Date.parse(event.timestamp) + d.pick([0, 0, 1, -1, 60_000, -60_000]);
	const length = d.pick([1, 1000, 60_000, 899_999, 900_000, 900_001, 20 * 60_000, HOUR, 5 * HOUR + 7]);
	const from = d.chance(0.5) ? edge : edge - length;
	return { from: iso(from), to: iso(from + length), ...(d.chance(0.5) ? { timezone: zone } : {}) };
}
const buckets = (d) => (d.chance(0.6) ? { granularity: d.pick(['hour', 'day', 'week', 'month', 'auto']) } : {});
const compare = (d) => (d.chance(0.2) ? { compare: 'none' } : {});
const pages = (d, sorts) => ({ ...(d.chance(0.5) ? { page: 1 + d.int(3), pageSize: 1 + d.int(5) } : {}), ...(d.chance(0.6) ? { sort: d.pick(sorts), order: d.pick(['asc', 'desc']) } : {}) });
const common = (d, data) => ({ ...range(d, data), ...filters(d) });
const nameOf = (d, data, of, other) => d.pick([...data.events.map(of).filter(Boolean), other]);
const tool = (d, data) => nameOf(d, data, (e) => (e.event_type === 'tool_call' ? e.event_name : undefined), 'no such tool');

const errorFilters = (d) => ({ ...(d.chance(0.6) ? { kind: d.pick(['tool', 'widget', 'all']) } : {}), ...(d.chance(0.3) ? { category: d.pick(['timeout', 'unknown', 'widget']) } : {}),
	...(d.chance(0.2) ? { fingerprint: d.pick(['0000000000000000', '3818ad0888a8f956']) } : {}) });

const STEPS = ['tool_call:*', 'tool_call:*', 'tool_call:search', 'tool_call:book', 'tool_call:поиск', 'step:*', 'step:cart', 'step:шаг', 'conversion:*', 'conversion:sale', 'widget_render:*', 'widget_click:*', 'track:cache_hit'];
const funnel = (d, data, most) => ({ ...common(d, data), step: Array.from({ length: 2 + d.int(most - 1) }, () => d.pick(STEPS)), ...(d.chance(0.8) ? { scope: d.pick(['session', 'user', 'trace']) } : {}), ...(d.chance(0.7) ? { window: d.pick([1, 60, 3600, 10_800, 2_592_000]) } : {}) });
const user = (d, data) => nameOf(d, data, (e) => e.user_id, 'nobody');
const TRAITS_ASKED = ['plan:pro', 'plan:free', 'seats:3', 'beta:true', 'city:Köln', 'city:Bonn', ['plan:free', 'seats:3'], ['plan:pro', 'beta:true']];

/** A request for each route: (dice, dataset) => { names, query }, names for the {} of the route. */
const REQUESTS = {
	overview: (d, data) => ({ query: { ...common(d, data), ...buckets(d), ...compare(d) } }),
	tools: (d, data) => ({ query: { ...common(d, data), ...(d.chance(0.4) ? { unused: '1' } : {}), ...(d.chance(0.2) ? { q: d.pick(['S', 'a', 'ИСК']) } : {}),
		...pages(d, ['calls', 'tool', 'successRate', 'errorRate', 'errors', 'avgLatencyMs', 'p95LatencyMs', 'users', 'sessions', 'lastCalledAt']) } }),
	'tools/{}': (d, data) => ({ names: [tool(d, data)], query: { ...common(d, data), ...buckets(d), ...compare(d) } }),
	'tools/{}/invocations': (d, data) => ({ names: [tool(d, data)], query: { ...common(d, data), ...(d.chance(0.3) ? { status: d.pick(['success', 'error']) } : {}), ...(d.chance(0.2) ? { category: d.pick(['timeout', 'server']) } : {}), ...pages(d, ['timestamp']) } }),
	funnels: (d, data) => (d.chance(0.25) ? { query: { ...common(d, data), ...(d.chance(0.7) ? { scope: d.pick(['session', 'user', 'trace']) } : {}) } } : { query: funnel(d, data, d.pick([3, 3, 10])) }),
	'funnels/examples': (d, data) => {
		const query = funnel(d, data, 4);
		return { query: { ...query, level: 1 + d.int(query.step.length), ...pages(d, ['enteredAt']) } };
	},
	users: (d, data) => ({ query: { ...common(d, data), ...(d.chance(0.2) ? { q: d.pick(['u', 'ü', '/', '用']) } : {}), ...(d.chance(0.4) ? { trait: d.pick(TRAITS_ASKED) } : {}),
		...pages(d, ['lastSeen', 'userId', 'sessions', 'events', 'toolCalls', 'conversions']) } }),
	'users/{}': (d, data) => ({ names: [user(d, data)], query: {} }),
	'users/{}/events': (d, data) => ({ names: [user(d, data)], query: { ...(d.chance(0.5) ? { limit: d.pick([1, 3, 200]) } : {}), ...(d.chance(0.3) ? { type: d.pick(['tool_call', ['step', 'identify', 'connection']]) } : {}) } }),
	'users/retention': (d, data) => ({ query: { ...common(d, data), ...(d.chance(0.8) ? { period: d.pick(['day', 'week', 'month']) } : {}), ...(d.chance(0.5) ? { mode: d.pick(['nday', 'unbounded']) } : {}), ...(d.chance(0.4) ? { periods: 1 + d.int(31) } : {}) } }),
	'users/active': (d, data) => ({ query: { ...common(d, data), ...buckets(d) } }),
	paths: (d, data) => ({ query: { ...common(d, data), ...(d.chance(0.5) ? { depth: 2 + d.int(5) } : {}), ...(d.chance(0.3) ? { collapse: '1' } : {}), ...(d.chance(0.3) ? { start: d.pick(['tool_call:search', 'step:cart', 'tool_call:поиск']) } : {}),
		...(d.chance(0.3) ? { end: d.pick(['tool_call:book', 'conversion:sale', 'step:cart']) } : {}), ...(d.chance(0.5) ? { limit: 3 + d.int(4) } : {}), ...(d.chance(0.3) ? { nodes: d.pick(['tool_call,step,conversion,track', 'tool_call', 'step,track']) } : {}) } }),
	errors: (d, data) => ({ query: { ...common(d, data), ...buckets(d), ...compare(d) } }),
	'errors/groups': (d, data) => ({ query: { ...common(d, data), ...errorFilters(d), ...pages(d, ['count', 'lastSeen', 'sessions']) } }),
	'errors/series': (d, data) => ({ query: { ...common(d, data), ...errorFilters(d), ...buckets(d) } }),
	'errors/list': (d, data) => ({ query: { ...common(d, data), ...errorFilters(d), ...pages(d, ['timestamp']) } }),
	intents: (d, data) => ({ query: { ...common(d, data), ...(d.chance(0.3) ? { q: d.pick(['ROOM', 'номер', '"']) } : {}), ...(d.chance(0.3) ? { source: d.pick(['context_parameter', 'inferred']) } : {}), ...pages(d, ['timestamp']) } }),
	sessions: (d, data) => ({ query: { ...common(d, data), ...(d.chance(0.3) ? { user: d.pick([...USERS, 'anonymous', 'anonymous']) } : {}), ...(d.chance(0.3) ? { has: d.shuffle(['error', 'conversion', 'widget', 'intent']).slice(0, 1 + d.int(2)) } : {}),
		...(d.chance(0.2) ? { q: d.pick(['ses_', 'ses_1', 'es']) } : {}), ...pages(d, ['lastAt']) } }),
	'sessions/{}': (d, data) => ({ names: [nameOf(d, data, (e) => e.session_id, 'no such session')], query: {} }),
	'traces/{}': (d, data) => ({ names: [nameOf(d, data, (e) => e.trace_id, 'no such trace')], query: {} }),
};

/** A request for a route: { route, query }, the names of people and tools put in. */
export function request(seed, pattern, data) {
	const d = dice(seed);
	const { names = [], query } = REQUESTS[pattern](d, data);
	let i = 0;
	return { route: pattern.replaceAll('{}', () => encodeURIComponent(names[i++])), query };
}
