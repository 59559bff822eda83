// SPDX-License-Identifier: MIT
// What a login's time tells: medians of logins of known and of unknown addresses, one after the other in turn, and what
// GET /api/health costs while 20 people log in at once. Real Caddy, PostgreSQL and argon2id at its full cost.
// usage: node tests/bench/login.mjs [logins=200] [people=20] [seconds=10]
import { median, options, print, quantile, round } from '../support/bench.mjs';
import { startDashboard } from '../support/dashboard.mjs';

const { logins, people, seconds } = options({ logins: 200, people: 20, seconds: 10 });

async function timed(fn) {
	const began = performance.now();
	await fn();
	return performance.now() - began;
}

/** Logins with a wrong password, in turn of an address that has an account and of one that has none. */
async function knownAndUnknown(stack) {
	const known = await stack.user();
	const client = stack.client();
	await client.csrfToken();
	const times = { known: [], unknown: [] };
	const emails = { known: known.email, unknown: 'nobody@a.example' };
	const attempt = (email) => client.post('/api/auth/login', { email, password: 'not the password' }, { check: false });
	for (let i = 0; i < logins; i++) {
		// Ten failures would lock.
		if (i % 8 === 0) await stack.sql('DELETE FROM yavio.login_attempts');
		for (const kind of i % 2 ? ['known', 'unknown'] : ['unknown', 'known']) {
			times[kind].push(await timed(async () => {
				const { status, text } = await attempt(emails[kind]);
				if (status !== 401) throw new Error(text);
			}));
		}
	}
	const [a, b] = [median(times.known), median(times.unknown)];
	return {
		bench: 'login', logins, known_ms: round(a), unknown_ms: round(b), p95_ms: round(quantile(times.known, 0.95)),
		difference_percent: round((100 * Math.abs(a - b)) / b),
	};
}

/** People who log in again and again, and a probe of health every 10 ms meanwhile. */
async function healthMeanwhile(stack) {
	const end = performance.now() + seconds * 1000;
	const counts = { 200: 0, 503: 0 };
	const times = [];
	const probes = [];
	const person = async () => {
		const { email, password } = await stack.user();
		const client = stack.client();
		await client.csrfToken();
		while (performance.now() < end) {
			times.push(await timed(async () => {
				const { status, headers } = await client.post('/api/auth/login', { email, password }, { check: false });
				counts[status] = (counts[status] ?? 0) + 1;
				if (status === 503) await new Promise((done) => setTimeout(done, Number(headers['retry-after']) * 1000));
			}));
		}
	};
	const probe = async () => {
		const client = stack.client();
		while (performance.now() < end) {
			probes.push(await timed(() => client.get('/api/health', { check: false })));
			await new Promise((done) => setTimeout(done, 10));
		}
	};
	await Promise.all([probe(), ...Array.from({ length: people }, person)]);
	return {
		bench: 'login-health', people, seconds, logins: counts[200], busy: counts[503], login_p50_ms: round(median(times)),
		health_p50_ms: round(median(probes)), health_p99_ms: round(quantile(probes, 0.99)), probes: probes.length,
	};
}

const stack = await startDashboard({ settings: { YAVIO_DASHBOARD_WORKERS: null } });
try {
	print(await knownAndUnknown(stack));
	print(await healthMeanwhile(stack));
} finally {
	await stack.stop();
}
