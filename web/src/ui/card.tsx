// SPDX-License-Identifier: MIT
// A framed panel with a title.
import { type ReactNode, useId } from 'react';
import { classes } from './classes';

export function Card({ title, actions, children, className, padded = true, stretched = false }: { title?: ReactNode; actions?: ReactNode; children: ReactNode; className?: string; padded?: boolean; /** the content fills the frame */ stretched?: boolean }) {
	const id = useId();
	return (
		<section aria-labelledby={title ? id : undefined} className={classes('flex min-w-0 flex-col rounded-card border border-line bg-panel', className)}>
			{(title || actions) && (
				<div className="flex min-h-12 flex-wrap items-center justify-between gap-2 px-5 pt-4">
					<h2 id={id} className="text-card">
						{title}
					</h2>
					{actions && <div className="flex items-center gap-2">{actions}</div>}
				</div>
			)}
			<div className={classes('min-w-0 grow', padded && 'p-5', stretched && 'flex flex-col')}>{children}</div>
		</section>
	);
}
