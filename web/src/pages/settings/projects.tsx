// SPDX-License-Identifier: MIT
// Projects of a workspace: make, rename, delete.
import { Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useCounts } from '@/analytics/counts';
import { api } from '@/api/client';
import { type Project, projectsQuery } from '@/api/session';
import { useMay, useProjects, useWorkspace } from '@/app/place';
import { changed } from '@/app/query';
import { count, exactCount } from '@/format/number';
import { browserZone, exactMoment, moment } from '@/format/time';
import { Button, ButtonLink } from '@/ui/button';
import { DeleteDialog, Receipt } from '@/ui/delete-dialog';
import { Dialog, DialogButtons } from '@/ui/dialog';
import { TextField } from '@/ui/field';
import { formText, useForm } from '@/ui/form';
import { Empty, Notice } from '@/ui/notice';
import { Table } from '@/ui/table';
import { toast } from '@/ui/toast';

const refresh = (workspaceId: string) => changed(projectsQuery(workspaceId).queryKey);

export function ProjectsTab() {
	const workspace = useWorkspace();
	const projects = useProjects(workspace.id);
	const { counts } = useCounts(workspace.id, projects?.length ?? 0);
	const admin = useMay('admin');
	const [renamed, setRenamed] = useState<Project | null>(null);
	const [removed, setRemoved] = useState<Project | null>(null);
	const zone = browserZone();
	return (
		<>
			{admin && (
				<ButtonLink kind="primary" className="self-end" to="/$ws/new" params={{ ws: workspace.slug }}>
					New project
				</ButtonLink>
			)}
			<Table
				label="Projects"
				rows={projects}
				rowKey={(p) => p.id}
				empty={<Empty title="No projects yet">A project holds the events of one MCP server or app.</Empty>}
				columns={[
					{
						key: 'name',
						title: 'Name',
						cell: (p) => (
							<Link to="/$ws/$project" params={{ ws: workspace.slug, project: p.slug }} className="font-medium hover:underline">
								{p.name}
							</Link>
						),
					},
					{ key: 'slug', title: 'Word in addresses', cell: (p) => <code className="font-mono text-small">{p.slug}</code> },
					{ key: 'created', title: 'Created', cell: (p) => <span title={exactMoment(p.createdAt, zone)}>{moment(p.createdAt, zone)}</span> },
					{
						key: 'events',
						title: 'Events in 30 days',
						numeric: true,
						cell: (p) => <span title={exactCount(counts.get(p.id)?.events)}>{count(counts.get(p.id)?.events)}</span>,
					},
					{
						key: 'actions',
						title: <span className="sr-only">Actions</span>,
						numeric: true,
						cell: (p) =>
							admin && (
								<span className="inline-flex gap-2">
									<Button size="small" onClick={() => setRenamed(p)}>
										Rename
									</Button>
									<Button size="small" kind="danger" onClick={() => setRemoved(p)}>
										Delete
									</Button>
								</span>
							),
					},
				]}
			/>
			{renamed && <RenameDialog project={renamed} onClose={() => setRenamed(null)} />}
			{removed && <RemoveDialog project={removed} onClose={() => setRemoved(null)} />}
		</>
	);
}

function RenameDialog({ project, onClose }: { project: Project; onClose: () => void }) {
	const workspace = useWorkspace();
	const form = useForm(['name', 'slug']);
	const submit = (e: FormEvent<HTMLFormElement>) => {
		e.preventDefault();
		const text = formText(e.currentTarget);
		void form.submit(async () => {
			await api('patch', '/api/workspaces/{workspaceId}/projects/{projectId}', {
				path: { workspaceId: workspace.id, projectId: project.id },
				body: { name: text('name'), slug: text('slug') },
			});
			await refresh(workspace.id);
			toast('The project was saved.');
			onClose();
		});
	};
	return (
		<Dialog title={`Rename ${project.name}`} onClose={onClose}>
			<form className="flex flex-col gap-4" onSubmit={submit}>
				{form.summary && <Notice tone="error">{form.summary}</Notice>}
				<TextField label="Name" name="name" required minLength={2} maxLength={100} defaultValue={project.name} problem={form.problem('name')} />
				<TextField label="Word in addresses" mono name="slug" required defaultValue={project.slug} help="Links to this project change when it changes." problem={form.problem('slug')} />
				<DialogButtons action="Save" busy={form.busy} onCancel={onClose} />
			</form>
		</Dialog>
	);
}

function RemoveDialog({ project, onClose }: { project: Project; onClose: () => void }) {
	const workspace = useWorkspace();
	const form = useForm();
	const [done, setDone] = useState<{ id: string; receipt: string } | null>(null);
	const remove = () =>
		void form.submit(async () => {
			const { erasure } = await api('delete', '/api/workspaces/{workspaceId}/projects/{projectId}', {
				path: { workspaceId: workspace.id, projectId: project.id },
				body: { confirm: project.slug },
			});
			setDone(erasure);
			await refresh(workspace.id);
		});
	if (done)
		return (
			<Dialog title="Project deleted" onClose={onClose}>
				<Receipt {...done} />
				<div className="mt-4 flex justify-end">
					<Button kind="primary" onClick={onClose}>
						Done
					</Button>
				</div>
			</Dialog>
		);
	return (
		<DeleteDialog title={`Delete ${project.name}?`} word={project.slug} action="Delete project" form={form} onConfirm={remove} onClose={onClose}>
			<p>Its keys stop working at once and all its events are deleted for good.</p>
		</DeleteDialog>
	);
}
