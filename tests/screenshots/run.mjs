// SPDX-License-Identifier: MIT
// Pictures of every page, from a demo: both themes, full and empty, wide and on a phone, into build/screenshots.
// usage: node tests/screenshots/run.mjs [only=overview,tools] [themes=light,dark] [widths=wide,phone] [readme=1]
//        readme=1 takes the pictures of the README anew (docs/images). YAVIO_DEMO_DIR: a demo that runs already.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openWindow, startBrowser } from '../support/browser.mjs';
import { DEMO_EMAIL, demoIn } from '../support/demo.mjs';
import { signIn, viewsOf } from '../support/pages.mjs';
import { ROOT } from '../support/process.mjs';

const OUT = join(ROOT, 'build/screenshots');
const README = join(ROOT, 'docs/images');
const VIEWPORT = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };
const FULL = '/demo/demo-standard';
const EMPTY = '/demo/empty';
const README_PAGES = { overview: `${FULL}/overview`, tools: `${FULL}/tools?range=30d` };

const given = Object.fromEntries(process.argv.slice(2).map((arg) => arg.split('=')));
const list = (name, all) => given[name]?.split(',') ?? all;
const wanted = (name) => !given.only || given.only.split(',').some((word) => name.startsWith(word));

/** Before a login; the rest of the address is what such a link holds. */
const AUTH = { login: '/login', register: '/register', 'forgot-password': '/forgot-password', 'reset-password': '/reset-password#t=x', 'verify-email': '/verify-email#t=x', unlock: '/unlock#t=x', invite: '/invite#t=x', setup: '/setup#t=x' };
const SETTINGS = {
	projects: '/demo', 'not-found': '/demo/nope', 'start-1': '/new', 'start-2': '/demo/new', 'start-3': `${EMPTY}/start?step=3`, 'start-4': `${EMPTY}/start?step=4`, 'start-5': `${EMPTY}/start?step=5`,
	...Object.fromEntries(['general', 'members', 'projects', 'keys', 'audit'].map((tab) => [`settings-${tab}`, `/demo/settings/${tab}`])),
	...Object.fromEntries(['profile', 'security', 'logins', 'activity', 'erasures'].map((tab) => [`account-${tab}`, `/settings/account/${tab}`])),
};

let taken = 0;
async function picture(page, file, fullPage = true) {
	await page.getByRole('heading', { level: 1 }).first().waitFor();
	// Live never rests
	await page.waitForLoadState('networkidle', { timeout: 4000 }).catch(() => {});
	await page.locator('.skeleton:visible, [aria-busy="true"]:visible').first().waitFor({ state: 'hidden', timeout: 8000 }).catch(() => {});
	if (fullPage) {
		// a window as high as the page: the side bar reaches down, charts further down are drawn
		const { width, height } = page.viewportSize();
		const whole = await page.evaluate(() => document.documentElement.scrollHeight);
		await page.setViewportSize({ width, height: Math.max(height, whole) });
		await page.locator('.skeleton:visible, [aria-busy="true"]:visible').first().waitFor({ state: 'hidden', timeout: 8000 }).catch(() => {});
		await page.screenshot({ path: file });
		await page.setViewportSize({ width, height });
	} else await page.screenshot({ path: file });
	taken++;
}

async function themed(browser, demo, theme, width) {
	const dir = join(OUT, `${theme}-${width}`);
	mkdirSync(dir, { recursive: true });
	const window = await openWindow(browser, demo.origin, { colorScheme: theme, viewport: VIEWPORT[width] });
	const { page } = window;
	const each = async (pages, prefix, query = '') => {
		for (const [name, path] of Object.entries(pages)) {
			if (!wanted(name)) continue;
			await page.goto(path + query);
			await picture(page, join(dir, `${prefix}${name}.png`));
		}
	};
	await each(AUTH, '');
	await signIn(page, DEMO_EMAIL, demo.password);
	await each(SETTINGS, '');
	await each(await viewsOf(page, FULL, { query: '?range=30d', wanted }), 'full-', '?range=30d');
	await each(await viewsOf(page, EMPTY, { deep: false }), 'empty-');
	if (width === 'phone' && wanted('menu')) {
		await page.goto(`${FULL}/overview`);
		await page.getByRole('button', { name: 'Open menu' }).click();
		await picture(page, join(dir, 'menu.png'), false);
	}
	for (const fault of window.faults()) console.error(`${theme} ${width}: ${fault}`);
	await window.close();
}

async function readme(browser, demo) {
	mkdirSync(README, { recursive: true });
	const window = await openWindow(browser, demo.origin, { colorScheme: 'light', viewport: { width: 1280, height: 800 }, timezoneId: 'America/New_York' });
	await signIn(window.page, DEMO_EMAIL, demo.password);
	for (const [name, path] of Object.entries(README_PAGES)) {
		await window.page.goto(path);
		await picture(window.page, join(README, `${name}.png`), false);
	}
	await window.close();
}

const demo = demoIn(process.env.YAVIO_DEMO_DIR ? { dir: process.env.YAVIO_DEMO_DIR } : {});
let browser;
try {
	console.log('starting a demo …');
	await demo.start();
	const made = await demo.yavio(['keys', 'create', '--workspace', 'Demo', '--project', 'Empty', '--create-missing', '--json']);
	if (made.code !== 0) throw new Error(made.stderr);
	browser = await startBrowser();
	if (given.readme) await readme(browser, demo);
	else {
		if (!given.only) rmSync(OUT, { recursive: true, force: true });
		for (const theme of list('themes', ['light', 'dark'])) {
			for (const width of list('widths', ['wide', 'phone'])) {
				await themed(browser, demo, theme, width);
				console.log(`${theme} ${width}: ${taken} pictures so far`);
			}
		}
	}
	console.log(`${taken} pictures in ${given.readme ? README : OUT}`);
} finally {
	await browser?.close();
	await demo.stop();
}
