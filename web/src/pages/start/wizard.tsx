// SPDX-License-Identifier: MIT
// From nothing to the first event: workspace, project, key, snippet, wait. Each step is an address; Back loses nothing.
import { useNavigate, useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useMay } from '@/app/place';
import { useTitle } from '@/app/title';
import { useUrlState } from '@/app/url-state';
import { classes } from '@/ui/classes';
import { KeyStep } from './key-step';
import { ProjectStep, WorkspaceStep } from './name-steps';
import { SnippetStep } from './snippet-step';
import { WaitStep } from './wait-step';

const STEPS = ['Workspace', 'Project', 'API key', 'Add the SDK', 'First event'] as const;
const KEY_STEP = 3;
const SNIPPET_STEP = 4;

function Frame({ step, children }: { step: number; children: ReactNode }) {
	const title = STEPS[step - 1] ?? STEPS[0];
	useTitle(title);
	return (
		<div className="flex justify-center p-4 md:p-8">
			<div className="flex w-full max-w-2xl flex-col gap-8">
				<ol className="flex flex-wrap gap-x-6 gap-y-2 pl-10 md:pl-0" aria-label="Steps">
					{STEPS.map((name, i) => (
						<li key={name} aria-current={i + 1 === step ? 'step' : undefined} className={classes('flex items-center gap-2 text-small', i + 1 === step ? 'font-semibold' : 'text-secondary')}>
							<span className={classes('inline-flex size-6 items-center justify-center rounded-full border', i + 1 === step ? 'border-accent bg-accent text-on-accent' : 'border-line-control')}>{i + 1}</span>
							{name}
						</li>
					))}
				</ol>
				<div className="rounded-card border border-line bg-panel p-6">{children}</div>
			</div>
		</div>
	);
}

export default function Wizard() {
	const { ws, project } = useParams({ strict: false });
	const url = useUrlState();
	const navigate = useNavigate();
	const admin = useMay('admin');
	const asked = Number(url.text('step') ?? KEY_STEP);
	const step = !ws ? 1 : !project ? 2 : Math.min(Math.max(Number.isInteger(asked) ? asked : KEY_STEP, admin ? KEY_STEP : SNIPPET_STEP), STEPS.length);
	const go = (next: number) => url.set({ step: String(next) });
	return (
		<Frame step={step}>
			{step === 1 && <WorkspaceStep onDone={(slug) => void navigate({ to: '/$ws/new', params: { ws: slug } })} />}
			{step === 2 && ws && <ProjectStep onDone={(slug) => void navigate({ to: '/$ws/$project/start', params: { ws, project: slug }, search: { step: String(KEY_STEP) } })} />}
			{step === KEY_STEP && <KeyStep onDone={() => go(SNIPPET_STEP)} />}
			{step === SNIPPET_STEP && <SnippetStep onBack={admin ? () => go(KEY_STEP) : undefined} onDone={() => go(STEPS.length)} />}
			{step === STEPS.length && <WaitStep onBack={() => go(SNIPPET_STEP)} />}
		</Frame>
	);
}
