// SPDX-License-Identifier: MIT
// One's own account: one tab an address.
import { notFound, useParams } from '@tanstack/react-router';
import { Page } from '@/app/page';
import { ACCOUNT_TABS } from '@/app/settings-tabs';
import { ActivityTab } from './activity';
import { ErasuresTab } from './erasures';
import { LoginsTab } from './logins';
import { ProfileTab } from './profile';
import { SecurityTab } from './security';

const CONTENT: Record<string, () => React.ReactNode> = { profile: ProfileTab, security: SecurityTab, logins: LoginsTab, activity: ActivityTab, erasures: ErasuresTab };

export default function Account() {
	const { tab } = useParams({ strict: false });
	const found = ACCOUNT_TABS.find((t) => t.path === tab);
	const Content = CONTENT[tab ?? ''];
	if (!found || !Content) throw notFound();
	return (
		<Page key={found.path} title={found.title}>
			<Content />
		</Page>
	);
}
