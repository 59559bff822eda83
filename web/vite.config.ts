// SPDX-License-Identifier: MIT
// Builds the dashboard into web/static: hashed names under assets/, nothing inline, nothing from elsewhere, compressed beforehand.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const COMPRESSED = /\.(js|css|html|svg)$/;
const WORTH_BYTES = 1024;
const SMALL_CHUNK_BYTES = 20_000;

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
		// a request each costs more than the few bytes that a page may not need
		rollupOptions: { output: { experimentalMinChunkSize: SMALL_CHUNK_BYTES } },
	},
});
