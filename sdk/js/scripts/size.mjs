// SPDX-License-Identifier: MIT
// Sizes of the published files by their role: one JSON line; fails over a bar.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

/** Most bytes after gzip -9. */
const BARS = {
  index: 10_240, // the server entry: what runs on the host's path
  behind: 10_240, // what it loads when it wraps its first server
  widget: 6_400,
  react: 6_600,
};
const sizes = {};
for (const [name, bar] of Object.entries(BARS)) {
  const gzip = gzipSync(readFileSync(new URL(`../dist/${name}.js`, import.meta.url)), { level: 9 }).length;
  sizes[name] = { gzip, bar };
}
console.log(JSON.stringify(sizes));
process.exit(Object.values(sizes).every(({ gzip, bar }) => gzip <= bar) ? 0 : 1);
