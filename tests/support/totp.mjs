// SPDX-License-Identifier: MIT
// Two-factor login from a person's side: an authenticator (oathtool) and the walk through set-up.
import { execFileSync } from 'node:child_process';
import { ok } from './dashboard.mjs';

const STEP_S = 30;

/** The code of a base32 secret, steps away from now, by oathtool. */
export function codeOf(secret, steps = 0) {
	const at = Math.floor(Date.now() / 1000) + steps * STEP_S;
	return execFileSync('oathtool', ['--totp', '--base32', '--now', `@${at}`, secret], { encoding: 'utf8' }).trim();
}

/** A code of the right form that is none of the secret's. */
export function wrongCode(secret) {
	const near = [-2, -1, 0, 1, 2].map((steps) => codeOf(secret, steps));
	for (let n = 0; ; n++) {
		const code = String(n).padStart(6, '0');
		if (!near.includes(code)) return code;
	}
}

/** A person with two-factor on: { ..., secret, recoveryCodes }; forget() makes used steps usable again. */
export async function personWithTotp(stack, options = {}) {
	const person = await stack.person(options);
	const { secret } = ok(await person.client.post('/api/auth/account/totp/enrol'));
	const { recoveryCodes } = ok(await person.client.post('/api/auth/account/totp/confirm', { code: codeOf(secret) }));
	const forget = () => stack.sql('UPDATE yavio.user_totp SET last_step = 0 WHERE user_id = $1', [person.id]);
	await forget();
	return { ...person, secret, recoveryCodes, forget };
}

/** Actions of a person's own audit log, oldest first. */
export const auditOf = async (stack, person) =>
	(await stack.sql('SELECT action FROM yavio.audit_log WHERE actor_user_id = $1 AND workspace_id IS NULL ORDER BY id', [person.id])).map((row) => row.action);

/** What security mails tell a person of, oldest first. */
export const securityMailsOf = async (stack, person) =>
	(await stack.sql("SELECT payload->>'event' AS event FROM yavio.jobs WHERE kind = 'mail.security' AND payload->>'userId' = $1 ORDER BY id", [person.id])).map((row) => row.event);
