// SPDX-License-Identifier: MIT
// A few lines of code with a button that copies them.
import { CopyButton } from './copy';

export function Snippet({ label, code }: { label: string; code: string }) {
	return (
		<div className="mt-3 flex max-w-full items-start gap-2 rounded-control bg-muted p-2 pl-3 text-left text-text">
			{/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls can be scrolled by keys */}
			<pre tabIndex={0} role="region" aria-label={label} className="min-w-0 grow overflow-x-auto py-1 font-mono text-small">
				{code}
			</pre>
			<CopyButton text={code} />
		</div>
	);
}
