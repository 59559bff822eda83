// SPDX-License-Identifier: MIT
// The list of shortcuts, and the switch that turns single letters off.
import { Dialog } from '@/ui/dialog';
import { Checkbox } from '@/ui/field';
import { setShortcuts, useShortcutsOn } from './shortcuts';
import { VIEWS } from './views';

const GENERAL: readonly [readonly string[], string][] = [
	[['/'], 'Search in the page'],
	[['.'], 'Choose the date range'],
	[['['], 'Collapse or open the side bar'],
	[['?'], 'Show this list'],
	[['Esc'], 'Close what is on top'],
];
const IN_TABLES: readonly [readonly string[], string][] = [
	[['↑', '↓'], 'Go through the rows of a table'],
	[['Enter'], 'Open a row'],
	[['Space'], 'Pause and resume the live feed'],
];

const Key = ({ children }: { children: string }) => <kbd className="inline-flex min-w-6 justify-center rounded border border-line-control bg-muted px-1.5 font-mono text-small leading-5">{children}</kbd>;

function Group({ title, keys }: { title: string; keys: readonly (readonly [readonly string[], string])[] }) {
	return (
		<section className="flex flex-col gap-2">
			<h3 className="text-card">{title}</h3>
			<dl className="grid grid-cols-[5rem_1fr] items-center gap-x-4 gap-y-1.5">
				{keys.map(([names, what]) => (
					<div key={what} className="contents">
						<dt className="flex gap-1">
							{names.map((name) => (
								<Key key={name}>{name}</Key>
							))}
						</dt>
						<dd>{what}</dd>
					</div>
				))}
			</dl>
		</section>
	);
}

export default function ShortcutsDialog({ onClose }: { onClose: () => void }) {
	const on = useShortcutsOn();
	return (
		<Dialog title="Keyboard shortcuts" onClose={onClose}>
			<div className="flex flex-col gap-5">
				<Group title="Go to a view" keys={VIEWS.flatMap((v) => (v.shortcut ? [[['g', v.shortcut], v.title] as const] : []))} />
				<Group title="Everywhere" keys={GENERAL} />
				<Group title="In lists" keys={IN_TABLES} />
				<Checkbox label="Shortcuts of single keys are on" checked={on} onChange={(e) => setShortcuts(e.target.checked)} />
				{!on && <p className="text-small text-secondary">This list stays in the account menu.</p>}
			</div>
		</Dialog>
	);
}
