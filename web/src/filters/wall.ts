// SPDX-License-Identifier: MIT
// Wall-clock time of a zone ("2026-11-02T09:00", as a date field has it) to instants and back.
const MINUTE_MS = 60_000;

/** What clocks in the zone show at the instant: 2026-11-02T09:00. */
export function toWall(iso: string, zone: string): string {
	const parts = new Intl.DateTimeFormat('en-CA', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' }).formatToParts(new Date(iso));
	const of = (type: string) => parts.find((p) => p.type === type)?.value ?? '';
	return `${of('year')}-${of('month')}-${of('day')}T${of('hour')}:${of('minute')}`;
}

/** The first instant at which clocks in the zone show that time; of a time that is skipped the instant after the gap; null: no time. */
export function fromWall(wall: string, zone: string): string | null {
	const asUtc = Date.parse(`${wall}:00Z`);
	if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(wall) || Number.isNaN(asUtc)) return null;
	// offsets around that day: before and after a change of the clock
	const offset = (at: number) => Date.parse(`${toWall(new Date(at).toISOString(), zone)}:00Z`) - Math.floor(at / MINUTE_MS) * MINUTE_MS;
	const candidates = [asUtc - offset(asUtc - 86_400_000), asUtc - offset(asUtc + 86_400_000)].sort((a, b) => a - b);
	for (const at of candidates) if (toWall(new Date(at).toISOString(), zone) === wall) return new Date(at).toISOString();
	return new Date(candidates.at(-1) ?? asUtc).toISOString();
}
