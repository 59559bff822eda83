// SPDX-License-Identifier: MIT
// The one way to the API: typed by docs/api/openapi.yaml, errors as ApiError, CSRF, and what a lost login means.
import * as E from './errors.gen';
import type { paths } from './schema.gen';

type Method = 'get' | 'post' | 'patch' | 'delete';
export type Path<M extends Method> = { [P in keyof paths]: paths[P] extends Record<M, object> ? P : never }[keyof paths];
type Operation<P extends keyof paths, M extends Method> = paths[P] extends Record<M, infer O> ? O : never;
type Json<R> = R extends { content: { 'application/json': infer J } } ? J : undefined;
type Good = 200 | 201 | 202 | 204;

/** What an operation answers when it succeeds. */
export type Answer<P extends Path<M>, M extends Method = 'get'> =
	Operation<P, M> extends { responses: infer R } ? { [K in keyof R & Good]: Json<R[K]> }[keyof R & Good] : never;
/** The JSON that an operation takes. */
export type Body<P extends Path<M>, M extends Method> =
	Operation<P, M> extends { requestBody?: { content: { 'application/json': infer B } } } ? B : undefined;
type PathParams<P extends Path<M>, M extends Method> =
	Operation<P, M> extends { parameters: { path: infer V } } ? V : undefined;

export type QueryValue = string | number | boolean | undefined | null | readonly string[];
export interface CallOptions<P extends Path<M>, M extends Method> {
	path?: PathParams<P, M>;
	query?: Record<string, QueryValue>;
	body?: Body<P, M>;
	signal?: AbortSignal;
	/** for operations that need no login: sends X-CSRF-Token */
	csrf?: boolean;
}

export interface FieldProblem {
	field: string;
	problem: string;
}

/** A refusal or failure. code is a number of the error catalogue, 0 when no answer came. */
export class ApiError extends Error {
	constructor(
		readonly code: number,
		readonly status: number,
		message: string,
		readonly requestId: string | null,
		readonly details: readonly FieldProblem[] = [],
		readonly retryAfterS: number | null = null,
		readonly metadata: Readonly<Record<string, unknown>> = {},
	) {
		super(message);
		this.name = 'ApiError';
	}
	/** The problem of one field, or undefined. */
	problem(field: string): string | undefined {
		return this.details.find((d) => d.field === field)?.problem;
	}
}
export const NO_ANSWER = 0;

/** What the application does when the API asks for more than a call can give. */
export interface Handlers {
	signedOut(): void;
	secondFactor(): void;
	/** Resolves true once the person proved again who they are. */
	recentLogin(): Promise<boolean>;
}
let handlers: Handlers = { signedOut() {}, secondFactor() {}, recentLogin: () => Promise.resolve(false) };
export function setHandlers(h: Handlers): void {
	handlers = h;
}

const SILENT_RETRIES = 2;
const SILENT_RETRY_MAX_S = 20;

let csrfToken: string | null = null;
async function csrf(): Promise<string> {
	if (csrfToken === null) {
		const answer = (await send('GET', '/api/auth/csrf', {}, undefined)) as { csrfToken: string };
		csrfToken = answer.csrfToken;
	}
	return csrfToken;
}

/** The address of an operation: path parameters percent-encoded (also "/"), lists repeated, empty values left out. */
export function url(path: string, params: object | undefined, query: Record<string, QueryValue> | undefined): string {
	const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String((params as Record<string, unknown>)[name])));
	const search = new URLSearchParams();
	for (const [name, value] of Object.entries(query ?? {})) {
		if (value === undefined || value === null || value === '') continue;
		if (typeof value === 'object') for (const one of value) search.append(name, one);
		else search.append(name, String(value));
	}
	const text = search.toString();
	return text ? `${filled}?${text}` : filled;
}

function fault(status: number, json: unknown, headers: Headers): ApiError {
	const error = (json as { error?: Record<string, unknown> } | null)?.error;
	const after = Number(headers.get('Retry-After') ?? NaN);
	if (!error) return new ApiError(NO_ANSWER, status, 'The server gave an answer that cannot be read.', headers.get('X-Request-Id'));
	return new ApiError(
		Number(String(error.code).replace('YAVIO-', '')),
		status,
		String(error.message),
		(error.requestId as string | undefined) ?? headers.get('X-Request-Id'),
		(error.details as FieldProblem[] | undefined) ?? [],
		Number.isFinite(after) ? after : null,
		(error.metadata as Record<string, unknown> | undefined) ?? {},
	);
}

async function send(method: string, to: string, headers: Record<string, string>, body: unknown, signal?: AbortSignal): Promise<unknown> {
	let response: Response;
	try {
		response = await fetch(to, {
			method,
			headers: body === undefined ? headers : { ...headers, 'Content-Type': 'application/json' },
			body: body === undefined ? undefined : JSON.stringify(body),
			signal: signal ?? null,
			credentials: 'same-origin',
		});
	} catch (e) {
		if (signal?.aborted) throw e;
		throw new ApiError(NO_ANSWER, 0, 'The server cannot be reached.', null);
	}
	if (response.status === 204) return undefined;
	const json: unknown = await response.json().catch(() => null);
	if (!response.ok || json === null) throw fault(response.status, json, response.headers);
	return json;
}

const pause = (ms: number, signal?: AbortSignal) =>
	new Promise<void>((resolve, reject) => {
		const timer = setTimeout(resolve, ms);
		signal?.addEventListener('abort', () => {
			clearTimeout(timer);
			reject(signal.reason as Error);
		});
	});

/** Calls an operation. Throws ApiError. A read that is limited (429) is repeated silently when the wait is short; one that needs a
 * recent login asks the person and is repeated. */
export async function api<M extends Method, P extends Path<M>>(method: M, path: P, options: CallOptions<P, M> = {}): Promise<Answer<P, M>> {
	const to = url(path, options.path as object | undefined, options.query);
	for (let tries = 0; ; tries++) {
		try {
			const headers: Record<string, string> = options.csrf ? { 'X-CSRF-Token': await csrf() } : {};
			return (await send(method.toUpperCase(), to, headers, options.body, options.signal)) as Answer<P, M>;
		} catch (e) {
			if (!(e instanceof ApiError)) throw e;
			if (e.code === E.CSRF_VALIDATION_FAILED && options.csrf && tries === 0) csrfToken = null;
			else if (e.status === 429 && method === 'get' && tries < SILENT_RETRIES && (e.retryAfterS ?? Infinity) <= SILENT_RETRY_MAX_S)
				await pause((e.retryAfterS ?? 1) * 1000, options.signal);
			else if (e.code === E.RECENT_LOGIN_NEEDED && tries === 0 && (await handlers.recentLogin())) continue;
			else {
				if (e.code === E.SESSION_EXPIRED && !options.csrf) handlers.signedOut();
				if (e.code === E.SECOND_FACTOR_OUTSTANDING) handlers.secondFactor();
				throw e;
			}
		}
	}
}

/** The text of anything that was thrown. */
export function errorText(e: unknown): string {
	return e instanceof Error ? e.message : 'Something went wrong.';
}
