// SPDX-License-Identifier: MIT
// Make an account; with mail the address is confirmed first.
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { api } from '@/api/client';
import { providersQuery } from '@/api/session';
import { safeNext } from '@/app/next';
import { useUrlState } from '@/app/url-state';
import { Button } from '@/ui/button';
import { TextField } from '@/ui/field';
import { formText, useForm } from '@/ui/form';
import { Notice } from '@/ui/notice';
import { AuthFrame } from './frame';
import { NewPasswordField } from './password-field';
import { ProviderButtons } from './provider-buttons';
import { useEntered } from './use-entered';

/** invite: the secret of an invitation and the address it is for. */
export function RegisterForm({ invite, onSent }: { invite?: { token: string; email: string }; onSent: (email: string) => void }) {
	const form = useForm(['name', 'email', 'password']);
	const [email, setEmail] = useState(invite?.email ?? '');
	const entered = useEntered();
	const next = safeNext(useUrlState().text('next'));
	const submit = (e: FormEvent<HTMLFormElement>) => {
		e.preventDefault();
		const text = formText(e.currentTarget);
		void form.submit(async () => {
			const answer = await api('post', '/api/auth/register', {
				body: { name: text('name'), email, password: text('password'), ...(invite ? { inviteToken: invite.token } : {}) },
				csrf: true,
			});
			if (answer.status === 'ok') await entered(next);
			else onSent(email);
		});
	};
	return (
		<form className="flex flex-col gap-4" onSubmit={submit}>
			{form.summary && <Notice tone="error">{form.summary}</Notice>}
			<TextField label="Name" name="name" autoComplete="name" required maxLength={100} autoFocus problem={form.problem('name')} />
			<TextField label="E-mail address" name="email" type="email" autoComplete="username" required value={email} readOnly={invite !== undefined} onChange={(e) => setEmail(e.target.value)} problem={form.problem('email')} />
			<NewPasswordField email={email} problem={form.problem('password')} />
			<Button kind="primary" type="submit" busy={form.busy}>
				Create account
			</Button>
		</form>
	);
}

export default function Register() {
	const { data: providers } = useQuery(providersQuery);
	const [sent, setSent] = useState<string | null>(null);
	const next = safeNext(useUrlState().text('next'));
	const login = (
		<span>
			Have an account?{' '}
			<Link to="/login" className="underline">
				Sign in
			</Link>
		</span>
	);
	if (sent !== null)
		return (
			<AuthFrame title="Check your mail" intro={`We have sent a link to ${sent}. Open it within 24 hours and enter your password there.`} footer={login}>
				<span />
			</AuthFrame>
		);
	if (providers?.registration === 'invite')
		return (
			<AuthFrame title="Registration is closed" intro="Accounts of this server are made by invitation. Ask an admin of your workspace for one." footer={login}>
				<span />
			</AuthFrame>
		);
	return (
		<AuthFrame title="Create your account" footer={login}>
			<RegisterForm onSent={setSent} />
			<ProviderButtons purpose="login" returnTo={next} />
		</AuthFrame>
	);
}
