// SPDX-License-Identifier: MIT
// Menus on Ariakit, opened by a PopupButton: arrows, type-ahead, Esc, focus back to the button.
import * as Ariakit from '@ariakit/react/menu';
import { type ReactNode, useEffect } from 'react';
import { classes, menuClass } from './classes';
import type { PopupProps } from './popup';

const itemClass = 'flex min-h-8 w-full items-center gap-2 rounded-control px-2.5 py-1 text-left outline-none data-[active-item]:bg-muted aria-disabled:opacity-50';

interface Props<V extends Record<string, string>> extends PopupProps {
	label: string;
	className?: string;
	placement?: 'bottom-start' | 'bottom-end' | 'top-start';
	values?: V;
	onValues?: (values: V) => void;
	children: ReactNode;
}

/** The focus goes to the first item: Ariakit does so by itself only for buttons of its own. */
function TakeFocus({ open }: { open: boolean }) {
	const menu = Ariakit.useMenuContext();
	useEffect(() => {
		if (!open) return;
		menu?.setInitialFocus('first');
		menu?.setAutoFocusOnShow(true);
	}, [open, menu]);
	return null;
}

export function Menu<V extends Record<string, string>>({ anchor, open, onOpen, label, className, placement = 'bottom-start', values, onValues, children }: Props<V>) {
	return (
		<Ariakit.MenuProvider open={open} setOpen={onOpen} placement={placement} {...(values ? { values } : {})} {...(onValues ? { setValues: (next: object) => onValues(next as V) } : {})}>
			<TakeFocus open={open} />
			<Ariakit.Menu
				gutter={4}
				fixed
				autoFocusOnShow
				finalFocus={anchor}
				getAnchorRect={() => anchor.current?.getBoundingClientRect() ?? null}
				hideOnInteractOutside={(e) => !anchor.current?.contains(e.target as Node)}
				className={classes(menuClass, className)}
				aria-label={label}
			>
				{children}
			</Ariakit.Menu>
		</Ariakit.MenuProvider>
	);
}

export const MenuItem = ({ onClick, className, children }: { onClick: () => void; className?: string; children: ReactNode }) => (
	<Ariakit.MenuItem className={classes(itemClass, className)} onClick={onClick}>
		{children}
	</Ariakit.MenuItem>
);
export const MenuRadio = ({ name, value, children }: { name: string; value: string; children: ReactNode }) => (
	<Ariakit.MenuItemRadio name={name} value={value} className={itemClass}>
		<span className="inline-block w-4">
			<Ariakit.MenuItemCheck />
		</span>
		{children}
	</Ariakit.MenuItemRadio>
);
export const MenuGroup = ({ label, children }: { label?: string; children: ReactNode }) => (
	<Ariakit.MenuGroup className="py-1">
		{label && <Ariakit.MenuGroupLabel className="px-2.5 py-1 text-small text-secondary">{label}</Ariakit.MenuGroupLabel>}
		{children}
	</Ariakit.MenuGroup>
);
export const MenuSeparator = () => <Ariakit.MenuSeparator className="my-1 border-line" />;
