// SPDX-License-Identifier: MIT
// Unlock an account with the secret of a mail's link; asked by a button, as mail scanners open links.
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '@/api/client';
import * as E from '@/api/errors.gen';
import { Button } from '@/ui/button';
import { useForm } from '@/ui/form';
import { Notice } from '@/ui/notice';
import { DeadLink } from './dead-link';
import { AuthFrame, useFragment } from './frame';

export default function Unlock() {
	const token = useFragment('t');
	const form = useForm();
	const [done, setDone] = useState(false);
	if (token === null || form.error?.code === E.UNLOCK_TOKEN_INVALID) return <DeadLink>It is incomplete, was used, or is too old. You can also set a new password.</DeadLink>;
	const unlock = () =>
		void form.submit(async () => {
			await api('post', '/api/auth/unlock', { body: { token }, csrf: true });
			setDone(true);
		});
	return (
		<AuthFrame
			title={done ? 'Your account is unlocked' : 'Unlock your account'}
			intro={done ? undefined : 'Too many wrong passwords were tried. If that was not you, change your password afterwards.'}
			footer={
				<Link to="/login" className="inline-flex min-h-6 items-center self-start underline">
					Sign in
				</Link>
			}
		>
			{form.summary && <Notice tone="error">{form.summary}</Notice>}
			{done ? (
				<span />
			) : (
				<Button kind="primary" busy={form.busy} onClick={unlock}>
					Unlock
				</Button>
			)}
		</AuthFrame>
	);
}
