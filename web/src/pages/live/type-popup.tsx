// SPDX-License-Identifier: MIT
import { EVENT_TYPES, typeName } from '@/analytics/event-kind';
import { useFilters } from '@/filters/filters';
import { PickList } from '@/ui/pick-list';
import type { PopupProps } from '@/ui/popup';

const MAX = 20;
/** Chooses types of events. */
export default function TypePopup(popup: PopupProps) {
	const { url } = useFilters();
	return <PickList {...popup} label="Types" max={MAX} options={EVENT_TYPES.map((value) => ({ value, label: typeName(value) }))} selected={url.list('type')} onSelect={(values) => url.set({ type: values })} />;
}
