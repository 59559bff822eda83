// SPDX-License-Identifier: MIT
// Settings of a workspace: one tab an address.
import { notFound, useParams } from '@tanstack/react-router';
import { may } from '@/api/session';
import { Page } from '@/app/page';
import { useWorkspace } from '@/app/place';
import { WORKSPACE_TABS } from '@/app/settings-tabs';
import { AuditTab } from './audit';
import { GeneralTab } from './general';
import { KeysTab } from './keys';
import { MembersTab } from './members';
import { ProjectsTab } from './projects';

const CONTENT: Record<string, () => React.ReactNode> = { general: GeneralTab, members: MembersTab, projects: ProjectsTab, keys: KeysTab, audit: AuditTab };

export default function Settings() {
	const { tab } = useParams({ strict: false });
	const workspace = useWorkspace();
	const found = WORKSPACE_TABS.find((t) => t.path === tab);
	const Content = CONTENT[tab ?? ''];
	if (!found || !Content || !may(workspace.role, found.role)) throw notFound();
	return (
		<Page key={found.path} title={found.title} crumbs={[{ title: workspace.name, to: '/$ws', params: { ws: workspace.slug } }]}>
			<Content />
		</Page>
	);
}
