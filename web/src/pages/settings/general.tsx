// SPDX-License-Identifier: MIT
// Name and slug of a workspace; handing it over; deleting it.
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { api } from '@/api/client';
import { sessionQuery } from '@/api/session';
import { useMay, useSession, useWorkspace } from '@/app/place';
import { queryClient } from '@/app/query';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { DeleteDialog, Receipt } from '@/ui/delete-dialog';
import { ConfirmDialog, Dialog } from '@/ui/dialog';
import { SelectField, TextField } from '@/ui/field';
import { formText, useForm } from '@/ui/form';
import { Notice } from '@/ui/notice';
import { toast } from '@/ui/toast';

const refresh = () => queryClient.refetchQueries({ queryKey: sessionQuery.queryKey });

export function GeneralTab() {
	const owner = useMay('owner');
	return (
		<>
			<NameCard />
			{owner && <TransferCard />}
			{owner && <DeleteCard />}
		</>
	);
}

function NameCard() {
	const workspace = useWorkspace();
	const admin = useMay('admin');
	const form = useForm(['name', 'slug']);
	const navigate = useNavigate();
	const [slug, setSlug] = useState(workspace.slug);
	const submit = (e: FormEvent<HTMLFormElement>) => {
		e.preventDefault();
		const name = formText(e.currentTarget)('name');
		void form.submit(async () => {
			await api('patch', '/api/workspaces/{workspaceId}', { path: { workspaceId: workspace.id }, body: { name, slug } });
			await refresh();
			toast('The workspace was saved.');
			if (slug !== workspace.slug) await navigate({ to: '/$ws/settings/$tab', params: { ws: slug, tab: 'general' }, replace: true });
		});
	};
	return (
		<Card title="Workspace">
			<form className="flex max-w-md flex-col gap-4" onSubmit={submit}>
				{form.summary && <Notice tone="error">{form.summary}</Notice>}
				<TextField label="Name" name="name" required minLength={2} maxLength={100} defaultValue={workspace.name} disabled={!admin} problem={form.problem('name')} />
				<TextField
					label="Word in addresses"
					mono
					name="slug"
					required
					value={slug}
					onChange={(e) => setSlug(e.target.value)}
					disabled={!admin}
					help={slug === workspace.slug ? undefined : 'Links to this workspace change: old ones stop working.'}
					problem={form.problem('slug')}
				/>
				{admin && (
					<Button kind="primary" type="submit" className="self-start" busy={form.busy}>
						Save
					</Button>
				)}
			</form>
		</Card>
	);
}

function TransferCard() {
	const workspace = useWorkspace();
	const { user } = useSession();
	const form = useForm();
	const [to, setTo] = useState('');
	const [asking, setAsking] = useState(false);
	const members = useQuery({
		queryKey: ['members', workspace.id, 'all'],
		queryFn: ({ signal }) => api('get', '/api/workspaces/{workspaceId}/members', { path: { workspaceId: workspace.id }, query: { pageSize: 100 }, signal }),
	});
	const others = members.data?.items.filter((m) => m.userId !== user.id) ?? [];
	const name = others.find((m) => m.userId === to)?.name;
	const transfer = () =>
		void form.submit(async () => {
			await api('post', '/api/workspaces/{workspaceId}/transfer', { path: { workspaceId: workspace.id }, body: { userId: to } });
			setAsking(false);
			await refresh();
			toast(`${name ?? 'The member'} owns the workspace now.`);
		});
	return (
		<Card title="Ownership">
			<p className="mb-4 text-secondary">A workspace has one owner. Hand it over to another member; you stay as admin.</p>
			{others.length === 0 ? (
				<p>There is no other member yet.</p>
			) : (
				<div className="flex max-w-md flex-wrap items-end gap-2">
					<SelectField label="New owner" className="grow" value={to} onChange={(e) => setTo(e.target.value)}>
						<option value="">Choose a member</option>
						{others.map((m) => (
							<option key={m.userId} value={m.userId}>
								{m.name} ({m.email})
							</option>
						))}
					</SelectField>
					<Button disabled={to === ''} onClick={() => setAsking(true)}>
						Hand over
					</Button>
				</div>
			)}
			{asking && (
				<ConfirmDialog title={`Hand ${workspace.name} over?`} action="Hand over" onConfirm={transfer} onClose={() => setAsking(false)} busy={form.busy}>
					<p>{name} becomes the owner. Only the new owner can give it back.</p>
					{form.summary && <Notice tone="error">{form.summary}</Notice>}
				</ConfirmDialog>
			)}
		</Card>
	);
}

function DeleteCard() {
	const workspace = useWorkspace();
	const form = useForm();
	const navigate = useNavigate();
	const [asking, setAsking] = useState(false);
	const [done, setDone] = useState<{ id: string; receipt: string } | null>(null);
	const remove = () =>
		void form.submit(async () => {
			const { erasure } = await api('delete', '/api/workspaces/{workspaceId}', { path: { workspaceId: workspace.id }, body: { confirm: workspace.slug } });
			setDone(erasure);
		});
	const leave = async () => {
		await refresh();
		await navigate({ to: '/', replace: true });
	};
	return (
		<Card title="Delete the workspace">
			<p className="mb-4 text-secondary">Its projects, keys, members and all their events are deleted. This cannot be undone.</p>
			<Button kind="danger" onClick={() => setAsking(true)}>
				Delete {workspace.name}
			</Button>
			{asking && !done && (
				<DeleteDialog title={`Delete ${workspace.name}?`} word={workspace.slug} action="Delete workspace" form={form} onConfirm={remove} onClose={() => setAsking(false)}>
					<p>All projects of this workspace and every event in them are deleted for good.</p>
				</DeleteDialog>
			)}
			{done && (
				<Dialog title="Workspace deleted" onClose={() => void leave()}>
					<Receipt {...done} />
					<div className="mt-4 flex justify-end">
						<Button kind="primary" onClick={() => void leave()}>
							Done
						</Button>
					</div>
				</Dialog>
			)}
		</Card>
	);
}
