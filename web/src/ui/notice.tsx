// SPDX-License-Identifier: MIT
// A message in the page: an error with what can be done about it, a hint, nothing to show.
import type { ReactNode } from 'react';
import { ApiError, errorText } from '@/api/client';
import { Button } from './button';
import { classes } from './classes';
import { CopyButton } from './copy';

export function Notice({ tone, children, className }: { tone: 'error' | 'info' | 'warning' | 'success'; children: ReactNode; className?: string }) {
	const look = {
		error: 'border-error-mark bg-error-ground text-error',
		warning: 'border-warning-mark bg-warning-ground text-warning',
		success: 'border-success-mark bg-success-ground text-success',
		info: 'border-line bg-muted',
	}[tone];
	return (
		<div role={tone === 'error' ? 'alert' : undefined} className={classes('rounded-control border px-3 py-2', look, className)}>
			{children}
		</div>
	);
}

/** In place of what could not be loaded. */
export function LoadError({ what, error, onRetry, hint }: { what: string; error: unknown; onRetry: () => void; hint?: ReactNode }) {
	const id = error instanceof ApiError ? error.requestId : null;
	return (
		<div role="alert" className="flex min-h-40 flex-col items-center justify-center gap-3 text-center">
			<p className="text-card">Could not load {what}</p>
			<p className="text-secondary">{errorText(error)}</p>
			{hint}
			<div className="flex flex-wrap justify-center gap-2">
				<Button size="small" onClick={onRetry}>
					Retry
				</Button>
				{id && <CopyButton text={id} label="Copy request id" />}
			</div>
		</div>
	);
}

export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
	return (
		<div className="flex min-h-48 flex-col items-center justify-center gap-2 px-4 py-8 text-center">
			<p className="text-section">{title}</p>
			{children && <div className="max-w-[min(65ch,100%)] text-secondary">{children}</div>}
			{action && <div className="mt-2">{action}</div>}
		</div>
	);
}
