// SPDX-License-Identifier: MIT
// Nothing to show: there never was anything, or nothing in this range.
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useMay, useProject, useWorkspace } from '@/app/place';
import { useFilters } from '@/filters/filters';
import { Button, ButtonLink } from '@/ui/button';
import { Empty } from '@/ui/notice';
import { Skeleton } from '@/ui/skeleton';
import { countOfQuery } from './counts';

/** things: in the plural, as in "No tool calls in this period"; own: words of the view's own filters; fine: it is good news, nothing needs to be done. */
export function NothingHere({ things, own = [], fine = false }: { things: string; own?: readonly string[]; fine?: boolean }) {
	const filters = useFilters();
	const { ws, project } = useParams({ strict: false });
	const mayStart = useMay('member');
	const ever = useQuery(countOfQuery(useWorkspace().id, useProject().id));
	if (ever.isPending) return <Skeleton className="h-48" />;
	if (ever.data?.lastEventAt === null && ws && project)
		return (
			<Empty
				title="No events yet"
				action={
					mayStart && (
						<ButtonLink kind="primary" to="/$ws/$project/start" params={{ ws, project }} search={{ step: '4' }}>
							Send your first event
						</ButtonLink>
					)
				}
			>
				Add Yavio to your MCP server and every tool call appears here.
			</Empty>
		);
	if (fine) return <Empty title={`No ${things} in this period`} />;
	return (
		<Empty title={`No ${things} in this period`} action={<Button onClick={() => filters.url.set({ range: '30d', from: undefined, to: undefined, platform: undefined, tool: undefined, q: undefined, ...Object.fromEntries(own.map((name) => [name, undefined])) })}>Show the last 30 days, without filters</Button>}>
			Widen the range or clear the filters.
		</Empty>
	);
}
