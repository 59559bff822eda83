// SPDX-License-Identifier: MIT
import { EVENT_TYPES, typeName } from '@/analytics/event-kind';
import { useUrlState } from '@/app/url-state';
import { PickList } from '@/ui/pick-list';
import type { PopupProps } from '@/ui/popup';

const TYPES = EVENT_TYPES.map((value) => ({ value, label: typeName(value) }));
/** Chooses types of events. */
export default function TypePopup(popup: PopupProps) {
	const url = useUrlState();
	return <PickList {...popup} label="Types of events" max={TYPES.length} options={TYPES} selected={url.list('type')} onSelect={(type) => url.set({ type })} />;
}
