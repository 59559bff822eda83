// SPDX-License-Identifier: MIT
// Ends the login and forgets everything that was shown.
import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { api } from '@/api/client';
import { queryClient } from '@/app/query';
import { tellTabs } from '@/app/signed-out';
import { AuthFrame } from './frame';

export default function Logout() {
	const navigate = useNavigate();
	useEffect(() => {
		void (async () => {
			try {
				await api('post', '/api/auth/logout', { csrf: true });
			} finally {
				queryClient.clear();
				tellTabs('out');
				await navigate({ to: '/login', replace: true });
			}
		})();
	}, [navigate]);
	return (
		<AuthFrame title="Signing out …">
			<span />
		</AuthFrame>
	);
}
