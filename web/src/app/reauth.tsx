// SPDX-License-Identifier: MIT
// "Enter your password again": asked when the API wants a recent login, then the request is repeated.
import { useQuery } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { api } from '@/api/client';
import { sessionQuery } from '@/api/session';
import { Button } from '@/ui/button';
import { Dialog, DialogButtons } from '@/ui/dialog';
import { TextField } from '@/ui/field';
import { formText, useForm } from '@/ui/form';
import { Notice } from '@/ui/notice';
import { toast } from '@/ui/toast';

let waiting: ((proven: boolean) => void) | null = null;
const listeners = new Set<() => void>();

function settle(next: typeof waiting): void {
	waiting = next;
	for (const listener of listeners) listener();
}

/** Resolves true once the person has proven who they are, false when they gave up. */
export function recentLogin(): Promise<boolean> {
	waiting?.(false);
	return new Promise((resolve) => settle(resolve));
}

export function ReauthDialog() {
	const open = useSyncExternalStore(
		(listener) => {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		() => waiting !== null,
	);
	return open ? <Ask /> : null;
}

function Ask() {
	const { data } = useQuery(sessionQuery);
	const form = useForm(['password', 'code']);
	const finish = (proven: boolean) => {
		waiting?.(proven);
		settle(null);
	};
	const byPassword = data?.user.hasPassword ?? true;
	const byCode = !byPassword && (data?.user.twoFactor ?? false);
	if (!byPassword && !byCode) return <AskProvider onClose={() => finish(false)} />;
	const name = byPassword ? 'password' : 'code';
	return (
		<Dialog title="Please prove that it is you" onClose={() => finish(false)}>
			<form
				className="flex flex-col gap-4"
				onSubmit={(e) => {
					e.preventDefault();
					const value = formText(e.currentTarget)(name);
					void form.submit(async () => {
						await api('post', '/api/auth/reauth', { body: { [name]: value } });
						finish(true);
					});
				}}
			>
				<p className="text-secondary">This needs a login that is at most ten minutes old.</p>
				{form.summary && <Notice tone="error">{form.summary}</Notice>}
				{byPassword ? (
					<TextField label="Password" name="password" type="password" autoComplete="current-password" required autoFocus problem={form.problem('password')} />
				) : (
					<TextField label="Code of your authenticator" name="code" inputMode="numeric" autoComplete="one-time-code" pattern="[0-9]{6}" required autoFocus problem={form.problem('code')} />
				)}
				<DialogButtons action="Continue" busy={form.busy} onCancel={() => finish(false)} />
			</form>
		</Dialog>
	);
}

/** Accounts without a password and a second factor prove themselves with their provider. */
function AskProvider({ onClose }: { onClose: () => void }) {
	const { data } = useQuery({ queryKey: ['account'], queryFn: ({ signal }) => api('get', '/api/auth/account', { signal }) });
	const go = async (provider: string) => {
		try {
			const { url } = await api('post', '/api/auth/signin/{provider}', { path: { provider }, body: { purpose: 'reauth', returnTo: location.pathname + location.search }, csrf: true });
			location.assign(url);
		} catch {
			toast('The provider cannot be reached now. Please try again.', 'error');
		}
	};
	return (
		<Dialog title="Please prove that it is you" onClose={onClose}>
			<p className="mb-4 text-secondary">This needs a login that is at most ten minutes old. After it please do this again.</p>
			<div className="flex flex-col gap-2">
				{data?.oauth.map(({ provider }) => (
					<Button key={provider} onClick={() => void go(provider)}>
						Continue with {provider === 'github' ? 'GitHub' : 'Google'}
					</Button>
				))}
			</div>
		</Dialog>
	);
}
