// SPDX-License-Identifier: MIT
// A real Caddy with the project's Caddyfile: free ports, private directories, gone with the test.
import { request as httpRequest } from 'node:http';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './port.mjs';
import { ROOT, start, until } from './process.mjs';

/** Starts it (port: of the dashboard, a free one unless given); sockets of programs are looked for in run. env overrides what it is told, config(text) its Caddyfile. */
export async function startCaddy(t, { dir, run, env = {}, config, port }) {
	const home = join(dir, 'home');
	mkdirSync(join(home, 'caddy'), { recursive: true });
	port ??= await freePort();
	const ingestPort = await freePort();
	let file = join(ROOT, 'caddy/Caddyfile');
	if (config) {
		cpSync(join(ROOT, 'caddy'), join(home, 'config'), { recursive: true });
		file = join(home, 'config/Caddyfile');
		writeFileSync(file, config(readFileSync(file, 'utf8')));
	}
	const caddy = start(t, 'caddy', ['run', '--adapter', 'caddyfile', '--config', file], {
		env: {
			PATH: process.env.PATH,
			HOME: home,
			XDG_DATA_HOME: join(home, 'caddy'),
			XDG_CONFIG_HOME: join(home, 'caddy'),
			GOGC: '400', // as cli/caddy.c has it
			GOMEMLIMIT: '256MiB',
			YAVIO_SITE: 'local',
			YAVIO_RUN: run,
			YAVIO_HOME: home,
			YAVIO_WEB_ROOT: join(ROOT, 'web/static'),
			YAVIO_PAGE_CONFIG: JSON.stringify({ appUrl: `http://localhost:${port}`, ingestUrl: `http://localhost:${ingestPort}`, version: 'test', docsUrl: '', cloud: false }),
			YAVIO_BIND: '127.0.0.1',
			YAVIO_HTTP_PORT: String(port),
			YAVIO_INGEST_PORT: String(ingestPort),
			YAVIO_DOMAIN: '',
			YAVIO_INGEST_DOMAIN: '',
			YAVIO_TRUSTED_PROXIES: '',
			YAVIO_ACCESS_LOG: 'all',
			...env,
		},
	});
	await until('caddy', () => http({ port, path: '/favicon.svg' })).catch((err) => {
		throw new Error(`${err.message}\n${caddy.output()}`);
	});
	return { caddy, port, ingestPort, home };
}

/** One HTTP request over its own connection; chunks: sent one by one without a length. */
export function http({ port, path = '/', method = 'GET', headers = {}, body, chunks, pause = 0, ca, host = '127.0.0.1' }) {
	return new Promise((resolve, reject) => {
		const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
		const req = httpRequest({ host, port, path, method, agent: false, ca, headers: { ...length, ...headers } }, (res) => {
			const parts = [];
			res.on('data', (piece) => parts.push(piece));
			res.on('error', reject);
			res.on('end', () => {
				const text = Buffer.concat(parts).toString();
				resolve({
					status: res.statusCode,
					headers: res.headers,
					raw: res.rawHeaders,
					text,
					get json() {
						return JSON.parse(text);
					},
				});
			});
		});
		req.on('error', reject);
		if (!chunks) return req.end(body);
		(async () => {
			for (const chunk of chunks) {
				req.write(chunk);
				if (pause) await new Promise((done) => setTimeout(done, pause));
			}
			req.end();
		})();
	});
}
