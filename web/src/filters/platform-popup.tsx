// SPDX-License-Identifier: MIT
import { PickList } from '@/ui/pick-list';
import type { PopupProps } from '@/ui/popup';
import { useFilters } from './filters';
import { PLATFORMS } from './platforms';

const MAX = 20;
/** Chooses platforms. */
export default function PlatformPopup(popup: PopupProps) {
	const { platforms, url } = useFilters();
	return <PickList {...popup} label="Platforms" max={MAX} options={PLATFORMS.map(([value, label]) => ({ value, label }))} selected={platforms} onSelect={(values) => url.set({ platform: values.join(',') })} />;
}
