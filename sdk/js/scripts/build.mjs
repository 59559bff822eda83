// SPDX-License-Identifier: MIT
// Builds dist: each entry as ESM and CJS with declarations for both, and the widget as a script for plain pages.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));
export const ENTRIES = {
  index: { source: 'src/index.ts', platform: 'node' },
  widget: { source: 'src/widget.ts', platform: 'browser' },
  react: { source: 'src/react.ts', platform: 'browser' },
};
const common = { bundle: true, target: 'es2022', external: ['react', 'node:*'], legalComments: 'none', logLevel: 'warning' };

rmSync('dist', { recursive: true, force: true });
for (const [name, { source, platform }] of Object.entries(ENTRIES)) {
  const entry = { ...common, entryPoints: [source], platform };
  await build({ ...entry, format: 'esm', outfile: `dist/${name}.js` });
  await build({ ...entry, format: 'cjs', outfile: `dist/${name}.cjs` });
}

await build({
  ...common, entryPoints: ['src/widget.ts'], platform: 'browser', format: 'iife', globalName: 'Yavio', minify: true, outfile: 'dist/widget.global.js',
});

// Declarations: only the entries and the types they name; each once more for require().
execFileSync('node_modules/.bin/tsc', ['-p', '.', '--outDir', 'dist/all'], { stdio: 'inherit' });
for (const name of ['index', 'types', 'version', 'widget', 'react', 'widget-types']) {
  const text = readFileSync(`dist/all/${name}.d.ts`, 'utf8');
  if (/from '\.\/(?!(types|version|widget-types)\.js)/.test(text)) throw new Error(`${name}.d.ts names an internal file`);
  writeFileSync(`dist/${name}.d.ts`, text);
  writeFileSync(`dist/${name}.d.cts`, text.replace(/(from '\.\/[\w-]+)\.js'/g, "$1.cjs'"));
}
rmSync('dist/all', { recursive: true });
