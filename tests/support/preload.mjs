// SPDX-License-Identifier: MIT
// Libraries of tests/fault put in front of a program: a clock that jumps, a disk that fails. Also under the sanitizer.
import { chmodSync, closeSync, copyFileSync, existsSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BIN_DIR } from './process.mjs';

/** Where the service user can reach it. */
function install(dir, name) {
	const target = join(dir, `${name}.so`);
	if (!existsSync(target)) copyFileSync(resolve(BIN_DIR, `../tests/fault/${name}.so`), target);
	for (const path of [dir, target]) chmodSync(path, 0o755);
	return target;
}

// In place: the program has mapped the file.
function put(path, bytes) {
	const fd = openSync(path, 'r+');
	try {
		writeSync(fd, bytes, 0, bytes.length, 0);
	} finally {
		closeSync(fd);
	}
}

// Programs count in it what they did.
function control(dir, name, bytes) {
	const path = join(dir, name);
	writeFileSync(path, bytes);
	chmodSync(path, 0o666);
	return path;
}

/**
 * Settings for a program that has both in front, and what drives them:
 * ahead(ms) sets its clocks; disk(faults) two digits, what syncs and what writes of the spool do (failing_disk.c);
 * diskDone() how many calls did so.
 */
export function preloaded(dir) {
	const clock = control(dir, 'clock', Buffer.alloc(8));
	const faults = control(dir, 'faults', Buffer.concat([Buffer.from('00'), Buffer.alloc(14)]));
	return {
		env: {
			LD_PRELOAD: ['shifted_clock', 'failing_disk'].map((name) => install(dir, name)).join(' '),
			YAVIO_CLOCK_FILE: clock,
			YAVIO_FAULT_FILE: faults,
			// the sanitizer's own library comes behind these, and works all the same
			...(process.env.YAVIO_VARIANT === 'asan' && { ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:verify_asan_link_order=0` }),
		},
		ahead(ms) {
			const bytes = Buffer.alloc(8);
			bytes.writeBigInt64LE(BigInt(ms));
			put(clock, bytes);
		},
		disk: (digits) => put(faults, Buffer.from(digits)),
		diskDone() {
			const bytes = readFileSync(faults);
			return bytes.readUInt32LE(8) + bytes.readUInt32LE(12);
		},
	};
}
