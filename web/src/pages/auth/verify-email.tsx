// SPDX-License-Identifier: MIT
// Confirm the address: the link and the password together.
import type { FormEvent } from 'react';
import { api } from '@/api/client';
import * as E from '@/api/errors.gen';
import { Button } from '@/ui/button';
import { TextField } from '@/ui/field';
import { formText, useForm } from '@/ui/form';
import { Notice } from '@/ui/notice';
import { DeadLink } from './dead-link';
import { AuthFrame, useFragment } from './frame';
import { useEntered } from './use-entered';

export default function VerifyEmail() {
	const token = useFragment('t');
	const form = useForm();
	const entered = useEntered();
	const submit = (e: FormEvent<HTMLFormElement>) => {
		e.preventDefault();
		const password = formText(e.currentTarget)('password');
		void form.submit(async () => {
			await api('post', '/api/auth/verify-email', { body: { token: token ?? '', password }, csrf: true });
			await entered('/');
		});
	};
	if (token === null || form.error?.code === E.INVALID_EMAIL_VERIFICATION_TOKEN) return <DeadLink>It is incomplete, was used, or is older than 24 hours. Sign in to get a new one.</DeadLink>;
	return (
		<AuthFrame title="Confirm your address" intro="Enter the password that you chose when you registered.">
			<form className="flex flex-col gap-4" onSubmit={submit}>
				{form.summary && <Notice tone="error">{form.summary}</Notice>}
				<TextField label="Password" name="password" type="password" autoComplete="current-password" required autoFocus />
				<Button kind="primary" type="submit" busy={form.busy}>
					Confirm and sign in
				</Button>
			</form>
		</AuthFrame>
	);
}
