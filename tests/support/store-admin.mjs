// SPDX-License-Identifier: MIT
// Statements as administrator to the store of a Stack, over its loopback port.
import { readFile } from 'node:fs/promises';

const passwords = new WeakMap();

async function password(stack) {
	if (!passwords.has(stack)) {
		const text = await readFile(stack.envFile, 'utf8');
		passwords.set(stack, /^CLICKHOUSE_ADMIN_PASSWORD=["']?([^"'\n]*)/m.exec(text)[1]);
	}
	return passwords.get(stack);
}

/** The text of its answer; an error otherwise. */
export async function adminQuery(stack, sql, { signal } = {}) {
	const reply = await fetch(`http://127.0.0.1:${stack.clickhouse}/?database=yavio`, {
		method: 'POST', body: sql, signal,
		headers: { 'X-ClickHouse-User': 'default', 'X-ClickHouse-Key': await password(stack) },
	});
	const text = await reply.text();
	if (!reply.ok) throw new Error(`${reply.status}: ${text.trim()}`);
	return text;
}
