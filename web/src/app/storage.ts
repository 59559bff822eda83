// SPDX-License-Identifier: MIT
// What is remembered on this device: theme, side bar, last place, time zone. Never a key, token or form.
export type Remembered = 'theme' | 'sidebar' | 'workspace' | 'project' | 'timezone' | 'shortcuts';

const key = (name: Remembered) => `yavio.${name}`;

/** null when nothing is kept or storage is switched off. */
export function recall(name: Remembered): string | null {
	try {
		return localStorage.getItem(key(name));
	} catch {
		return null;
	}
}
export function remember(name: Remembered, value: string | null): void {
	try {
		if (value === null) localStorage.removeItem(key(name));
		else localStorage.setItem(key(name), value);
	} catch {
		// storage is switched off: the choice holds until the page closes
	}
}
