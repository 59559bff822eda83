// SPDX-License-Identifier: MIT
// The pages of a running stack: signing in, and the addresses of a project's views as its side bar and lists have them.

/** Signs in and waits for the shell. */
export async function signIn(page, email, password) {
	await page.goto('/login');
	await page.getByLabel('E-mail address').fill(email);
	await page.getByLabel('Password').fill(password);
	await page.getByRole('button', { name: 'Sign in' }).click();
	await page.getByRole('button', { name: /^Account of/ }).or(page.getByRole('button', { name: 'Open menu' })).first().waitFor();
}

/** Views that are reached from a list of another one: name, the list, what the address of a row holds. */
const INSIDE = [['tool', 'tools', '/tools/'], ['user', 'users', '/users/'], ['error', 'errors', '/errors/'], ['session', 'sessions', '/sessions/'], ['trace', 'session', '/traces/']];
const ROW_MS = 10_000;

/** { name: address } of a project's views; base: /workspace/project, query: "?range=30d" or nothing; deep: those of a first row, too. */
export async function viewsOf(page, base, { query = '', deep = true, wanted = () => true } = {}) {
	await page.goto(`${base}/overview${query}`);
	const nav = page.locator('nav[aria-label="Main"] a');
	await nav.first().waitFor({ state: 'attached' }); // on a phone it is there, but not to be seen
	const links = await nav.evaluateAll((all) => all.map((a) => a.getAttribute('href').split('?')[0]));
	const views = Object.fromEntries(links.map((href) => [href.split('/').at(-1), href]));
	for (const [name, list, part] of deep ? INSIDE : []) {
		if (!views[list] || !(wanted(name) || (name === 'session' && wanted('trace')))) continue;
		await page.goto(views[list] + query);
		const link = page.locator(`main a[href*="${part}"]`).first();
		await link.waitFor({ timeout: ROW_MS }).catch(() => {}); // a list without a row has nothing inside
		const href = (await link.count()) > 0 ? await link.getAttribute('href') : null;
		if (href) views[name] = href.split('?')[0];
	}
	return views;
}
