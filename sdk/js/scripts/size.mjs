// SPDX-License-Identifier: MIT
// Sizes by role after gzip -9, of single files as published and of what a bundler makes of an entry: one JSON line; fails over a bar.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';

const dist = (name) => new URL(`../dist/${name}.js`, import.meta.url).pathname;
const file = (name) => readFileSync(dist(name));
const whole = (name) => buildSync({ entryPoints: [dist(name)], bundle: true, minify: true, format: 'esm', external: ['react'], write: false }).outputFiles[0].contents;

/** Role: what is measured, its bar in bytes. */
const ROLES = {
  'server entry': [file('index'), 10_000],
  'loaded behind it': [file('behind'), 10_240],
  'widget core': [file('widget-core'), 5_120],
  'widget automatic events': [file('widget-auto'), 3_072],
  'widget, bundled': [whole('widget'), 6_600],
  'react, bundled': [whole('react'), 6_800],
};
const sizes = Object.entries(ROLES).map(([role, [code, bar]]) => [role, { gzip: gzipSync(code, { level: 9 }).length, bar }]);
console.log(JSON.stringify(Object.fromEntries(sizes)));
process.exit(sizes.every(([, { gzip, bar }]) => gzip <= bar) ? 0 : 1);
