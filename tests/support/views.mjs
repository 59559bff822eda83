// SPDX-License-Identifier: MIT
// The views of a project in a browser: the worked example loaded, people who log in, and what stands on a page as texts.
//
//   const site = await startPages();                         // before(); site.stop() in after()
//   const { page, clean } = await site.signIn(t);            // the owner; or { person }, and options of the window
//   await page.goto(`${site.place}/overview?${RANGE}`);
//   await looked(page, 'overview');                          // axe; a picture where YAVIO_SCREENSHOTS says
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { fixture, startAnalytics } from './analytics.mjs';
import { openWindow, startBrowser, violations } from './browser.mjs';
import { PASSWORD } from './dashboard.mjs';
import { signIn } from './pages.mjs';

/** The range of the worked example. */
export const RANGE = 'from=2026-11-02T00:00:00.000Z&to=2026-11-16T00:00:00.000Z&tz=UTC';
const SHOTS = process.env.YAVIO_SCREENSHOTS;
const NUMBER = '.text-kpi, .text-title';

class Pages {
	static async start() {
		const site = new Pages();
		const { rows, setup } = fixture();
		site.stack = await startAnalytics();
		try {
			await site.stack.tenant({ workspace: setup.workspaceId, project: setup.projectId });
			await site.stack.load(rows, setup.toolRegistry);
			const [{ ws, project }] = await site.stack.dashboard.sql('SELECT w.slug AS ws, p.slug AS project FROM yavio.workspaces w JOIN yavio.projects p ON p.workspace_id = w.id WHERE p.id = $1', [setup.projectId]);
			site.setup = setup;
			site.place = `/${ws}/${project}`;
			site.api = `/api/analytics/${setup.projectId}`;
			site.origin = `http://localhost:${site.stack.dashboard.port}`;
			site.browser = await startBrowser();
		} catch (err) {
			await site.stop();
			throw err;
		}
		return site;
	}

	/** A window of a person, the owner unless told, logged in by the form. */
	async signIn(t, { person = this.stack.owner, ...options } = {}) {
		const window = await openWindow(this.browser, this.origin, options);
		t.after(() => window.close());
		await logIn(window.page, person.email);
		return window;
	}

	/** A person with that role in the workspace of the worked example. */
	async member(role) {
		const person = await this.stack.dashboard.person({ name: `The ${role}` });
		await this.stack.dashboard.join({ id: this.setup.workspaceId }, person, role);
		return person;
	}

	async stop() {
		await this.browser?.close();
		await this.stack?.stop();
	}
}
export const startPages = () => Pages.start();

/** Through the form of the login page. */
export const logIn = (page, email) => signIn(page, email, PASSWORD);

/** Nothing is on its way, axe finds nothing; with YAVIO_SCREENSHOTS a picture of the whole page. A view that streams is never idle. */
export async function looked(page, name, { idle = true } = {}) {
	if (idle) await page.waitForLoadState('networkidle');
	if (SHOTS) {
		mkdirSync(SHOTS, { recursive: true });
		await page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true });
	}
	assert.deepEqual(await violations(page), [], name);
}

/** Texts of the cards, once each has its number: { label: number }. They come by a request of their own, perhaps after the rest of the page. */
export async function cards(page) {
	const shown = page.locator('dl[aria-label="Key numbers"] dd, dl[aria-label="More numbers"] dd');
	await shown.first().waitFor();
	await shown.filter({ hasNot: page.locator(NUMBER) }).first().waitFor({ state: 'detached' });
	return Object.fromEntries(await shown.evaluateAll((all, number) => all.map((dd) => [dd.previousElementSibling.textContent, dd.querySelector(number).textContent]), NUMBER));
}

/** Cells of a table by its label, as texts. */
export const cells = (page, label) => page.getByRole('table', { name: label }).locator('tbody tr').evaluateAll((trs) => trs.map((tr) => [...tr.cells].map((td) => td.innerText.trim())));
