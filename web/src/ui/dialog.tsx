// SPDX-License-Identifier: MIT
// A modal window on the native <dialog>: focus stays inside, Esc closes, focus goes back to where it was.
import { X } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef } from 'react';
import { Button, IconButton } from './button';
import { classes } from './classes';

interface Props {
	title: string;
	onClose: () => void;
	children: ReactNode;
	/** drawer: at the right edge, full height */
	shape?: 'window' | 'wide' | 'drawer';
	/** cannot be closed by Esc or the cross */
	locked?: boolean;
}
const SHAPE = {
	window: 'm-auto w-[min(32rem,calc(100vw-2rem))] rounded-card',
	wide: 'm-auto w-[min(56rem,calc(100vw-2rem))] rounded-card',
	drawer: 'mr-0 ml-auto h-dvh max-h-none w-[min(40rem,100vw)]',
};

/** Open as long as it is mounted. */
export function Dialog({ title, onClose, children, shape = 'window', locked = false }: Props) {
	const ref = useRef<HTMLDialogElement>(null);
	const id = useId();
	useEffect(() => {
		const before = document.activeElement as HTMLElement | null;
		const dialog = ref.current;
		if (dialog && !dialog.open) dialog.showModal();
		// the browser would take the cross: a safe choice that asks for it, or the first field
		dialog?.querySelector<HTMLElement>('[data-autofocus]')?.focus();
		if (!dialog?.querySelector('[data-autofocus]')) dialog?.querySelector<HTMLElement>('input:not([readonly],[hidden]),select,textarea')?.focus();
		return () => {
			dialog?.close();
			before?.focus();
		};
	}, []);
	return (
		<dialog
			ref={ref}
			aria-labelledby={id}
			onCancel={(e) => {
				e.preventDefault();
				if (!locked) onClose();
			}}
			className={classes('border border-line bg-panel p-0 text-text shadow-xl', SHAPE[shape])}
		>
			<div className="flex items-center justify-between gap-4 border-b border-line px-5 py-3">
				<h2 id={id} className="text-section">
					{title}
				</h2>
				{!locked && (
					<IconButton label="Close" onClick={onClose}>
						<X aria-hidden className="size-4" />
					</IconButton>
				)}
			</div>
			<div className="px-5 py-4">{children}</div>
		</dialog>
	);
}

/** The end of a form in a dialog: give up, or send it. */
export function DialogButtons({ action, busy, onCancel }: { action: string; busy: boolean; onCancel: () => void }) {
	return (
		<div className="flex justify-end gap-2">
			<Button onClick={onCancel}>Cancel</Button>
			<Button kind="primary" type="submit" busy={busy}>
				{action}
			</Button>
		</div>
	);
}

/** Asks before something is destroyed; focus is on Cancel. */
export function ConfirmDialog({ title, children, action, onConfirm, onClose, busy, disabled }: { title: string; children: ReactNode; action: string; onConfirm: () => void; onClose: () => void; busy?: boolean; disabled?: boolean }) {
	return (
		<Dialog title={title} onClose={onClose}>
			<div className="flex flex-col gap-4">
				{children}
				<div className="flex justify-end gap-2">
					<Button onClick={onClose} data-autofocus>
						Cancel
					</Button>
					<Button kind="danger" onClick={onConfirm} busy={busy ?? false} disabled={disabled ?? false}>
						{action}
					</Button>
				</div>
			</div>
		</Dialog>
	);
}
