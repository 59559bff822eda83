// SPDX-License-Identifier: MIT
// What stands only on paper: the filters as a line of text above a view, address and date below every page.
import { useLocation, useParams } from '@tanstack/react-router';
import { useFilters } from '@/filters/filters';
import { platformName } from '@/filters/platforms';
import { isRelative, RANGE_LABEL, resolve } from '@/filters/range';
import { browserZone, moment } from '@/format/time';

export function PrintedFilters() {
	const { project } = useParams({ strict: false });
	const { range, timezone, platforms, tools } = useFilters();
	if (!project) return null;
	const { from, to } = resolve(range, Date.now());
	const words = [
		isRelative(range) ? RANGE_LABEL[range.relative] : null,
		`${moment(from, timezone)} – ${moment(to, timezone)}, ${timezone}`,
		platforms.length > 0 ? platforms.map(platformName).join(', ') : 'all platforms',
		tools.length > 0 ? tools.join(', ') : 'all tools',
	];
	return <p className="print-only px-4 md:px-8">{words.filter((w) => w !== null).join(' · ')}</p>;
}

export function PrintedFooter() {
	const { href } = useLocation();
	return (
		<p className="print-only px-4 text-small text-secondary md:px-8">
			{location.origin + href} · printed {moment(new Date().toISOString(), browserZone())}
		</p>
	);
}
