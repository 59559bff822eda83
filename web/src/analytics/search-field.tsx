// SPDX-License-Identifier: MIT
// A search field whose words go to the URL once typing pauses, and follow it when one goes back.
import { useEffect, useRef, useState } from 'react';
import { useUrlState } from '@/app/url-state';
import { controlClass } from '@/ui/field';
import { classes } from '@/ui/classes';

const TYPING_MS = 300;

export function SearchField({ label, name = 'q', className }: { label: string; name?: string; className?: string }) {
	const url = useUrlState();
	const known = url.text(name) ?? '';
	const [text, setText] = useState(known);
	const sent = useRef(known);
	const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
	useEffect(() => {
		if (known === sent.current) return;
		clearTimeout(timer.current);
		sent.current = known;
		setText(known);
	}, [known]);
	useEffect(() => () => clearTimeout(timer.current), []);
	return (
		<input
			type="search"
			className={classes(controlClass, 'sm:max-w-64', className)}
			placeholder={label}
			aria-label={label}
			maxLength={256}
			value={text}
			onChange={(e) => {
				const next = e.target.value;
				setText(next);
				clearTimeout(timer.current);
				timer.current = setTimeout(() => {
					sent.current = next.trim();
					url.set({ [name]: sent.current || undefined }, { replace: true });
				}, TYPING_MS);
			}}
		/>
	);
}
