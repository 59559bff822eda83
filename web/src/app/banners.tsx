// SPDX-License-Identifier: MIT
// What concerns every page: no network, a store that is away, an address that nobody proved, a newer version.
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { api } from '@/api/client';
import { configQuery } from '@/api/config';
import { providersQuery } from '@/api/session';
import { browserZone, clock } from '@/format/time';
import { Button } from '@/ui/button';
import { toast } from '@/ui/toast';
import { useAway } from './away';
import { useSession } from './place';

const online = {
	subscribe: (listener: () => void) => {
		addEventListener('online', listener);
		addEventListener('offline', listener);
		return () => {
			removeEventListener('online', listener);
			removeEventListener('offline', listener);
		};
	},
	get: () => navigator.onLine,
};

function Banner({ children }: { children: React.ReactNode }) {
	return <div role="status" className="no-print flex flex-wrap items-center gap-3 border-b border-warning-mark bg-warning-ground px-4 py-2 pl-14 text-warning md:px-8">{children}</div>;
}

export function Banners() {
	const away = useAway();
	const isOnline = useSyncExternalStore(online.subscribe, online.get);
	const { user } = useSession();
	const { data: providers } = useQuery({ ...providersQuery, enabled: !user.emailVerified });
	const { data: config } = useQuery(configQuery);
	const [version, setVersion] = useState<string>();
	useEffect(() => {
		if (config && version === undefined) setVersion(config.version);
	}, [config, version]);
	const verify = async () => {
		try {
			await api('post', '/api/auth/resend-verification', { body: { email: user.email }, csrf: true });
			toast('If the address can get mail, a link is on its way.');
		} catch {
			toast('The mail could not be sent now. Please try again later.', 'error');
		}
	};
	return (
		<>
			{!isOnline && <Banner>You are offline. What you see may be old; it recovers by itself.</Banner>}
			{isOnline && away && (
				<Banner>
					{away.what === 'store' ? 'The event store cannot be reached.' : 'Yavio cannot be reached.'} {away.since === null ? 'It is asked again until it answers.' : `You see the numbers of ${clock(away.since, browserZone())}; new ones come by themselves.`}
				</Banner>
			)}
			{!user.emailVerified && providers?.mail && (
				<Banner>
					Please confirm your e-mail address.
					<Button size="small" onClick={() => void verify()}>
						Send the link again
					</Button>
				</Banner>
			)}
			{config && version !== undefined && config.version !== version && (
				<Banner>
					Yavio was updated.
					<Button size="small" onClick={() => location.reload()}>
						Reload
					</Button>
				</Banner>
			)}
		</>
	);
}
