// SPDX-License-Identifier: MIT
// What can be done with a node of the paths.
import { Menu, MenuItem } from '@/ui/menu';
import type { PopupProps } from '@/ui/popup';

export default function NodeMenu({ name, onStart, onEnd, ...popup }: PopupProps & { name: string; onStart: () => void; onEnd: () => void }) {
	return (
		<Menu {...popup} label={name} className="w-56">
			<MenuItem onClick={onStart}>Paths that start here</MenuItem>
			<MenuItem onClick={onEnd}>Paths that end here</MenuItem>
		</Menu>
	);
}
