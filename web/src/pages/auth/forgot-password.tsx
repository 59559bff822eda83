// SPDX-License-Identifier: MIT
// Ask for a link that sets a new password.
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { api } from '@/api/client';
import { providersQuery } from '@/api/session';
import { Button } from '@/ui/button';
import { TextField } from '@/ui/field';
import { formText, useForm } from '@/ui/form';
import { Notice } from '@/ui/notice';
import { Skeleton } from '@/ui/skeleton';
import { AuthFrame } from './frame';

export default function ForgotPassword() {
	const { data: providers, isPending } = useQuery(providersQuery);
	const form = useForm(['email']);
	const [sent, setSent] = useState<string | null>(null);
	const back = (
		<Link to="/login" className="inline-flex min-h-6 items-center self-start underline">
			Back to sign in
		</Link>
	);
	const submit = (e: FormEvent<HTMLFormElement>) => {
		e.preventDefault();
		const email = formText(e.currentTarget)('email');
		void form.submit(async () => {
			await api('post', '/api/auth/forgot-password', { body: { email }, csrf: true });
			setSent(email);
		});
	};
	if (sent !== null)
		return (
			<AuthFrame title="Check your mail" intro={`If ${sent} has an account here, a link is on its way. It works for one hour.`} footer={back}>
				<span />
			</AuthFrame>
		);
	if (providers && !providers.mail)
		return (
			<AuthFrame title="Forgot your password?" intro="This server sends no mail. Ask the person who runs it for a link; they make one with this command:" footer={back}>
				<pre className="overflow-x-auto rounded-control bg-muted p-3 font-mono text-small">yavio users reset-password you@example.com</pre>
			</AuthFrame>
		);
	return (
		<AuthFrame title="Forgot your password?" intro="Enter your address and we send you a link that sets a new one." footer={back}>
			{isPending ? (
				<Skeleton className="h-36" />
			) : (
				<form className="flex flex-col gap-4" onSubmit={submit}>
					{form.summary && <Notice tone="error">{form.summary}</Notice>}
					<TextField label="E-mail address" name="email" type="email" autoComplete="username" required autoFocus problem={form.problem('email')} />
					<Button kind="primary" type="submit" busy={form.busy}>
						Send the link
					</Button>
				</form>
			)}
		</AuthFrame>
	);
}
