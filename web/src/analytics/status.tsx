// SPDX-License-Identifier: MIT
import { Badge } from '@/ui/badge';
/** What became of a call. */
export function Status({ status }: { status: string | null }) {
	if (status === null) return <Badge>no status</Badge>;
	return <Badge tone={status === 'error' ? 'error' : status === 'success' ? 'success' : 'neutral'}>{status}</Badge>;
}
