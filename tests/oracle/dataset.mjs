// SPDX-License-Identifier: MIT
// Oracle of the analytics: the events of one project as if each had been stored once, and what belongs to what.
import { by, group, money } from './numbers.mjs';

const DAY = 86_400_000;
const SILENT = new Set(['connection', 'tool_discovery']);

const instant = (text) => Date.parse(/[zZ]|[+-]\d\d:\d\d$/.test(text) ? text : `${text.replace(' ', 'T')}Z`);
const payload = (value) => {
	if (value === undefined || value === null || value === '') return null;
	return typeof value === 'string' ? JSON.parse(value) : value;
};
const text = (value) => value ?? '';
const number = (value) => value ?? null;

function event(row) {
	const signals = payload(row.intent_signals);
	return {
		id: row.event_id, type: row.event_type, name: text(row.event_name), t: instant(row.timestamp), stored: instant(row.ingested_at ?? row.timestamp),
		trace: text(row.trace_id), session: text(row.session_id), ownUser: text(row.user_id), source: text(row.source), ownPlatform: text(row.platform),
		status: text(row.status), latency: number(row.latency_ms), isRetry: Number(row.is_retry ?? 0) === 1, category: text(row.error_category), message: text(row.error_message),
		keys: payload(row.input_keys), values: payload(row.input_values), output: payload(row.output_content), metadata: payload(row.metadata), traits: payload(row.user_traits),
		intent: typeof signals?.intent === 'string' ? signals.intent : '', intentSource: typeof signals?.source === 'string' ? signals.source : '',
		tokensIn: number(row.tokens_in), tokensOut: number(row.tokens_out), step: number(row.step_sequence),
		value: money(row.conversion_value), currency: text(row.conversion_currency), country: text(row.country_code),
		clientName: text(row.client_name), clientVersion: text(row.client_version), sdkVersion: text(row.sdk_version),
	};
}

export const isActivity = (e) => !SILENT.has(e.type);
export const isKnown = (platform) => platform !== '' && platform !== 'unknown';
export const inOrder = by([(e) => e.t], [(e) => e.step], [(e) => e.id]);

export class Dataset {
	/** rows: stored events of any project, any number of times; registry: rows of tool_registry. */
	constructor(rows, registry, { workspace, project }) {
		const mine = (row) => row.workspace_id === workspace && row.project_id === project;
		const once = new Map();
		for (const e of rows.filter(mine).map(event)) {
			const key = JSON.stringify([e.type, e.t, e.id]);
			const other = once.get(key);
			if (!other || e.stored > other.stored) once.set(key, e);
		}
		this.events = [...once.values()].sort(inOrder);
		this.bySession = group(this.events, (e) => e.session);
		this.byTrace = group(this.events, (e) => e.trace);
		this.sessionUser = new Map();
		for (const [session, events] of this.bySession) {
			const named = events.filter((e) => e.ownUser !== '').sort(by([(e) => e.t], [(e) => e.ownUser]));
			if (named.length > 0) this.sessionUser.set(session, named[0].ownUser);
		}
		for (const e of this.events) e.user = e.ownUser || this.sessionUser.get(e.session) || '';
		const latest = new Map();
		for (const row of registry.filter(mine)) {
			const other = latest.get(row.tool_name);
			if (!other || instant(row.updated_at) > instant(other.updated_at)) latest.set(row.tool_name, row);
		}
		this.registry = new Map([...latest].map(([name, row]) => [name, { description: row.description || null, inputSchema: payload(row.input_schema), updatedAt: instant(row.updated_at) }]));
	}

	/** Calls of a trace that other events may inherit from. */
	#calls(e, window) {
		return this.byTrace.get(e.trace).filter((c) => c.type === 'tool_call' && c.t >= window.from && c.t < window.to);
	}

	/** Platforms that an event may be said to have: its own, or those of its trace's calls. */
	platformsOf(e, window) {
		if (isKnown(e.ownPlatform)) return [e.ownPlatform];
		if (e.type === 'tool_call') return ['unknown'];
		const known = this.#calls(e, window).map((c) => c.ownPlatform).filter(isKnown);
		return known.length > 0 ? known : ['unknown'];
	}

	toolsOf(e, window) {
		return e.type === 'tool_call' ? [e.name] : this.#calls(e, window).map((c) => c.name);
	}

	/** Events with from <= t < to that the filters choose. base: where the range of the request begins. */
	select({ from, to, platforms = [], tools = [], base = from }) {
		const window = { from: base - DAY, to };
		return this.events.filter((e) => e.t >= from && e.t < to &&
			(platforms.length === 0 || this.platformsOf(e, window).some((p) => platforms.includes(p))) &&
			(tools.length === 0 || this.toolsOf(e, window).some((name) => tools.includes(name))));
	}
}
