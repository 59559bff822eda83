// SPDX-License-Identifier: MIT
// Money, one line a currency: amounts of different ones are never added.
import { money, NONE } from '@/format/number';

export function Amounts({ amounts }: { amounts: readonly { currency: string; value: number }[] }) {
	if (amounts.length === 0) return <span className="text-secondary">{NONE}</span>;
	return (
		<span className="inline-flex flex-col">
			{amounts.map((a) => (
				<span key={a.currency}>{money(a.value, a.currency)}</span>
			))}
		</span>
	);
}
