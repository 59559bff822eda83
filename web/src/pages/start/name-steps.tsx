// SPDX-License-Identifier: MIT
// Steps 1 and 2: a name and the word that stands for it in addresses.
import { type FormEvent, useState } from 'react';
import { api } from '@/api/client';
import { projectsQuery, sessionQuery } from '@/api/session';
import { useWorkspace } from '@/app/place';
import { changed, queryClient } from '@/app/query';
import { Button } from '@/ui/button';
import { TextField } from '@/ui/field';
import { useForm } from '@/ui/form';
import { Notice } from '@/ui/notice';

const SLUG_MAX = 40;
/** The slug that a name suggests. */
export const slugOf = (name: string): string =>
	name
		.normalize('NFKD')
		.toLowerCase()
		.replace(/[\u0300-\u036f]/g, '')
		.replace(/[^a-z0-9]+/g, '-')
		.replace(/^-+|-+$/g, '')
		.slice(0, SLUG_MAX)
		.replace(/-+$/, '');

function NameForm({ title, intro, placeholder, prefix, slugMin, create }: { title: string; intro: string; placeholder: string; prefix: string; slugMin: number; create: (name: string, slug: string | undefined) => Promise<void> }) {
	const form = useForm(['name', 'slug']);
	const [name, setName] = useState('');
	const [typed, setTyped] = useState<string | null>(null);
	const submit = (e: FormEvent) => {
		e.preventDefault();
		void form.submit(() => create(name.trim(), typed ?? undefined));
	};
	return (
		<form className="flex flex-col gap-4" onSubmit={submit}>
			<div>
				<h1 className="text-title">{title}</h1>
				<p className="text-secondary">{intro}</p>
			</div>
			{form.summary && <Notice tone="error">{form.summary}</Notice>}
			<TextField label="Name" name="name" required minLength={2} maxLength={100} autoFocus placeholder={placeholder} value={name} onChange={(e) => setName(e.target.value)} problem={form.problem('name')} />
			<TextField
				label="Word in addresses"
				name="slug"
				mono
				minLength={slugMin}
				maxLength={48}
				pattern="[a-z0-9][a-z0-9\-]*[a-z0-9]"
				title="Small letters, digits and hyphens"
				value={typed ?? slugOf(name)}
				onChange={(e) => setTyped(e.target.value)}
				help={`${prefix}${typed ?? slugOf(name)}`}
				problem={form.problem('slug')}
			/>
			<div className="flex justify-end">
				<Button kind="primary" type="submit" busy={form.busy}>
					Continue
				</Button>
			</div>
		</form>
	);
}

export function WorkspaceStep({ onDone }: { onDone: (slug: string) => void }) {
	const create = async (name: string, slug: string | undefined) => {
		const { workspace } = await api('post', '/api/workspaces', { body: { name, ...(slug ? { slug } : {}) } });
		await queryClient.refetchQueries({ queryKey: sessionQuery.queryKey });
		onDone(workspace.slug);
	};
	return <NameForm title="Make a workspace" intro="It holds the projects and the people of a company or team." placeholder="Acme" prefix={`${location.origin}/`} slugMin={3} create={create} />;
}

export function ProjectStep({ onDone }: { onDone: (slug: string) => void }) {
	const workspace = useWorkspace();
	const create = async (name: string, slug: string | undefined) => {
		const { project } = await api('post', '/api/workspaces/{workspaceId}/projects', { path: { workspaceId: workspace.id }, body: { name, ...(slug ? { slug } : {}) } });
		await changed(projectsQuery(workspace.id).queryKey, 'all');
		onDone(project.slug);
	};
	return <NameForm title="Make a project" intro={`It holds the events of one MCP server or app in ${workspace.name}.`} placeholder="Hotel Bot" prefix={`${location.origin}/${workspace.slug}/`} slugMin={2} create={create} />;
}
