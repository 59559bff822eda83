// SPDX-License-Identifier: MIT
// Set a new password with the secret of a mail's link.
import { Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { api } from '@/api/client';
import * as E from '@/api/errors.gen';
import { Button } from '@/ui/button';
import { formText, useForm } from '@/ui/form';
import { Notice } from '@/ui/notice';
import { DeadLink } from './dead-link';
import { AuthFrame, useFragment } from './frame';
import { NewPasswordField } from './password-field';

export default function ResetPassword() {
	const token = useFragment('t');
	const form = useForm(['password']);
	const [done, setDone] = useState(false);
	const submit = (e: FormEvent<HTMLFormElement>) => {
		e.preventDefault();
		const password = formText(e.currentTarget)('password');
		void form.submit(async () => {
			await api('post', '/api/auth/reset-password', { body: { token: token ?? '', password }, csrf: true });
			setDone(true);
		});
	};
	if (token === null || form.error?.code === E.INVALID_PASSWORD_RESET_TOKEN) return <DeadLink>It is incomplete, was used, or is older than an hour. Ask for a new one.</DeadLink>;
	if (done)
		return (
			<AuthFrame
				title="Your password is set"
				intro="All other logins have ended."
				footer={
					<Link to="/login" className="inline-flex min-h-6 items-center self-start underline">
						Sign in
					</Link>
				}
			>
				<span />
			</AuthFrame>
		);
	return (
		<AuthFrame title="Set a new password" intro="All your logins end when it is set.">
			<form className="flex flex-col gap-4" onSubmit={submit}>
				{form.summary && <Notice tone="error">{form.summary}</Notice>}
				<NewPasswordField label="New password" problem={form.problem('password')} />
				<Button kind="primary" type="submit" busy={form.busy}>
					Set password
				</Button>
			</form>
		</AuthFrame>
	);
}
