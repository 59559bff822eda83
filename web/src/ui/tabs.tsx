// SPDX-License-Identifier: MIT
// Tabs, moved through by arrows.
import * as Ariakit from '@ariakit/react';
import type { ReactNode } from 'react';

export function Tabs({ label, selected, onSelect, children }: { label: string; selected?: string; onSelect?: (id: string) => void; children: (list: (tabs: ReactNode) => ReactNode) => ReactNode }) {
	const list = (tabs: ReactNode) => (
		<Ariakit.TabList aria-label={label} className="mb-4 flex gap-1 overflow-x-auto border-b border-line">
			{tabs}
		</Ariakit.TabList>
	);
	return (
		<Ariakit.TabProvider {...(selected === undefined ? {} : { selectedId: selected })} setSelectedId={(id) => id && onSelect?.(id)}>
			{children(list)}
		</Ariakit.TabProvider>
	);
}

export function Tab({ id, children }: { id: string; children: ReactNode }) {
	return (
		<Ariakit.Tab id={id} className="-mb-px min-h-9 border-b-2 border-transparent px-3 whitespace-nowrap text-secondary hover:text-text aria-selected:border-accent aria-selected:font-medium aria-selected:text-text">
			{children}
		</Ariakit.Tab>
	);
}

export function TabPanel({ tabId, children }: { tabId: string; children: ReactNode }) {
	return <Ariakit.TabPanel tabId={tabId}>{children}</Ariakit.TabPanel>;
}
