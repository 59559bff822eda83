// SPDX-License-Identifier: MIT
// Deletes something named: the name is typed, the consequence said in a sentence.
import { type ReactNode, useState } from 'react';
import { ConfirmDialog } from './dialog';
import { TextField } from './field';
import type { FormState } from './form';
import { Notice } from './notice';

export function DeleteDialog({ title, word, children, action, form, onConfirm, onClose }: { title: string; word: string; children: ReactNode; action: string; form: FormState; onConfirm: () => void; onClose: () => void }) {
	const [typed, setTyped] = useState('');
	return (
		<ConfirmDialog title={title} action={action} onConfirm={onConfirm} onClose={onClose} busy={form.busy} disabled={typed !== word}>
			{children}
			{form.summary && <Notice tone="error">{form.summary}</Notice>}
			<TextField label={`Type ${word} to confirm`} autoComplete="off" value={typed} onChange={(e) => setTyped(e.target.value)} />
		</ConfirmDialog>
	);
}

/** The paper that proves an erasure, shown once. */
export function Receipt({ id, receipt }: { id: string; receipt: string }) {
	return (
		<div className="flex flex-col gap-2">
			<p>The rows are gone. The events are being deleted; this receipt tells how far it is, even without a login:</p>
			<dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 rounded-control bg-muted p-3 font-mono text-small break-all">
				<dt>Erasure</dt>
				<dd>{id}</dd>
				<dt>Receipt</dt>
				<dd>{receipt}</dd>
			</dl>
		</div>
	);
}
