// SPDX-License-Identifier: MIT
// A real mail server for a test (Debian's python3-aiosmtpd): STARTTLS, TLS or clear, with or without login, and what
// it is told to answer. It ends with the test process.
//
//   const smtp = await startSmtp({ tls: 'starttls', auth: { user: 'yavio', password: 'secret' } });
//   const stack = await Stack.start({ ...smtp.env });
//   const mail = await smtp.mail((m) => m.to === 'ann@example.com');   // waits for it
//   mail.subject, mail.text, mail.html, mail.links, mail.token         // decoded; token: behind '#t='
//   smtp.order({ rcpt: '450 later' }); smtp.order({ data: '550 no', times: 3 }); smtp.order({ delay: 5 });
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const SINK = resolve(fileURLToPath(import.meta.url), '../smtp_sink.py');
/** Debian's own: another python3 that comes first in PATH does not have the package. */
const PYTHON = '/usr/bin/python3';
const WAIT_MS = 30_000;

/** Self-signed certificate for localhost and 127.0.0.1. */
function makeCertificate(dir) {
	const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
	execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
		'-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=localhost',
		'-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'], { stdio: 'ignore' });
	chmodSync(dir, 0o755);
	chmodSync(cert, 0o644);
	return { cert, key };
}

const QUOTED = { q: (text) => Buffer.from(text.replaceAll('_', ' ').replace(/=([0-9A-F]{2})/gi, (_, hex) =>
	String.fromCharCode(Number.parseInt(hex, 16))), 'latin1'), b: (text) => Buffer.from(text, 'base64') };

/** RFC 2047 words of a header as text. */
export function decodeHeader(value) {
	return value
		.replace(/(=\?[^?]+\?[bq]\?[^?]*\?=)\s+(?==\?)/gi, '$1')
		.replace(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, how, text) => QUOTED[how.toLowerCase()](text).toString('utf8'));
}

function decodeBody(headers, body) {
	const how = (headers['content-transfer-encoding'] ?? '7bit').toLowerCase();
	if (how === 'base64') return Buffer.from(body, 'base64').toString('utf8');
	if (how !== 'quoted-printable') return body;
	const joined = body.replace(/=\r?\n/g, '');
	return Buffer.from(joined.replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
		'latin1').toString('utf8');
}

function splitEntity(text) {
	const at = text.search(/\r?\n\r?\n/);
	const head = at < 0 ? text : text.slice(0, at);
	const body = at < 0 ? '' : text.slice(at).replace(/^\r?\n\r?\n/, '');
	const headers = {};
	for (const line of head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
		const colon = line.indexOf(':');
		if (colon > 0) headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
	}
	return { headers, body };
}

/** An RFC 5322 message with its decoded parts. */
export function parseMail(raw) {
	const { headers, body } = splitEntity(raw);
	const boundary = /boundary="?([^";]+)"?/.exec(headers['content-type'] ?? '')?.[1];
	const parts = boundary
		? body.split(`--${boundary}`).slice(1, -1).map((part) => splitEntity(part.replace(/^\r?\n/, '')))
		: [{ headers, body }];
	const part = (type) => parts.find((p) => (p.headers['content-type'] ?? '').startsWith(type));
	const decoded = (type) => (part(type) ? decodeBody(part(type).headers, part(type).body) : '');
	const text = decoded('text/plain');
	const links = text.match(/https?:\/\/\S+/g) ?? [];
	return {
		headers, text, links, html: decoded('text/html'), subject: decodeHeader(headers.subject ?? ''),
		messageId: headers['message-id'], token: links.map((link) => /#t=([\w-]+)/.exec(link)?.[1]).find(Boolean), raw,
	};
}

class Smtp {
	#child;
	#events = [];
	#waiting = new Set();

	constructor(options, dir, files) {
		this.options = options;
		this.dir = dir;
		/** Self-signed certificate that clients have to trust (SMTP_CA_FILE). */
		this.cert = files.cert;
		this.key = files.key;
		this.mails = [];
		this.refused = [];
	}

	async start(port = 0) {
		const argument = JSON.stringify({ ...this.options, port, cert: this.cert, key: this.key });
		const child = spawn(PYTHON, [SINK, argument], { stdio: ['pipe', 'pipe', 'inherit'] });
		this.#child = child;
		let rest = '';
		child.stdout.setEncoding('utf8').on('data', (piece) => {
			const lines = (rest + piece).split('\n');
			rest = lines.pop();
			for (const line of lines) this.#take(JSON.parse(line));
		});
		child.stdin.on('error', () => {});
		this.exited = new Promise((done) => child.once('exit', done));
		const failed = this.exited.then((code) => Promise.reject(new Error(
			`the mail server ended with ${code}; is python3-aiosmtpd installed? (make deps, scripts/install-deps.sh --test)`)));
		failed.catch(() => {});
		const ready = await Promise.race([this.#wait((e) => e.event === 'ready' && e), failed]);
		this.#events = this.#events.filter((e) => e !== ready);
		this.port = ready.port;
	}

	#take(event) {
		if (event.event === 'mail') this.mails.push({ ...event, to: event.recipients[0], ...parseMail(event.data) });
		if (event.event === 'refused') this.refused.push(event);
		this.#events.push(event);
		for (const look of [...this.#waiting]) look();
	}

	#wait(probe, ms = WAIT_MS, what = 'a mail') {
		return new Promise((done, fail) => {
			const look = () => {
				const found = this.#events.map(probe).find(Boolean);
				if (!found) return;
				this.#waiting.delete(look);
				clearTimeout(timer);
				done(found);
			};
			const timer = setTimeout(() => {
				this.#waiting.delete(look);
				fail(new Error(`waited ${ms} ms for ${what}; arrived: ${JSON.stringify(this.mails.map((m) => [m.to, m.subject]))}`));
			}, ms);
			this.#waiting.add(look);
			look();
		});
	}

	/** The first mail for which test(mail) holds; waits for it. after: only mails behind the first `after` ones. */
	async mail(test = () => true, { ms = WAIT_MS, after = 0 } = {}) {
		await this.#wait(() => this.mails.slice(after).some(test), ms);
		return this.mails.slice(after).find(test);
	}

	/** The next refusal of a step ('mail', 'rcpt', 'data', 'auth') behind the first `after` ones. */
	async refusal(step, { ms = WAIT_MS, after = 0 } = {}) {
		const fits = (r) => r.step === step;
		await this.#wait(() => this.refused.slice(after).some(fits), ms, `a refused ${step}`);
		return this.refused.slice(after).find(fits);
	}

	/** What the next mails get: { mail | rcpt | data: '450 later', delay: seconds, times: 1 }. */
	order(order) {
		this.#child.stdin.write(`${JSON.stringify(order)}\n`);
	}

	/** Forgets all orders. */
	clear() {
		this.order({ clear: true });
	}

	/** Settings with which a program of ours uses it. */
	get env() {
		const { tls, auth } = this.options;
		return {
			SMTP_HOST: 'localhost', SMTP_PORT: String(this.port), SMTP_TLS: tls, SMTP_FROM: 'noreply@yavio.test',
			...(tls === 'none' ? {} : { SMTP_CA_FILE: this.cert }),
			...(auth ? { SMTP_USER: auth.user, SMTP_PASSWORD: auth.password } : {}),
		};
	}

	/** Ends the server, keeps its port and certificate for start(port). */
	async down() {
		this.#child.kill('SIGKILL');
		await this.exited;
	}

	up() {
		return this.start(this.port);
	}

	async stop() {
		await this.down();
		rmSync(this.dir, { recursive: true, force: true });
	}
}

/** tls: 'starttls' (demanded), 'tls' or 'none'; auth: { user, password } is then demanded. */
export async function startSmtp({ tls = 'starttls', auth, utf8 = false } = {}) {
	const dir = mkdtempSync(join(tmpdir(), 'yavio-smtp-'));
	const smtp = new Smtp({ tls, auth, utf8 }, dir, makeCertificate(dir));
	try {
		await smtp.start();
	} catch (err) {
		rmSync(dir, { recursive: true, force: true });
		throw err;
	}
	return smtp;
}
