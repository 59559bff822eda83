// SPDX-License-Identifier: MIT
interface Trace<E> {
	traceId: string;
	tool: string | null;
	endedAt: string;
	events: readonly E[];
}

/** Traces of several pages in order: one that goes on in the next page is one. */
export function joinTraces<E, T extends Trace<E>>(traces: readonly T[]): T[] {
	const byId = new Map<string, T>();
	for (const t of traces) {
		const known = byId.get(t.traceId);
		byId.set(t.traceId, known ? { ...known, tool: known.tool ?? t.tool, endedAt: t.endedAt, events: [...known.events, ...t.events] } : t);
	}
	return [...byId.values()];
}
