// SPDX-License-Identifier: MIT
// Oracle of the analytics: overview, tools, errors, intents, computed from the definitions by going over all events.
import { bucketOf, buckets } from './calendar.mjs';
import { isActivity } from './dataset.mjs';
import { amount, by, distinct, group, iso, kpi, mean, median, percentile, rate, sum } from './numbers.mjs';
import { sipHash } from './siphash.mjs';

const DAY = 86_400_000;
const isCall = (e) => e.type === 'tool_call';
const failed = (e) => e.status === 'error';
const succeeded = (e) => e.status === 'success';
const latencies = (events) => events.map((e) => e.latency).filter((ms) => ms !== null);
const sessionsOf = (events) => distinct(events.filter(isActivity).map((e) => e.session));
const usersOf = (events) => distinct(events.filter(isActivity).map((e) => e.user).filter(Boolean));
const platformOf = (e) => e.ownPlatform || 'unknown';
const total = (values) => (values.length === 0 ? null : sum(values));
const present = (values) => values.filter((v) => v !== null);

/** The first click of a trace at or after its first render, in ms behind that render; null: none. */
export function interactionMs(events) {
	const render = events.find((e) => e.type === 'widget_render');
	const click = render && events.find((e) => e.type === 'widget_click' && e.t >= render.t);
	return click ? click.t - render.t : null;
}

/** Sums by currency, those with most conversions first. */
export function revenueOf(events) {
	const all = [...group(events.filter((e) => e.type === 'conversion' && e.value !== null), (e) => e.currency || 'XXX')]
		.map(([currency, list]) => ({ currency, value: list.reduce((a, e) => a + e.value, 0n), conversions: list.length }));
	return all.sort(by([(r) => r.conversions, -1], [(r) => r.currency])).map((r) => ({ ...r, value: amount(r.value) }));
}
export const revenueList = (events) => revenueOf(events).map(({ currency, value }) => ({ currency, value })).sort(by([(r) => r.currency]));

function callKpis(calls) {
	const ms = latencies(calls);
	return { avgLatencyMs: mean(ms), p50LatencyMs: percentile(ms, 0.5), p95LatencyMs: percentile(ms, 0.95), p99LatencyMs: percentile(ms, 0.99) };
}

function overviewValues(data, q) {
	const events = data.select(q);
	const calls = events.filter(isCall);
	const sessions = sessionsOf(events);
	const has = (type) => new Set(events.filter((e) => e.type === type).map((e) => e.session));
	const [converted, rendered, clicked, filled] = ['conversion', 'widget_render', 'widget_click', 'widget_form_field'].map(has);
	const widgetSessions = [...rendered];

	const around = data.select({ ...q, base: q.from, from: q.from - DAY, to: q.to + DAY });
	const interactions = [...group(around, (e) => e.trace).values()].filter((trace) => {
		const render = trace.find((e) => e.type === 'widget_render');
		return render && render.t >= q.from && render.t < q.to;
	}).map(interactionMs);
	const before = data.select({ ...q, base: q.from, from: q.from - DAY });
	const firstCalls = [...group(before, (e) => e.session).values()].map((session) => {
		const call = session.find(isCall);
		return call && call.t >= q.from ? call.t - session[0].t : null;
	});
	return {
		invocations: calls.length, errors: calls.filter(failed).length, errorRate: rate(calls.filter(failed).length, calls.length), ...callKpis(calls),
		sessions: sessions.length, anonymousSessions: sessions.filter((s) => !data.sessionUser.has(s)).length, users: usersOf(events).length,
		conversions: events.filter((e) => e.type === 'conversion').length, sessionConversionRate: rate(sessions.filter((s) => converted.has(s)).length, sessions.length),
		widgetEngagementRate: rate(widgetSessions.filter((s) => clicked.has(s) || filled.has(s)).length, widgetSessions.length),
		timeToFirstInteractionMs: median(present(interactions)), timeToFirstToolCallMs: median(present(firstCalls)),
		tokensIn: total(present(calls.map((e) => e.tokensIn))), tokensOut: total(present(calls.map((e) => e.tokensOut))),
	};
}

const previousOf = (q) => ({ ...q, from: q.from - (q.to - q.from), to: q.from });
function kpis(of, data, q) {
	const now = of(data, q);
	const before = of(data, previousOf(q));
	return Object.fromEntries(Object.entries(now).map(([key, value]) => [key, kpi(value, before[key], q.compare !== 'none')]));
}

/** [bucket, its events] for each bucket of the range. */
function byBucket(events, q) {
	const groups = group(events, (e) => bucketOf(e.t, q.granularity, q.timezone));
	return buckets(q.from, q.to, q.granularity, q.timezone).map((at) => [iso(at), groups.get(at) ?? []]);
}

export function overview(data, q) {
	const events = data.select(q);
	const calls = events.filter(isCall);
	const before = revenueOf(data.select(previousOf(q)));
	const revenue = revenueOf(events).map((r) => {
		const { value: previous, change } = kpi(before.find((p) => p.currency === r.currency)?.value ?? 0, 0, true);
		return q.compare === 'none' ? { ...r, previous: null, change } : { ...r, previous, change: kpi(r.value, previous, true).change };
	});
	return {
		kpis: kpis(overviewValues, data, q),
		revenue,
		series: byBucket(events, q).map(([bucket, list]) => {
			const c = list.filter(isCall);
			return { bucket, invocations: c.length, errors: c.filter(failed).length, errorRate: rate(c.filter(failed).length, c.length), avgLatencyMs: mean(latencies(c)),
				sessions: sessionsOf(list).length, users: usersOf(list).length, conversions: list.filter((e) => e.type === 'conversion').length };
		}),
		revenueSeries: revenue.map(({ currency }) => ({ currency, points: byBucket(events, q).map(([bucket, list]) => ({ bucket, value: revenueOf(list).find((r) => r.currency === currency)?.value ?? 0 })) })),
		platforms: [...group(calls, platformOf)].map(([platform, list]) => ({ platform, invocations: list.length, share: rate(list.length, calls.length), errors: list.filter(failed).length,
			errorRate: rate(list.filter(failed).length, list.length), sessions: distinct(list.map((e) => e.session)).length })).sort(by([(p) => p.invocations, -1], [(p) => p.platform])),
		topTools: [...group(calls.filter((e) => e.name !== ''), (e) => e.name)].map(([tool, list]) => ({ tool, invocations: list.length, share: rate(list.length, calls.length),
			errors: list.filter(failed).length, errorRate: rate(list.filter(failed).length, list.length), avgLatencyMs: mean(latencies(list)) }))
			.sort(by([(t) => t.invocations, -1], [(t) => t.tool])).slice(0, 10),
	};
}

/* ---- tools ---- */

const zeroResults = (calls) => calls.map((e) => e.metadata?.zero_result).filter((v) => typeof v === 'boolean');
const zeroRate = (calls) => rate(zeroResults(calls).filter(Boolean).length, zeroResults(calls).length);

function toolItem(data, tool, calls, all) {
	const last = calls.reduce((t, e) => Math.max(t, e.t), -Infinity);
	return { tool, calls: calls.length, share: rate(calls.length, all), successRate: rate(calls.filter(succeeded).length, calls.length), errors: calls.filter(failed).length,
		errorRate: rate(calls.filter(failed).length, calls.length), ...callKpis(calls), sessions: distinct(calls.map((e) => e.session)).length, users: usersOf(calls).length,
		retries: calls.filter((e) => e.isRetry).length, zeroResultRate: zeroRate(calls), intents: calls.filter((e) => e.intent !== '').length,
		lastCalledAt: calls.length === 0 ? null : iso(last), description: data.registry.get(tool)?.description ?? null, registered: data.registry.has(tool) };
}

export function page(items, q) {
	const [at, size] = [q.page ?? 1, q.pageSize ?? 25];
	return { items: items.slice((at - 1) * size, at * size), page: at, pageSize: size, total: items.length };
}

export function tools(data, q) {
	const calls = data.select(q).filter(isCall);
	const called = group(calls.filter((e) => e.name !== ''), (e) => e.name);
	const wanted = (tool) => !q.q || tool.toLowerCase().includes(q.q.toLowerCase());
	const items = [...called].filter(([tool]) => wanted(tool)).map(([tool, list]) => toolItem(data, tool, list, calls.length));
	const sort = q.sort ?? 'calls';
	items.sort(by([(i) => i[sort], q.order === 'asc' ? 1 : -1], [(i) => i.tool]));
	if (q.unused) items.push(...[...data.registry.keys()].filter((tool) => !called.has(tool) && wanted(tool)).sort(by([(t) => t])).map((tool) => ({ ...toolItem(data, tool, [], calls.length), share: calls.length === 0 ? null : 0 })));
	return page(items, q);
}

const EDGES = [0, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000];
const typeOf = (value) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);
const cut = (text) => [...text].slice(0, 200).join('');

function parameters(data, tool, calls) {
	const captured = calls.filter((e) => e.keys !== null);
	const named = (e) => distinct((Array.isArray(e.keys) ? e.keys : Object.keys(e.keys)).filter((k) => !k.startsWith('_')));
	const schema = data.registry.get(tool)?.inputSchema;
	const declared = Object.keys(schema?.properties ?? {});
	const keys = distinct([...captured.flatMap(named), ...declared]).map((key) => {
		const count = captured.filter((e) => named(e).includes(key)).length;
		const values = calls.filter((e) => e.values !== null && Object.hasOwn(e.values, key)).map((e) => e.values[key]);
		const shown = values.map((v) => JSON.stringify([typeOf(v), cut(typeof v === 'string' ? v : JSON.stringify(v))]));
		const top = [...group(shown, (s) => s)].map(([s, list]) => ({ value: JSON.parse(s)[1], type: JSON.parse(s)[0], count: list.length, share: rate(list.length, values.length) }))
			.sort(by([(v) => v.count, -1], [(v) => v.value], [(v) => v.type]));
		return { key, count, fillRate: rate(count, captured.length), declared: declared.includes(key), required: (schema?.required ?? []).includes(key), distinct: top.length, topValues: top.slice(0, 10) };
	}).sort(by([(k) => k.count, -1], [(k) => k.key]));
	const sets = [...group(captured, (e) => JSON.stringify(named(e).sort()))].map(([set, list]) => ({ keys: JSON.parse(set), calls: list.length, share: rate(list.length, captured.length),
		errorRate: rate(list.filter(failed).length, list.length), zeroResultRate: zeroRate(list) })).sort(by([(s) => s.calls, -1], [(s) => s.keys.join('\0')]));
	return { capturedCalls: captured.length, keys, combinations: sets.slice(0, 20) };
}

function responses(calls) {
	const sizes = calls.map((e) => e.metadata?.response_size).filter((v) => Number.isInteger(v) && v >= 0);
	const lists = calls.map((e) => distinct(e.metadata?.content_types ?? [])).filter((list) => list.length > 0);
	const zero = zeroResults(calls);
	return {
		size: { reported: sizes.length, avgBytes: mean(sizes), p50Bytes: percentile(sizes, 0.5), p95Bytes: percentile(sizes, 0.95), maxBytes: sizes.length === 0 ? null : Math.max(...sizes) },
		contentTypes: [...group(lists.flat(), (t) => t)].map(([type, list]) => ({ type, calls: list.length, share: rate(list.length, lists.length) })).sort(by([(t) => t.calls, -1], [(t) => t.type])),
		zeroResult: { reported: zero.length, count: zero.filter(Boolean).length, rate: rate(zero.filter(Boolean).length, zero.length) },
	};
}

export function intentStatus(data, now) {
	const seen = data.events.filter((e) => e.type === 'connection').sort(by([(e) => e.t], [(e) => e.id]));
	const recent = seen.filter((e) => e.t >= now - 7 * DAY && e.t <= now);
	const told = (list) => list.filter((e) => typeof e.metadata?.intent_enabled === 'boolean');
	const judge = (list) => (told(list).some((e) => e.metadata.intent_enabled) ? 'enabled' : told(list).length > 0 ? 'disabled' : list.length > 0 ? 'unsupported' : 'unknown');
	return { status: judge(recent.length > 0 ? recent : seen.slice(-1)), sdkVersion: seen.at(-1)?.sdkVersion || null };
}

const intentCalls = (calls) => calls.filter((e) => e.intent !== '').sort(by([(e) => e.t, -1], [(e) => e.id, -1]));

function toolValues(data, q) {
	const calls = data.select(q).filter((e) => isCall(e) && e.name === q.name);
	return { calls: calls.length, successRate: rate(calls.filter(succeeded).length, calls.length), errorRate: rate(calls.filter(failed).length, calls.length), ...callKpis(calls),
		sessions: distinct(calls.map((e) => e.session)).length, users: usersOf(calls).length };
}

export function toolDetail(data, q) {
	const calls = data.select(q).filter((e) => isCall(e) && e.name === q.name);
	const errors = calls.filter(failed);
	const known = data.registry.get(q.name);
	const listings = data.events.filter((e) => e.type === 'tool_discovery' && e.t >= q.from && e.t < q.to && (e.metadata?.tools_listed ?? []).includes(q.name));
	const listed = distinct(listings.map((e) => e.session));
	const calling = new Set(calls.map((e) => e.session));
	return {
		tool: q.name, registry: known ? { ...known, updatedAt: iso(known.updatedAt) } : null, kpis: kpis(toolValues, data, q),
		series: byBucket(calls, q).map(([bucket, list]) => {
			const ms = latencies(list);
			return { bucket, calls: list.length, errors: list.filter(failed).length, errorRate: rate(list.filter(failed).length, list.length), p50LatencyMs: percentile(ms, 0.5), p95LatencyMs: percentile(ms, 0.95), p99LatencyMs: percentile(ms, 0.99) };
		}),
		latencyHistogram: EDGES.map((fromMs, i) => ({ fromMs, toMs: EDGES[i + 1] ?? null, count: latencies(calls).filter((ms) => ms >= fromMs && ms < (EDGES[i + 1] ?? Infinity)).length })),
		errorCategories: [...group(errors, (e) => e.category || 'unknown')].map(([category, list]) => ({ category, count: list.length, share: rate(list.length, errors.length) })).sort(by([(c) => c.count, -1], [(c) => c.category])),
		platforms: [...group(calls, platformOf)].map(([platform, list]) => ({ platform, calls: list.length, share: rate(list.length, calls.length), errorRate: rate(list.filter(failed).length, list.length) })).sort(by([(p) => p.calls, -1], [(p) => p.platform])),
		parameters: parameters(data, q.name, calls), responses: responses(calls),
		discovery: { listings: listings.length, callsPerListing: rate(calls.length, listings.length), sessionsListed: listed.length, sessionsListedAndCalled: listed.filter((s) => calling.has(s)).length, sessionRate: rate(listed.filter((s) => calling.has(s)).length, listed.length) },
		intents: intentCalls(calls).slice(0, 20).map((e) => ({ eventId: e.id, timestamp: iso(e.t), intent: e.intent, source: e.intentSource || null, sessionId: e.session, status: e.status || null })),
		intentStatus: intentStatus(data, q.now),
	};
}

export function invocations(data, q) {
	const calls = data.select(q).filter((e) => isCall(e) && e.name === q.name && (!q.status || e.status === q.status) && (!q.category || e.category === q.category)).sort(by([(e) => e.t, q.order === 'asc' ? 1 : -1], [(e) => e.id, q.order === 'asc' ? 1 : -1]));
	return page(calls.map((e) => ({
		eventId: e.id, timestamp: iso(e.t), traceId: e.trace, sessionId: e.session, userId: e.user || null, platform: platformOf(e), status: e.status || null, latencyMs: e.latency, isRetry: e.isRetry,
		errorCategory: e.category || null, errorMessage: e.message || null, input: e.values, output: e.output, metadata: e.metadata, intent: e.intent ? { text: e.intent, source: e.intentSource || null } : null,
		customEvents: data.byTrace.get(e.trace).filter((c) => c.type === 'track').slice(0, 50).map((c) => ({ eventId: c.id, name: c.name || null, timestamp: iso(c.t), metadata: c.metadata })),
	})), q);
}

/** Newest first unless asked otherwise. */
const inTime = (q) => by([(e) => e.t, q.order === 'asc' ? 1 : -1], [(e) => e.id, q.order === 'asc' ? 1 : -1]);

/* ---- errors ---- */

const STEPS = [
	[/https?:\/\/[^\s"']+/g, '<url>'],
	[/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uuid>'],
	[/"[^"]*"|'[^']*'/g, '<str>'],
	[/\b(0x)?[0-9a-f]*([0-9][a-f]|[a-f][0-9])[0-9a-f]*\b/g, '<hex>'],
	[/[0-9]+(\.[0-9]+)?/g, '<n>'],
	[/\s+/g, ' '],
];
export const normalized = (message) => [...STEPS.reduce((text, [what, by_]) => text.replace(what, by_), message.toLowerCase()).trim()].slice(0, 300).join('');

const errorKind = (e) => (isCall(e) ? (failed(e) ? 'tool' : null) : e.type === 'widget_error' ? 'widget' : null);
const errorCategory = (e) => (isCall(e) ? e.category || 'unknown' : 'widget');

const fingerprint = (kind, category, text) => sipHash(`${kind}\n${category}\n${text}`);
const fingerprintOf = (e) => fingerprint(errorKind(e), errorCategory(e), normalized(e.message));

function errorEvents(data, q) {
	const kind = q.kind ?? 'tool';
	return data.select(q).filter((e) => errorKind(e) !== null && (kind === 'all' || errorKind(e) === kind) && (!q.category || errorCategory(e) === q.category) && (!q.fingerprint || fingerprintOf(e) === q.fingerprint));
}

export function errors(data, q) {
	const values = (d, r) => {
		const calls = d.select(r).filter(isCall);
		return { errors: calls.filter(failed).length, invocations: calls.length, errorRate: rate(calls.filter(failed).length, calls.length) };
	};
	const calls = data.select(q).filter(isCall);
	const wrong = calls.filter(failed);
	const retries = calls.filter((e) => e.isRetry);
	const recovered = wrong.filter((e) => {
		const next = calls.filter((c) => c.session === e.session && c.name === e.name).sort(by([(c) => c.t], [(c) => c.id]));
		return next[next.indexOf(e) + 1]?.status === 'success';
	});
	return {
		kpis: kpis(values, data, q),
		series: byBucket(calls, q).map(([bucket, list]) => ({ bucket, invocations: list.length, errors: list.filter(failed).length, errorRate: rate(list.filter(failed).length, list.length) })),
		categories: [...group(wrong, (e) => e.category || 'unknown')].map(([category, list]) => ({ category, count: list.length, share: rate(list.length, wrong.length) })).sort(by([(c) => c.count, -1], [(c) => c.category])),
		tools: [...group(calls.filter((e) => e.name !== ''), (e) => e.name)].map(([tool, list]) => ({ tool, calls: list.length, errors: list.filter(failed).length, errorRate: rate(list.filter(failed).length, list.length) }))
			.filter((t) => t.errors > 0).sort(by([(t) => t.errors, -1], [(t) => t.tool])),
		retry: { retries: retries.length, succeeded: retries.filter(succeeded).length, successRate: rate(retries.filter(succeeded).length, retries.length) },
		recovery: { errors: wrong.length, recovered: recovered.length, rate: rate(recovered.length, wrong.length) },
	};
}

export function errorGroups(data, q) {
	const groups = [...group(errorEvents(data, q), (e) => JSON.stringify([errorKind(e), errorCategory(e), normalized(e.message)]))].map(([key, list]) => {
		const [kind, category, text] = JSON.parse(key);
		const sorted = [...list].sort(by([(e) => e.t], [(e) => e.id]));
		return { fingerprint: fingerprint(kind, category, text), kind, category, message: sorted.at(-1).message, normalized: text, tools: distinct(list.filter(isCall).map((e) => e.name).filter(Boolean)).sort(by([(t) => t])), count: list.length,
			sessions: distinct(list.map((e) => e.session)).length, users: distinct(list.map((e) => e.user).filter(Boolean)).length, firstSeen: iso(sorted[0].t), lastSeen: iso(sorted.at(-1).t) };
	});
	const sort = q.sort ?? 'count';
	return page(groups.sort(by([(g) => g[sort], q.order === 'asc' ? 1 : -1], [(g) => g.fingerprint])), q);
}

export const errorSeries = (data, q) => ({ series: byBucket(errorEvents(data, q), q).map(([bucket, list]) => ({ bucket, errors: list.length })) });

export function errorList(data, q) {
	const list = errorEvents(data, q).sort(inTime(q));
	return page(list.map((e) => ({ eventId: e.id, timestamp: iso(e.t), kind: errorKind(e), tool: isCall(e) ? e.name || null : data.toolsOf(e, { from: q.from - DAY, to: q.to })[0] || null, category: errorCategory(e), message: e.message || null, fingerprint: fingerprintOf(e),
		platform: data.platformsOf(e, { from: q.from - DAY, to: q.to })[0], sessionId: e.session, traceId: e.trace, userId: e.user || null })), q);
}

export function intents(data, q) {
	const calls = data.select(q).filter(isCall);
	const captured = intentCalls(calls).sort(inTime(q)).filter((e) => (!q.q || e.intent.toLowerCase().includes(q.q.toLowerCase())) && (!q.source || e.intentSource === q.source));
	const all = intentCalls(calls);
	return {
		kpis: { captured: all.length, calls: calls.length, coverage: rate(all.length, calls.length), tools: distinct(all.map((e) => e.name).filter(Boolean)).length },
		intentStatus: intentStatus(data, q.now),
		...page(captured.map((e) => ({ eventId: e.id, timestamp: iso(e.t), intent: e.intent, source: e.intentSource || null, tool: e.name || null, platform: platformOf(e), status: e.status || null, sessionId: e.session, traceId: e.trace, userId: e.user || null })), q),
	};
}
