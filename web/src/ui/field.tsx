// SPDX-License-Identifier: MIT
// Fields of a form: label above, help and problem below, joined for screen readers.
import { type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, useId } from 'react';
import { classes } from './classes';

export const controlClass =
	'h-9 w-full rounded-control border border-line-control bg-bg px-3 text-body disabled:bg-muted disabled:text-secondary aria-invalid:border-error-mark';

interface Frame {
	label: string;
	help?: ReactNode;
	/** what is wrong, in words */
	problem?: string | undefined;
	className?: string;
}

function FieldFrame({ label, help, problem, className, id, children }: Frame & { id: string; children: ReactNode }) {
	return (
		<div className={classes('flex flex-col gap-1.5', className)}>
			<label htmlFor={id} className="text-card">
				{label}
			</label>
			{children}
			{help && (
				<p id={`${id}-help`} className="text-small text-secondary">
					{help}
				</p>
			)}
			{problem && (
				<p id={`${id}-problem`} className="text-small text-error">
					{problem}
				</p>
			)}
		</div>
	);
}
const described = (id: string, help: unknown, problem: unknown) => classes(help ? `${id}-help` : false, problem ? `${id}-problem` : false) || undefined;

/** mono: a word of machines, such as one in addresses */
export function TextField({ label, help, problem, className, mono = false, ...rest }: Frame & { mono?: boolean } & InputHTMLAttributes<HTMLInputElement>) {
	const id = useId();
	return (
		<FieldFrame {...{ label, help, problem, className, id }}>
			<input id={id} className={classes(controlClass, mono && 'font-mono')} aria-invalid={problem ? true : undefined} aria-describedby={described(id, help, problem)} {...rest} />
		</FieldFrame>
	);
}

export function SelectField({ label, help, problem, className, children, ...rest }: Frame & SelectHTMLAttributes<HTMLSelectElement>) {
	const id = useId();
	return (
		<FieldFrame {...{ label, help, problem, className, id }}>
			<select id={id} className={controlClass} aria-invalid={problem ? true : undefined} aria-describedby={described(id, help, problem)} {...rest}>
				{children}
			</select>
		</FieldFrame>
	);
}

export function Checkbox({ label, ...rest }: { label: ReactNode } & InputHTMLAttributes<HTMLInputElement>) {
	return (
		<label className="inline-flex min-h-6 items-center gap-2">
			<input type="checkbox" className="size-4 accent-accent" {...rest} />
			<span>{label}</span>
		</label>
	);
}
