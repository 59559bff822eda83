// SPDX-License-Identifier: MIT
// Oracle of the analytics: SipHash-2-4 with a key of zeros, from its definition.
const MASK = (1n << 64n) - 1n;
const rotate = (x, n) => ((x << n) | (x >> (64n - n))) & MASK;

function round(v) {
	v[0] = (v[0] + v[1]) & MASK;
	v[2] = (v[2] + v[3]) & MASK;
	v[1] = rotate(v[1], 13n) ^ v[0];
	v[3] = rotate(v[3], 16n) ^ v[2];
	v[0] = rotate(v[0], 32n);
	v[2] = (v[2] + v[1]) & MASK;
	v[0] = (v[0] + v[3]) & MASK;
	v[1] = rotate(v[1], 17n) ^ v[2];
	v[3] = rotate(v[3], 21n) ^ v[0];
	v[2] = rotate(v[2], 32n);
}

/** 16 hex digits of the hash of a text's UTF-8. */
export function sipHash(text) {
	const bytes = Buffer.from(text);
	const padded = Buffer.concat([bytes, Buffer.alloc(7 - (bytes.length % 8)), Buffer.from([bytes.length & 255])]);
	const v = [0x736f6d6570736575n, 0x646f72616e646f6dn, 0x6c7967656e657261n, 0x7465646279746573n];
	for (let i = 0; i < padded.length; i += 8) {
		const word = padded.readBigUInt64LE(i);
		v[3] ^= word;
		round(v);
		round(v);
		v[0] ^= word;
	}
	v[2] ^= 0xffn;
	for (let i = 0; i < 4; i++) round(v);
	return (v[0] ^ v[1] ^ v[2] ^ v[3]).toString(16).padStart(16, '0');
}
