// SPDX-License-Identifier: MIT
// A new password with the rules of the API, told before it is sent.
import { useState } from 'react';
import { TextField } from '@/ui/field';

const MIN = 8;
const MAX = 128;

export function NewPasswordField({ email = '', problem, label = 'Password' }: { email?: string; problem?: string | undefined; label?: string }) {
	const [value, setValue] = useState('');
	const length = [...value].length;
	const same = value !== '' && (value.toLowerCase() === email.toLowerCase() || value.toLowerCase() === email.split('@')[0]?.toLowerCase());
	const missing = value === '' ? null : length < MIN ? `${MIN - length} more characters.` : length > MAX ? `At most ${MAX} characters.` : same ? 'It must differ from your address.' : null;
	return (
		<TextField
			label={label}
			name="password"
			type="password"
			autoComplete="new-password"
			required
			minLength={MIN}
			value={value}
			onChange={(e) => setValue(e.target.value)}
			help={missing ?? (value === '' ? `At least ${MIN} characters; a few words are better than a few signs.` : 'Long enough.')}
			problem={problem}
		/>
	);
}
