// SPDX-License-Identifier: MIT
// How an event is shown: a label, the colour of its mark and its name in words. A failure is one whatever its type.
export interface Shown {
	eventType: string;
	eventName: string | null;
	status: string | null;
	source: string;
	userId: string | null;
}
export interface Kind {
	label: string;
	/** in words, for a legend */
	word: string;
	/** class of its mark's ground, and of a hollow mark's border */
	fill: string;
	line: string;
}
const KINDS = {
	tool: { label: 'TOOL', word: 'tool call', fill: 'bg-accent', line: 'border-accent' },
	step: { label: 'STEP', word: 'step', fill: 'bg-info-mark', line: 'border-info-mark' },
	conversion: { label: 'CONV', word: 'conversion', fill: 'bg-success-mark', line: 'border-success-mark' },
	error: { label: 'ERROR', word: 'error', fill: 'bg-error-mark', line: 'border-error-mark' },
	track: { label: 'TRACK', word: 'custom event', fill: 'bg-warning-mark', line: 'border-warning-mark' },
	identify: { label: 'USER', word: 'identify', fill: 'bg-identify-mark', line: 'border-identify-mark' },
	widget: { label: 'WIDGET', word: 'widget', fill: 'bg-widget-mark', line: 'border-widget-mark' },
	connection: { label: 'CONN', word: 'connection', fill: 'bg-connection-mark', line: 'border-connection-mark' },
} as const satisfies Record<string, Kind>;

const BY_TYPE: Readonly<Record<string, Kind>> = {
	tool_call: KINDS.tool,
	step: KINDS.step,
	conversion: KINDS.conversion,
	track: KINDS.track,
	identify: KINDS.identify,
	connection: KINDS.connection,
	tool_discovery: KINDS.connection,
};

/** Types that a filter of events offers. */
export const EVENT_TYPES = ['tool_call', 'step', 'conversion', 'track', 'identify', 'widget_render', 'widget_click', 'widget_form_field', 'widget_error', 'connection', 'tool_discovery'] as const;

export const isFailure = (e: Pick<Shown, 'eventType' | 'status'>): boolean => e.status === 'error' || e.eventType === 'widget_error';

export function kindOf(e: Pick<Shown, 'eventType' | 'status'>): Kind {
	if (isFailure(e)) return KINDS.error;
	return BY_TYPE[e.eventType] ?? (e.eventType.startsWith('widget') ? KINDS.widget : KINDS.track);
}

export const typeName = (type: string): string => type.replaceAll('_', ' ');
/** What the event is called: its own name, the user that was identified, or its type. */
export const eventTitle = (e: Shown): string => e.eventName ?? (e.eventType === 'identify' && e.userId !== null ? e.userId : typeName(e.eventType));
