// SPDX-License-Identifier: MIT
// Step 4: what to put where. The key stands in it only while this tab still has it.
import { useQuery } from '@tanstack/react-query';
import { configQuery } from '@/api/config';
import { useProject } from '@/app/place';
import { Button } from '@/ui/button';
import { CopyButton } from '@/ui/copy';
import { Skeleton } from '@/ui/skeleton';
import { Tab, TabPanel, Tabs } from '@/ui/tabs';
import { newKey } from './new-key';

const SOME_KEY = 'yav_…';

function snippets(key: string, endpoint: string): readonly { id: string; title: string; where: string; text: string }[] {
	return [
		{
			id: 'server',
			title: 'Server',
			where: 'npm install @yavio/sdk, then where you make your MCP server:',
			text: `import { withYavio } from '@yavio/sdk';\n\nconst server = withYavio(new McpServer({ name: 'my-server', version: '1.0.0' }), {\n  apiKey: '${key}',\n  endpoint: '${endpoint}',\n});`,
		},
		{ id: 'env', title: 'Environment', where: 'Instead of options in the code:', text: `YAVIO_API_KEY=${key}\nYAVIO_ENDPOINT=${endpoint}` },
		{ id: 'file', title: '.yaviorc.json', where: 'Or a file beside your package.json; keep it out of git:', text: JSON.stringify({ version: 1, apiKey: key, endpoint }, null, 2) },
		{ id: 'widget', title: 'Widget', where: 'In a React widget; it gets a token of its own, never the key:', text: `import { useYavio } from '@yavio/sdk/react';\n\nfunction Widget() {\n  const yavio = useYavio();\n  return <button onClick={() => yavio.conversion('booking', { value: 120, currency: 'EUR' })}>Book</button>;\n}` },
		{
			id: 'curl',
			title: 'curl',
			where: 'One event by hand, to see that everything works:',
			text: `curl ${endpoint}/v1/events \\\n  -H 'Authorization: Bearer ${key}' \\\n  -H 'Content-Type: application/json' -d '{"events":[{\n    "event_id": "'$(cat /proc/sys/kernel/random/uuid)'",\n    "event_type": "tool_call", "event_name": "hello", "status": "success", "latency_ms": 12,\n    "trace_id": "tr_1", "session_id": "ses_1", "source": "server",\n    "timestamp": "'$(date -u +%FT%TZ)'"}]}'`,
		},
	];
}

export function SnippetStep({ onBack, onDone }: { onBack: (() => void) | undefined; onDone: () => void }) {
	const project = useProject();
	const { data: config } = useQuery(configQuery);
	return (
		<div className="flex flex-col gap-4">
			<div>
				<h1 className="text-title">Add Yavio to your server</h1>
				<p className="text-secondary">Every tool call is measured from then on.</p>
			</div>
			{config === undefined ? (
				<Skeleton className="h-56" />
			) : (
				<Tabs label="Ways to set it up">
					{(list) => (
						<>
							{list(snippets(newKey(project.id) ?? SOME_KEY, config.ingestUrl).map(({ id, title }) => <Tab key={id} id={id}>{title}</Tab>))}
							{snippets(newKey(project.id) ?? SOME_KEY, config.ingestUrl).map(({ id, where, text }) => (
								<TabPanel key={id} tabId={id}>
									<div className="mb-2 flex items-center justify-between gap-2">
										<p className="text-secondary">{where}</p>
										<CopyButton text={text} />
									</div>
									{/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls can be scrolled by keys */}
									<pre tabIndex={0} className="overflow-x-auto rounded-control bg-muted p-4 font-mono text-small">
										{text}
									</pre>
								</TabPanel>
							))}
						</>
					)}
				</Tabs>
			)}
			<div className="flex justify-between gap-2">
				{onBack ? <Button onClick={onBack}>Back</Button> : <span />}
				<Button kind="primary" onClick={onDone}>
					Continue
				</Button>
			</div>
		</div>
	);
}
