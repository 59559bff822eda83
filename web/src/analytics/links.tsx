// SPDX-License-Identifier: MIT
// Links to one thing of a project by its id, and the id in short where a link would be too much.
import { classes } from '@/ui/classes';
import { type Target, ViewLink } from './view-link';

const look = 'inline-block max-w-56 truncate align-middle font-mono text-small leading-6! hover:underline group-focus-visible:whitespace-normal';
interface Of {
	id: string;
	className?: string;
}

/** Stands in the path of a user whose id an address would take for itself; the id is then a word of the query. */
export const BY_ID = 'by-id';
export const userTarget = (id: string): Target => (['.', '..', BY_ID].includes(id) ? { view: 'users/$id', params: { id: BY_ID }, search: { id } } : { view: 'users/$id', params: { id } });

/** A user, or "anonymous" when a session never named one. */
export const UserLink = ({ id, className }: { id: string | null; className?: string }) =>
	id === null ? (
		<span className="whitespace-nowrap text-secondary">anonymous</span>
	) : (
		<ViewLink {...userTarget(id)} className={classes(look, className)} title={id}>
			{id}
		</ViewLink>
	);
export const SessionLink = ({ id, className }: Of) => (
	<ViewLink view="sessions/$id" params={{ id }} className={classes(look, className)} title={id}>
		{id}
	</ViewLink>
);
export const TraceLink = ({ id, className }: Of) => (
	<ViewLink view="traces/$id" params={{ id }} className={classes(look, className)} title={id}>
		{id}
	</ViewLink>
);
export const ToolLink = ({ id, className }: { id: string | null; className?: string }) =>
	id === null ? (
		<span className="text-secondary">–</span>
	) : (
		<ViewLink view="tools/$tool" params={{ tool: id }} className={classes(look, className)} title={id}>
			{id}
		</ViewLink>
	);
