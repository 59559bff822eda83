// SPDX-License-Identifier: MIT
// The projects of a workspace, and how much each has had: the numbers come after the list, which does not need the event store.
import { Link } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { type ProjectCount, useCounts } from '@/analytics/counts';
import { Page } from '@/app/page';
import { useMay, useProjects, useWorkspace } from '@/app/place';
import { count, exactCount, NONE } from '@/format/number';
import { ago, browserZone, exactMoment } from '@/format/time';
import { ButtonLink } from '@/ui/button';
import { Empty } from '@/ui/notice';
import { Skeleton } from '@/ui/skeleton';

function Numbers({ of, failed }: { of: ProjectCount | undefined; failed: boolean }) {
	if (!of && !failed) return <Skeleton className="mt-3 h-10" />;
	return (
		<span className="mt-3 flex h-10 flex-col">
			<span className="tabular" title={of && `${exactCount(of.events)} events in 30 days`}>
				{of ? count(of.events) : NONE} <span className="text-secondary">events in 30 days</span>
			</span>
			<span className="text-small text-secondary" title={of?.lastEventAt ? exactMoment(of.lastEventAt, browserZone()) : undefined}>
				{!of ? 'cannot be counted now' : of.lastEventAt ? `last event ${ago(of.lastEventAt, browserZone())}` : 'no event yet'}
			</span>
		</span>
	);
}

export default function Projects() {
	const workspace = useWorkspace();
	const projects = useProjects(workspace.id);
	const { counts, failed } = useCounts(workspace.id, projects?.length ?? 0);
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
				{projects === undefined && Array.from({ length: 4 }, (_, i) => <Skeleton key={i} className="h-36" />)}
				{projects?.map((p) => (
					<li key={p.id} className="rounded-card border border-line bg-panel hover:border-line-control">
						<Link to="/$ws/$project" params={{ ws: workspace.slug, project: p.slug }} className="flex h-full flex-col gap-1 p-5">
							<span className="text-section">{p.name}</span>
							<span className="font-mono text-small text-secondary">
								{workspace.slug}/{p.slug}
							</span>
							<Numbers of={counts.get(p.id)} failed={failed} />
						</Link>
					</li>
				))}
			</ul>
		</Page>
	);
}
