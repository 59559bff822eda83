// SPDX-License-Identifier: MIT
// The state of a form that is sent to the API: busy, problems at their fields, a summary for the rest.
import { useCallback, useRef, useState } from 'react';
import { ApiError, errorText } from '@/api/client';
import { PROBLEM_TEXT, CODE_FIELD } from './problems';

export interface FormState {
	busy: boolean;
	/** what concerns the whole form */
	summary: string | null;
	error: ApiError | null;
	problem(field: string): string | undefined;
	/** Runs work once at a time; what it throws is shown. Returns whether it succeeded. */
	submit(work: () => Promise<void>): Promise<boolean>;
	clear(): void;
}

export function useForm(fields: readonly string[] = []): FormState {
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState<unknown>(null);
	const running = useRef(false);
	const known = error instanceof ApiError ? error : null;

	const problem = (field: string): string | undefined => {
		const word = known?.problem(field);
		if (word !== undefined) return PROBLEM_TEXT[word] ?? 'This value cannot be used.';
		return known && CODE_FIELD[known.code] === field ? known.message : undefined;
	};
	const shown = fields.some((field) => problem(field) !== undefined);
	const submit = useCallback(async (work: () => Promise<void>) => {
		if (running.current) return false;
		running.current = true;
		setBusy(true);
		setError(null);
		try {
			await work();
			return true;
		} catch (e) {
			setError(e);
			return false;
		} finally {
			running.current = false;
			setBusy(false);
		}
	}, []);
	const clear = useCallback(() => setError(null), []);
	return { busy, error: known, summary: error === null ? null : shown ? 'Please correct the fields below.' : errorText(error), problem, submit, clear };
}

/** The texts of a form by the names of its fields. */
export function formText(form: HTMLFormElement): (name: string) => string {
	const data = new FormData(form);
	return (name) => {
		const value = data.get(name);
		return typeof value === 'string' ? value : '';
	};
}
