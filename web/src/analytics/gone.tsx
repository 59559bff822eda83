// SPDX-License-Identifier: MIT
// In place of one thing that is not there: it never was, or is gone.
import { Empty } from '@/ui/notice';
import { ViewLink } from './view-link';

export const Gone = ({ what, view, list }: { what: string; view: string; list: string }) => (
	<Empty
		title={`This ${what} does not exist or has been removed by retention`}
		action={
			<ViewLink view={view} className="underline">
				{list}
			</ViewLink>
		}
	/>
);
