// SPDX-License-Identifier: MIT
// API keys of a project: make, rotate with a grace, revoke. The key itself is shown once.
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { type Answer, api } from '@/api/client';
import { useListState } from '@/app/paging';
import { useMay, useProjects, useWorkspace } from '@/app/place';
import { changed, keptOf } from '@/app/query';
import { useUrlState } from '@/app/url-state';
import { ago, browserZone, exactMoment } from '@/format/time';
import { Badge, type Tone } from '@/ui/badge';
import { Button } from '@/ui/button';
import { ConfirmDialog, Dialog, DialogButtons } from '@/ui/dialog';
import { SelectField, TextField } from '@/ui/field';
import { formText, useForm } from '@/ui/form';
import { Empty, LoadError, Notice } from '@/ui/notice';
import { SecretOnce } from '@/ui/secret';
import { Table } from '@/ui/table';
import { toast } from '@/ui/toast';

type Key = Answer<'/api/workspaces/{workspaceId}/projects/{projectId}/keys'>['items'][number];
const STATE: Record<Key['state'], Tone> = { active: 'success', grace: 'warning', revoked: 'neutral', expired: 'neutral' };
const GRACES: readonly [number, string][] = [
	[0, 'at once'],
	[15, 'after 15 minutes'],
	[60, 'after 1 hour'],
	[1440, 'after 24 hours'],
];

export function KeysTab() {
	const workspace = useWorkspace();
	const projects = useProjects(workspace.id);
	const url = useUrlState();
	const admin = useMay('admin');
	const list = useListState({ sort: 'createdAt', order: 'desc' }, ['createdAt', 'name', 'lastUsedAt']);
	const project = projects?.find((p) => p.slug === url.text('project')) ?? projects?.[0];
	const path = { workspaceId: workspace.id, projectId: project?.id ?? '' };
	const keys = useQuery({
		queryKey: ['keys', project?.id, list.query],
		queryFn: ({ signal }) => api('get', '/api/workspaces/{workspaceId}/projects/{projectId}/keys', { path, query: list.query, signal }),
		enabled: project !== undefined,
		placeholderData: keptOf(['keys', project?.id]),
	});
	const [dialog, setDialog] = useState<{ kind: 'create' } | { kind: 'rotate' | 'revoke'; key: Key } | null>(null);
	const zone = browserZone();
	const close = () => {
		setDialog(null);
		void changed(['keys', project?.id]);
	};
	if (projects?.length === 0) return <Empty title="No projects yet">A key belongs to a project. Make one first.</Empty>;
	return (
		<>
			<div className="flex flex-wrap items-end justify-between gap-2">
				<SelectField label="Project" className="min-w-56" value={project?.slug ?? ''} onChange={(e) => url.set({ project: e.target.value })}>
					{projects?.map((p) => (
						<option key={p.id} value={p.slug}>
							{p.name}
						</option>
					))}
				</SelectField>
				{admin && (
					<Button kind="primary" disabled={project === undefined} onClick={() => setDialog({ kind: 'create' })}>
						New key
					</Button>
				)}
			</div>
			{keys.isError && !keys.data ? (
				<LoadError what="the keys" error={keys.error} onRetry={() => void keys.refetch()} />
			) : (
				<Table
					label="API keys"
					rows={keys.data?.items}
					rowKey={(k) => k.id}
					stale={keys.isPlaceholderData}
					sorting={list.sorting}
					{...(keys.data ? { paging: list.paging(keys.data.total) } : {})}
					empty={<Empty title="No keys yet">Your server needs one to send events.</Empty>}
					columns={[
						{ key: 'name', title: 'Name', sort: 'name', cell: (k) => <span className="font-medium">{k.name}</span> },
						{ key: 'prefix', title: 'Key', cell: (k) => <code className="font-mono text-small">{k.prefix}…</code> },
						{ key: 'state', title: 'State', cell: (k) => <Badge tone={STATE[k.state]}>{k.state === 'grace' ? `until ${exactMoment(k.revokedAt, zone)}` : k.state}</Badge> },
						{ key: 'by', title: 'Made by', cell: (k) => k.createdBy?.name ?? '–' },
						{ key: 'created', title: 'Created', sort: 'createdAt', cell: (k) => <span title={exactMoment(k.createdAt, zone)}>{ago(k.createdAt, zone)}</span> },
						{ key: 'used', title: 'Last used', sort: 'lastUsedAt', cell: (k) => <span title={exactMoment(k.lastUsedAt, zone)}>{k.lastUsedAt ? ago(k.lastUsedAt, zone) : 'never'}</span> },
						{ key: 'expires', title: 'Expires', cell: (k) => (k.expiresAt ? exactMoment(k.expiresAt, zone) : 'never') },
						{
							key: 'actions',
							title: <span className="sr-only">Actions</span>,
							numeric: true,
							cell: (k) =>
								admin &&
								(k.state === 'active' || k.state === 'grace') && (
									<span className="inline-flex gap-2">
										{k.state === 'active' && (
											<Button size="small" onClick={() => setDialog({ kind: 'rotate', key: k })}>
												Rotate
											</Button>
										)}
										<Button size="small" kind="danger" onClick={() => setDialog({ kind: 'revoke', key: k })}>
											Revoke
										</Button>
									</span>
								),
						},
					]}
				/>
			)}
			{dialog?.kind === 'create' && <CreateDialog path={path} onClose={close} />}
			{dialog?.kind === 'rotate' && <RotateDialog path={path} apiKey={dialog.key} onClose={close} />}
			{dialog?.kind === 'revoke' && <RevokeDialog path={path} apiKey={dialog.key} onClose={close} />}
		</>
	);
}

interface Of {
	path: { workspaceId: string; projectId: string };
	onClose: () => void;
}

function CreateDialog({ path, onClose }: Of) {
	const form = useForm(['name']);
	const [secret, setSecret] = useState<string | null>(null);
	const submit = (e: FormEvent<HTMLFormElement>) => {
		e.preventDefault();
		const name = formText(e.currentTarget)('name');
		void form.submit(async () => {
			const { apiKey } = await api('post', '/api/workspaces/{workspaceId}/projects/{projectId}/keys', { path, body: { name } });
			setSecret(apiKey.key);
		});
	};
	if (secret !== null)
		return (
			<Dialog title="Your new key" onClose={onClose} locked>
				<SecretOnce label="API key" secret={secret} action="Done" onStored={onClose} />
			</Dialog>
		);
	return (
		<Dialog title="New API key" onClose={onClose}>
			<form className="flex flex-col gap-4" onSubmit={submit}>
				{form.summary && <Notice tone="error">{form.summary}</Notice>}
				<TextField label="Name" name="name" required maxLength={100} placeholder="Production" help="So that you know it again." autoFocus problem={form.problem('name')} />
				<DialogButtons action="Make the key" busy={form.busy} onCancel={onClose} />
			</form>
		</Dialog>
	);
}

function RotateDialog({ path, apiKey, onClose }: Of & { apiKey: Key }) {
	const form = useForm();
	const [grace, setGrace] = useState(60);
	const [secret, setSecret] = useState<string | null>(null);
	const rotate = (e: FormEvent) => {
		e.preventDefault();
		void form.submit(async () => {
			const made = await api('post', '/api/workspaces/{workspaceId}/projects/{projectId}/keys/{id}/rotate', { path: { ...path, id: apiKey.id }, body: { gracePeriodMinutes: grace } });
			setSecret(made.apiKey.key);
		});
	};
	if (secret !== null)
		return (
			<Dialog title="Your new key" onClose={onClose} locked>
				<SecretOnce label="API key" secret={secret} action="Done" onStored={onClose} />
			</Dialog>
		);
	return (
		<Dialog title={`Rotate ${apiKey.name}`} onClose={onClose}>
			<form className="flex flex-col gap-4" onSubmit={rotate}>
				<p className="text-secondary">A new key takes the place of {apiKey.prefix}…</p>
				{form.summary && <Notice tone="error">{form.summary}</Notice>}
				<SelectField label="The old key stops working" value={grace} onChange={(e) => setGrace(Number(e.target.value))}>
					{GRACES.map(([minutes, text]) => (
						<option key={minutes} value={minutes}>
							{text}
						</option>
					))}
				</SelectField>
				<DialogButtons action="Rotate" busy={form.busy} onCancel={onClose} />
			</form>
		</Dialog>
	);
}

function RevokeDialog({ path, apiKey, onClose }: Of & { apiKey: Key }) {
	const form = useForm();
	const revoke = () =>
		void form.submit(async () => {
			await api('delete', '/api/workspaces/{workspaceId}/projects/{projectId}/keys/{id}', { path: { ...path, id: apiKey.id } });
			toast(`The key ${apiKey.name} is revoked.`);
			onClose();
		});
	return (
		<ConfirmDialog title={`Revoke ${apiKey.name}?`} action="Revoke key" onConfirm={revoke} onClose={onClose} busy={form.busy}>
			<p>
				Servers that use <code className="font-mono">{apiKey.prefix}…</code> can send no more events from now on.
			</p>
			{form.summary && <Notice tone="error">{form.summary}</Notice>}
		</ConfirmDialog>
	);
}
