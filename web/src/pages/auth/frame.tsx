// SPDX-License-Identifier: MIT
// Pages before a login: one narrow column, and the secret of a link taken out of the address at once.
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useTitle } from '@/app/title';
import { Logo } from '@/ui/logo';

export function AuthFrame({ title, intro, children, footer }: { title: string; intro?: ReactNode; children: ReactNode; footer?: ReactNode }) {
	const heading = useRef<HTMLHeadingElement>(null);
	useTitle(title);
	// a field that wants the focus has it already
	useEffect(() => {
		if (document.activeElement === document.body) heading.current?.focus();
	}, [title]);
	return (
		<main className="flex min-h-dvh items-center justify-center p-4">
			<div className="flex w-full max-w-96 flex-col gap-6">
				<div className="flex flex-col gap-3">
					<Logo size={40} name="Yavio" className="rounded-card dark:border dark:border-line" />
					<h1 ref={heading} tabIndex={-1} className="text-title">
						{title}
					</h1>
					{intro && <p className="text-secondary">{intro}</p>}
				</div>
				{children}
				{footer && <div className="flex flex-col gap-1 text-secondary">{footer}</div>}
			</div>
		</main>
	);
}

const secrets = new Map<string, string>();

/** The word of the fragment (#t=…), read once and removed from the address; it stays in memory while the page lives. */
export function useFragment(name: 't' | 'error'): string | null {
	const [value] = useState(() => {
		const key = location.pathname + name;
		const found = new URLSearchParams(location.hash.slice(1)).get(name);
		if (found !== null) {
			secrets.set(key, found);
			history.replaceState(history.state, '', location.pathname + location.search);
		}
		return found ?? secrets.get(key) ?? null;
	});
	return value;
}
