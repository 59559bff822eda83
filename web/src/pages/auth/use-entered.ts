// SPDX-License-Identifier: MIT
// After a login: forget what the last person saw, tell other tabs, go on.
import { useNavigate } from '@tanstack/react-router';
import { queryClient } from '@/app/query';
import { tellTabs } from '@/app/signed-out';

export function useEntered(): (to: string) => Promise<void> {
	const navigate = useNavigate();
	return async (to) => {
		queryClient.clear();
		tellTabs('in');
		await navigate({ href: to, replace: true });
	};
}
