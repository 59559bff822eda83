// SPDX-License-Identifier: MIT
// The widget in a real Chromium, sending to a real ingest: each automatic event by a real interaction, and how a page ends.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { Stack, waitFor } from '../../../tests/support/stack.mjs';
import { startSink } from './support/sink.mjs';

const here = (path) => new URL(path, import.meta.url).pathname;
const BROWSER = '/usr/bin/chromium';

let stack, key, project, browser, pages, origin, traces = 0;
const files = {};

before(async () => {
  stack = await Stack.start();
  ({ key, project_id: project } = await stack.createKey('Test workspace', 'Widgets'));
  browser = await chromium.launch({ executablePath: BROWSER, args: ['--no-sandbox', '--disable-quic', '--disable-background-networking'] });
  files['/widget.global.js'] = ['text/javascript', readFileSync(here('../dist/widget.global.js'))];
  const bundled = await build({
    stdin: { contents: readFileSync(here('./support/react-page.jsx'), 'utf8'), loader: 'jsx', resolveDir: here('..') },
    bundle: true, write: false, format: 'iife', jsx: 'automatic', define: { 'process.env.NODE_ENV': '"development"' },
  });
  files['/react.js'] = ['text/javascript', bundled.outputFiles[0].text];
  pages = createServer((request, response) => {
    const [type, body] = files[request.url.split('?')[0]] ?? ['text/html', '<!doctype html><title>x</title>'];
    response.writeHead(200, { 'content-type': type }).end(body);
  }).listen(0, '127.0.0.1');
  await once(pages, 'listening');
  origin = `http://127.0.0.1:${pages.address().port}`;
});
after(async () => {
  await browser?.close();
  pages?.closeAllConnections();
  pages?.close();
  await stack?.stop();
});

/** A configuration as the server entry would put it into a result, for a trace of its own. */
async function mint(endpoint) {
  const traceId = `tr_widget_${++traces}`;
  const sessionId = 'ses_widget';
  if (endpoint) return { token: `tok_${traces}`, endpoint: `${endpoint}/v1/events`, traceId, sessionId, stepSequence: 2, expiresAt: new Date(Date.now() + 900_000).toISOString() };
  const answer = await fetch(`${stack.ingestUrl}/v1/widget-tokens`, {
    method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: JSON.stringify({ traceId, sessionId }),
  });
  return { ...(await answer.json()), endpoint: `${stack.ingestUrl}/v1/events`, traceId, sessionId, stepSequence: 2 };
}

/** A page with this body and script; the widget's global is there. */
async function open(body, script = '', path = `/page${traces}.html`) {
  files[path] = ['text/html', `<!doctype html><html><head><meta charset="utf-8"></head><body>${body}<script src="/widget.global.js"></script><script>${script}</script></body></html>`];
  // A context of its own: page.close() then closes a tab, not the context under it, which tells nobody.
  const page = await (await browser.newContext({ viewport: { width: 800, height: 600 } })).newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(origin + path);
  return Object.assign(page, { errors });
}

const COLUMNS = `event_id, event_type, event_name, user_id, status, source, sdk_version, viewport_width, device_touch, click_count, scroll_depth_pct, field_name,
  nav_from, nav_to, visible_duration_ms, load_time_ms, step_sequence, error_message, metadata, conversion_value, session_id`;
async function eventsOf(trace, enough) {
  let rows;
  await waitFor(`events of ${trace}`, async () => {
    rows = await stack.query(`SELECT ${COLUMNS} FROM events FINAL WHERE trace_id = '${trace}' ORDER BY timestamp`, project);
    return enough(rows);
  }, 30_000, 100).catch(() => {});
  assert.ok(enough(rows), JSON.stringify(rows.map((row) => [row.event_type, row.event_name])));
  return rows.map((row) => ({ ...row, metadata: row.metadata && JSON.parse(row.metadata) }));
}
const has = (...types) => (rows) => types.every((type) => rows.some((row) => row.event_type === type));

const BODY = `
<h1 id="title">Rooms</h1>
<button id="book" data-yavio="book-button" class="primary big">Book</button>
<a id="link" href="https://example.org/rooms?user=secret">Elsewhere</a>
<form id="search"><input name="city" required><input name="guests" type="number"><textarea name="notes"></textarea><button id="send">Send</button></form>
<div data-yavio-ignore><button id="private">Private</button></div>
<iframe id="inner" srcdoc="<p id=p>inner</p>" width="100" height="50"></iframe>
<div id="list" style="height:100px;overflow:auto"><div style="height:1000px">long</div></div>
<div style="height:3000px"></div>`;

test('every automatic event, by a real interaction', async () => {
  const config = await mint();
  const page = await open(BODY, `document.querySelector('#link').addEventListener('click', (e) => e.preventDefault());
document.querySelector('#search').addEventListener('submit', (e) => e.preventDefault());
window.widget = Yavio.createWidget(${JSON.stringify({ _meta: { yavio: config } })});
widget.identify('user_9', { mail: 'ana@example.pt' });`);
  await page.click('#book');
  await page.waitForTimeout(600);
  await page.click('#book', { clickCount: 3, delay: 10 });
  await page.click('#link');
  await page.click('#private');
  await page.click('#send'); // invalid: the city is required
  await page.waitForTimeout(100);
  await page.fill('[name=city]', 'Porto ana@example.pt');
  await page.fill('[name=guests]', '2');
  await page.click('#send');
  await page.hover('#list');
  await page.mouse.wheel(0, 400);
  await page.waitForTimeout(400);
  await page.mouse.move(400, 20);
  await page.mouse.wheel(0, 900);
  await page.waitForTimeout(400);
  await page.evaluate(() => history.pushState({}, '', '/rooms?secret=1#detail'));
  await page.evaluate(() => void setTimeout(() => { throw new Error('widget broke for ana@example.pt'); }));
  await page.evaluate(() => void Promise.reject(new Error('rejected')));
  await page.waitForTimeout(50);
  await page.evaluate(() => scrollTo(0, 0));
  await page.click('body', { position: { x: 300, y: 10 } });
  await page.frameLocator('#inner').locator('#p').click();
  await page.evaluate(() => widget.step('chosen', { room: 1 }));
  await page.evaluate(() => widget.conversion('booking', { value: 12.5, currency: 'EUR' }));
  await page.close({ runBeforeUnload: true });

  const rows = await eventsOf(config.traceId, has('widget_render', 'widget_click', 'widget_rage_click', 'widget_link_click', 'widget_form_field', 'widget_form_submit', 'widget_scroll', 'widget_navigation', 'widget_error', 'widget_focus', 'widget_performance', 'widget_visibility', 'step', 'conversion', 'identify'));
  const named = (type) => rows.filter((row) => row.event_type === type);
  assert.equal(named('widget_render').length, 1);
  assert.equal(named('widget_render')[0].viewport_width, 800);
  assert.deepEqual([named('widget_click')[0].event_name, named('widget_click')[0].metadata.target_class], ['book-button', 'primary big']);
  assert.deepEqual([named('widget_rage_click').length, named('widget_rage_click')[0].event_name], [1, 'book-button']);
  assert.ok(!rows.some((row) => row.event_name === 'private'));
  assert.equal(named('widget_link_click')[0].metadata.href, 'https://example.org');
  assert.deepEqual([...new Set(named('widget_form_field').map((row) => row.field_name))].sort(), ['city', 'guests']);
  assert.deepEqual(named('widget_form_submit').map((row) => row.status), ['error', 'success']);
  assert.deepEqual(named('widget_form_submit')[0].metadata.invalid_fields, ['city']);
  const scrolled = Object.fromEntries(named('widget_scroll').map((row) => [row.event_name, row.scroll_depth_pct]));
  assert.ok(scrolled.list >= 45 && scrolled.page > 20, JSON.stringify(scrolled));
  assert.deepEqual([named('widget_navigation')[0].nav_to], ['/rooms#detail']);
  assert.deepEqual(named('widget_error').map((row) => row.error_message).sort(), ['Uncaught Error: widget broke for [EMAIL_REDACTED]', 'rejected']);
  assert.ok(named('widget_performance')[0].load_time_ms > 0);
  assert.ok(named('widget_visibility')[0].visible_duration_ms >= 100);
  assert.equal(named('step')[0].step_sequence, 3, 'goes on where the server stopped');
  assert.equal(Number(named('conversion')[0].conversion_value), 12.5);
  for (const row of rows) {
    assert.deepEqual([row.source, row.session_id], ['widget', 'ses_widget']);
    assert.ok(row.sdk_version);
    assert.ok(row.event_type === 'widget_render' || row.event_type === 'widget_performance' || row.user_id === 'user_9', row.event_type);
  }
  assert.doesNotMatch(JSON.stringify(rows), /secret|Porto|ana@/);
});

/** A template as hosts take it: ONE document, with the script that a bundler made of entry inlined. */
async function template(entry, format, config) {
  const contents = `import { createWidget } from '@yavio/sdk/${entry}'; window.w = createWidget(${JSON.stringify(config)}); w.track('here');`;
  const { outputFiles: [script] } = await build({ stdin: { contents, resolveDir: here('..') }, bundle: true, minify: true, write: false, format, logLevel: 'silent' });
  return `<!doctype html><button id="go">Go</button><script type="${format === 'esm' ? 'module' : 'text/javascript'}">${script.text}</script>`;
}
for (const [entry, format, automatic] of [['widget', 'iife', true], ['widget', 'esm', true], ['widget/core', 'esm', false]]) {
  test(`./${entry} inlined into one document as ${format}: ${automatic ? 'all events' : 'explicit calls alone'}, the last by beacon`, async () => {
    const config = await mint();
    const path = `/one_${config.traceId}.html`;
    files[path] = ['text/html', await template(entry, format, config)];
    const page = await browser.newPage();
    const fetched = [];
    page.on('request', (request) => request.resourceType() === 'script' && fetched.push(request.url()));
    await page.goto(origin + path);
    await page.click('#go');
    await page.evaluate(() => w.track('last'));
    await page.close({ runBeforeUnload: true });
    const wanted = automatic ? ['widget_render', 'widget_click', 'track'] : ['track'];
    const rows = await eventsOf(config.traceId, (found) => has(...wanted)(found) && found.some((row) => row.event_name === 'last'));
    assert.deepEqual(fetched, []);
    assert.deepEqual(rows.filter((row) => row.event_type === 'track').map((row) => row.event_name).sort(), ['here', 'last']);
    assert.equal(rows.some((row) => row.event_type.startsWith('widget_')), automatic);
  });
}

test('a page closed with a full buffer: the last events arrive by beacon', async () => {
  const config = await mint();
  const page = await open('<p>x</p>', `const w = Yavio.createWidget(${JSON.stringify(config)}, { autocapture: false }); for (let i = 0; i < 10; i++) w.track('last', { i });`);
  await page.close({ runBeforeUnload: true });
  const rows = await eventsOf(config.traceId, (found) => found.length >= 10);
  assert.deepEqual(rows.map((row) => row.metadata.i).sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('React in StrictMode: one render event, a stable object, alive after a remount', async () => {
  const config = await mint();
  files['/strict.html'] = ['text/html', `<!doctype html><body><div id="root"></div><script>window.config = ${JSON.stringify(config)};</script><script src="/react.js"></script></body>`];
  const page = await browser.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(error));
  await page.goto(`${origin}/strict.html`);
  await page.click('#late');
  await page.click('#remount');
  await page.click('.act >> nth=0');
  await page.waitForTimeout(1_200);
  await page.click('.act >> nth=0');
  assert.equal(await page.evaluate(() => window.stable), true);
  await page.close({ runBeforeUnload: true });
  const rows = await eventsOf(config.traceId, (found) => found.filter((row) => row.event_name === 'acted').length >= 2 && has('widget_render', 'track')(found));
  assert.equal(rows.filter((row) => row.event_type === 'widget_render').length, 1);
  assert.equal(rows.filter((row) => row.event_name === 'early').length, 1, 'calls before the configuration are held');
  assert.deepEqual(errors, []);
});

test('a sandboxed iframe of opaque origin sends, too', async () => {
  const config = await mint();
  files['/frame.html'] = ['text/html', `<!doctype html><body><button id="b">b</button><script src="${origin}/widget.global.js"></script><script>Yavio.createWidget(${JSON.stringify(config)}).track('framed');</script></body>`];
  const page = await open('<iframe id="f" sandbox="allow-scripts" src="/frame.html" width="300" height="200"></iframe>');
  await page.frameLocator('#f').locator('#b').click();
  // Chromium does not wait for a frame of another process when a tab is closed: these go with the timer.
  const rows = await eventsOf(config.traceId, has('track', 'widget_render', 'widget_click'));
  await page.close();
  assert.equal(rows.find((row) => row.event_type === 'widget_render').metadata.host, 'frame');
});

const GONE = {
  'its frame is removed': (page) => page.evaluate(() => document.querySelector('iframe').remove()),
  'its frame goes elsewhere': (page) => page.evaluate(() => (document.querySelector('iframe').src = 'about:blank')),
  'the host replaces what is around it': (page) => page.evaluate(() => (document.body.innerHTML = '')),
  'the page goes elsewhere': (page) => page.goto(`${origin}/elsewhere.html`),
  'the page is closed': (page) => page.close({ runBeforeUnload: true }),
};
for (const sandbox of ['allow-scripts', 'allow-scripts allow-same-origin']) {
  test(`a widget in a frame (${sandbox}) tells its last events however it goes`, async () => {
    await Promise.all(Object.entries(GONE).map(async ([how, leave]) => {
      const config = await mint();
      const path = `/last_${config.traceId}.html`;
      files[path] = ['text/html', `<!doctype html><body><button id="go">Go</button><script src="/widget.global.js"></script><script>
const w = Yavio.createWidget(${JSON.stringify(config)}); document.querySelector('#go').onclick = () => { for (let i = 0; i < 12; i++) w.track('last' + i); };</script>`];
      const page = await open(`<iframe sandbox="${sandbox}" src="${path}" width="300" height="200"></iframe>`, '', `/of_${config.traceId}.html`);
      await page.frameLocator('iframe').locator('#go').click();
      await leave(page);
      const rows = await eventsOf(config.traceId, (found) => found.filter((row) => row.event_type === 'track').length === 12 && has('widget_click')(found));
      assert.equal(new Set(rows.map((row) => row.event_id)).size, rows.length, how);
      await page.close();
    }));
  });
}

test('where a configuration may come from', async () => {
  const config = await mint('http://127.0.0.1:9');
  const probe = async (head, script) => {
    const page = await open(head, `${script}; window.w = window.w ?? Yavio.createWidget();`);
    const active = await page.evaluate(async () => { await new Promise((done) => setTimeout(done, 20)); return [w.active, '__YAVIO__' in window]; });
    await page.close();
    return active;
  };
  const json = JSON.stringify(config);
  assert.deepEqual(await probe('', `window.__YAVIO__ = ${json}`), [true, false]);
  assert.deepEqual(await probe(`<meta name="yavio-config" content='${json}'>`, ''), [true, false]);
  assert.deepEqual(await probe('', `window.openai = { toolResponseMetadata: { yavio: ${json} } }`), [true, false]);
  assert.deepEqual(await probe('', `w = Yavio.createWidget(); window.openai = { toolResponseMetadata: { yavio: ${json} } }; dispatchEvent(new Event('openai:set_globals'))`), [true, false]);
  assert.deepEqual(await probe('', `w = Yavio.createWidget(); postMessage({ jsonrpc: '2.0', method: 'ui/notifications/tool-result', params: { _meta: { yavio: ${json} } } }, '*')`), [true, false]);
  assert.deepEqual(await probe('', `w = Yavio.createWidget(null, { detect: false }); postMessage({ method: 'ui/notifications/tool-result', params: { _meta: { yavio: ${json} } } }, '*')`), [false, false]);
  const quiet = await open('', `window.told = []; console.warn = (text) => told.push(text); w = Yavio.createWidget(undefined, { debug: true }); w.track('held'); w.identify(5); w.conversion('x', null); w.destroy(); w.destroy(); w.track('gone');`);
  assert.deepEqual(quiet.errors, []);
  assert.match(await quiet.evaluate(() => told.join()), /YAVIO-1400/);
  assert.deepEqual(await quiet.evaluate(() => [Yavio.extractWidgetConfig(null), Yavio.extractWidgetConfig({ token: 1 })]), [null, null]);
  await quiet.close();
});

/** Runs script in a page against a sink that answers so. */
async function withSink(answer, script, work = async () => {}) {
  const sink = await startSink(answer);
  const warnings = [];
  // Chromium asks before it sends a bearer token to another origin.
  const cors = { 'access-control-allow-origin': '*', 'access-control-allow-headers': 'authorization,content-type', 'access-control-expose-headers': 'Retry-After' };
  const config = await mint(sink.url);
  const page = await open('<p>x</p>');
  page.on('console', (message) => warnings.push(message.text()));
  await page.route(`${sink.url}/**`, async (route) => {
    if (route.request().method() === 'OPTIONS') return route.fulfill({ status: 204, headers: cors });
    const response = await route.fetch({ maxRedirects: 0 }).catch(() => null);
    if (!response) return route.abort();
    return route.fulfill({ response, headers: { ...response.headers(), ...cors } });
  });
  await page.evaluate(`window.config = ${JSON.stringify(config)}; window.w = Yavio.createWidget(config, { autocapture: false }); ${script}`);
  await work(page, sink, warnings, config);
  await page.close();
  await sink.close();
}
const nameOf = (event) => event.event_name;

test('answers of ingest: retried, held, halved, dropped', async () => {
  await withSink((n) => (n === 1 ? { status: 503, headers: { 'retry-after': '0' } } : undefined), `w.track('a'); w.flush();`, async (page, sink) => {
    await waitFor('the retry', () => sink.accepted.length, 20_000);
    assert.equal(sink.requests[0].headers.authorization, `Bearer ${(await page.evaluate(() => config)).token}`);
    assert.equal(new Set(sink.requests.map(({ body }) => body.events[0].event_id)).size, 1);
  });
  await withSink((n, { events }) => (events.length > 2 ? { status: 413 } : undefined), `for (const n of 'abcde') w.track(n); w.flush();`, async (page, sink) => {
    await waitFor('all five', () => sink.ids.size === 5, 20_000);
  });
  await withSink((n) => (n === 1 ? { status: 401 } : undefined), `w.track('a'); w.flush();`, async (page, sink, warnings) => {
    await waitFor('the refusal', () => warnings.some((text) => text.includes('YAVIO-1401')), 20_000);
    await page.evaluate(() => (w.track('b'), w.flush()));
    assert.equal(sink.requests.length, 1, 'held');
    await page.evaluate(() => w.update({ ...config, token: 'renewed' }));
    await waitFor('both', () => sink.accepted.length === 2, 20_000);
    assert.equal(sink.requests[1].headers.authorization, 'Bearer renewed');
  });
  await withSink(() => ({ status: 400, body: { error: { code: 'YAVIO-2112' } } }), `w.track('a'); w.flush();`, async (page, sink, warnings) => {
    await waitFor('the warning', () => warnings.some((text) => text.includes('YAVIO-1402')), 20_000);
    await page.evaluate(() => w.flush());
    assert.equal(sink.requests.length, 1);
  });
  await withSink(() => ({ status: 429, headers: { 'retry-after': '1' }, body: { error: { code: 'YAVIO-2053' } } }), `w.track('a'); w.flush();`, async (page, sink) => {
    await waitFor('the refusal', () => sink.requests.length === 1, 20_000);
    await page.evaluate(() => w.flush());
    assert.equal(sink.requests.length, 1);
  });
});

test('a new trace: what is queued goes under the old token, numbers begin anew', async () => {
  await withSink(undefined, `w.step('one'); w.update({ ...config, traceId: 'tr_new', token: 'new', stepSequence: 0 }); w.step('two'); w.flush();`, async (page, sink) => {
    await waitFor('both', () => sink.accepted.length === 2, 20_000);
    const [one, two] = sink.accepted.sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
    assert.deepEqual([one.trace_id !== two.trace_id, one.step_sequence, two.step_sequence], [true, 3, 1]);
    assert.deepEqual(sink.requests.map(({ headers }) => headers.authorization.includes('new')), [false, true]);
  });
});

test('an expired token is not used; limits hold; a beacon that is refused is said', async () => {
  await withSink(undefined, `const e = Yavio.createWidget({ ...config, token: 'old', expiresAt: '2020-01-01T00:00:00.000Z' }, { autocapture: false }); e.track('x'); e.flush(); const big = 'x'.repeat(20000); w.track('big', { big }); w.track('fine'); w.flush();`, async (page, sink, warnings) => {
    await waitFor('two', () => sink.accepted.length === 2, 20_000);
    assert.deepEqual(sink.accepted.map(nameOf), ['big', 'fine']);
    assert.ok(Buffer.byteLength(JSON.stringify(sink.accepted[0])) <= 8_192);
    assert.ok(warnings.some((text) => text.includes('YAVIO-1401')));
    await page.evaluate(() => {
      navigator.sendBeacon = () => false;
      window.fetch = () => Promise.reject(new Error('closing'));
      w.track('last');
      w.destroy();
    });
    await waitFor('the warning', () => warnings.some((text) => text.includes('YAVIO-1207')), 20_000);
  });
});

test('automatic events keep to their budget', async () => {
  const config = await mint();
  const page = await open('<button id="b">b</button>', `window.w = Yavio.createWidget(${JSON.stringify(config)}, { maxEvents: 5, root: document.body });`);
  for (let i = 0; i < 8; i++) await page.click('#b', { delay: 1 });
  await page.evaluate(() => w.track('explicit'));
  await page.close({ runBeforeUnload: true });
  const rows = await eventsOf(config.traceId, has('track'));
  assert.equal(rows.filter((row) => row.event_type.startsWith('widget_')).length, 5);
});

test('in server rendering and without a window nothing happens', async () => {
  const { createWidget } = await import('../dist/widget.js');
  const widget = createWidget({ token: 't', endpoint: 'e', traceId: 't', sessionId: 's' });
  widget.track('x');
  await widget.flush();
  assert.equal(widget.active, false);
  const { renderToString } = await import('react-dom/server');
  const { createElement } = await import('react');
  const { useYavio } = await import('../dist/react.js');
  const Page = () => (useYavio().track('rendered'), 'page');
  assert.equal(renderToString(createElement(Page)), 'page');
});
