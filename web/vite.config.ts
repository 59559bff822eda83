// SPDX-License-Identifier: MIT
// Builds the dashboard into web/static: hashed names under assets/, nothing inline, nothing from elsewhere, compressed beforehand.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin, type Rollup } from 'vite';

const COMPRESSED = /\.(js|css|html|svg)$/;
const WORTH_BYTES = 1024;

/** Files beside each text of the build, for Caddy's precompressed. */
function compress(): Plugin {
	return {
		name: 'compress',
		apply: 'build',
		closeBundle() {
			const root = fileURLToPath(new URL('./static', import.meta.url));
			for (const file of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
				if (!COMPRESSED.test(file)) continue;
				const text = readFileSync(join(root, file));
				if (text.length < WORTH_BYTES) continue;
				writeFileSync(join(root, `${file}.gz`), gzipSync(text, { level: 9 }));
				writeFileSync(join(root, `${file}.br`), brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }));
			}
		},
	};
}

/** A chunk for the first view, one for what several of a project's views use, one for what several other pages do: a request each
 *  costs more than the few bytes that a page may not need. */
function joined(): Rollup.GetManualChunk {
	let chunks: Map<string, string>;
	return (id, { getModuleInfo, getModuleIds }) => {
		const closure = (from: string, seen = new Set<string>()) => {
			if (seen.has(from)) return seen;
			seen.add(from);
			for (const next of getModuleInfo(from)?.importedIds ?? []) closure(next, seen);
			return seen;
		};
		if (!chunks) {
			const modules = [...getModuleIds()];
			const named = (end: string) => modules.find((m) => m.endsWith(end)) ?? '';
			/** What more than one of those uses that a module loads when it is wanted. */
			const several = (by: string) => {
				const all = (getModuleInfo(named(by))?.dynamicallyImportedIds ?? []).map((page) => closure(page));
				return modules.filter((m) => all.filter((used) => used.has(m)).length > 1);
			};
			const chunksOf = (name: string, of: Iterable<string>) => [...of].map((m): [string, string] => [m, name]);
			chunks = new Map([...chunksOf('pages', several('/src/app/router.tsx')), ...chunksOf('views', several('/src/app/views.ts')), ...chunksOf('index', closure(named('/src/main.tsx')))]);
		}
		return chunks.get(id);
	};
}

export default defineConfig({
	plugins: [react(), tailwindcss(), compress()],
	resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
	build: {
		outDir: 'static',
		emptyOutDir: true,
		target: 'es2022',
		assetsInlineLimit: 0,
		modulePreload: { polyfill: false },
		chunkSizeWarningLimit: 700,
		rollupOptions: { output: { manualChunks: joined() } },
	},
});
