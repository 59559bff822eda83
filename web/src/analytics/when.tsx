// SPDX-License-Identifier: MIT
// A time as people read it, exact in its title.
import { ago, exactMoment, moment } from '@/format/time';

/** relative: "5 min ago" within a day */
export const When = ({ at, zone, relative = false }: { at: string | null; zone: string; relative?: boolean }) => (
	<span className="whitespace-nowrap" title={exactMoment(at, zone)}>
		{relative ? ago(at, zone) : moment(at, zone)}
	</span>
);
