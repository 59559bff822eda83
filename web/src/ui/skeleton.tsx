// SPDX-License-Identifier: MIT
// The place of something that is on its way, in its final size.
import { classes } from './classes';
export function Skeleton({ className }: { className?: string }) {
	return <div aria-hidden className={classes('skeleton', className ?? 'h-4 w-full')} />;
}
