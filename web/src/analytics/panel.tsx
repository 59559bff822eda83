// SPDX-License-Identifier: MIT
// A panel of a view in each of its states: on its way, old while new comes, failed, there.
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useFilters } from '@/filters/filters';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { classes } from '@/ui/classes';
import { LoadError } from '@/ui/notice';
import { Skeleton } from '@/ui/skeleton';
import { tooMuch } from './view';

/** of a chart with its legend */
const CHART_HEIGHT = 'h-62';

interface Props<T> {
	title: ReactNode;
	/** in words, after "Could not load" */
	what: string;
	query: UseQueryResult<T>;
	actions?: ReactNode;
	/** what is to be known of it, before the answer is there, too */
	note?: ReactNode;
	className?: string;
	/** height of what is coming, so that nothing moves */
	height?: string;
	children: (data: T) => ReactNode;
}

export function ShorterRange() {
	const { url } = useFilters();
	return (
		<Button size="small" onClick={() => url.set({ range: '24h', from: undefined, to: undefined })}>
			Show the last 24 hours
		</Button>
	);
}

/** The content of one answer without a frame. */
export function Loaded<T>({ what, query, height = CHART_HEIGHT, children }: Pick<Props<T>, 'what' | 'query' | 'height' | 'children'>) {
	if (query.data !== undefined)
		return (
			<div className={classes('flex grow flex-col transition-opacity', query.isPlaceholderData && 'opacity-50')} aria-busy={query.isPlaceholderData || undefined}>
				{children(query.data)}
			</div>
		);
	if (query.isError) return <LoadError what={what} error={query.error} onRetry={() => void query.refetch()} hint={tooMuch(query.error) && <ShorterRange />} />;
	return <Skeleton className={classes(height, 'w-full')} />;
}

export function Panel<T>({ title, actions, className, note, ...rest }: Props<T>) {
	return (
		<Card title={title} actions={actions} className={classes('min-h-64', className)} stretched>
			{note && <p className="-mt-4 pb-4 text-small text-secondary">{note}</p>}
			<Loaded {...rest} />
		</Card>
	);
}
