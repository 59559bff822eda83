// SPDX-License-Identifier: MIT
// Step 5: wait for the first event on the live feed.
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useProject, useWorkspace } from '@/app/place';
import { ago, browserZone } from '@/format/time';
import type { LiveEvent } from '@/live/buffer';
import { feedUrl } from '@/live/filter';
import { Stream } from '@/live/stream';
import { Badge } from '@/ui/badge';
import { Button, ButtonLink } from '@/ui/button';

const HELP_AFTER_MS = 60_000;
const REOPEN_MS = 5_000;

/** The first event that the live feed shows, also one from before. */
function useFirstEvent(projectId: string): LiveEvent | null {
	const [first, setFirst] = useState<LiveEvent | null>(null);
	useEffect(() => {
		let timer: ReturnType<typeof setTimeout> | undefined;
		const stream: Stream = new Stream(
			feedUrl(projectId, { types: [], tools: [], platforms: [], errors: false }, { backlog: 1 }),
			{
				messages: (messages) => {
					const found = messages.find((m) => m.event === 'event');
					if (!found) return;
					setFirst(JSON.parse(found.data) as LiveEvent);
					stream.stop();
				},
				connection: (c) => {
					// too many views elsewhere: one may have been closed meanwhile
					if (c.state === 'stopped') timer = setTimeout(() => stream.start(), REOPEN_MS);
				},
				gone: () => undefined,
			},
			null,
		);
		stream.start();
		return () => {
			clearTimeout(timer);
			stream.stop();
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
