// SPDX-License-Identifier: MIT
// Text in a cell, on one line: whole in its title, and unfolded while its row has the focus.
import { classes } from './classes';

export function Clipped({ text, className }: { text: string | null | undefined; className?: string }) {
	if (!text) return <span className="text-secondary">–</span>;
	return (
		<span dir="auto" title={text} className={classes('inline-block max-w-80 truncate align-middle group-focus-visible:whitespace-pre-wrap', className)}>
			{text}
		</span>
	);
}
