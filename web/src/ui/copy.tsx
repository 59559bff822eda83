// SPDX-License-Identifier: MIT
// A button that copies a text and says so.
import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { Button } from './button';
import { toast } from './toast';

export function CopyButton({ text, label = 'Copy', size = 'small' }: { text: string; label?: string; size?: 'small' | 'normal' }) {
	const [done, setDone] = useState(false);
	const copy = async () => {
		try {
			await navigator.clipboard.writeText(text);
			setDone(true);
			setTimeout(() => setDone(false), 2000);
		} catch {
			toast('The browser did not allow copying. Select the text and copy it by hand.', 'error');
		}
	};
	return (
		<Button size={size} onClick={() => void copy()}>
			{done ? <Check aria-hidden className="size-3.5" /> : <Copy aria-hidden className="size-3.5" />}
			<span aria-live="polite">{done ? 'Copied' : label}</span>
		</Button>
	);
}
