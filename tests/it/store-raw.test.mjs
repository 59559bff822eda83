// SPDX-License-Identifier: MIT
// Raw bytes against the real store: every connection of the fuzzer's corpus as it is, then changed at random. Whatever
// comes, the store goes on, answers others meanwhile, and holds nothing afterwards.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { seeded } from '../fault/chaos.mjs';
import { ROOT, until } from '../support/process.mjs';
import { schema } from '../support/shipper.mjs';
import { startStore } from '../support/store.mjs';

const CORPUS = join(ROOT, 'tests/fuzz/corpus/store_http');
const HEAD_BYTES = 3; // the fuzzer's own: user, engine, cutting
const KEYS = { a: 'default', i: 'yavio_ingest', d: 'yavio_dashboard', e: 'yavio_eraser' };
const CHANGED = 400;
const ANSWER_MS = 20_000;
const SEED = Number(process.env.YAVIO_FAULT_SEED ?? Math.floor(Date.now() / 86_400_000));

let store;
let connections;

before(async () => {
	store = await startStore({ statements: schema() });
	connections = readdirSync(CORPUS).map((name) => {
		const text = readFileSync(join(CORPUS, name), 'latin1').slice(HEAD_BYTES);
		return Buffer.from(text.replace(/(X-ClickHouse-Key: )([aide])\r/, (_, header, key) => `${header}${store.passwords[KEYS[key]]}\r`), 'latin1');
	});
});
after(() => store?.stop());

/** Sends bytes and the end of them; the answer, when the store has closed. */
function exchange(bytes) {
	return new Promise((done, failed) => {
		const socket = net.connect(store.socket);
		let answer = '';
		socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error(`no end after ${ANSWER_MS} ms: ${bytes.toString('latin1')}`)));
		socket.on('data', (piece) => (answer += piece.toString('latin1')));
		socket.on('error', (error) => (['EPIPE', 'ECONNRESET'].includes(error.code) ? done(answer) : failed(error)));
		socket.on('close', () => done(answer));
		socket.end(bytes);
	});
}

function change(bytes, random) {
	const copy = Buffer.from(bytes);
	const at = () => Math.floor(random() * copy.length);
	const ways = [
		() => copy.subarray(0, at()),
		() => Buffer.concat([copy.subarray(0, at()), copy.subarray(at())]),
		() => Buffer.concat([copy, connections[Math.floor(random() * connections.length)]]),
		() => {
			for (let i = 1 + Math.floor(random() * 4); i > 0; i--) copy[at()] = Math.floor(random() * 256);
			return copy;
		},
		() => Buffer.concat([copy.subarray(0, at()), Buffer.alloc(Math.floor(random() * 5000), copy[at()]), copy.subarray(at())]),
	];
	return ways[Math.floor(random() * ways.length)]();
}

test(`raw bytes do the store no harm (seed ${SEED})`, async () => {
	const random = seeded(SEED);
	let answered = 0;
	for (const bytes of connections) answered += /^HTTP\/1\.[01] \d{3} /.test(await exchange(bytes)) ? 1 : 0;
	assert.ok(answered > connections.length / 2, `${answered} of ${connections.length} answered`);
	const pid = store.pid;
	for (let i = 0; i < CHANGED; i += 8) {
		await Promise.all(Array.from({ length: 8 }, () => exchange(change(connections[Math.floor(random() * connections.length)], random))));
		if (i % 80 === 0) assert.equal((await store.run('SELECT 1')).trim(), '1');
	}
	assert.equal(store.pid, pid, store.log);
	assert.ok(!/runtime error|AddressSanitizer/.test(store.log), store.log);
	await until('nothing under way', async () => (await store.run("SELECT count() FROM system.processes WHERE query NOT LIKE '%system.processes%'")).trim() === '0');
	assert.equal((await store.signal('SIGTERM')).code, 0);
});
