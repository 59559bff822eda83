// SPDX-License-Identifier: MIT
// Builds dist: each entry and what it loads as ESM and CJS, minified with a source map, with declarations for both, and the widget as a script for plain pages.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { minify } from 'terser';

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));
/** Each file of dist: where it runs, which others it loads instead of holding them, and, for a part without state of its own, the folders it is made of. */
const FILES = {
  index: { platform: 'node', loads: ['behind'] },
  behind: { platform: 'node', loads: [], of: /^src\/(behind|common|errors|version)\b/ },
  'widget-core': { platform: 'browser', loads: [] },
  'widget-auto': { platform: 'browser', loads: ['widget-core'], of: /^src\/widget-auto\b/ },
  widget: { platform: 'browser', loads: ['widget-core', 'widget-auto'] },
  react: { platform: 'browser', loads: ['widget'] },
};

/** Leaves the named files of dist outside of a bundle. */
const beside = (loads, end) => ({
  name: 'beside',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.?\// }, ({ path, kind }) => {
      const name = path.replace(/^.*\/|\.js$/g, '');
      return kind !== 'entry-point' && loads.includes(name) ? { path: `./${name}${end}`, external: true } : undefined;
    });
  },
});

/** One file of dist; private members are #names, so that the minifier may shorten them. */
async function bundle(name, format, file, options = {}) {
  const { platform, loads, of } = FILES[name];
  const { outputFiles: [map, code], metafile } = await build({
    entryPoints: [`src/${name}.ts`], bundle: true, target: 'es2022', platform, external: ['react', 'node:*'], metafile: true,
    legalComments: 'none', logLevel: 'warning', format, outfile: `dist/${file}`, sourcemap: 'external', write: false,
    // CommonJS loads by require(), which also works where a host locks import() out.
    supported: { 'dynamic-import': format === 'esm' }, plugins: [beside(loads, format === 'esm' ? '.js' : '.cjs')], ...options,
  });
  const stray = of && Object.keys(metafile.inputs).find((input) => !of.test(input));
  if (stray) throw new Error(`${file} would hold a second copy of ${stray} and its state`);
  const small = await minify({ [file]: code.text }, {
    module: format === 'esm', toplevel: format !== 'iife', ecma: 2020, compress: { ecma: 2020, passes: 3, unsafe_arrows: true, keep_fargs: false },
    sourceMap: { content: map.text, filename: file, url: `${file}.map` },
  });
  writeFileSync(`dist/${file}`, small.code);
  writeFileSync(`dist/${file}.map`, small.map);
}

rmSync('dist', { recursive: true, force: true });
mkdirSync('dist');
for (const name of Object.keys(FILES)) {
  await bundle(name, 'esm', `${name}.js`);
  await bundle(name, 'cjs', `${name}.cjs`);
}
await bundle('widget', 'iife', 'widget.global.js', { globalName: 'Yavio', plugins: [] });

// Declarations: only the entries and the types they name; each once more for require().
execFileSync('node_modules/.bin/tsc', ['-p', '.', '--outDir', 'dist/all'], { stdio: 'inherit' });
for (const name of ['index', 'types', 'version', 'widget', 'widget-core', 'react', 'widget-types']) {
  const text = readFileSync(`dist/all/${name}.d.ts`, 'utf8');
  if (/from '\.\/(?!(types|version|widget-core|widget-types)\.js)/.test(text)) throw new Error(`${name}.d.ts names an internal file`);
  writeFileSync(`dist/${name}.d.ts`, text);
  writeFileSync(`dist/${name}.d.cts`, text.replace(/(from '\.\/[\w-]+)\.js'/g, "$1.cjs'"));
}
rmSync('dist/all', { recursive: true });
