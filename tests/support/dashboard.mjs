// SPDX-License-Identifier: MIT
// The dashboard as people reach it: private PostgreSQL, yavio-dashboard, real Caddy; clients that behave as a browser does,
// and people, workspaces, projects and keys to work with. Every exchange is held against docs/api/openapi.yaml.
//
//   const stack = await startDashboard();            // before(); stack.stop() in after()
//   const { owner, viewer, workspace, project } = await stack.cast();
//   const answer = await owner.client.post(`/api/workspaces/${workspace.id}/projects`, { name: 'One' });
//   refused(await viewer.client.delete('/api/auth/sessions/x'), 404, 3706);
import assert from 'node:assert/strict';
import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { http, startCaddy } from './caddy.mjs';
import { request as fcgiRequest } from './fcgi.mjs';
import { checkExchange, findOperation } from './openapi.mjs';
import { startPostgres } from './postgres.mjs';
import { freePort } from './port.mjs';
import { temporaryDir } from './process.mjs';
import { schema } from './shipper.mjs';
import { startStore } from './store.mjs';
import { baseEnv, dashboardSecrets, ownDir, startProgram } from './programs.mjs';

/** The password of every account that user() makes, and its hash at the default cost. */
export const PASSWORD = 'correct horse battery staple';
const PASSWORD_HASH = '$argon2id$v=19$m=65536,t=3,p=4$h13JCzIRf23RXU/liV6RCw$yTIO+TCcppLuX1RT+C2mrsvSGz2sytwVECCjLjbvuhc';

export const ROLES = ['owner', 'admin', 'member', 'viewer'];

const RATE_CLASSES = ['CEILING', 'AUTH_STRICT', 'AUTH', 'MANAGE', 'ANALYTICS', 'WEBHOOK', 'HEALTH'];
const noLimits = () => Object.fromEntries(RATE_CLASSES.map((name) => [`YAVIO_RL_${name}`, '100000/60']));

const sha256 = (text) => createHash('sha256').update(text).digest();
export const newToken = () => randomBytes(32).toString('base64url');

/** Asserts an error: status, code as number, the one shape; details: { field: problem }, exactly. */
export function refused(answer, status, code, details) {
	assert.equal(answer.status, status, `${answer.status} ${answer.text}`);
	const { error } = answer.json;
	assert.equal(error.code, `YAVIO-${code}`, answer.text);
	assert.equal(error.status, status);
	assert.equal(error.requestId, answer.headers['x-request-id']);
	if (details) assert.deepEqual(Object.fromEntries(error.details.map((d) => [d.field, d.problem])), details);
	return answer;
}

/** Asserts a success and gives its JSON. */
export function ok(answer, status = 200) {
	assert.equal(answer.status, status, `${answer.status} ${answer.text}`);
	return status === 204 ? undefined : answer.json;
}

/** A browser: keeps cookies, sends Origin and, where the route wants one, the CSRF token. */
export class Client {
	#csrf;

	constructor(stack) {
		this.stack = stack;
		this.cookies = new Map();
	}

	/** The token of the session cookie, undefined when logged out. */
	get session() {
		return this.cookies.get(this.stack.cookie('yavio_session'));
	}

	set session(token) {
		this.cookies.set(this.stack.cookie('yavio_session'), token);
	}

	/**
	 * One exchange. body: an object goes as JSON, a string or Buffer as it is. headers override what a browser would send, null takes
	 * one away. csrf false: no token. chunks: pieces without a length. check false: not held against openapi.yaml.
	 */
	async request(method, path, body, { headers = {}, csrf = true, chunks, check = true } = {}) {
		const all = { 'User-Agent': 'yavio-tests', ...this.#cookieHeader() };
		if (method !== 'GET' && method !== 'HEAD') all.Origin = this.stack.url;
		if (csrf && findOperation(method, path)?.operation['x-csrf']) all['X-CSRF-Token'] = await this.csrfToken();
		const isJson = typeof body === 'object' && !Buffer.isBuffer(body);
		const text = isJson ? JSON.stringify(body) : body;
		if (chunks) all['Transfer-Encoding'] = 'chunked'; // Node frames no DELETE by itself
		if (text !== undefined || chunks) all['Content-Type'] = 'application/json';
		Object.assign(all, this.#cookieHeader(), headers);
		for (const name of Object.keys(all)) if (all[name] === null) delete all[name];
		const answer = await http({ port: this.stack.port, path, method, headers: all, body: text, chunks });
		this.#keepCookies(answer);
		if (check && method !== 'HEAD') checkExchange(method, path, isJson ? body : undefined, answer);
		return answer;
	}

	get(path, options) {
		return this.request('GET', path, undefined, options);
	}

	post(path, body, options) {
		return this.request('POST', path, body, options);
	}

	patch(path, body, options) {
		return this.request('PATCH', path, body, options);
	}

	delete(path, body, options) {
		return this.request('DELETE', path, body, options);
	}

	async csrfToken() {
		this.#csrf ??= ok(await this.get('/api/auth/csrf')).csrfToken;
		return this.#csrf;
	}

	#cookieHeader() {
		if (this.cookies.size === 0) return {};
		return { Cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ') };
	}

	#keepCookies(answer) {
		for (const line of answer.headers['set-cookie'] ?? []) {
			const [pair, ...attributes] = line.split('; ');
			const at = pair.indexOf('=');
			if (attributes.includes('Max-Age=0')) this.cookies.delete(pair.slice(0, at));
			else this.cookies.set(pair.slice(0, at), pair.slice(at + 1));
		}
	}
}

class Dashboard {
	#started = [];

	/** Starts all of it. settings: environment of the programs, null takes one away; store: with an event store that has its tables, { env }: and settings of its own. */
	static async start({ settings = {}, workers = 2, jobs = false, limits = false, ingest = false, store = false } = {}) {
		const stack = new Dashboard();
		stack.dir = temporaryDir();
		try {
			if (store) stack.store = await startStore({ statements: schema(), env: store.env });
			stack.postgres = await startPostgres();
			await stack.postgres.createDatabase();
			stack.home = ownDir(join(stack.dir, 'home'));
			stack.port = await freePort();
			stack.url = `http://localhost:${stack.port}`;
			stack.env = baseEnv(stack.home, {
				...dashboardSecrets(),
				...(limits ? {} : noLimits()),
				NEXTAUTH_URL: stack.url,
				DATABASE_URL: stack.postgres.url('yavio_app'),
				DATABASE_SERVICE_URL: stack.postgres.url('yavio_service'),
				DATABASE_INGEST_URL: stack.postgres.url('yavio_ingest'),
				YAVIO_DASHBOARD_WORKERS: String(workers),
				...(store ? { CLICKHOUSE_URL: stack.store.url, CLICKHOUSE_DASHBOARD_PASSWORD: stack.store.passwords.yavio_dashboard } : {}),
				...settings,
			});
			for (const name of Object.keys(settings)) if (settings[name] === null) delete stack.env[name];
			await stack.startDashboard();
			if (jobs) await stack.startProgram('jobs');
			if (ingest) await stack.startProgram('ingest');
			await stack.startCaddy();
		} catch (err) {
			await stack.stop();
			throw err;
		}
		return stack;
	}

	async startDashboard() {
		this.dashboard = await this.startProgram('dashboard');
	}

	/** Another program of ours in the same YAVIO_HOME; stopped with the stack. */
	async startProgram(name, { env = {}, ready = true } = {}) {
		const started = await startProgram(undefined, name, { dir: this.dir, env: { ...this.env, ...env }, ready });
		this.#started.push(started);
		return started;
	}

	async startCaddy() {
		this.caddy = await startCaddy(undefined, { dir: this.dir, run: join(this.home, 'run'), port: this.port });
		this.#started.push(this.caddy.caddy);
	}

	/** Stops the dashboard and starts it again with the same or other settings. */
	async restart(settings = {}) {
		await this.dashboard.stop();
		Object.assign(this.env, settings);
		await this.startDashboard();
	}

	async stop() {
		await Promise.all(this.#started.map((program) => program.stop()));
		await this.postgres?.stop();
		await this.store?.stop();
		rmSync(this.dir, { recursive: true, force: true });
	}

	/** Name of a cookie as this origin has it. */
	cookie(name) {
		return this.url.startsWith('https:') ? `__Host-${name}` : name;
	}

	client() {
		return new Client(this);
	}

	/** A request past Caddy, with any REMOTE_ADDR: { method, uri, headers, body, params }. */
	fcgi(options) {
		return fcgiRequest(this.dashboard.socket, options);
	}

	/** As yavio_service, past row-level security. */
	async sql(text, params) {
		return (await this.postgres.query('yavio_service', text, params)).rows;
	}

	/** An account: { id, email, name, password }. proof: none, mail, oauth, setup; password false: it has none. */
	async user({ name = 'User', email = `u-${randomUUID().slice(0, 8)}@a.example`, password = true, verified = true, proof = 'mail' } = {}) {
		const id = randomUUID();
		await this.sql(
			`INSERT INTO yavio.users (id, email, name, password_hash, email_verified_at, email_proof)
			VALUES ($1, $2, $3, $4, CASE WHEN $5 THEN now() END, $6)`,
			[id, email, name, password ? PASSWORD_HASH : null, verified, proof],
		);
		return { id, email, name, password: password ? PASSWORD : undefined };
	}

	/** A client that is logged in as user. authAgo: seconds since credentials were proven. */
	async signIn(user, { stage = 'full', method = 'password', authAgo = 0 } = {}) {
		const client = this.client();
		client.session = newToken();
		client.sessionId = randomUUID();
		await this.sql(
			`INSERT INTO yavio.sessions (id, user_id, token_hash, stage, method, auth_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, now() - make_interval(secs => $6), now() + interval '30 days')`,
			[client.sessionId, user.id, sha256(client.session), stage, method, authAgo],
		);
		return client;
	}

	/** user() with its client: { id, email, name, password, client }. */
	async person(options = {}) {
		const user = await this.user(options);
		return { ...user, client: await this.signIn(user, options) };
	}

	/** A workspace: { id, name, slug, owner }. */
	async workspace({ owner, id = randomUUID(), name = 'Workspace', slug = `w-${randomUUID().slice(0, 8)}` }) {
		await this.sql('INSERT INTO yavio.workspaces (id, name, slug, owner_id) VALUES ($1, $2, $3, $4)', [id, name, slug, owner.id]);
		const workspace = { id, name, slug, owner };
		await this.join(workspace, owner, 'owner');
		return workspace;
	}

	async join(workspace, user, role) {
		await this.sql('INSERT INTO yavio.workspace_members (workspace_id, user_id, role) VALUES ($1, $2, $3)', [
			workspace.id, user.id, role,
		]);
	}

	/** A project: { id, name, slug, workspace }. */
	async project(workspace, { id = randomUUID(), name = 'Project', slug = `p-${randomUUID().slice(0, 8)}` } = {}) {
		await this.sql('INSERT INTO yavio.projects (id, workspace_id, name, slug) VALUES ($1, $2, $3, $4)', [id, workspace.id, name, slug]);
		return { id, name, slug, workspace };
	}

	/** An API key of a project: { id, key, prefix }. */
	async key(project, { name = 'Key' } = {}) {
		const [kid, secret] = this.env.API_KEY_HASH_SECRET.split(':');
		const key = `yav_${randomBytes(32).toString('hex')}`;
		const id = randomUUID();
		await this.sql(
			`INSERT INTO yavio.api_keys (id, project_id, workspace_id, key_hash, hash_kid, key_prefix, name)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			[id, project.id, project.workspace.id, createHmac('sha256', secret).update(key).digest(), kid, key.slice(0, 12), name],
		);
		return { id, key, prefix: key.slice(0, 12) };
	}

	/** A pending invitation with its token: { id, email, role, token }. */
	async invitation(workspace, { email = `i-${randomUUID().slice(0, 8)}@a.example`, role = 'member' } = {}) {
		const id = randomUUID();
		const token = newToken();
		await this.sql(
			`INSERT INTO yavio.invitations (id, workspace_id, email, role, invited_by, token_hash, sent_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, now(), now() + interval '7 days')`,
			[id, workspace.id, email, role, workspace.owner.id, sha256(token)],
		);
		return { id, email, role, token };
	}

	/** A workspace with a person of every role, a stranger, a project, a key and an invitation. */
	async cast() {
		const people = {};
		for (const role of [...ROLES, 'stranger']) people[role] = await this.person({ name: `The ${role}` });
		const workspace = await this.workspace({ owner: people.owner });
		for (const role of ROLES.slice(1)) await this.join(workspace, people[role], role);
		const project = await this.project(workspace);
		return { ...people, workspace, project, key: await this.key(project), invitation: await this.invitation(workspace) };
	}
}

export const startDashboard = (options) => Dashboard.start(options);
