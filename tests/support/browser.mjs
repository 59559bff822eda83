// SPDX-License-Identifier: MIT
// Headless Chromium on a running stack. Every page is watched: a violation of the policy, a console error, an uncaught
// error or a request to another host is a failure of the test, and axe looks at each page that is checked.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const EXPECTED_STATUS = /Failed to load resource: the server responded with a status of (4\d\d|5\d\d)/;

/** One Chromium for a file of tests; close() at its end. */
export async function startBrowser() {
	return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-quic', '--disable-background-networking'] });
}

/** A window of its own (cookies, storage) on origin. faults() are what went wrong so far. */
export async function openWindow(browser, origin, options = {}) {
	const context = await browser.newContext({ baseURL: origin, viewport: { width: 1280, height: 900 }, locale: 'en-US', timezoneId: 'UTC', reducedMotion: 'reduce', ...options });
	const faults = [];
	await context.addInitScript(() => {
		addEventListener('securitypolicyviolation', (e) => console.error(`policy: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`));
	});
	context.on('request', (request) => {
		const url = new URL(request.url());
		if (/^https?:$/.test(url.protocol) && url.origin !== new URL(origin).origin) faults.push(`request to ${url.origin}`);
	});
	context.on('console', (message) => {
		// answers of 4xx and 5xx are the page's business, and tested by what it shows
		if (message.type() === 'error' && !EXPECTED_STATUS.test(message.text())) faults.push(`console: ${message.text()}`);
	});
	context.on('weberror', (e) => faults.push(`uncaught: ${e.error().stack ?? e.error()}`));
	const page = await context.newPage();
	page.setDefaultTimeout(60_000);
	return {
		context,
		page,
		faults: () => faults,
		/** Fails when something went wrong on any page of this window. */
		clean() {
			assert.deepEqual(faults, []);
		},
		close: () => context.close(),
	};
}

/** What axe finds on the page as it is now, as short texts. axe itself is not part of the page: it runs beside its policy. */
export async function violations(page) {
	const session = await page.context().newCDPSession(page);
	const evaluate = async (expression) => {
		const { result, exceptionDetails } = await session.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
		if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
		return result.value;
	};
	await evaluate(`if (!window.axe) { ${AXE} } true`);
	const found = await evaluate(`axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] }).then((r) => r.violations.map((v) =>
		v.id + ': ' + v.help + ' [' + v.nodes.slice(0, 3).map((n) => n.target.join(' ') + ' ' + (n.any[0]?.message ?? '')).join(' | ') + ']'))`);
	await session.detach();
	return found;
}
