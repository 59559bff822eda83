// SPDX-License-Identifier: MIT
// Entry: the router in the cache, into #root.
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { setHandlers } from './api/client';
import { queryClient } from './app/query';
import { recentLogin } from './app/reauth';
import { router } from './app/router';
import { onSignedOut } from './app/signed-out';
import './app/theme';
import './styles.css';

const RELOADED = 'yavio.reloaded';

// A chunk of an older build is gone after an update: load the new page, once.
addEventListener('vite:preloadError', (e) => {
	if (sessionStorage.getItem(RELOADED) === location.href) return;
	sessionStorage.setItem(RELOADED, location.href);
	e.preventDefault();
	location.reload();
});
addEventListener('load', () => setTimeout(() => sessionStorage.removeItem(RELOADED), 10_000));

setHandlers({
	signedOut: onSignedOut,
	secondFactor: () => void router.navigate({ to: '/login', search: { step: 'code' } }),
	recentLogin,
});

const place = document.getElementById('root');
if (!place) throw new Error('The page has no place for the application.');
createRoot(place).render(
	<StrictMode>
		<QueryClientProvider client={queryClient}>
			<RouterProvider router={router} />
		</QueryClientProvider>
	</StrictMode>,
);
