// SPDX-License-Identifier: MIT
// A button whose menu or panel is loaded when it is first wanted: the first view needs none of it.
import { type ComponentType, type LazyExoticComponent, lazy, type ReactNode, type RefObject, Suspense, useMemo, useRef, useState } from 'react';

/** What a popup gets: it opens at the button and gives the focus back to it. */
export interface PopupProps {
	anchor: RefObject<HTMLButtonElement | null>;
	open: boolean;
	onOpen: (open: boolean) => void;
}
interface Props {
	load: () => Promise<{ default: ComponentType<PopupProps> }>;
	className: string;
	label?: string;
	title?: string;
	kind?: 'menu' | 'dialog' | 'listbox';
	/** data-<mark> of the button, for shortcuts to find it */
	mark?: string;
	children: ReactNode;
}

export function PopupButton({ load, className, label, title, kind = 'menu', mark, children }: Props) {
	const anchor = useRef<HTMLButtonElement>(null);
	const [open, setOpen] = useState(false);
	const [wanted, setWanted] = useState(false);
	const Popup = useMemo<LazyExoticComponent<ComponentType<PopupProps>>>(() => lazy(load), [load]);
	return (
		<>
			<button
				ref={anchor}
				type="button"
				className={className}
				aria-label={label}
				title={title}
				aria-haspopup={kind}
				{...(mark ? { [`data-${mark}`]: true } : {})}
				aria-expanded={open}
				onPointerEnter={() => void load()}
				onFocus={() => void load()}
				onClick={() => {
					setWanted(true);
					setOpen(!open);
				}}
				onKeyDown={(e) => {
					if (e.key !== 'ArrowDown') return;
					e.preventDefault();
					setWanted(true);
					setOpen(true);
				}}
			>
				{children}
			</button>
			{wanted && (
				<Suspense>
					<Popup anchor={anchor} open={open} onOpen={setOpen} />
				</Suspense>
			)}
		</>
	);
}
