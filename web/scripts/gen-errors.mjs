// SPDX-License-Identifier: MIT
// Makes src/api/errors.gen.ts from the table of errors: a constant for each number that the API can answer.
import { readFileSync, writeFileSync } from 'node:fs';

const table = readFileSync(new URL('../../lib/base/errors.tbl', import.meta.url), 'utf8');
const lines = ['// Made from lib/base/errors.tbl by scripts/gen-errors.mjs.'];
for (const line of table.split('\n')) {
	const [number, group, name, status, , , state, message] = line.split(' | ');
	if (line.startsWith('#') || group !== 'DASHBOARD' && group !== 'DASH' || status === '0' || state === 'reserved') continue;
	lines.push(`/** ${message} */`, `export const ${name} = ${number};`);
}
if (lines.length < 20) throw new Error('errors.tbl has another form than expected');
writeFileSync(new URL('../src/api/errors.gen.ts', import.meta.url), `${lines.join('\n')}\n`);
