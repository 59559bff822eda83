// SPDX-License-Identifier: MIT
// Filters by what users are known to have: key:value, all must hold.
import { X } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useUrlState } from '@/app/url-state';
import { Button } from '@/ui/button';
import { classes } from '@/ui/classes';
import { controlClass } from '@/ui/field';
import { isTrait, TRAITS_MAX } from './trait';

export function TraitFilter({ traits }: { traits: readonly string[] }) {
	const url = useUrlState();
	const [text, setText] = useState('');
	const [wrong, setWrong] = useState(false);
	const add = (e: FormEvent) => {
		e.preventDefault();
		const trait = text.trim();
		setWrong(!isTrait(trait));
		if (!isTrait(trait)) return;
		url.set({ trait: [...new Set([...traits, trait])] });
		setText('');
	};
	return (
		<div className="flex flex-wrap items-center gap-2">
			{traits.length < TRAITS_MAX && (
				<form className="flex items-center gap-2" onSubmit={add}>
					<input className={classes(controlClass, 'w-48!')} placeholder="Trait, such as plan:pro" aria-label="Trait, as key:value" aria-invalid={wrong || undefined} aria-describedby={wrong ? 'trait-problem' : undefined} value={text} maxLength={256} onChange={(e) => setText(e.target.value)} />
					<Button type="submit">Add</Button>
				</form>
			)}
			{traits.map((trait) => (
				<span key={trait} className="inline-flex h-7 max-w-64 items-center gap-1 rounded-full border border-line bg-muted pr-1 pl-3 font-mono text-small">
					<span className="truncate" title={trait}>
						{trait}
					</span>
					<button type="button" aria-label={`Without ${trait}`} className="inline-flex size-6 shrink-0 items-center justify-center rounded-full hover:bg-line" onClick={() => url.set({ trait: traits.filter((t) => t !== trait) })}>
						<X aria-hidden className="size-3.5" />
					</button>
				</span>
			))}
			{wrong && (
				<span id="trait-problem" role="alert" className="text-small text-error">
					Write a trait as key:value.
				</span>
			)}
		</div>
	);
}
