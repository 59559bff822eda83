// SPDX-License-Identifier: MIT
// A real provider on loopback (npm oidc-provider): Google's shape as it is, GitHub's with its user and e-mail routes on top.
//
//   const idp = await startProvider();               // stop() in after()
//   const stack = await startDashboard({ settings: idp.settings });
//   idp.allow(stack.url);                             // redirect URIs
//   idp.person = { sub: '1', email: 'a@a.example', email_verified: true, name: 'A' };
//   const callback = await idp.visit(url);            // what the browser is sent back to: path and query
//   idp.fault('/token', (req, res) => res.destroy()); // until idp.heal()
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';
import { freePort } from './port.mjs';

const CLIENT = { id: 'yavio-tests', secret: randomBytes(24).toString('hex') };
const HOPS_MAX = 10;

class LocalProvider {
	#faults = new Map();
	#people = new Map();

	/** What asked for a path, newest last: { method, path, headers, body }. */
	requests = [];
	/** Who logs in at the provider next. */
	person = { sub: '1', email: 'one@a.example', email_verified: true, name: 'One' };

	async start() {
		this.port = await freePort();
		this.url = `http://127.0.0.1:${this.port}`;
		this.redirects = [];
		this.#make();
		this.server = createServer((req, res) => this.#serve(req, res));
		await new Promise((done) => this.server.listen(this.port, '127.0.0.1', done));
		return this;
	}

	async stop() {
		this.server.closeAllConnections();
		await new Promise((done) => this.server.close(done));
	}

	/** Environment of a dashboard that uses it. */
	get settings() {
		return {
			GOOGLE_CLIENT_ID: CLIENT.id, GOOGLE_CLIENT_SECRET: CLIENT.secret, GOOGLE_ISSUER: this.url,
			GOOGLE_AUTHORIZE_URL: `${this.url}/auth`, GOOGLE_TOKEN_URL: `${this.url}/token`,
			GOOGLE_USERINFO_URL: `${this.url}/me`, GOOGLE_REVOKE_URL: `${this.url}/revoke`,
			GITHUB_CLIENT_ID: CLIENT.id, GITHUB_CLIENT_SECRET: CLIENT.secret, GITHUB_ISSUER: this.url,
			GITHUB_AUTHORIZE_URL: `${this.url}/auth`, GITHUB_TOKEN_URL: `${this.url}/token`,
			GITHUB_USER_URL: `${this.url}/user`, GITHUB_EMAILS_URL: `${this.url}/user/emails`,
			GITHUB_REVOKE_URL: `${this.url}/applications`,
		};
	}

	/** Has it accept the callbacks of a dashboard at origin. */
	allow(origin) {
		this.redirects = ['google', 'github'].map((name) => `${origin}/api/auth/callback/${name}`);
		this.#make();
	}

	/** Answers path with handler(req, res, body) instead. */
	fault(path, handler) {
		this.#faults.set(path, handler);
	}

	heal() {
		this.#faults.clear();
	}

	/** Goes to an authorization address as a browser does; gives path and query of the callback that it ends in. */
	async visit(url) {
		const cookies = new Map();
		for (let hop = 0; hop < HOPS_MAX; hop++) {
			const headers = { Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') };
			const answer = await fetch(url, { redirect: 'manual', headers });
			for (const line of answer.headers.getSetCookie()) {
				const [pair] = line.split(';');
				cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
			}
			const to = answer.headers.get('location');
			if (!to) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
			url = new URL(to, url).href;
			if (!url.startsWith(this.url)) return url.slice(new URL(url).origin.length);
		}
		throw new Error(`${url}: still at the provider`);
	}

	/** Whether it still honours a token. */
	async honours(token) {
		return Boolean(await this.provider.AccessToken.find(token));
	}

	#make() {
		this.provider = new Provider(this.url, {
			clients: [{
				client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: this.redirects,
				grant_types: ['authorization_code'], response_types: ['code'], token_endpoint_auth_method: 'client_secret_post',
			}],
			scopes: ['openid', 'read:user', 'user:email'],
			claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
			pkce: { required: () => true, methods: ['S256'] },
			cookies: { keys: [randomBytes(16).toString('hex')] },
			features: { devInteractions: { enabled: false } },
			interactions: { url: (ctx, { uid }) => `/interaction/${uid}` },
			findAccount: (ctx, id) => this.#people.has(id) && { accountId: id, claims: () => this.#people.get(id) },
		});
		this.provider.on('server_error', (ctx, err) => console.error(err));
		this.handle = this.provider.callback();
	}

	async #serve(req, res) {
		const { pathname } = new URL(req.url, this.url);
		const fault = this.#faults.get(pathname);
		const own = fault || /^\/(interaction|user|revoke|applications)/.test(pathname);
		let body = '';
		if (own) for await (const piece of req) body += piece;
		this.requests.push({ method: req.method, path: pathname, headers: req.headers, body });
		try {
			if (fault) return await fault(req, res, body);
			if (pathname.startsWith('/interaction/')) return await this.#logIn(req, res);
			if (pathname.startsWith('/user')) return await this.#user(req, res, pathname);
			if (pathname === '/revoke') return await this.#revoke(res, new URLSearchParams(body).get('token'));
			if (pathname === `/applications/${CLIENT.id}/token`) return await this.#revokeGithub(req, res, body);
			return this.handle(req, res);
		} catch (err) {
			res.writeHead(500).end(String(err));
		}
	}

	/** The person logs in and consents, without a page. */
	async #logIn(req, res) {
		const { params } = await this.provider.interactionDetails(req, res);
		this.#people.set(this.person.sub, this.person);
		const grant = new this.provider.Grant({ accountId: this.person.sub, clientId: params.client_id });
		grant.addOIDCScope(params.scope);
		const result = { login: { accountId: this.person.sub }, consent: { grantId: await grant.save() } };
		await this.provider.interactionFinished(req, res, result, { mergeWithLastSubmission: false });
	}

	/** GitHub's /user and /user/emails, for whom the token is. */
	async #user(req, res, pathname) {
		const token = await this.provider.AccessToken.find((req.headers.authorization ?? '').replace(/^Bearer /, ''));
		const json = (status, value) => res.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
		if (!token || !req.headers['user-agent']) return json(401, { message: 'Requires authentication' });
		const person = this.#people.get(token.accountId);
		if (pathname === '/user') return json(200, { id: Number(person.sub), login: `login-${person.sub}`, name: person.name ?? null });
		return json(200, [
			{ email: `other-${person.email}`, primary: false, verified: true },
			...(person.email ? [{ email: person.email, primary: true, verified: person.email_verified === true }] : []),
		]);
	}

	async #revoke(res, token) {
		await (await this.provider.AccessToken.find(token ?? ''))?.destroy();
		res.writeHead(200).end();
	}

	async #revokeGithub(req, res, body) {
		const basic = `Basic ${Buffer.from(`${CLIENT.id}:${CLIENT.secret}`).toString('base64')}`;
		if (req.method !== 'DELETE' || req.headers.authorization !== basic) return res.writeHead(401).end();
		await (await this.provider.AccessToken.find(JSON.parse(body).access_token))?.destroy();
		return res.writeHead(204).end();
	}
}

export const startProvider = () => new LocalProvider().start();
