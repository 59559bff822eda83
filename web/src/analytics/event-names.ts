// SPDX-License-Identifier: MIT
// Names that events of a type had in the range, for suggestions: those that stand in the paths of sessions, and all tools.
import { useMemo } from 'react';
import type { Filters } from '@/filters/filters';
import type { Suggestion } from '@/ui/combobox';
import { useView } from './view';

const NODES = ['tool_call', 'step', 'conversion', 'track'];
const OTHER = 'other';

export interface EventNames {
	/** of one type, most used first */
	of(type: string): Suggestion[];
	/** type:name of all */
	nodes: Suggestion[];
}

export function useEventNames(filters: Filters): EventNames {
	const paths = useView('/api/analytics/{projectId}/paths', filters, { extra: { nodes: NODES, depth: 10, limit: 20 } });
	const tools = useView('/api/analytics/{projectId}/tools', filters, { extra: { pageSize: 100, unused: '1' }, accepts: { tool: false } });
	return useMemo(() => {
		const seen = new Map<string, number>();
		for (const n of paths.data?.nodes ?? []) if (n.node !== OTHER) seen.set(n.node, (seen.get(n.node) ?? 0) + n.sessions);
		for (const t of tools.data?.items ?? []) if (!seen.has(`tool_call:${t.tool}`)) seen.set(`tool_call:${t.tool}`, 0);
		const nodes = [...seen].sort((a, b) => b[1] - a[1]).map(([value]) => ({ value }));
		return { nodes, of: (type) => nodes.flatMap(({ value }) => (value.startsWith(`${type}:`) ? [{ value: value.slice(type.length + 1) }] : [])) };
	}, [paths.data, tools.data]);
}
