// SPDX-License-Identifier: MIT
// A small file system of its own, to be filled to the last byte; only root may mount one.
import { execFileSync } from 'node:child_process';
import { chownSync, closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { serviceUser } from './postgres.mjs';

const PIECE = 1 << 20;

export class SmallDisk {
	#ballast;

	/** Mounted at dir/spool-disk for the service user; undefined where this user may not mount. size: as mount(8) takes it. */
	static mount(dir, size) {
		const disk = new SmallDisk();
		disk.path = join(dir, 'spool-disk');
		mkdirSync(disk.path);
		try {
			execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', disk.path], { stdio: 'ignore' });
		} catch {
			return undefined;
		}
		const { uid, gid } = serviceUser();
		disk.spool = join(disk.path, 'spool');
		mkdirSync(disk.spool);
		if (uid !== undefined) for (const path of [disk.path, disk.spool]) chownSync(path, uid, gid);
		return disk;
	}

	/** Until not a byte is left. */
	fill() {
		this.#ballast = join(this.path, 'ballast');
		const file = openSync(this.#ballast, 'w');
		try {
			for (const piece = Buffer.alloc(PIECE, 1); statfsSync(this.path).bavail > 0;) writeSync(file, piece);
		} catch (error) {
			if (error.code !== 'ENOSPC') throw error;
		} finally {
			closeSync(file);
		}
	}

	empty() {
		rmSync(this.#ballast, { force: true });
	}

	unmount() {
		try {
			execFileSync('umount', ['-l', this.path], { stdio: 'ignore' });
		} catch {
			// not mounted any more
		}
	}
}
