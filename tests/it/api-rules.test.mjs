// SPDX-License-Identifier: MIT
// What holds for every row of the dashboard's route table, made from the table itself: who may, in which order a request is
// refused, what bad input gets, headers, other tenants' ids.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { Client, ROLES, ok, refused, startDashboard } from '../support/dashboard.mjs';
import { ROLE_RANK, badValues, fill, goodBody, parametersOf, routes } from '../support/routes.mjs';

const TABLE = routes();
const API = TABLE.filter((row) => row.path.startsWith('/api/'));
const WRITES = API.filter((row) => row.method !== 'GET');

/** What a role that is too low is told: data that leaves has a code of its own. */
const roleCode = (row) => (row.has('export') ? 3103 : 3100);

let stack;
let cast;
let others; // another tenant
before(async () => {
	stack = await startDashboard({ store: true, workers: 4 });
	cast = await stack.cast();
	others = await stack.cast();
});
after(() => stack?.stop());

const idsOf = (tenant, person) => ({
	workspaceId: tenant.workspace.id,
	projectId: tenant.project.id,
	userId: person?.id ?? tenant.member.id,
});

/** A client that passes every row's guard as far as its login goes. */
const clientFor = (row, person = cast.owner) => (row.auth === 'stage' ? stack.signIn(person, { stage: 'totp' }) : person.client);

/** What a read cannot be without: the end of its path and the query. */
const NEEDED = { '/export/invocations': 'tool=x', '/funnels/examples': 'step=tool_call:x&step=tool_call:y&level=1', '/users/by-id': 'id=x', '/users/by-id/events': 'id=x' };
const neededOf = (row) => Object.entries(NEEDED).find(([end]) => row.path.endsWith(end))?.[1] ?? '';

/** Asks for what no handler gets to see: a field that no table knows. */
const knock = (client, row, ids, options) =>
	row.method === 'GET' ? client.get(`${fill(row.path, ids)}?${neededOf(row)}`.replace(/\?$/, ''), options) : client.request(row.method, fill(row.path, ids), { 'no such field': 1 }, options);

// §3 of the contract: who may do what. Each row that asks for a role belongs to exactly one right.
const W = '/api/workspaces/{workspaceId}';
const P = `${W}/projects/{projectId}`;
const RIGHTS = {
	viewer: [`GET ${W}`, `GET ${W}/projects`, `GET ${P}`, /^GET \/api\/analytics\/(?!.*\/export\/)/],
	member: [`GET ${W}/members`, `GET ${P}/keys`, /^GET \/api\/analytics\/.*\/export\//, /^GET \/api\/billing\/.*\/usage$/],
	admin: [
		`PATCH ${W}`, `POST ${W}/projects`, `PATCH ${P}`, `DELETE ${P}`, `POST ${P}/keys`, `DELETE ${P}/keys/{id}`, `POST ${P}/keys/{id}/rotate`,
		`POST ${W}/members/invite`, `GET ${W}/invitations`, `POST ${W}/invitations/{id}/resend`, `DELETE ${W}/invitations/{id}`,
		`PATCH ${W}/members/{userId}`, `DELETE ${W}/members/{userId}`, `GET ${W}/audit`, /^(POST|PATCH|GET) \/api\/billing\/.*\/(checkout|spending-cap|portal)$/,
	],
	owner: [`DELETE ${W}`, `POST ${W}/transfer`],
};

describe('who may', () => {
	it('every row that asks for a role asks for the one of its right', () => {
		for (const row of TABLE) {
			const granted = Object.keys(RIGHTS).filter((role) => RIGHTS[role].some((right) => (right instanceof RegExp ? right.test(row.name) : right === row.name)));
			assert.deepEqual(granted, row.auth in ROLE_RANK ? [row.auth] : [], row.name);
			assert.equal(/\{(workspaceId|projectId)\}/.test(row.path), row.auth in ROLE_RANK, `${row.name}: a role is one in a workspace`);
		}
	});

	for (const role of [...ROLES, 'stranger', 'nobody']) {
		it(`matrix: ${role}`, async () => {
			for (const row of API) {
				if (['metrics', 'none', 'optional', 'stage'].includes(row.auth)) continue;
				const client = role === 'nobody' ? stack.client() : cast[role].client;
				// {userId} is somebody else: what one may do with oneself is tried below.
				const answer = await knock(client, row, idsOf(cast, role === 'member' ? cast.viewer : cast.member));
				const inWorkspace = row.auth in ROLE_RANK;
				if (role === 'nobody') refused(answer, 401, 3000);
				else if (inWorkspace && role === 'stranger') refused(answer, 404, row.path.includes('{workspaceId}') ? 3151 : 3153);
				else if (inWorkspace && ROLE_RANK[role] < ROLE_RANK[row.auth]) refused(answer, 403, roleCode(row));
				else if (row.method !== 'GET') refused(answer, 400, 3050, undefined, row.name);
				else if (row.missing && parametersOf(row.path).includes('id')) refused(answer, 404, row.missing.slice(6));
				else assert.equal(answer.status, 200, `${row.name}: ${answer.text}`);
			}
		});
	}

	it('oneself: a row that says so needs no role where {userId} is the one who asks', async () => {
		for (const row of API.filter((r) => r.has('or_self'))) {
			refused(await knock(cast.viewer.client, row, idsOf(cast, cast.viewer)), 400, 3050);
			refused(await knock(cast.viewer.client, row, idsOf(cast, cast.member)), 403, 3100);
		}
	});

	it('the stage of the second factor opens its own row and nothing else', async () => {
		const staged = await stack.signIn(cast.owner, { stage: 'totp' });
		for (const row of API) {
			if (['metrics', 'none', 'optional'].includes(row.auth)) continue;
			const answer = await knock(staged, row, idsOf(cast));
			if (row.auth === 'stage') refused(answer, 400, 3050);
			else refused(answer, 401, 3016);
		}
		for (const row of API.filter((r) => r.auth === 'stage')) refused(await knock(cast.owner.client, row), 401, 3000);
	});
});

describe('the order of judgement', () => {
	const TOO_LARGE = JSON.stringify({ x: 'x'.repeat(64 * 1024) });
	const WRONG = { type: { 'Content-Type': 'text/plain' }, origin: { Origin: 'https://evil.example' } };
	const stale = async (person) => stack.signIn(person, { authAgo: 601 });

	it('404, then 405 with what the path allows', async () => {
		const client = stack.client();
		refused(await client.request('PUT', '/api/nope', TOO_LARGE), 404, 3054);
		for (const row of API) {
			const allowed = API.filter((r) => r.path === row.path).map((r) => r.method);
			const answer = refused(await client.request('PUT', fill(row.path), TOO_LARGE, { headers: WRONG.origin }), 405, 3055);
			for (const method of allowed) assert.ok(answer.headers.allow.split(', ').includes(method), `${row.name}: ${answer.headers.allow}`);
			assert.ok(!answer.headers.allow.includes('PUT'));
		}
	});

	it('413, also without a length; 415; 403 for the origin; 403 without the CSRF token', async () => {
		for (const row of WRITES) {
			const client = stack.client();
			const path = fill(row.path, idsOf(cast));
			const send = (body, headers, options) => client.request(row.method, path, body, { headers, csrf: false, ...options });
			const any = row.has('any_origin');
			refused(await send(TOO_LARGE, { ...WRONG.type, ...WRONG.origin }), 413, 3052);
			refused(await send(undefined, { ...WRONG.type, ...WRONG.origin }, { chunks: [TOO_LARGE.slice(0, 40000), TOO_LARGE.slice(40000)] }), 413, 3052);
			for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/json; charset=latin1'])
				refused(await send('{}', { 'Content-Type': type, ...WRONG.origin }), 415, 3051);
			refused(await send('{}', { 'Content-Type': null, ...WRONG.origin }), 415, 3051);
			if (any) continue;
			for (const origin of [
				{ Origin: 'https://evil.example' }, { Origin: 'null' }, { Origin: null }, { Origin: `${stack.url}.evil.example` }, { Origin: stack.url.replace('http:', 'https:') },
				{ 'Sec-Fetch-Site': 'cross-site' }, { 'Sec-Fetch-Site': 'same-site' }, { 'Sec-Fetch-Site': 'none' }, { Origin: null, 'Sec-Fetch-Site': 'cross-site' },
			])
				refused(await send('{', origin), 403, 3011);
			if (row.has('csrf')) for (const headers of [{}, { 'X-CSRF-Token': 'x' }, { 'X-CSRF-Token': '' }]) refused(await send('{', headers), 403, 3010);
			else assert.notEqual((await send('{', { Origin: null, 'Sec-Fetch-Site': 'same-origin' })).json.error.code, 'YAVIO-3011');
		}
	});

	it('the CSRF token of another cookie, of none, and of an old one: 3010', async () => {
		const row = WRITES.find((r) => r.has('csrf'));
		if (!row) return;
		const [mine, theirs] = [stack.client(), stack.client()];
		await mine.csrfToken();
		const send = (client, token) => client.request(row.method, row.path, '{', { csrf: false, headers: { 'X-CSRF-Token': token } });
		refused(await send(mine, await theirs.csrfToken()), 403, 3010);
		refused(await send(stack.client(), await mine.csrfToken()), 403, 3010);
		refused(await send(mine, await mine.csrfToken()), 400, 3053);
		const [made, random] = mine.cookies.get('yavio_csrf').split('.');
		mine.cookies.set('yavio_csrf', `${Number(made) - 86_401}.${random}`);
		refused(await send(mine, await mine.csrfToken()), 403, 3010);
	});

	it('login, resource, role, recent login, JSON, fields', async () => {
		for (const row of WRITES.filter((r) => !['none', 'optional', 'stage'].includes(r.auth))) {
			const send = (client, body, ids = idsOf(cast)) => client.request(row.method, fill(row.path, ids), body);
			refused(await send(stack.client(), '{'), 401, 3000);
			if (row.auth in ROLE_RANK) {
				refused(await send(await stale(cast.stranger), '{'), 404, 3151);
				if (row.path.includes('{projectId}')) refused(await send(await stale(cast.viewer), '{', { ...idsOf(cast), projectId: randomUUID() }), 404, 3153);
				if (row.auth !== 'viewer') refused(await send(await stale(cast.viewer), '{', idsOf(cast, cast.member)), 403, 3100);
			}
			if (row.has('recent')) refused(await send(await stale(cast.owner), '{'), 403, 3020);
		}
	});

	it('login and rights before the query, also where they are found out together with the answer', async () => {
		for (const row of API.filter((r) => r.method === 'GET' && r.fields && r.auth in ROLE_RANK)) {
			const names = row.fields.map((f) => f.name);
			const bad = ['page=0', ...(names.includes('from') ? ['from=2026-03-16T00:00:00Z&to=2026-03-15T00:00:00Z'] : [])];
			for (const query of bad) {
				const get = (client) => client.get(`${fill(row.path, idsOf(cast))}?${query}`);
				refused(await get(stack.client()), 401, 3000);
				refused(await get(cast.stranger.client), 404, row.path.includes('{workspaceId}') ? 3151 : 3153);
				if (row.auth !== 'viewer') refused(await get(cast.viewer.client), 403, roleCode(row));
				assert.equal((await get(cast.owner.client)).status, 400);
			}
		}
	});

	it('what is no JSON object: 3053, on every row', async () => {
		for (const row of WRITES) {
			const client = await clientFor(row);
			const depth9 = `${'{"a":'.repeat(8)}{}${'}'.repeat(8)}`;
			for (const body of ['{', '{} x', '{"a":NaN}', depth9, '{"a":"\u0000"}', '{"a":"\\u0000"}', '[]', '"x"', 'null', '{"a":1,}', Buffer.from('{"a":"\xff"}', 'latin1')])
				refused(await client.request(row.method, fill(row.path, idsOf(cast)), body, { headers: { 'Content-Type': 'application/json' } }), 400, 3053);
		}
	});
});

describe('bad input', () => {
	const ask = async (row, body) => (await clientFor(row)).request(row.method, fill(row.path, idsOf(cast)), body);

	it('every field rule of every body: its own code when it is alone, and its problem', async () => {
		for (const row of WRITES) {
			for (const field of row.fields ?? []) {
				for (const [value, problem] of badValues(field)) {
					const answer = await ask(row, { ...goodBody(row), [field.name]: value });
					const choice = field.need === 'one_of' && goodBody(row)[field.name] === undefined;
					if (choice) assert.equal(answer.status, 400, answer.text);
					else refused(answer, 400, field.code?.slice(6) ?? 3050, { [field.name]: problem });
				}
			}
		}
	});

	it('what is missing, unknown, twice', async () => {
		for (const row of WRITES.filter((r) => r.fields)) {
			for (const field of row.fields.filter((f) => f.need === 'required')) {
				const body = goodBody(row);
				delete body[field.name];
				refused(await ask(row, body), 400, field.code?.slice(6) ?? 3050, { [field.name]: 'required' });
			}
			refused(await ask(row, { ...goodBody(row), nope: 1 }), 400, 3050, { nope: 'unknown' });
			refused(await ask(row, '{"nope":1,"nope":2}'), 400, 3050, { nope: 'duplicate' });
		}
	});

	it('all wrong fields at once', async () => {
		for (const row of WRITES.filter((r) => r.fields?.length > 1)) {
			const body = Object.fromEntries(row.fields.map((field) => [field.name, badValues(field)[0][0]]));
			const { error } = (await ask(row, { ...body, nope: 1 })).json;
			assert.equal(error.code, 'YAVIO-3050');
			for (const name of [...Object.keys(body), 'nope']) assert.ok(error.details.some((d) => d.field === name), `${row.name}: ${name}`);
		}
	});

	it('lists: page, pageSize, sort, order; a page past the end is empty', async () => {
		const lists = API.filter((row) => row.method === 'GET' && row.fields?.some((f) => f.name === 'pageSize'));
		assert.ok(lists.length > 0);
		for (const row of lists) {
			const get = async (query) => cast.owner.client.get(`${fill(row.path, idsOf(cast))}?${query}${neededOf(row) && '&'}${neededOf(row)}`);
			for (const query of ['page=0', 'page=-1', 'page=abc', 'page=1.5', 'page=', 'pageSize=0', 'pageSize=101', 'page=0&pageSize=0', 'page=%00', 'page=%zz'])
				refused(await get(query), 400, 3403);
			refused(await get('page=1&page=2'), 400, row.strict ? 3050 : 3403, { page: 'duplicate' });
			for (const query of ['sort=nope', 'order=up', 'sort=nope&order=up']) refused(await get(query), 400, 3404);
			refused(await get('page=0&sort=nope'), 400, 3050, { page: 'too_small', sort: 'unknown_value' });
			const past = ok(await get('page=1000&pageSize=100'));
			assert.deepEqual([past.items, past.page, past.pageSize], [[], 1000, 100]);
			for (const sort of row.fields.find((f) => f.name === 'sort').words) for (const order of ['asc', 'desc']) ok(await get(`sort=${sort}&order=${order}`));
		}
	});
});

describe('other tenants', () => {
	/** Bodies are equal but for the request id. */
	const bodyOf = (answer) => answer.text.replaceAll(/req_[0-9a-f-]{36}/g, 'req_');

	it('their ids, unknown ones and what is no id: the same 404 in every place of every path', async () => {
		for (const row of API.filter((r) => r.auth in ROLE_RANK || r.missing)) {
			const client = await clientFor(row);
			const mine = idsOf(cast);
			const theirs = { ...idsOf(others), id: row.path.includes('invitations') ? others.invitation.id : row.path.includes('keys') ? others.key.id : others.owner.client.sessionId };
			for (const name of parametersOf(row.path)) {
				// Names in the views of events are no ids: an unknown one is answered with nothing.
				if (!(name in theirs) || (!row.missing && !['workspaceId', 'projectId'].includes(name))) continue;
				const answers = [];
				for (const id of [theirs[name], randomUUID(), 'x', '..%2Fx', theirs[name].toUpperCase(), `${theirs[name]}x`])
					answers.push(await client.request(row.method, fill(row.path, { ...mine, [name]: id }), row.method === 'GET' ? undefined : goodBody(row)));
				const expected = { workspaceId: 3151, projectId: 3153 }[name] ?? Number(row.missing?.slice(6));
				for (const answer of answers) {
					refused(answer, 404, expected);
					assert.equal(bodyOf(answer), bodyOf(answers[0]), `${row.name}: ${name}`);
				}
			}
		}
		const [{ n }] = await stack.sql('SELECT count(*)::int AS n FROM yavio.workspace_members WHERE workspace_id = $1', [others.workspace.id]);
		assert.equal(n, ROLES.length);
	});
});

describe('headers', () => {
	const SECURITY = {
		'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
		'x-content-type-options': 'nosniff',
		'x-frame-options': 'DENY',
		'referrer-policy': 'strict-origin-when-cross-origin',
		'permissions-policy': 'camera=(), microphone=(), geolocation=()',
		'cross-origin-opener-policy': 'same-origin',
		'cross-origin-resource-policy': 'same-origin',
		'cache-control': 'no-store',
		server: undefined,
		'access-control-allow-origin': undefined,
		'strict-transport-security': undefined,
	};

	it('security headers, no-store and the request id on every row, refused or not', async () => {
		for (const row of [...API, { method: 'GET', path: '/api/nope' }]) {
			for (const client of [stack.client(), cast.owner.client]) {
				const mine = 'req_00000000-0000-0000-0000-000000000000';
				const answer = await client.request(row.method, fill(row.path, idsOf(cast)), row.method === 'GET' ? undefined : '{', { headers: { 'X-Request-Id': mine } });
				for (const [name, value] of Object.entries(SECURITY)) assert.equal(answer.headers[name], value, `${row.method} ${row.path}: ${name}`);
				assert.match(answer.headers['x-request-id'], /^req_[0-9a-f-]{36}$/);
				assert.notEqual(answer.headers['x-request-id'], mine);
			}
		}
	});

	it('limits: how the bucket stands, on every row that draws from one', async () => {
		for (const row of API.filter((r) => r.class !== 'health')) {
			const client = await clientFor(row);
			const answer = await knock(client, row, idsOf(cast));
			for (const name of ['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset']) assert.match(answer.headers[name] ?? '', /^[0-9]+$/, `${row.name}: ${name}`);
			assert.equal(answer.headers['retry-after'], undefined);
		}
	});

	it('no answer to a preflight, none for HEAD where there is no GET', async () => {
		const client = stack.client();
		refused(await client.request('OPTIONS', '/api/auth/session', undefined, { headers: { 'Access-Control-Request-Method': 'POST' } }), 405, 3055);
		assert.equal((await new Client(stack).request('HEAD', '/api/auth/logout')).status, 405);
		assert.equal((await new Client(stack).request('HEAD', '/api/auth/providers')).text, '');
	});
});
