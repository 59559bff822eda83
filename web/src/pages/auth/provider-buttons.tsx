// SPDX-License-Identifier: MIT
// Sign in with GitHub or Google, where the server offers it.
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, errorText } from '@/api/client';
import { providersQuery } from '@/api/session';
import { Button } from '@/ui/button';
import { toast } from '@/ui/toast';

const NAMES = { github: 'GitHub', google: 'Google' } as const;
type Provider = keyof typeof NAMES;

export function ProviderButtons({ purpose, returnTo }: { purpose: 'login' | 'link'; returnTo: string }) {
	const { data } = useQuery(providersQuery);
	const [busy, setBusy] = useState<Provider | null>(null);
	const offered = (Object.keys(NAMES) as Provider[]).filter((p) => data?.[p]);
	if (offered.length === 0) return null;
	const go = async (provider: Provider) => {
		setBusy(provider);
		try {
			const { url } = await api('post', '/api/auth/signin/{provider}', { path: { provider }, body: { purpose, returnTo }, csrf: true });
			location.assign(url);
		} catch (e) {
			setBusy(null);
			toast(errorText(e), 'error');
		}
	};
	return (
		<div className="flex flex-col gap-2">
			{purpose === 'login' && (
				<div className="flex items-center gap-3 text-small text-secondary">
					<span className="h-px grow bg-line" />
					or
					<span className="h-px grow bg-line" />
				</div>
			)}
			{offered.map((p) => (
				<Button key={p} busy={busy === p} disabled={busy !== null} onClick={() => void go(p)}>
					Continue with {NAMES[p]}
				</Button>
			))}
		</div>
	);
}
