// SPDX-License-Identifier: MIT
// The projects of a workspace.
import { Link } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { Page } from '@/app/page';
import { useMay, useProjects, useWorkspace } from '@/app/place';
import { ago, browserZone } from '@/format/time';
import { ButtonLink } from '@/ui/button';
import { Empty } from '@/ui/notice';
import { Skeleton } from '@/ui/skeleton';

export default function Projects() {
	const workspace = useWorkspace();
	const projects = useProjects(workspace.id);
	const admin = useMay('admin');
	const add = admin && (
		<ButtonLink kind="primary" to="/$ws/new" params={{ ws: workspace.slug }}>
			<Plus aria-hidden className="size-4" /> New project
		</ButtonLink>
	);
	return (
		<Page title={workspace.name} actions={add}>
			{projects?.length === 0 && (
				<Empty title="No projects yet" action={add}>
					A project holds the events of one MCP server or app.
				</Empty>
			)}
			<ul className="grid grid-cols-1 gap-4 sm:grid-cols-2 lg:grid-cols-3 xl:grid-cols-4">
				{projects === undefined && Array.from({ length: 4 }, (_, i) => <Skeleton key={i} className="h-28" />)}
				{projects?.map((p) => (
					<li key={p.id} className="rounded-card border border-line bg-panel hover:border-line-control">
						<Link to="/$ws/$project" params={{ ws: workspace.slug, project: p.slug }} className="flex h-full flex-col gap-1 p-5">
							<span className="text-section">{p.name}</span>
							<span className="font-mono text-small text-secondary">
								{workspace.slug}/{p.slug}
							</span>
							<span className="mt-3 text-small text-secondary">Created {ago(p.createdAt, browserZone())}</span>
						</Link>
					</li>
				))}
			</ul>
		</Page>
	);
}
