// SPDX-License-Identifier: MIT
// A text field with suggestions: any text can be given; it holds when one is chosen, on Enter and on leaving the field.
import * as Ariakit from '@ariakit/react/combobox';
import { type RefObject, useEffect, useRef, useState } from 'react';
import { classes, menuClass } from './classes';
import { controlClass } from './field';
import type { ComboboxProps } from './combobox';

const SHOWN_MAX = 50;

/** focused: the field had the focus before this was loaded. */
export default function ComboboxField({ label, value, suggestions, onCommit, placeholder, className, mono = false, invalid = false, focused }: ComboboxProps & { focused: RefObject<boolean> }) {
	const input = useRef<HTMLInputElement>(null);
	useEffect(() => {
		if (focused.current) input.current?.focus();
	}, [focused]);
	const [text, setText] = useState(value);
	const [typed, setTyped] = useState(false);
	useEffect(() => {
		setText(value);
		setTyped(false);
	}, [value]);
	const word = text.trim().toLowerCase();
	// what is chosen already must not hide the others
	const found = suggestions.filter((s) => !typed || (s.label ?? s.value).toLowerCase().includes(word)).slice(0, SHOWN_MAX);
	const commit = (next: string) => {
		setTyped(false);
		if (next !== value) onCommit(next);
	};
	return (
		<Ariakit.ComboboxProvider
			value={text}
			setValue={(next) => {
				setText(next);
				setTyped(true);
			}}
		>
			<Ariakit.Combobox
				ref={input}
				className={classes(controlClass, mono && 'font-mono text-small', className)}
				aria-label={label}
				aria-invalid={invalid || undefined}
				placeholder={placeholder}
				autoComplete="off"
				spellCheck={false}
				onBlur={() => commit(text.trim())}
				onKeyDown={(e) => e.key === 'Enter' && commit(text.trim())}
			/>
			{found.length > 0 && (
				<Ariakit.ComboboxPopover fixed gutter={4} sameWidth={false} aria-label={`Suggestions for ${label.toLowerCase()}`} className={classes(menuClass, 'max-h-64 min-w-56 max-w-[calc(100vw-2rem)] overflow-y-auto')}>
					{found.map((s) => (
						<Ariakit.ComboboxItem
							key={s.value}
							value={s.value}
							setValueOnClick={false}
							onClick={() => {
								setText(s.value);
								commit(s.value);
							}}
							className={classes('flex min-h-8 items-center rounded-control px-2.5 py-1 outline-none hover:bg-muted data-[active-item]:bg-muted', mono && 'font-mono text-small')}
						>
							<span className="truncate">{s.label ?? s.value}</span>
						</Ariakit.ComboboxItem>
					))}
				</Ariakit.ComboboxPopover>
			)}
		</Ariakit.ComboboxProvider>
	);
}
