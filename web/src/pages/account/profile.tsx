// SPDX-License-Identifier: MIT
// Name, address, theme; deleting the account.
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { api } from '@/api/client';
import * as E from '@/api/errors.gen';
import { sessionQuery } from '@/api/session';
import { useSession } from '@/app/place';
import { queryClient } from '@/app/query';
import { tellTabs } from '@/app/signed-out';
import { setTheme, type ThemeChoice, useThemeChoice } from '@/app/theme';
import { Badge } from '@/ui/badge';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Receipt } from '@/ui/delete-dialog';
import { ConfirmDialog, Dialog } from '@/ui/dialog';
import { Checkbox, SelectField, TextField } from '@/ui/field';
import { formText, useForm } from '@/ui/form';
import { Notice } from '@/ui/notice';
import { toast } from '@/ui/toast';

export function ProfileTab() {
	const { user } = useSession();
	const form = useForm(['name']);
	const theme = useThemeChoice();
	const submit = (e: FormEvent<HTMLFormElement>) => {
		e.preventDefault();
		const name = formText(e.currentTarget)('name');
		void form.submit(async () => {
			await api('patch', '/api/auth/account', { body: { name } });
			await queryClient.refetchQueries({ queryKey: sessionQuery.queryKey });
			toast('Your name was saved.');
		});
	};
	return (
		<>
			<Card title="Profile">
				<form className="flex max-w-md flex-col gap-4" onSubmit={submit}>
					{form.summary && <Notice tone="error">{form.summary}</Notice>}
					<TextField label="Name" name="name" required maxLength={100} autoComplete="name" defaultValue={user.name} problem={form.problem('name')} />
					<div>
						<p className="text-card">E-mail address</p>
						<p className="flex items-center gap-2">
							{user.email} <Badge tone={user.emailVerified ? 'success' : 'warning'}>{user.emailVerified ? 'confirmed' : 'not confirmed'}</Badge>
						</p>
					</div>
					<Button kind="primary" type="submit" className="self-start" busy={form.busy}>
						Save
					</Button>
				</form>
			</Card>
			<Card title="Appearance">
				<SelectField label="Theme" className="max-w-md" value={theme} onChange={(e) => setTheme(e.target.value as ThemeChoice)}>
					<option value="system">As the system</option>
					<option value="light">Light</option>
					<option value="dark">Dark</option>
				</SelectField>
			</Card>
			<DeleteCard />
		</>
	);
}

function DeleteCard() {
	const { user } = useSession();
	const form = useForm(['password', 'confirmEmail']);
	const navigate = useNavigate();
	const [asking, setAsking] = useState(false);
	const [proof, setProof] = useState('');
	const [deleteOwned, setDeleteOwned] = useState(false);
	const [receipts, setReceipts] = useState<readonly { id: string; receipt: string }[] | null>(null);
	const shared = form.error?.code === E.OWNS_SHARED_WORKSPACES;
	const remove = () =>
		void form.submit(async () => {
			const body = { ...(user.hasPassword ? { password: proof } : { confirmEmail: proof }), ...(deleteOwned ? { deleteOwned } : {}) };
			setReceipts((await api('delete', '/api/auth/account', { body })).erasures);
		});
	const leave = async () => {
		queryClient.clear();
		tellTabs('out');
		await navigate({ to: '/login', replace: true });
	};
	return (
		<Card title="Delete the account">
			<p className="mb-4 text-secondary">Your account and every workspace that you own alone are deleted, with all their events.</p>
			<Button kind="danger" onClick={() => setAsking(true)}>
				Delete my account
			</Button>
			{asking && receipts === null && (
				<ConfirmDialog title="Delete your account?" action="Delete account" onConfirm={remove} onClose={() => setAsking(false)} busy={form.busy} disabled={proof === ''}>
					<p>This cannot be undone.</p>
					{form.summary && <Notice tone="error">{form.summary}</Notice>}
					<TextField
						label={user.hasPassword ? 'Password' : 'Your e-mail address'}
						type={user.hasPassword ? 'password' : 'email'}
						autoComplete={user.hasPassword ? 'current-password' : 'off'}
						value={proof}
						onChange={(e) => setProof(e.target.value)}
						problem={form.problem(user.hasPassword ? 'password' : 'confirmEmail')}
					/>
					{(shared || deleteOwned) && <Checkbox label="Also delete workspaces that have other members" checked={deleteOwned} onChange={(e) => setDeleteOwned(e.target.checked)} />}
				</ConfirmDialog>
			)}
			{receipts !== null && (
				<Dialog title="Your account is deleted" onClose={() => void leave()}>
					<div className="flex flex-col gap-4">
						{receipts.length === 0 ? <p>You owned no workspace, so no events had to be deleted.</p> : receipts.map((r) => <Receipt key={r.id} {...r} />)}
						<Button kind="primary" className="self-end" onClick={() => void leave()}>
							Done
						</Button>
					</div>
				</Dialog>
			)}
		</Card>
	);
}
