// SPDX-License-Identifier: MIT
// A FastCGI client over a unix socket, able to send what a web server would not: odd lengths, pieces of one byte,
// half a request. One connection a request, as Caddy does it.
import { connect } from 'node:net';

const VERSION = 1;
const BEGIN_REQUEST = 1;
const END_REQUEST = 3;
const PARAMS = 4;
const STDIN = 5;
const STDOUT = 6;
const RESPONDER = 1;
const REQUEST_ID = 1;
const RECORD_BYTES_MAX = 65528;
const ANSWER_MS = 40_000;

/** One record; content at most 65535 bytes. */
export function record(type, content = Buffer.alloc(0), requestId = REQUEST_ID) {
	const head = Buffer.from([VERSION, type, requestId >> 8, requestId & 0xff, content.length >> 8, content.length & 0xff, 0, 0]);
	return Buffer.concat([head, content]);
}

const lengthBytes = (n) => (n < 128 ? Buffer.from([n]) : Buffer.from([(n >> 24) | 0x80, (n >> 16) & 0xff, (n >> 8) & 0xff, n & 0xff]));

/** Name-value pairs as FCGI_PARAMS carries them. */
export function encodeParams(params) {
	const parts = [];
	for (const [name, value] of Object.entries(params)) {
		const n = Buffer.from(name);
		const v = Buffer.from(String(value));
		parts.push(lengthBytes(n.length), lengthBytes(v.length), n, v);
	}
	return Buffer.concat(parts);
}

const slices = (bytes, size) => {
	const out = [];
	for (let at = 0; at < bytes.length; at += size) out.push(bytes.subarray(at, at + size));
	return out;
};

/** A stream as records of at most size bytes and its empty last one. */
export const stream = (type, bytes, size = RECORD_BYTES_MAX) =>
	Buffer.concat([...slices(bytes, size).map((piece) => record(type, piece)), record(type)]);

/** Parameters that Caddy sends for a request. */
export function paramsOf({ method = 'GET', uri = '/', headers = {}, body, length, params = {} }) {
	const [path, query = ''] = uri.split('?');
	const all = {
		GATEWAY_INTERFACE: 'CGI/1.1',
		REQUEST_METHOD: method,
		REQUEST_URI: uri,
		SCRIPT_NAME: path,
		QUERY_STRING: query,
		REMOTE_ADDR: '127.0.0.1',
		SERVER_PROTOCOL: 'HTTP/1.1',
		CONTENT_LENGTH: length ?? (body === undefined ? '' : Buffer.byteLength(body)),
		CONTENT_TYPE: '',
	};
	for (const [name, value] of Object.entries(headers)) {
		const key = name.toUpperCase().replaceAll('-', '_');
		if (key === 'CONTENT_TYPE') all.CONTENT_TYPE = value;
		else all[`HTTP_${key}`] = value;
	}
	return { ...all, ...params };
}

export const beginRecord = () => record(BEGIN_REQUEST, Buffer.from([0, RESPONDER, 0, 0, 0, 0, 0, 0]));

/** All bytes of a request. pieceBytes: size of the FCGI_STDIN records. */
export function encode(request) {
	const body = Buffer.from(request.body ?? '');
	return Buffer.concat([
		beginRecord(),
		stream(PARAMS, encodeParams(paramsOf(request))),
		stream(STDIN, body, request.pieceBytes),
	]);
}

export const encodeHead = (request) => Buffer.concat([beginRecord(), stream(PARAMS, encodeParams(paramsOf(request)))]);
export const stdinRecord = (bytes) => record(STDIN, Buffer.from(bytes));

function parseRecords(bytes) {
	const stdout = [];
	let ended = false;
	for (let at = 0; at + 8 <= bytes.length;) {
		const type = bytes[at + 1];
		const length = bytes.readUInt16BE(at + 4);
		const padding = bytes[at + 6];
		if (type === STDOUT) stdout.push(bytes.subarray(at + 8, at + 8 + length));
		if (type === END_REQUEST) ended = true;
		at += 8 + length + padding;
	}
	return { stdout: Buffer.concat(stdout), ended };
}

/** Status, headers (lower case) and body of an answer. */
export function parseAnswer(bytes) {
	const { stdout, ended } = parseRecords(bytes);
	const split = stdout.indexOf('\r\n\r\n');
	if (split < 0 || !ended) throw new Error(`incomplete answer (${bytes.length} bytes, ended: ${ended})`);
	const headers = {};
	for (const line of stdout.subarray(0, split).toString().split('\r\n')) {
		const colon = line.indexOf(':');
		headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
	}
	const text = stdout.subarray(split + 4).toString();
	return {
		status: Number(headers.status),
		headers,
		text,
		get json() {
			return JSON.parse(text);
		},
	};
}

/** A connection on which the test decides every byte. answer() resolves when the worker closed it. */
export function open(socketPath) {
	const socket = connect(socketPath);
	const received = [];
	const closed = new Promise((resolve, reject) => {
		socket.on('data', (piece) => received.push(piece));
		socket.on('error', reject);
		socket.on('close', () => resolve(Buffer.concat(received)));
	});
	closed.catch(() => {});
	const timer = setTimeout(() => socket.destroy(new Error(`no answer within ${ANSWER_MS} ms`)), ANSWER_MS);
	return {
		socket,
		write: (bytes) => new Promise((resolve, reject) => socket.write(bytes, (e) => (e ? reject(e) : resolve()))),
		/** Sends our end-of-file, as a client that went away. */
		end: () => socket.end(),
		bytes: () => closed.finally(() => clearTimeout(timer)),
		answer: () => closed.finally(() => clearTimeout(timer)).then(parseAnswer),
	};
}

/** Sends one request and returns its answer. */
export async function request(socketPath, options = {}) {
	const c = open(socketPath);
	c.socket.write(encode(options));
	return c.answer();
}
