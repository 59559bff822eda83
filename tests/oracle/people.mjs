// SPDX-License-Identifier: MIT
// Oracle of the analytics: users, sessions, traces, retention and active users.
import { addDays, bucketOf, buckets, dateOf, plus, startOf, startOfDate } from './calendar.mjs';
import { isActivity, isKnown } from './dataset.mjs';
import { amount, by, distinct, group, iso, rate } from './numbers.mjs';
import { interactionMs, page, revenueList } from './views.mjs';

const isCall = (e) => e.type === 'tool_call';
const count = (events, type) => events.filter((e) => e.type === type).length;
const counts = (events) => ({ events: events.length, toolCalls: count(events, 'tool_call'), errors: events.filter((e) => isCall(e) && e.status === 'error').length, conversions: count(events, 'conversion'), revenue: revenueList(events) });
const lastOf = (events, field, ok = Boolean) => events.findLast((e) => ok(e[field]))?.[field] ?? null;
const firstOf = (events, field, ok = Boolean) => events.find((e) => ok(e[field]))?.[field] ?? null;
const asText = (value) => (typeof value === 'string' ? value : JSON.stringify(value));

function firstSeen(data) {
	const first = new Map();
	for (const e of data.events) if (isActivity(e) && e.user !== '' && !first.has(e.user)) first.set(e.user, e.t);
	return first;
}

function traitsOf(data, user) {
	return data.events.filter((e) => e.type === 'identify' && e.user === user && e.traits !== null).map((e) => e.traits);
}

export function users(data, q) {
	const events = data.select(q).filter(isActivity);
	const sessions = distinct(events.map((e) => e.session));
	const first = firstSeen(data);
	const holds = (user) => (q.traits ?? []).every(([key, value]) => {
		const latest = traitsOf(data, user).findLast((t) => Object.hasOwn(t, key));
		return latest !== undefined && asText(latest[key]) === value;
	});
	const items = [...group(events.filter((e) => e.user !== ''), (e) => e.user)].filter(([user]) => (!q.q || user.includes(q.q)) && holds(user)).map(([userId, list]) => ({
		userId, firstSeen: iso(first.get(userId)), lastSeen: iso(list.at(-1).t), sessions: distinct(list.map((e) => e.session)).length, ...counts(list),
		lastPlatform: lastOf(list, 'ownPlatform', isKnown), countryCode: lastOf(list, 'country') }));
	const sort = q.sort ?? 'lastSeen';
	items.sort(by([(i) => i[sort], q.order === 'asc' ? 1 : -1], [(i) => i.userId]));
	return {
		summary: { identifiedUsers: distinct(events.map((e) => e.user).filter(Boolean)).length, identifiedSessions: sessions.filter((s) => data.sessionUser.has(s)).length, anonymousSessions: sessions.filter((s) => !data.sessionUser.has(s)).length },
		...page(items, q),
	};
}

export function user(data, q) {
	const list = data.events.filter((e) => isActivity(e) && e.user === q.name);
	if (list.length === 0) return { user: null };
	const platforms = group(distinct(list.map((e) => e.session)).map((s) => firstOf(data.bySession.get(s), 'ownPlatform', isKnown) ?? 'unknown'), (p) => p);
	return { user: { userId: q.name, firstSeen: iso(list[0].t), lastSeen: iso(list.at(-1).t), sessions: distinct(list.map((e) => e.session)).length, ...counts(list),
		platforms: [...platforms].map(([platform, all]) => ({ platform, sessions: all.length })).sort(by([(p) => p.sessions, -1], [(p) => p.platform])), countryCode: lastOf(list, 'country'),
		traits: Object.assign({}, ...traitsOf(data, q.name).slice(-100)) } };
}

/** An Event but for when the store got it. */
export const shown = (e) => ({ eventId: e.id, eventType: e.type, eventName: e.name || null, timestamp: iso(e.t), source: e.source, platform: e.ownPlatform || null, sessionId: e.session, traceId: e.trace, userId: e.user || null,
	status: e.status || null, latencyMs: e.latency, errorCategory: e.category || null, errorMessage: e.message || null, isRetry: e.isRetry, stepSequence: e.step,
	conversion: e.type === 'conversion' ? { value: e.value === null ? null : amount(e.value), currency: e.currency || 'XXX' } : null, intent: e.intent || null, metadata: e.metadata });

export function userEvents(data, q) {
	const list = data.events.filter((e) => e.user === q.name && (!q.types || q.types.includes(e.type))).sort(by([(e) => e.t, -1], [(e) => e.id, -1]));
	const limit = q.limit ?? 100;
	return { items: list.slice(0, limit).map(shown), ...(list.length <= limit && { nextCursor: null }) };
}

/* ---- sessions ---- */

function sessionItem(data, id) {
	const all = data.bySession.get(id);
	const call = all.find(isCall);
	return { sessionId: id, userId: data.sessionUser.get(id) ?? null, platform: firstOf(all, 'ownPlatform', isKnown) ?? 'unknown', clientName: firstOf(all, 'clientName'), clientVersion: firstOf(all, 'clientVersion'), countryCode: firstOf(all, 'country'),
		startedAt: iso(all[0].t), endedAt: iso(all.at(-1).t), durationMs: all.at(-1).t - all[0].t, ...counts(all), events: all.length, tools: distinct(all.filter(isCall).map((e) => e.name).filter(Boolean)).length,
		hasWidget: count(all, 'widget_render') > 0, ttfiMs: interactionMs(all), timeToFirstToolCallMs: call ? call.t - all[0].t : null, intents: all.filter((e) => e.intent !== '').length };
}

const HAS = { error: (all) => all.some((e) => isCall(e) && e.status === 'error'), conversion: (all) => count(all, 'conversion') > 0, widget: (all) => count(all, 'widget_render') > 0, intent: (all) => all.some((e) => e.intent !== '') };

export function sessions(data, q) {
	const items = [...group(data.select(q).filter(isActivity), (e) => e.session)].map(([id, chosen]) => ({ ...sessionItem(data, id), lastAt: iso(chosen.at(-1).t) }))
		.filter((s) => !q.q || s.sessionId.startsWith(q.q))
		.filter((s) => !q.user || (q.user === 'anonymous' ? s.userId === null : s.userId === q.user))
		.filter((s) => (q.has ?? []).every((what) => HAS[what](data.bySession.get(s.sessionId))));
	return page(items.sort(by([(s) => s.lastAt, q.order === 'asc' ? 1 : -1], [(s) => s.sessionId])), q);
}

export function session(data, q) {
	const all = data.bySession.get(q.name);
	if (!all) return { session: null, traces: [], nextCursor: null };
	const last = all.findLast(isActivity);
	return { session: { ...sessionItem(data, q.name), lastAt: last ? iso(last.t) : null }, nextCursor: null, traces: [...group(all, (e) => e.trace)].map(([traceId, list]) => {
		const call = list.find(isCall);
		return { traceId, tool: call?.name || null, status: call?.status || null, latencyMs: call?.latency ?? null, startedAt: iso(list[0].t), endedAt: iso(list.at(-1).t),
			events: list.map((e) => ({ ...shown(e), offsetMs: e.t - all[0].t })) };
	}) };
}

export function trace(data, q) {
	const all = data.byTrace.get(q.name);
	if (!all) return { trace: null, events: [] };
	return { trace: { traceId: q.name, sessionId: all[0].session, userId: firstOf(all, 'user'), platform: firstOf(all, 'ownPlatform', isKnown) ?? 'unknown', tool: all.find(isCall)?.name || null, startedAt: iso(all[0].t), endedAt: iso(all.at(-1).t) }, events: all.map(shown) };
}

/* ---- retention ---- */

const PERIODS = { day: 14, week: 8, month: 6 };

export function retention(data, q) {
	const unit = q.period ?? 'week';
	const shownPeriods = q.periods ?? PERIODS[unit];
	const period = (t) => startOf(unit, dateOf(t, q.timezone));
	const begins = (date) => startOfDate(date, q.timezone);
	const active = group(data.select({ ...q, base: q.from, from: -Infinity }).filter((e) => isActivity(e) && e.user !== ''), (e) => e.user);
	const cohorts = group([...active].map(([user, list]) => ({ first: period(list[0].t), periods: new Set(list.map((e) => period(e.t))) })), (u) => u.first);
	const rows = [...cohorts].filter(([date]) => date >= period(q.from) && begins(date) < q.to).sort(by([(c) => c[0]])).map(([cohort, members]) => {
		const offsets = Array.from({ length: shownPeriods + 1 }, (_, k) => plus(unit, cohort, k)).filter((date) => begins(date) < q.to);
		const there = (u, date) => (q.mode === 'unbounded' ? [...u.periods].some((p) => p >= date) : u.periods.has(date));
		const retained = offsets.map((date) => members.filter((u) => there(u, date)).length);
		const running = offsets.findIndex((date) => begins(plus(unit, date, 1)) > q.to);
		return { cohort, size: members.length, retained, rates: retained.map((n) => rate(n, members.length)), runningPeriod: running < 0 ? null : running };
	});
	const over = (row, k) => k < row.retained.length && row.runningPeriod !== k;
	const overall = Array.from({ length: shownPeriods + 1 }, (_, offset) => {
		const full = rows.filter((row) => over(row, offset));
		const eligible = full.reduce((n, row) => n + row.size, 0);
		const retained = full.reduce((n, row) => n + row.retained[offset], 0);
		return { offset, eligible, retained, rate: rate(retained, eligible) };
	}).filter((o) => o.eligible > 0);
	return { period: unit, mode: q.mode ?? 'nday', cohorts: rows, overall };
}

/* ---- active users ---- */

export function active(data, q) {
	const zone = q.timezone;
	const first = dateOf(q.from, zone);
	const last = dateOf(q.to - 1, zone);
	const read = data.select({ ...q, base: q.from, from: startOfDate(addDays(first, -29), zone) }).filter(isActivity);
	const on = group(read, (e) => dateOf(e.t, zone));
	const usersIn = (from, to) => {
		const found = new Set();
		for (let d = from; d <= to; d = addDays(d, 1)) for (const e of on.get(d) ?? []) if (e.user) found.add(e.user);
		return found;
	};
	const days = [];
	for (let date = first; date <= last; date = addDays(date, 1)) {
		const [dau, wau, mau] = [0, 6, 29].map((n) => usersIn(addDays(date, -n), date).size);
		const today = (on.get(date) ?? []).filter((e) => e.t >= q.from);
		days.push({ date, dau, wau, mau, stickiness: rate(dau, mau), anonymousSessions: distinct(today.map((e) => e.session)).filter((s) => !data.sessionUser.has(s)).length });
	}
	const sticky = (n) => Array.from({ length: n }, (_, i) => {
		const active_ = [...usersIn(addDays(last, 1 - n), last)].filter((u) => {
			let k = 0;
			for (let d = addDays(last, 1 - n); d <= last; d = addDays(d, 1)) if ((on.get(d) ?? []).some((e) => e.user === u)) k++;
			return k === i + 1;
		});
		return { days: i + 1, users: active_.length };
	});
	const firsts = new Map();
	for (const e of data.select({ ...q, base: q.from, from: -Infinity })) if (isActivity(e) && e.user && !firsts.has(e.user)) firsts.set(e.user, e.t);
	const groups = group(data.select(q).filter((e) => isActivity(e) && e.user), (e) => bucketOf(e.t, q.granularity, zone));
	const newVsReturning = buckets(q.from, q.to, q.granularity, zone).map((at) => {
		const there = distinct((groups.get(at) ?? []).map((e) => e.user));
		const fresh = there.filter((u) => bucketOf(firsts.get(u), q.granularity, zone) === at);
		return { bucket: iso(at), newUsers: fresh.length, returningUsers: there.length - fresh.length };
	});
	const { dau, wau, mau, stickiness } = days.at(-1);
	return { days, current: { dau, wau, mau, stickiness }, stickiness: { week: sticky(7), month: sticky(30) }, newVsReturning };
}
