// SPDX-License-Identifier: MIT
// A secret that is shown once: the text, a button that copies it, and the promise that it was stored.
import { useId, useState } from 'react';
import { Button } from './button';
import { CopyButton } from './copy';
import { Checkbox, controlClass } from './field';
import { classes } from './classes';

export function SecretOnce({ label, secret, onStored, action = 'Continue' }: { label: string; secret: string; onStored: () => void; action?: string }) {
	const id = useId();
	const [stored, setStored] = useState(false);
	return (
		<div className="flex flex-col gap-4">
			<div className="flex flex-col gap-1.5">
				<label htmlFor={id} className="text-card">
					{label}
				</label>
				<div className="flex gap-2">
					<input id={id} readOnly value={secret} autoComplete="off" spellCheck={false} className={classes(controlClass, 'font-mono')} onFocus={(e) => e.currentTarget.select()} />
					<CopyButton text={secret} size="normal" />
				</div>
				<p className="text-small text-secondary">It is shown this once. Yavio keeps only a hash of it.</p>
			</div>
			<Checkbox label="I have stored it" checked={stored} onChange={(e) => setStored(e.target.checked)} />
			<div className="flex justify-end">
				<Button kind="primary" disabled={!stored} onClick={onStored}>
					{action}
				</Button>
			</div>
		</div>
	);
}
