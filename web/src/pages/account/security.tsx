// SPDX-License-Identifier: MIT
// Password, two-factor login, linked providers.
import { useQuery } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { api, errorText } from '@/api/client';
import { sessionQuery } from '@/api/session';
import { useSession } from '@/app/place';
import { queryClient } from '@/app/query';
import { NewPasswordField } from '@/pages/auth/password-field';
import { ProviderButtons } from '@/pages/auth/provider-buttons';
import { browserZone, exactMoment } from '@/format/time';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { TextField } from '@/ui/field';
import { formText, useForm } from '@/ui/form';
import { LoadError, Notice } from '@/ui/notice';
import { Skeleton } from '@/ui/skeleton';
import { toast } from '@/ui/toast';
import { TwoFactorCard } from './two-factor';

export function SecurityTab() {
	return (
		<>
			<PasswordCard />
			<TwoFactorCard />
			<ProvidersCard />
		</>
	);
}

function PasswordCard() {
	const { user } = useSession();
	const form = useForm(['currentPassword', 'newPassword', 'password']);
	const submit = (e: FormEvent<HTMLFormElement>) => {
		e.preventDefault();
		const element = e.currentTarget;
		const text = formText(element);
		void form.submit(async () => {
			await api('post', '/api/auth/account/password', {
				body: { newPassword: text('password'), ...(user.hasPassword ? { currentPassword: text('currentPassword') } : {}) },
			});
			await queryClient.refetchQueries({ queryKey: sessionQuery.queryKey });
			element.reset();
			toast('Your password is set. All other logins have ended.');
		});
	};
	return (
		<Card title={user.hasPassword ? 'Change the password' : 'Set a password'}>
			<form className="flex max-w-md flex-col gap-4" onSubmit={submit}>
				{form.summary && <Notice tone="error">{form.summary}</Notice>}
				<input type="text" name="username" autoComplete="username" value={user.email} readOnly hidden />
				{user.hasPassword && <TextField label="Current password" name="currentPassword" type="password" autoComplete="current-password" required problem={form.problem('currentPassword')} />}
				<NewPasswordField key={String(user.hasPassword)} label="New password" email={user.email} problem={form.problem('newPassword') ?? form.problem('password')} />
				<Button kind="primary" type="submit" className="self-start" busy={form.busy}>
					Set password
				</Button>
			</form>
		</Card>
	);
}

function ProvidersCard() {
	const account = useQuery({ queryKey: ['account'], queryFn: ({ signal }) => api('get', '/api/auth/account', { signal }) });
	const zone = browserZone();
	const unlink = async (provider: string) => {
		try {
			await api('delete', '/api/auth/account/oauth/{provider}', { path: { provider } });
			toast('The provider is no longer linked.');
		} catch (e) {
			toast(errorText(e), 'error');
		}
		await account.refetch();
	};
	return (
		<Card title="Sign in with a provider">
			{account.isError && <LoadError what="the linked providers" error={account.error} onRetry={() => void account.refetch()} />}
			{account.isPending && <Skeleton className="h-16" />}
			{account.data && (
				<div className="flex max-w-md flex-col gap-3">
					{account.data.oauth.map((o) => (
						<div key={o.provider} className="flex items-center justify-between gap-3 rounded-control border border-line px-3 py-2">
							<span>
								<span className="font-medium">{o.provider === 'github' ? 'GitHub' : 'Google'}</span> {o.email}
								<span className="block text-small text-secondary">since {exactMoment(o.linkedAt, zone)}</span>
							</span>
							<Button size="small" onClick={() => void unlink(o.provider)}>
								Unlink
							</Button>
						</div>
					))}
					{account.data.oauth.length === 0 && <p className="text-secondary">No provider is linked.</p>}
					<ProviderButtons purpose="link" returnTo="/settings/account/security" />
				</div>
			)}
		</Card>
	);
}
