// SPDX-License-Identifier: MIT
// A text field with suggestions (combobox-field.tsx). They are loaded behind the page; until then its text can be read.
import { lazy, Suspense, useRef } from 'react';
import { classes } from './classes';
import { controlClass } from './field';

export interface Suggestion {
	value: string;
	label?: string;
}
export interface ComboboxProps {
	label: string;
	value: string;
	suggestions: readonly Suggestion[];
	onCommit: (value: string) => void;
	placeholder?: string;
	className?: string;
	mono?: boolean;
	invalid?: boolean;
}
const Field = lazy(() => import('./combobox-field'));

export function Combobox(props: ComboboxProps) {
	const { label, value, placeholder, className, mono = false } = props;
	const focused = useRef(false);
	const look = classes(controlClass, mono && 'font-mono text-small', className);
	return (
		<Suspense fallback={<input readOnly className={look} aria-label={label} value={value} placeholder={placeholder} onFocus={() => (focused.current = true)} onBlur={() => (focused.current = false)} />}>
			<Field {...props} focused={focused} />
		</Suspense>
	);
}
