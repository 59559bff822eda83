// SPDX-License-Identifier: MIT
// One of a few words, side by side: radio buttons in the shape of a switch.
import { useId } from 'react';

export function Choice<V extends string>({ label, value, options, onChoose }: { label: string; value: V; options: readonly (readonly [V, string])[]; onChoose: (value: V) => void }) {
	const name = useId();
	return (
		<fieldset className="flex flex-wrap items-center gap-x-3 gap-y-1">
			<legend className="float-left mr-1 text-small text-secondary">{label}</legend>
			<div className="flex rounded-control border border-line-control p-0.5">
				{options.map(([v, text]) => (
					<label key={v} className="relative flex min-h-7 cursor-pointer items-center rounded px-2.5 text-small whitespace-nowrap hover:bg-muted has-checked:bg-accent has-checked:font-medium has-checked:text-on-accent has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent">
						<input type="radio" name={name} value={v} checked={v === value} onChange={() => onChoose(v)} className="absolute inset-0 cursor-pointer opacity-0" />
						{text}
					</label>
				))}
			</div>
		</fieldset>
	);
}
