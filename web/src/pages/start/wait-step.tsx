// SPDX-License-Identifier: MIT
// Step 5: wait for the first event on the live feed.
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useProject, useWorkspace } from '@/app/place';
import { ago, browserZone } from '@/format/time';
import { Badge } from '@/ui/badge';
import { Button, ButtonLink } from '@/ui/button';

const HELP_AFTER_MS = 60_000;
const REOPEN_MS = 3_000;

interface FirstEvent {
	eventType: string;
	eventName: string | null;
	platform: string | null;
	timestamp: string;
}

/** The first event that the live feed shows, also one from before. */
function useFirstEvent(projectId: string): FirstEvent | null {
	const [first, setFirst] = useState<FirstEvent | null>(null);
	useEffect(() => {
		let source: EventSource | null = null;
		let timer: ReturnType<typeof setTimeout> | undefined;
		const open = () => {
			source = new EventSource(`/api/analytics/${projectId}/live?backlog=1`);
			source.addEventListener('event', (e) => {
				setFirst(JSON.parse((e as MessageEvent<string>).data) as FirstEvent);
				source?.close();
			});
			source.onerror = () => {
				// refused at the beginning is not tried again by the browser
				if (source?.readyState === EventSource.CLOSED) timer = setTimeout(open, REOPEN_MS);
			};
		};
		open();
		return () => {
			clearTimeout(timer);
			source?.close();
		};
	}, [projectId]);
	return first;
}

export function WaitStep({ onBack }: { onBack: () => void }) {
	const workspace = useWorkspace();
	const project = useProject();
	const navigate = useNavigate();
	const first = useFirstEvent(project.id);
	const [help, setHelp] = useState(false);
	useEffect(() => {
		const timer = setTimeout(() => setHelp(true), HELP_AFTER_MS);
		return () => clearTimeout(timer);
	}, []);
	const dashboard = `/${workspace.slug}/${project.slug}/overview`;
	return (
		<div className="flex flex-col gap-6">
			<h1 className="text-title">{first ? 'Your first event is here' : 'Send an event'}</h1>
			<div aria-live="polite" className="flex min-h-24 items-center gap-4 rounded-card border border-line p-5">
				{first ? (
					<div className="flex flex-wrap items-center gap-3">
						<Badge tone="success">{first.eventType}</Badge>
						<span className="font-mono">{first.eventName ?? ''}</span>
						<span className="text-secondary">
							{first.platform ?? 'unknown platform'}, {ago(first.timestamp, browserZone())}
						</span>
					</div>
				) : (
					<>
						<span aria-hidden className="pulse-always size-3 animate-pulse rounded-full bg-success-mark" />
						<span>Waiting for the first event…</span>
					</>
				)}
			</div>
			{help && !first && (
				<div className="text-secondary">
					<p className="text-text">Nothing yet? Look at these:</p>
					<ul className="list-disc pl-5">
						<li>Is the key right, and not revoked?</li>
						<li>Does your server reach the endpoint of the snippet?</li>
						<li>
							On the server that runs Yavio, <code className="font-mono">yavio status</code> shows whether events come in.
						</li>
					</ul>
				</div>
			)}
			<div className="flex justify-between gap-2">
				<Button onClick={onBack}>Back</Button>
				{first ? (
					<Button kind="primary" onClick={() => void navigate({ href: dashboard })}>
						Open dashboard
					</Button>
				) : (
					<ButtonLink kind="quiet" to="/$ws/$project" params={{ ws: workspace.slug, project: project.slug }}>
						Skip, I will do this later
					</ButtonLink>
				)}
			</div>
		</div>
	);
}
