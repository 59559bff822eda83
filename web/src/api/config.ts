// SPDX-License-Identifier: MIT
// Settings of this installation, read at run time: the bundle is the same everywhere.
import { queryOptions } from '@tanstack/react-query';

export interface Config {
	appUrl: string;
	ingestUrl: string;
	version: string;
	docsUrl: string;
	cloud: boolean;
}

const TEN_MINUTES = 600_000;

export const configQuery = queryOptions({
	queryKey: ['config'],
	queryFn: async ({ signal }): Promise<Config> => {
		const response = await fetch('/config.json', { signal, cache: 'no-cache' });
		if (!response.ok) throw new Error('The settings of this installation cannot be read.');
		return (await response.json()) as Config;
	},
	staleTime: TEN_MINUTES,
	refetchInterval: TEN_MINUTES,
});
