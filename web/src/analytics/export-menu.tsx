// SPDX-License-Identifier: MIT
// The export button of a view. Who may not export does not see it.
import { Download } from 'lucide-react';
import { useMay } from '@/app/place';
import { buttonClass } from '@/ui/button';
import { PopupButton } from '@/ui/popup';
import { type ExportTable, ExportTables } from './export-tables';

const load = () => import('./export-popup');

export function ExportMenu({ tables }: { tables: readonly ExportTable[] }) {
	if (!useMay('member')) return null;
	return (
		<ExportTables.Provider value={tables}>
			<PopupButton load={load} kind="dialog" className={buttonClass('secondary')}>
				<Download aria-hidden className="size-4 shrink-0 text-secondary" />
				Export
			</PopupButton>
		</ExportTables.Provider>
	);
}
