// SPDX-License-Identifier: MIT
// Ports for servers that are started a while after their port was chosen.
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/* Below every system's range of ephemeral ports: no outgoing connection of anybody takes one meanwhile. Of 20,000 two
   tests that run side by side hardly choose the same; those that scripts/test.sh runs have a twentieth each. */
const BANDS = 20;
const band = process.env.TEST_PORT_BAND;
const FIRST = 11_000 + 1000 * Number(band ?? 0);
const LAST = band === undefined ? FIRST + 1000 * BANDS : FIRST + 1000;
const ATTEMPTS = 100;

/* What one test was given is not given to it again: its server may not listen yet. */
const given = new Set();

const isFree = (port) =>
	new Promise((done) => {
		const server = createServer();
		server.once('error', () => done(false));
		server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
	});

/** A TCP port of the loopback that nobody listens on now. */
export async function freePort() {
	for (let i = 0; i < ATTEMPTS; i++) {
		const port = randomInt(FIRST, LAST);
		if (given.has(port)) continue;
		given.add(port);
		if (await isFree(port)) return port;
	}
	throw new Error(`no free port among ${ATTEMPTS} of ${FIRST} to ${LAST}`);
}
