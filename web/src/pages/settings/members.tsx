// SPDX-License-Identifier: MIT
// Members of a workspace and the invitations that are open.
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { type Answer, api, errorText } from '@/api/client';
import { providersQuery, sessionQuery } from '@/api/session';
import { useListState } from '@/app/paging';
import { useMay, useSession, useWorkspace } from '@/app/place';
import { changed, keptOf, queryClient } from '@/app/query';
import { ago, browserZone, exactMoment } from '@/format/time';
import { Badge } from '@/ui/badge';
import { Button } from '@/ui/button';
import { classes } from '@/ui/classes';
import { CopyButton } from '@/ui/copy';
import { ConfirmDialog, Dialog, DialogButtons } from '@/ui/dialog';
import { controlClass, SelectField, TextField } from '@/ui/field';
import { formText, useForm } from '@/ui/form';
import { Empty, LoadError, Notice } from '@/ui/notice';
import { Table } from '@/ui/table';
import { toast } from '@/ui/toast';

type Member = Answer<'/api/workspaces/{workspaceId}/members'>['items'][number];
type GivenRole = 'admin' | 'member' | 'viewer';
const ROLES: readonly [GivenRole, string][] = [
	['viewer', 'Viewer: sees everything, exports nothing'],
	['member', 'Member: also exports, sees members and keys'],
	['admin', 'Admin: also projects, keys, members, audit log'],
];

export function MembersTab() {
	const workspace = useWorkspace();
	const admin = useMay('admin');
	const { user } = useSession();
	const list = useListState({ sort: 'name', order: 'asc' }, ['name', 'email', 'role', 'joinedAt']);
	const [inviting, setInviting] = useState(false);
	const [leaving, setLeaving] = useState<Member | null>(null);
	const members = useQuery({
		queryKey: ['members', workspace.id, list.query],
		queryFn: ({ signal }) => api('get', '/api/workspaces/{workspaceId}/members', { path: { workspaceId: workspace.id }, query: list.query, signal }),
		placeholderData: keptOf(['members', workspace.id]),
	});
	const zone = browserZone();
	const setRole = async (m: Member, role: GivenRole) => {
		try {
			await api('patch', '/api/workspaces/{workspaceId}/members/{userId}', { path: { workspaceId: workspace.id, userId: m.userId }, body: { role } });
			toast(`${m.name} is ${role} now.`);
		} catch (e) {
			toast(errorText(e), 'error');
		}
		await changed(['members', workspace.id]);
	};
	return (
		<>
			{admin && (
				<Button kind="primary" className="self-end" onClick={() => setInviting(true)}>
					Invite
				</Button>
			)}
			{members.isError && !members.data ? (
				<LoadError what="the members" error={members.error} onRetry={() => void members.refetch()} />
			) : (
				<Table
					label="Members"
					rows={members.data?.items}
					rowKey={(m) => m.userId}
					stale={members.isPlaceholderData}
					sorting={list.sorting}
					{...(members.data ? { paging: list.paging(members.data.total) } : {})}
					columns={[
						{
							key: 'name',
							title: 'Name',
							sort: 'name',
							cell: (m) => (
								<span className="font-medium">
									{m.name} {m.userId === user.id && <Badge>you</Badge>}
								</span>
							),
						},
						{ key: 'email', title: 'E-mail address', sort: 'email', cell: (m) => m.email },
						{
							key: 'role',
							title: 'Role',
							sort: 'role',
							cell: (m) =>
								admin && m.role !== 'owner' && m.userId !== user.id ? (
									<select className={classes(controlClass, 'h-7 w-auto px-1 text-small')} aria-label={`Role of ${m.name}`} value={m.role} onChange={(e) => void setRole(m, e.target.value as GivenRole)}>
										{ROLES.map(([role]) => (
											<option key={role}>{role}</option>
										))}
									</select>
								) : (
									m.role
								),
						},
						{ key: 'joined', title: 'Joined', sort: 'joinedAt', cell: (m) => <span title={exactMoment(m.joinedAt, zone)}>{ago(m.joinedAt, zone)}</span> },
						{
							key: 'actions',
							title: <span className="sr-only">Actions</span>,
							numeric: true,
							cell: (m) =>
								m.role !== 'owner' &&
								(m.userId === user.id || admin) && (
									<Button size="small" kind="danger" onClick={() => setLeaving(m)}>
										{m.userId === user.id ? 'Leave' : 'Remove'}
									</Button>
								),
						},
					]}
				/>
			)}
			{admin && <Invitations />}
			{inviting && <InviteDialog onClose={() => setInviting(false)} />}
			{leaving && <RemoveDialog member={leaving} onClose={() => setLeaving(null)} />}
		</>
	);
}

function RemoveDialog({ member, onClose }: { member: Member; onClose: () => void }) {
	const workspace = useWorkspace();
	const { user } = useSession();
	const navigate = useNavigate();
	const form = useForm();
	const self = member.userId === user.id;
	const remove = () =>
		void form.submit(async () => {
			await api('delete', '/api/workspaces/{workspaceId}/members/{userId}', { path: { workspaceId: workspace.id, userId: member.userId } });
			if (self) {
				await queryClient.refetchQueries({ queryKey: sessionQuery.queryKey });
				await navigate({ to: '/', replace: true });
				return;
			}
			toast(`${member.name} was removed.`);
			await changed(['members', workspace.id]);
			onClose();
		});
	return (
		<ConfirmDialog title={self ? `Leave ${workspace.name}?` : `Remove ${member.name}?`} action={self ? 'Leave' : 'Remove'} onConfirm={remove} onClose={onClose} busy={form.busy}>
			<p>{self ? 'You lose access at once. An admin can invite you again.' : `${member.name} loses access to ${workspace.name} at once.`}</p>
			{form.summary && <Notice tone="error">{form.summary}</Notice>}
		</ConfirmDialog>
	);
}

function InviteDialog({ onClose }: { onClose: () => void }) {
	const workspace = useWorkspace();
	const form = useForm(['email', 'role']);
	const [link, setLink] = useState<string | null>(null);
	const submit = (e: FormEvent<HTMLFormElement>) => {
		e.preventDefault();
		const text = formText(e.currentTarget);
		void form.submit(async () => {
			const email = text('email');
			const made = await api('post', '/api/workspaces/{workspaceId}/members/invite', { path: { workspaceId: workspace.id }, body: { email, role: text('role') as GivenRole } });
			await changed(['invitations', workspace.id]);
			if (made.inviteUrl !== undefined) setLink(made.inviteUrl);
			else {
				toast(`An invitation is on its way to ${email}.`);
				onClose();
			}
		});
	};
	if (link !== null)
		return (
			<Dialog title="Pass this link on" onClose={onClose}>
				<p className="mb-4 text-secondary">This server sends no mail, so you have to. The link is shown this once and works for seven days, for that address only.</p>
				<div className="flex gap-2">
					<input readOnly aria-label="Invitation link" value={link} className={classes(controlClass, 'font-mono')} onFocus={(e) => e.currentTarget.select()} />
					<CopyButton text={link} size="normal" />
				</div>
			</Dialog>
		);
	return (
		<Dialog title={`Invite to ${workspace.name}`} onClose={onClose}>
			<form className="flex flex-col gap-4" onSubmit={submit}>
				{form.summary && <Notice tone="error">{form.summary}</Notice>}
				<TextField label="E-mail address" name="email" type="email" required autoFocus problem={form.problem('email')} />
				<SelectField label="Role" name="role" defaultValue="member" problem={form.problem('role')}>
					{ROLES.map(([role, text]) => (
						<option key={role} value={role}>
							{text}
						</option>
					))}
				</SelectField>
				<DialogButtons action="Invite" busy={form.busy} onCancel={onClose} />
			</form>
		</Dialog>
	);
}

function Invitations() {
	const workspace = useWorkspace();
	const { data: providers } = useQuery(providersQuery);
	const zone = browserZone();
	const invitations = useQuery({
		queryKey: ['invitations', workspace.id],
		queryFn: ({ signal }) => api('get', '/api/workspaces/{workspaceId}/invitations', { path: { workspaceId: workspace.id }, query: { pageSize: 100 }, signal }),
	});
	const act = async (work: () => Promise<unknown>, done: string) => {
		try {
			await work();
			toast(done);
		} catch (e) {
			toast(errorText(e), 'error');
		}
		await changed(['invitations', workspace.id]);
	};
	if (invitations.isError) return <LoadError what="the invitations" error={invitations.error} onRetry={() => void invitations.refetch()} />;
	if (!invitations.data?.items.length) return null;
	return (
		<>
			<h2 className="text-section">Open invitations</h2>
			<Table
				label="Open invitations"
				rows={invitations.data.items}
				rowKey={(i) => i.id}
				empty={<Empty title="No open invitations" />}
				columns={[
					{ key: 'email', title: 'E-mail address', cell: (i) => i.email },
					{ key: 'role', title: 'Role', cell: (i) => i.role },
					{ key: 'by', title: 'Invited by', cell: (i) => i.invitedBy?.name ?? '–' },
					{ key: 'expires', title: 'Expires', cell: (i) => exactMoment(i.expiresAt, zone) },
					{
						key: 'actions',
						title: <span className="sr-only">Actions</span>,
						numeric: true,
						cell: (i) => (
							<span className="inline-flex gap-2">
								{providers?.mail && (
									<Button size="small" onClick={() => void act(() => api('post', '/api/workspaces/{workspaceId}/invitations/{id}/resend', { path: { workspaceId: workspace.id, id: i.id } }), `A new link is on its way to ${i.email}.`)}>
										Send again
									</Button>
								)}
								<Button size="small" kind="danger" onClick={() => void act(() => api('delete', '/api/workspaces/{workspaceId}/invitations/{id}', { path: { workspaceId: workspace.id, id: i.id } }), `The invitation of ${i.email} is cancelled.`)}>
									Cancel
								</Button>
							</span>
						),
					},
				]}
			/>
		</>
	);
}
