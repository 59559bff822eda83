// SPDX-License-Identifier: MIT
// A page inside the shell: sticky header with its h1, breadcrumb, what stands at the right, then the content.
import { Link, type LinkProps } from '@tanstack/react-router';
import { ChevronRight } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { useProjectMaybe, useWorkspaceMaybe } from './place';
import { useTitle } from './title';

interface Props {
	title: string;
	/** pages above this one, nearest last */
	crumbs?: readonly ({ title: string } & Pick<LinkProps, 'to' | 'params' | 'search'>)[];
	/** right end of the header: filters, actions */
	actions?: ReactNode;
	children: ReactNode;
}

export function Page({ title, crumbs = [], actions, children }: Props) {
	const heading = useRef<HTMLHeadingElement>(null);
	const project = useProjectMaybe();
	const workspace = useWorkspaceMaybe();
	useTitle(title, project?.name ?? workspace?.name);
	useEffect(() => {
		heading.current?.focus({ preventScroll: true });
	}, []);
	return (
		<>
			<header className="sticky top-0 z-20 flex min-h-16 flex-wrap items-center justify-between gap-x-4 gap-y-2 border-b border-line bg-bg px-4 py-3 pl-14 md:px-8">
				<div className="min-w-0 grow basis-full sm:basis-40">
					{crumbs.length > 0 && (
						<nav aria-label="Breadcrumb" className="no-print flex items-center gap-1 text-small text-secondary">
							{crumbs.map(({ title, ...to }) => (
								<span key={title} className="inline-flex items-center gap-1">
									<Link {...to} className="inline-flex min-h-6 items-center hover:text-text">
										{title}
									</Link>
									<ChevronRight aria-hidden className="size-3" />
								</span>
							))}
						</nav>
					)}
					<h1 ref={heading} tabIndex={-1} className="truncate text-title" title={title}>
						{title}
					</h1>
				</div>
				{actions && <div className="no-print flex flex-wrap items-center justify-end gap-2">{actions}</div>}
			</header>
			<div className="flex flex-col gap-6 p-4 md:p-8">{children}</div>
		</>
	);
}
