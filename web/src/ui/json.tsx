// SPDX-License-Identifier: MIT
// A value as JSON text: never as markup, long words wrap.
export function Json({ value, label }: { value: unknown; label: string }) {
	return (
		// eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls can be scrolled by keys
		<pre tabIndex={0} role="region" aria-label={label} className="max-h-80 overflow-auto rounded-control bg-muted p-3 font-mono text-small break-all whitespace-pre-wrap">
			{value === null || value === undefined ? '–' : typeof value === 'string' ? value : JSON.stringify(value, null, 2)}
		</pre>
	);
}
