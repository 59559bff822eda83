// SPDX-License-Identifier: MIT
// Short messages at the bottom right: good news goes after four seconds, errors stay until closed.
import { CircleCheck, TriangleAlert, X } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { IconButton } from './button';

interface Toast {
	id: number;
	kind: 'done' | 'error';
	text: string;
}
const SHOWN_MS = 4000;
const SHOWN_MAX = 4;
let toasts: readonly Toast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function change(next: readonly Toast[]): void {
	toasts = next;
	for (const listener of listeners) listener();
}
const close = (id: number) => change(toasts.filter((t) => t.id !== id));

export function toast(text: string, kind: Toast['kind'] = 'done'): void {
	const id = nextId++;
	change([...toasts.filter((t) => t.text !== text), { id, kind, text }].slice(-SHOWN_MAX));
	if (kind === 'done') setTimeout(() => close(id), SHOWN_MS);
}

export function Toasts() {
	const shown = useSyncExternalStore(
		(listener) => {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		() => toasts,
	);
	return (
		<div role="status" className="no-print fixed right-4 bottom-4 z-50 flex w-[min(24rem,calc(100vw-2rem))] flex-col gap-2">
			{shown.map((t) => (
				<div key={t.id} className="flex items-center gap-3 rounded-card border border-line bg-panel py-2 pr-2 pl-4 shadow-lg">
					{t.kind === 'done' ? <CircleCheck aria-hidden className="size-4 shrink-0 text-success" /> : <TriangleAlert aria-hidden className="size-4 shrink-0 text-error" />}
					<span className="grow">{t.text}</span>
					<IconButton label="Close message" onClick={() => close(t.id)}>
						<X aria-hidden className="size-4" />
					</IconButton>
				</div>
			))}
		</div>
	);
}
