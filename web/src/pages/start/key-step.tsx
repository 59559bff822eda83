// SPDX-License-Identifier: MIT
// Step 3: an API key, shown once.
import { useBlocker } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { api } from '@/api/client';
import { useProject, useWorkspace } from '@/app/place';
import { Button } from '@/ui/button';
import { TextField } from '@/ui/field';
import { formText, useForm } from '@/ui/form';
import { Notice } from '@/ui/notice';
import { SecretOnce } from '@/ui/secret';
import { keepNewKey, newKey } from './new-key';

export function KeyStep({ onDone }: { onDone: () => void }) {
	const workspace = useWorkspace();
	const project = useProject();
	const form = useForm(['name']);
	const [key, setKey] = useState(() => newKey(project.id));
	const [stored, setStored] = useState(false);
	useBlocker({
		shouldBlockFn: () => key !== undefined && !stored && !window.confirm('The key is not shown again. Leave without having stored it?'),
		enableBeforeUnload: () => key !== undefined && !stored,
		disabled: key === undefined || stored,
	});
	if (key !== undefined)
		return (
			<div className="flex flex-col gap-4">
				<h1 className="text-title">Your API key</h1>
				<SecretOnce
					label="API key"
					secret={key}
					onStored={() => {
						setStored(true);
						setTimeout(onDone);
					}}
				/>
			</div>
		);
	const submit = (e: FormEvent<HTMLFormElement>) => {
		e.preventDefault();
		const name = formText(e.currentTarget)('name');
		void form.submit(async () => {
			const { apiKey } = await api('post', '/api/workspaces/{workspaceId}/projects/{projectId}/keys', { path: { workspaceId: workspace.id, projectId: project.id }, body: { name } });
			keepNewKey(project.id, apiKey.key);
			setKey(apiKey.key);
		});
	};
	return (
		<form className="flex flex-col gap-4" onSubmit={submit}>
			<div>
				<h1 className="text-title">Make an API key</h1>
				<p className="text-secondary">Your server sends its events with it.</p>
			</div>
			{form.summary && <Notice tone="error">{form.summary}</Notice>}
			<TextField label="Name" name="name" required maxLength={100} defaultValue="Production" autoFocus problem={form.problem('name')} />
			<div className="flex justify-end gap-2">
				<Button kind="quiet" onClick={onDone}>
					I have a key
				</Button>
				<Button kind="primary" type="submit" busy={form.busy}>
					Make the key
				</Button>
			</div>
		</form>
	);
}
