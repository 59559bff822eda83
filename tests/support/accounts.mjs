// SPDX-License-Identifier: MIT
// What the tests of password accounts share: a stack whose hashes are cheap, accounts made by the API, jobs and locks.
import { createHash, randomUUID } from 'node:crypto';
import { newToken, ok, startDashboard } from './dashboard.mjs';

export const PASS = 'grape liver moss';
/** PASS at the cost of CHEAP. */
const PASS_HASH = '$argon2id$v=19$m=8192,t=1,p=1$c2l4dGVlbiBieXRlcyBvZg$RXkrTK0anzMEfHBp97bSbUWDOGyD9/sT3NMX6NtiIF0';
export const OTHER_PASS = 'copper lantern 42';
export const newEmail = () => `p-${randomUUID().slice(0, 12)}@a.example`;

const MAIL = { SMTP_HOST: '127.0.0.1', SMTP_PORT: '2525', SMTP_TLS: 'none' };
export const CHEAP = { YAVIO_ARGON2_KIB: '8192', YAVIO_ARGON2_T: '1', YAVIO_ARGON2_P: '1' };

/** A stack that somebody has set up already; mail: the settings of mail are there, nothing is sent. */
export async function startAccounts({ mail = false, settings = {}, first = true, ...options } = {}) {
	const stack = await startDashboard({ ...options, settings: { ...CHEAP, ...(mail ? MAIL : {}), ...settings } });
	if (first) await stack.user({ email: 'first@a.example' });
	return stack;
}

/** An account with a cheap hash of PASS: { id, email, name, password, client }, logged in. */
export async function newAccount(stack, { email = newEmail(), name = 'Ada' } = {}) {
	const user = await stack.person({ email, name });
	await stack.sql('UPDATE yavio.users SET password_hash = $2 WHERE id = $1', [user.id, PASS_HASH]);
	return { ...user, password: PASS };
}

export const login = (stack, email, password = PASS, client = stack.client()) =>
	client.post('/api/auth/login', { email, password });

/** A mailed link's token as yavio-jobs stores it. */
export async function mailedToken(stack, user, type, { expires = '1 hour' } = {}) {
	const token = newToken();
	await stack.sql(
		`INSERT INTO yavio.verification_tokens (id, user_id, token_hash, type, expires_at)
		VALUES ($1, $2, $3, $4, now() + $5::interval)`,
		[randomUUID(), user.id, createHash('sha256').update(token).digest(), type, expires],
	);
	return token;
}

/** Jobs that wait, oldest first: [[kind, payload]]. */
export const jobsOf = async (stack, key, value) =>
	(await stack.sql('SELECT kind, payload FROM yavio.jobs WHERE payload->>$1 = $2 ORDER BY id', [key, value])).map((j) => [j.kind, j.payload]);

/** What the audit log says that a user did, in order. */
export const actionsOf = async (stack, user) =>
	(await stack.sql('SELECT action FROM yavio.audit_log WHERE actor_user_id = $1 ORDER BY id', [user.id])).map((row) => row.action);

/** Failures of an address so far. */
export const failuresOf = async (stack, email) =>
	(await stack.sql("SELECT count(*) FROM yavio.login_attempts WHERE kind = 'password' AND subject = $1", [email]))[0].count;

/** As if an address had failed so often, the last time just now; the last ones brought the lock of their tier. */
export async function failBefore(stack, email, count, { tier = 0, ago = '1 second' } = {}) {
	await stack.sql(
		`INSERT INTO yavio.login_attempts (kind, subject, ip, at, tier)
		SELECT 'password', $1, '192.0.2.1', now() - $4::interval - (n || ' ms')::interval, CASE WHEN n = 0 THEN $3::int ELSE 0 END
		FROM generate_series(0, $2::int - 1) AS n`,
		[email, count, tier, ago],
	);
}

export { ok };
