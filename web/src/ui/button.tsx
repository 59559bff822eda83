// SPDX-License-Identifier: MIT
// Buttons and links that look like them.
import { Link, type LinkProps } from '@tanstack/react-router';
import { LoaderCircle } from 'lucide-react';
import type { ButtonHTMLAttributes, ReactNode } from 'react';
import { classes } from './classes';

export type ButtonKind = 'primary' | 'secondary' | 'quiet' | 'danger';
const KIND: Record<ButtonKind, string> = {
	primary: 'bg-accent text-on-accent hover:opacity-85 border border-accent',
	secondary: 'border border-line-control bg-bg hover:bg-muted',
	quiet: 'border border-transparent hover:bg-muted',
	danger: 'border border-error-mark text-error hover:bg-error-ground',
};
const SIZE = { normal: 'h-9 px-3.5', small: 'h-7 px-2.5 text-small', icon: 'size-9', smallIcon: 'size-7' };
type Size = 'normal' | 'small';
export const buttonClass = (kind: ButtonKind = 'secondary', size: keyof typeof SIZE = 'normal') =>
	classes('inline-flex items-center justify-center gap-2 rounded-control font-medium whitespace-nowrap transition-colors disabled:opacity-50 disabled:cursor-not-allowed', KIND[kind], SIZE[size]);

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
	kind?: ButtonKind;
	size?: Size;
	/** at work: cannot be pressed again, says so */
	busy?: boolean;
}

export function Button({ kind, size, busy = false, className, children, disabled, type = 'button', ...rest }: Props) {
	return (
		<button type={type} className={classes(buttonClass(kind, size), className)} disabled={disabled || busy} aria-busy={busy || undefined} {...rest}>
			{busy && <LoaderCircle aria-hidden className="size-4 animate-spin" />}
			{children}
		</button>
	);
}

/** A square button with an icon; label is its name for everyone. */
export function IconButton({ label, children, className, kind = 'quiet', size = 'normal', ...rest }: Omit<Props, 'busy'> & { label: string }) {
	return (
		<button type="button" aria-label={label} title={label} className={classes(buttonClass(kind, size === 'small' ? 'smallIcon' : 'icon'), className)} {...rest}>
			{children}
		</button>
	);
}

export function ButtonLink({ kind, size, className, children, ...rest }: LinkProps & { kind?: ButtonKind; size?: Size; className?: string; children: ReactNode }) {
	return (
		<Link className={classes(buttonClass(kind, size), className)} {...rest}>
			{children}
		</Link>
	);
}
