// SPDX-License-Identifier: MIT
// The first account of a server, with its workspace, project and API key, by the link that its first start printed.
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { api } from '@/api/client';
import * as E from '@/api/errors.gen';
import { queryClient } from '@/app/query';
import { keepNewKey } from '@/pages/start/new-key';
import { Button } from '@/ui/button';
import { TextField } from '@/ui/field';
import { formText, useForm } from '@/ui/form';
import { Notice } from '@/ui/notice';
import { DeadLink } from './dead-link';
import { AuthFrame, useFragment } from './frame';
import { NewPasswordField } from './password-field';

export default function SetUp() {
	const token = useFragment('t');
	const form = useForm(['name', 'email', 'password', 'workspaceName', 'projectName']);
	const [email, setEmail] = useState('');
	const navigate = useNavigate();
	const submit = (e: FormEvent<HTMLFormElement>) => {
		e.preventDefault();
		const text = formText(e.currentTarget);
		void form.submit(async () => {
			const made = await api('post', '/api/setup', {
				body: { setupToken: token ?? '', name: text('name'), email, password: text('password'), workspaceName: text('workspaceName'), projectName: text('projectName') },
				csrf: true,
			});
			queryClient.clear();
			keepNewKey(made.project.id, made.apiKey.key);
			await navigate({ href: `/${made.workspace.slug}/${made.project.slug}/start?step=3`, replace: true });
		});
	};
	if (token === null || form.error?.code === E.SETUP_TOKEN_WRONG)
		return (
			<DeadLink title="This set-up link does not work">
				It is incomplete or was replaced. On the server, <code className="font-mono">yavio setup-token</code> makes a new one.
			</DeadLink>
		);
	if (form.error?.code === E.SETUP_ALREADY_DONE) return <DeadLink title="This server is set up already">Sign in with the account that was made, or ask for an invitation.</DeadLink>;
	return (
		<AuthFrame title="Set up Yavio" intro="The first account owns the first workspace. More people come by invitation.">
			<form className="flex flex-col gap-4" onSubmit={submit}>
				{form.summary && <Notice tone="error">{form.summary}</Notice>}
				<TextField label="Your name" name="name" autoComplete="name" required maxLength={100} autoFocus problem={form.problem('name')} />
				<TextField label="E-mail address" name="email" type="email" autoComplete="username" required value={email} onChange={(e) => setEmail(e.target.value)} problem={form.problem('email')} />
				<NewPasswordField email={email} problem={form.problem('password')} />
				<TextField label="Workspace" name="workspaceName" required minLength={2} maxLength={100} placeholder="Acme" help="Your company or team." problem={form.problem('workspaceName')} />
				<TextField label="First project" name="projectName" required minLength={2} maxLength={100} placeholder="Hotel Bot" help="One MCP server or app." problem={form.problem('projectName')} />
				<Button kind="primary" type="submit" busy={form.busy}>
					Set up
				</Button>
			</form>
		</AuthFrame>
	);
}
