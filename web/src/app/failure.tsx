// SPDX-License-Identifier: MIT
// Pages for what is not there and for what broke.
import { Link } from '@tanstack/react-router';
import { ApiError, errorText } from '@/api/client';
import { Button, ButtonLink } from '@/ui/button';
import { CopyButton } from '@/ui/copy';
import { passing, queryClient } from './query';
import { useTitle } from './title';

export function NotFoundPage() {
	useTitle('Not found');
	return (
		<div className="flex min-h-dvh flex-col items-center justify-center gap-4 p-8 text-center">
			<h1 className="text-title">Page not found</h1>
			<p className="text-secondary">This page does not exist, or you have no access to it.</p>
			<ButtonLink to="/" kind="primary">
				Go to your projects
			</ButtonLink>
		</div>
	);
}

/** In place of a page that threw. */
export function ErrorPage({ error }: { error: unknown }) {
	useTitle('Something went wrong');
	const known = error instanceof ApiError ? error : null;
	const away = passing(error);
	return (
		<div role="alert" className="flex min-h-dvh flex-col items-center justify-center gap-4 p-8 text-center">
			<h1 className="text-title">{away ? 'Yavio cannot be reached' : 'Something went wrong'}</h1>
			<p className="max-w-prose text-secondary">{known ? errorText(error) : 'This page failed. Reload it; if that does not help, tell the person who runs this server.'}</p>
			<div className="flex gap-2">
				<Button
					kind="primary"
					onClick={() => {
						queryClient.clear();
						location.reload();
					}}
				>
					Reload
				</Button>
				{known?.requestId && <CopyButton size="normal" text={known.requestId} label="Copy request id" />}
				<Link to="/logout" className="self-center underline">
					Sign out
				</Link>
			</div>
		</div>
	);
}
