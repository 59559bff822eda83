// SPDX-License-Identifier: MIT
// The title of a page: in the tab, and announced when the route changes.
import { useEffect } from 'react';

export function useTitle(...parts: (string | undefined)[]): void {
	const title = [...parts.filter((p) => p !== undefined), 'Yavio'].join(' · ');
	useEffect(() => {
		document.title = title;
	}, [title]);
}
