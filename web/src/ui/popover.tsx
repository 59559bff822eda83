// SPDX-License-Identifier: MIT
// A panel at the button that opened it (popup.tsx): Esc and a click beside it close it, the focus goes back to the button.
import * as Ariakit from '@ariakit/react/popover';
import type { ReactNode } from 'react';
import { classes, menuClass } from './classes';
import type { PopupProps } from './popup';

export function Popover({ anchor, open, onOpen, label, className, children }: PopupProps & { label: string; className?: string; children: ReactNode }) {
	return (
		<Ariakit.PopoverProvider open={open} setOpen={onOpen} placement="bottom-end">
			<Ariakit.Popover
				fixed
				gutter={4}
				finalFocus={anchor}
				getAnchorRect={() => anchor.current?.getBoundingClientRect() ?? null}
				hideOnInteractOutside={(e) => !anchor.current?.contains(e.target as Node)}
				aria-label={label}
				className={classes(menuClass, className)}
			>
				{children}
			</Ariakit.Popover>
		</Ariakit.PopoverProvider>
	);
}
