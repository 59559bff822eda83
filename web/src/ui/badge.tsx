// SPDX-License-Identifier: MIT
// A small label whose colour has a meaning.
import type { ReactNode } from 'react';
import { classes } from './classes';

export type Tone = 'neutral' | 'success' | 'error' | 'warning' | 'info';
const TONE: Record<Tone, string> = {
	neutral: 'bg-muted text-text',
	success: 'bg-success-ground text-success',
	error: 'bg-error-ground text-error',
	warning: 'bg-warning-ground text-warning',
	info: 'bg-info-ground text-info',
};
export function Badge({ tone = 'neutral', children }: { tone?: Tone; children: ReactNode }) {
	return <span className={classes('inline-flex items-center rounded px-1.5 py-0.5 text-small font-medium whitespace-nowrap', TONE[tone])}>{children}</span>;
}
