// SPDX-License-Identifier: MIT
// An invitation: what it is for; then join with the invited address, or make the account.
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { api, errorText } from '@/api/client';
import { sessionQuery } from '@/api/session';
import { queryClient } from '@/app/query';
import { Button } from '@/ui/button';
import { useForm } from '@/ui/form';
import { Notice } from '@/ui/notice';
import { Skeleton } from '@/ui/skeleton';
import { DeadLink } from './dead-link';
import { AuthFrame, useFragment } from './frame';
import { RegisterForm } from './register';
import { useEntered } from './use-entered';

export default function Invite() {
	const token = useFragment('t');
	const session = useQuery(sessionQuery);
	const form = useForm();
	const entered = useEntered();
	const [sent, setSent] = useState<string | null>(null);
	const [register, setRegister] = useState(false);
	const preview = useQuery({
		queryKey: ['invitation', token],
		queryFn: ({ signal }) => api('post', '/api/auth/invite', { body: { token: token ?? '' }, csrf: true, signal }),
		enabled: token !== null,
		retry: false,
	});
	if (token === null || preview.isError) return <DeadLink title="This invitation does not work">{token === null ? 'The link is incomplete.' : `${errorText(preview.error)}. Ask for a new one.`}</DeadLink>;
	if (!preview.data || session.isPending) return <AuthFrame title="Invitation"><Skeleton className="h-36" /></AuthFrame>;
	const { workspace, role, email, inviterName } = preview.data;
	const intro = `${inviterName ?? 'Somebody'} invites ${email} to the workspace ${workspace.name} as ${role}.`;
	const accept = () =>
		void form.submit(async () => {
			const joined = await api('post', '/api/auth/invite/accept', { body: { token } });
			await entered(`/${joined.workspace.slug}`);
		});
	if (sent !== null) return <AuthFrame title="Check your mail" intro={`We have sent a link to ${sent}.`}><span /></AuthFrame>;
	const who = session.data?.user.email;
	if (who !== undefined && who.toLowerCase() !== email.toLowerCase())
		return (
			<AuthFrame title={`Join ${workspace.name}`} intro={intro}>
				<Notice tone="warning">
					You are signed in as {who}. This invitation is for {email}: sign out and sign in with that address.
				</Notice>
				<Button
					kind="primary"
					onClick={() =>
						void form.submit(async () => {
							await api('post', '/api/auth/logout');
							queryClient.setQueryData(sessionQuery.queryKey, null);
						})
					}
				>
					Sign out
				</Button>
			</AuthFrame>
		);
	return (
		<AuthFrame title={`Join ${workspace.name}`} intro={intro}>
			{form.summary && <Notice tone="error">{form.summary}</Notice>}
			{who !== undefined ? (
				<Button kind="primary" busy={form.busy} onClick={accept}>
					Accept the invitation
				</Button>
			) : register ? (
				<RegisterForm invite={{ token, email }} onSent={setSent} />
			) : (
				<div className="flex flex-col gap-2">
					<Button kind="primary" onClick={() => setRegister(true)}>
						Create an account
					</Button>
					<Link to="/login" search={{ next: '/invite' }} className="inline-flex h-9 items-center justify-center rounded-control border border-line-control font-medium hover:bg-muted">
						I have an account
					</Link>
				</div>
			)}
		</AuthFrame>
	);
}
