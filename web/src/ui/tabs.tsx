// SPDX-License-Identifier: MIT
// Tabs, moved through by arrows. Made of buttons: a library's would weigh more than a whole view.
import { createContext, type KeyboardEvent, type ReactNode, useContext, useId, useLayoutEffect, useRef, useState } from 'react';
import { classes } from './classes';

interface Choice {
	/** undefined: the first one, as soon as it is there */
	current: string | undefined;
	select: (id: string) => void;
	idOf: (what: 'tab' | 'panel', id: string) => string;
}
const TabsChoice = createContext<Choice>({ current: undefined, select: () => {}, idOf: (_, id) => id });

export function Tabs({ label, selected, onSelect, children }: { label: string; selected?: string; onSelect?: (id: string) => void; children: (list: (tabs: ReactNode) => ReactNode) => ReactNode }) {
	const base = useId();
	const place = useRef<HTMLDivElement>(null);
	const [own, setOwn] = useState<string>();
	const current = selected ?? own;
	useLayoutEffect(() => {
		if (current === undefined) setOwn(place.current?.querySelector<HTMLElement>('[data-tab]')?.dataset.tab);
	}, [current]);
	const select = (id: string) => {
		setOwn(id);
		onSelect?.(id);
	};
	const list = (tabs: ReactNode) => (
		<div ref={place} role="tablist" aria-label={label} className="mb-4 flex gap-1 overflow-x-auto border-b border-line">
			{tabs}
		</div>
	);
	return <TabsChoice.Provider value={{ current, select, idOf: (what, id) => `${base}-${what}-${id}` }}>{children(list)}</TabsChoice.Provider>;
}

/** The arrows go around, Home and End to the ends; what is reached is shown. */
function onTabKey(e: KeyboardEvent<HTMLButtonElement>) {
	const tabs = [...(e.currentTarget.parentElement?.querySelectorAll<HTMLElement>('[data-tab]') ?? [])];
	const at = tabs.indexOf(e.currentTarget);
	const to = { ArrowRight: (at + 1) % tabs.length, ArrowLeft: (at - 1 + tabs.length) % tabs.length, Home: 0, End: tabs.length - 1 }[e.key];
	if (to === undefined) return;
	e.preventDefault();
	tabs[to]?.focus();
	tabs[to]?.click();
}

export function Tab({ id, children }: { id: string; children: ReactNode }) {
	const { current, select, idOf } = useContext(TabsChoice);
	const active = id === current;
	return (
		<button
			type="button"
			role="tab"
			id={idOf('tab', id)}
			data-tab={id}
			aria-selected={active}
			aria-controls={active ? idOf('panel', id) : undefined}
			tabIndex={active ? 0 : -1}
			onClick={() => select(id)}
			onKeyDown={onTabKey}
			className={classes('-mb-px min-h-9 border-b-2 px-3 whitespace-nowrap', active ? 'border-accent font-medium text-text' : 'border-transparent text-secondary hover:text-text')}
		>
			{children}
		</button>
	);
}

/** Only the panel that is shown is there. */
export function TabPanel({ tabId, children }: { tabId: string; children: ReactNode }) {
	const { current, idOf } = useContext(TabsChoice);
	if (current !== tabId) return null;
	return (
		<div role="tabpanel" id={idOf('panel', tabId)} aria-labelledby={idOf('tab', tabId)}>
			{children}
		</div>
	);
}
