// SPDX-License-Identifier: MIT
// There are sessions, but nobody said whose: how to say it.
import { exactCount } from '@/format/number';
import { Snippet } from '@/ui/snippet';
import { Empty } from '@/ui/notice';

const CODE = `yavio.identify(userId, { plan: 'pro' });`;

/** sessions: how many have no user, when it is known. */
export function IdentifyHint({ sessions }: { sessions?: number }) {
	return (
		<Empty title="No users yet">
			<p>
				{sessions === undefined ? 'The sessions of this period are anonymous.' : `${exactCount(sessions)} ${sessions === 1 ? 'session of this period is' : 'sessions of this period are'} anonymous.`} Say once in a session who uses it, and all its events belong to that user, those before too.
			</p>
			<Snippet label="How to call identify" code={CODE} />
		</Empty>
	);
}
