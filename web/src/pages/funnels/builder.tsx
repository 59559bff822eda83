// SPDX-License-Identifier: MIT
// Builds a funnel: steps that are named, moved by dragging or by arrow keys, and taken away. Complete steps go to the URL.
import { GripVertical, Plus, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { EVENT_TYPES, typeName } from '@/analytics/event-kind';
import { useEventNames } from '@/analytics/event-names';
import { useFilters } from '@/filters/filters';
import { Button, IconButton } from '@/ui/button';
import { Card } from '@/ui/card';
import { classes } from '@/ui/classes';
import { Combobox } from '@/ui/combobox';
import { controlClass } from '@/ui/field';
import { ANY, fromWords, moved, newStep, type Step, STEPS_MAX, STEPS_MIN, toWords } from './steps';

interface RowProps {
	step: Step;
	index: number;
	count: number;
	names: readonly { value: string }[];
	onChange: (step: Step) => void;
	onRemove: () => void;
	onMove: (to: number) => void;
	/** dragging of this step begins */
	onGrab: () => void;
	onDrop: () => void;
}

function Row({ step, index, count, names, onChange, onRemove, onMove, onGrab, onDrop }: RowProps) {
	const [held, setHeld] = useState(false);
	const nth = `Step ${index + 1}`;
	return (
		<li
			className={classes('flex items-center gap-2 rounded-control', held && 'opacity-50')}
			onDragOver={(e) => e.preventDefault()}
			onDrop={(e) => {
				e.preventDefault();
				onDrop();
			}}
		>
			<button
				type="button"
				draggable
				aria-label={`Move ${nth.toLowerCase()}`}
				aria-describedby="move-help"
				title="Drag, or move with the arrow keys"
				className="flex size-7 shrink-0 cursor-grab items-center justify-center rounded-control text-secondary hover:bg-muted"
				data-move={step.key}
				onKeyDown={(e) => {
					const to = e.key === 'ArrowUp' ? index - 1 : e.key === 'ArrowDown' ? index + 1 : null;
					if (to === null) return;
					e.preventDefault();
					onMove(to);
				}}
				onDragStart={(e) => {
					e.dataTransfer.effectAllowed = 'move';
					e.dataTransfer.setData('text/plain', String(index));
					setHeld(true);
					onGrab();
				}}
				onDragEnd={() => setHeld(false)}
			>
				<GripVertical aria-hidden className="size-4" />
			</button>
			<span aria-hidden className="tabular w-5 shrink-0 text-center text-small text-secondary">
				{index + 1}
			</span>
			<div className="flex min-w-0 grow flex-col gap-1 sm:flex-row sm:gap-2">
				<select className={classes(controlClass, 'sm:w-44 sm:shrink-0')} aria-label={`${nth}: type`} value={step.type} onChange={(e) => onChange({ ...step, type: e.target.value, name: e.target.value === step.type ? step.name : '' })}>
					{[...new Set<string>([...EVENT_TYPES, step.type])].map((t) => (
						<option key={t} value={t}>
							{typeName(t)}
						</option>
					))}
				</select>
				<Combobox label={`${nth}: name`} mono value={step.name} placeholder="name, or * for any" suggestions={[...names, { value: ANY, label: `${ANY}  any ${typeName(step.type)}` }]} onCommit={(name) => onChange({ ...step, name })} />
			</div>
			<IconButton label={`Remove ${nth.toLowerCase()}`} size="small" disabled={count <= STEPS_MIN} onClick={onRemove}>
				<X aria-hidden className="size-4" />
			</IconButton>
		</li>
	);
}

/** words: the steps of the URL, none for the automatic funnel. */
export function Builder({ words, onSteps, onClose }: { words: readonly string[]; onSteps: (words: string[]) => void; onClose: () => void }) {
	const filters = useFilters();
	const names = useEventNames(filters);
	const [steps, setSteps] = useState<readonly Step[]>(() => (words.length ? fromWords(words) : [newStep(), newStep()]));
	const [said, setSaid] = useState('');
	const dragged = useRef<number | null>(null);
	const list = useRef<HTMLOListElement>(null);
	// the URL changed by other means, such as going back
	const there = words.join('\n');
	useEffect(() => {
		setSteps((now) => (there === '' || (toWords(now) ?? []).join('\n') === there ? now : fromWords(there.split('\n'))));
	}, [there]);
	const change = (next: readonly Step[]) => {
		setSteps(next);
		const complete = toWords(next);
		if (complete && complete.join('\n') !== there) onSteps(complete);
	};
	const move = (from: number, to: number) => {
		const next = moved(steps, from, to);
		const key = steps[from]?.key;
		change(next);
		setSaid(`Step ${from + 1} is now step ${Math.max(0, Math.min(steps.length - 1, to)) + 1}.`);
		// the row moved away from under the focus
		requestAnimationFrame(() => list.current?.querySelector<HTMLElement>(`[data-move="${key}"]`)?.focus());
	};
	return (
		<Card
			title="Steps"
			actions={
				<Button size="small" kind="quiet" onClick={onClose}>
					Show what sessions report instead
				</Button>
			}
		>
			<p id="move-help" className="sr-only">
				Move it with the arrow keys.
			</p>
			<ol ref={list} className="flex max-w-3xl flex-col gap-2">
				{steps.map((step, i) => (
					<Row
						key={step.key}
						step={step}
						index={i}
						count={steps.length}
						names={names.of(step.type)}
						onChange={(s) => change(steps.map((old) => (old.key === s.key ? s : old)))}
						onRemove={() => change(steps.filter((s) => s.key !== step.key))}
						onMove={(to) => move(i, to)}
						onGrab={() => {
							dragged.current = i;
						}}
						onDrop={() => {
							if (dragged.current !== null) move(dragged.current, i);
							dragged.current = null;
						}}
					/>
				))}
			</ol>
			<div className="mt-3 flex flex-wrap items-center gap-3">
				<Button size="small" disabled={steps.length >= STEPS_MAX} onClick={() => setSteps([...steps, newStep(steps.at(-1)?.type)])}>
					<Plus aria-hidden className="size-3.5" /> Add step
				</Button>
				{toWords(steps) === null && <span className="text-small text-secondary">Name at least two steps; each needs a name.</span>}
			</div>
			<p role="status" className="sr-only">
				{said}
			</p>
		</Card>
	);
}
