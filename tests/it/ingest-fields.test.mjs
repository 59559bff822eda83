// SPDX-License-Identifier: MIT
// What becomes of an event: validation, limits, redaction, enrichment, and the row that is stored. Numbers: rows of the
// contract's test table.
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { entries, refused, startSite, taken, track } from '../support/ingest.mjs';
import { childrenOf, cpuMs } from '../support/process.mjs';

let site;

before(async () => {
	site = await startSite();
});
after(() => site?.close());

const REQUIRED = ['event_id', 'event_type', 'trace_id', 'session_id', 'timestamp', 'source'];
const call = (fields = {}) => ({ event_type: 'tool_call', ...fields });
const raw = (event, name, text) => `{"events":[${JSON.stringify({ ...event, [name]: '@@' }).replace('"@@"', text)}]}`;
const pad = (n) => 'x'.repeat(n);
/** An object whose compact JSON has n bytes. */
const sized = (n) => ({ k: pad(n - 8) });

describe('which events are refused', () => {
	it('22: a required field missing, null or empty', async () => {
		for (const name of REQUIRED) {
			for (const value of [undefined, null, '']) {
				const answer = await site.send(track({ [name]: value }));
				refused(answer, 400, 'YAVIO-2100');
				const [error] = answer.json.errors;
				assert.deepEqual(error, { index: 0, code: 'YAVIO-2101', field: name, issues: [`${name}: required`] });
			}
		}
	});

	it('23, 24, 25, 26: every index is that of the array as sent', async () => {
		const middle = await site.send(track(), track({ event_id: undefined }), track());
		assert.equal(middle.status, 207);
		assert.deepEqual([middle.json.accepted, middle.json.rejected, entries(middle.json.errors)], [2, 1, [[1, 'YAVIO-2101']]]);

		const around = await site.send(track({ event_type: 'Bad Type' }), track(), track({ trace_id: pad(129) }));
		assert.deepEqual(entries(around.json.errors), [[0, 'YAVIO-2102'], [2, 'YAVIO-2106']]);

		const bad = () => track({ source: 'cloud' });
		const mixed = await site.send(...Array.from({ length: 100 }, (_, i) => (i % 2 ? bad() : track())));
		assert.equal(mixed.status, 207);
		assert.deepEqual(entries(mixed.json.errors), Array.from({ length: 50 }, (_, i) => [2 * i + 1, 'YAVIO-2100']));
		const all = await site.send(bad(), bad());
		refused(all, 400, 'YAVIO-2100');
		assert.deepEqual([all.json.accepted, all.json.rejected, all.json.errors.length], [0, 2, 2]);

		const odd = await site.send(1, track(), 'x', null, [], track());
		assert.deepEqual([odd.json.accepted, entries(odd.json.errors)], [2, [[0, 'YAVIO-2100'], [2, 'YAVIO-2100'], [3, 'YAVIO-2100'], [4, 'YAVIO-2100']]]);
	});

	it('long lists of errors and warnings end with how many were left out, and stay JSON', async () => {
		const names = ['event_id', 'trace_id', 'session_id', 'timestamp', 'source', 'output_content', 'intent_signals', 'connection_duration_ms',
			'error_category', 'end_user_agent', 'error_message'];
		const worst = () => ({ ...Object.fromEntries(names.map((name) => [name, []])), event_type: 'tool_call' });
		const answer = await site.send(...Array.from({ length: 1000 }, worst));
		refused(answer, 400, 'YAVIO-2100');
		const { errors, errorsOmitted, rejected } = answer.json;
		assert.equal(rejected, 1000);
		assert.equal(errors.length + errorsOmitted, 1000);
		assert.ok(errors.length <= 200 && errors.length > 100);
		for (const e of errors) assert.ok(e.issues.length === 8, JSON.stringify(e));
		const warned = await site.send(...Array.from({ length: 1000 }, () => track({ locale: pad(36), country_code: 'DEU' })));
		assert.equal(warned.status, 200);
		assert.equal(warned.json.warnings.length, 200);
		assert.equal(warned.json.warningsOmitted, 1800);
		assert.ok(warned.text.length < 256 * 1024 && answer.text.length < 256 * 1024);
	});

	it('a refused event leaves no warnings behind', async () => {
		const answer = await site.send(track({ locale: pad(36) }), track({ locale: pad(36), country_code: 'DEU', source: 'cloud' }));
		assert.equal(answer.status, 207);
		assert.deepEqual(entries(answer.json.warnings), [[0, 'YAVIO-2210']]);
		assert.deepEqual(entries(answer.json.errors), [[1, 'YAVIO-2100']]);
	});

	it('27: event types', async () => {
		assert.equal((await site.stored({ event_type: 'widget_long_press' })).row.event_type, 'widget_long_press');
		assert.equal((await site.stored({ event_type: pad(64) })).row.event_type, pad(64));
		for (const type of ['Bad Type', pad(65), '_x', '9a', 'a-b']) assert.equal(await site.code({ event_type: type }), 'YAVIO-2102');
	});

	it('28, 29: unknown fields and fields of other types are dropped, null is absent', async () => {
		const unknown = await site.stored({ foo: { bar: 1 }, latency_ms: 'x', tool_name: 5, step_sequence: [] });
		for (const name of ['foo', 'latency_ms', 'tool_name', 'step_sequence']) assert.ok(!(name in unknown.row), name);
		const optional = ['event_name', 'user_id', 'metadata', 'platform', 'sdk_version', 'country_code', 'locale', 'end_user_agent', 'subject_id', 'latency_ms', 'status',
			'error_category', 'error_message', 'is_retry', 'input_keys', 'input_types', 'input_values', 'output_content', 'intent_signals', 'tokens_in', 'tokens_out'];
		const bare = await site.stored(call({ event_name: undefined }));
		const nulls = await site.stored(call(Object.fromEntries(optional.map((name) => [name, null]))));
		assert.deepEqual(Object.keys(nulls.row).sort(), Object.keys(bare.row).sort());
		assert.deepEqual([bare.warnings, nulls.warnings], [[], []]);
	});

	it('30: metadata', async () => {
		assert.equal(await site.code({ metadata: [] }), 'YAVIO-2122');
		assert.equal(await site.code({ metadata: 'x' }), 'YAVIO-2122');
		assert.deepEqual((await site.stored({ metadata: {} })).row.metadata, {});
		assert.ok(!('metadata' in (await site.stored({})).row));
	});

	it('31, 32: numbers, enumerations, flags', async () => {
		const numeric = async (name, text, type = 'tool_call') => {
			const event = track({ event_type: type });
			const warnings = taken(await site.post(raw(event, name, text)));
			return [site.row(event.event_id)[name], ...entries(warnings).map(([, code]) => code)];
		};
		assert.equal(await site.code(call({ latency_ms: '5' })), 'YAVIO-2122');
		assert.deepEqual(await numeric('latency_ms', '-1'), [undefined, 'YAVIO-2210']);
		assert.deepEqual(await numeric('latency_ms', '1e400'), [undefined, 'YAVIO-2210']);
		assert.deepEqual(await numeric('latency_ms', '5e0'), [5]);
		assert.equal(await site.code(call({ status: 'done' })), 'YAVIO-2100');
		assert.deepEqual((await site.stored(call({ error_category: 'Bad Cat' }))).warnings, ['YAVIO-2210']);
		assert.equal((await site.stored(call({ is_retry: true }))).row.is_retry, 1);
		// 37
		assert.deepEqual(await numeric('viewport_width', '70000', 'widget_render'), [undefined, 'YAVIO-2210']);
		assert.deepEqual(await numeric('tokens_in', '-1'), [undefined, 'YAVIO-2210']);
		assert.deepEqual(await numeric('tokens_in', '4294967295'), [4294967295]);
		assert.deepEqual(await numeric('tokens_in', '4294967296'), [undefined, 'YAVIO-2210']);
		assert.deepEqual(await numeric('step_sequence', '5.0', 'step'), [5]);
		assert.deepEqual(await numeric('step_sequence', '5.5', 'step'), [undefined, 'YAVIO-2210']);
		assert.deepEqual(await numeric('conversion_currency', '"EURO"', 'conversion'), [undefined, 'YAVIO-2210']);
		assert.deepEqual(await numeric('country_code', '"DEU"', 'track'), [undefined, 'YAVIO-2210']);
		assert.deepEqual(await numeric('country_code', '"de"', 'track'), ['DE']);
		assert.deepEqual(await numeric('conversion_value', '2.00005', 'conversion'), [2]);
		assert.deepEqual(await numeric('conversion_value', '-0.00015', 'conversion'), [-0.0002]);
		assert.deepEqual(await numeric('conversion_value', '1e14', 'conversion'), [undefined, 'YAVIO-2210']);
	});

	it('33: timestamps', async () => {
		const day = new Date().toISOString().slice(0, 10);
		const at = async (timestamp) => (await site.stored({ timestamp })).row.timestamp;
		assert.equal(await at(`${day}T00:00:01Z`), `${day} 00:00:01.000`);
		assert.equal(await at(`${day}T02:00:01.5+02:00`), `${day} 00:00:01.500`);
		assert.equal(await at(`${day}T00:00:01.123456789Z`), `${day} 00:00:01.123`);
		assert.equal(await site.code({ timestamp: Date.now() }), 'YAVIO-2122');
		assert.equal(await site.code({ timestamp: '2026-02-30T00:00:00Z' }), 'YAVIO-2103');
		assert.equal(await site.code({ timestamp: 'yesterday' }), 'YAVIO-2103');
		assert.equal(await site.code({ timestamp: '1990-01-01T00:00:00Z' }), 'YAVIO-2113');
		assert.equal(await site.code({ timestamp: new Date(Date.now() + 25 * 3600e3).toISOString() }), 'YAVIO-2113');
		assert.equal(await site.code({ timestamp: new Date(Date.now() - 401 * 86400e3).toISOString() }), 'YAVIO-2113');
	});

	it('34: event ids', async () => {
		const id = randomUUID().toUpperCase();
		assert.equal((await site.stored({ event_id: id })).row.event_id, id.toLowerCase());
		await site.stored({ event_id: '00000000-0000-0000-0000-000000000000' });
		assert.equal(await site.code({ event_id: 'nope' }), 'YAVIO-2114');
		assert.equal(await site.code({ event_id: randomUUID().slice(0, -1) }), 'YAVIO-2114');
		assert.equal(await site.code({ event_id: randomUUID().replaceAll('-', '') }), 'YAVIO-2114');
	});

	it('35: names by characters, not bytes', async () => {
		assert.equal((await site.stored({ event_name: '😀'.repeat(256) })).row.event_name, '😀'.repeat(256));
		assert.equal(await site.code({ event_name: '😀'.repeat(257) }), 'YAVIO-2104');
		assert.equal(await site.code({ user_id: pad(257) }), 'YAVIO-2105');
		assert.equal(await site.code({ session_id: pad(129) }), 'YAVIO-2107');
		await site.stored({ trace_id: 'é'.repeat(128) });
	});

	it('36: escaped keys, duplicates, lone surrogates, U+0000', async () => {
		const event = track();
		const body = JSON.stringify({ events: [event] })
			.replace('"event_type"', '"\\u0065vent_type"')
			.replace('"event_name":"opened"', '"event_name":"first","event_name":"last","metadata":{"a":"\\ud83d","b":"\\u0000"}');
		taken(await site.post(body));
		const row = site.row(event.event_id);
		assert.deepEqual([row.event_type, row.event_name, row.metadata], ['track', 'last', { a: '�', b: '\0' }]);
		assert.equal(await site.code({ trace_id: 'a\0b' }), 'YAVIO-2106');
		assert.equal(await site.code({ event_name: 'a\0b' }), 'YAVIO-2104');
	});

	it('58: tool_discovery', async () => {
		const registration = track({ event_type: 'tool_discovery', tool_name: 'find_hotels', description: 'Finds hotels', input_schema: { type: 'object' } });
		taken(await site.send(registration));
		const rows = site.rows();
		assert.ok(!rows.some((r) => r.event_id === registration.event_id));
		const tool = rows.find((r) => r.tool_name === 'find_hotels');
		assert.deepEqual(tool, { workspace_id: site.key.workspace, project_id: site.key.project, tool_name: 'find_hotels', description: 'Finds hotels',
			input_schema: { type: 'object' }, updated_at: registration.timestamp.replace('T', ' ').replace('Z', '') });
		const listing = await site.stored({ event_type: 'tool_discovery', metadata: { tools_listed: ['a', 'b'], tools_count: 2 } });
		assert.deepEqual(listing.row.metadata.tools_listed, ['a', 'b']);
		const neither = await site.send(track({ event_type: 'tool_discovery', metadata: { tools_listed: 'a' } }));
		assert.deepEqual(neither.json.errors[0], { index: 0, code: 'YAVIO-2101', field: 'tool_name', issues: ['tool_name: required'] });
	});
});

describe('limits', () => {
	const PAYLOADS = [
		['metadata', 10_240, 'YAVIO-2200', 'track'],
		['user_traits', 5120, 'YAVIO-2201', 'identify'],
		['input_keys', 5120, 'YAVIO-2203', 'tool_call'],
		['input_types', 5120, 'YAVIO-2204', 'tool_call'],
		['intent_signals', 2048, 'YAVIO-2205', 'tool_call'],
		['input_values', 10_240, 'YAVIO-2206', 'tool_call'],
		['output_content', 10_240, 'YAVIO-2207', 'tool_call'],
	];

	it('38: payloads to the byte, and one over', async () => {
		for (const [name, cap, code, event_type] of PAYLOADS) {
			const fits = await site.stored({ event_type, [name]: sized(cap) });
			assert.deepEqual([fits.row[name], fits.warnings], [sized(cap), []], name);
			const over = await site.stored({ event_type, [name]: sized(cap + 1) });
			assert.deepEqual(over.row[name], { _truncated: true, _original_size: cap + 1 });
			const [{ warning, ...entry }] = over.list;
			assert.deepEqual(entry, { index: 0, field: name, code: code });
			assert.ok(warning.length > 0);
		}
		const schema = track({ event_type: 'tool_discovery', tool_name: 'big', input_schema: sized(16_385) });
		assert.deepEqual(entries(taken(await site.send(schema))), [[0, 'YAVIO-2209']]);
		assert.deepEqual(site.rows().find((r) => r.tool_name === 'big').input_schema, { _truncated: true, _original_size: 16_385 });
	});

	it('39: texts are cut between characters, after redaction', async () => {
		const mail = 'alice@example.com';
		const message = `${'😀'.repeat(504)}${pad(8)} ${mail} ${'😀'.repeat(300)}`;
		const { row, warnings } = await site.stored(call({ error_message: message }));
		assert.deepEqual(warnings, ['YAVIO-2202']);
		const bytes = Buffer.byteLength(row.error_message);
		assert.ok(bytes <= 2048 && bytes > 2020, `${bytes}`);
		assert.ok(row.error_message.endsWith('... [truncated]'));
		assert.ok(!row.error_message.includes('�'));
		for (let n = 4; n < mail.length; n++) assert.ok(!row.error_message.includes(mail.slice(0, n)), 'part of the e-mail');
		const tool = track({ event_type: 'tool_discovery', tool_name: 'long', description: pad(5000) });
		assert.deepEqual(entries(taken(await site.send(tool))), [[0, 'YAVIO-2208']]);
		assert.equal(site.rows().find((r) => r.tool_name === 'long').description.length, 2048);
		const platform = await site.stored({ platform: pad(65) });
		assert.deepEqual([platform.row.platform, platform.warnings], [pad(64), ['YAVIO-2208']]);
	});

	it('40: depth of a payload', async () => {
		const deep = (n) => JSON.parse('{"a":'.repeat(n - 1) + '{}' + '}'.repeat(n - 1));
		assert.deepEqual((await site.stored({ metadata: deep(32) })).row.metadata, deep(32));
		const over = await site.stored({ metadata: deep(33) });
		assert.deepEqual([over.row.metadata._truncated, over.warnings], [true, ['YAVIO-2200']]);
		assert.deepEqual((await site.stored({ other: deep(33) })).warnings, []);
	});

	it('numbers in payloads stay digit for digit', async () => {
		const event = track();
		const numbers = '{"a":123456789012345678901234567890.10,"b":1E+2,"c":-0.0}';
		taken(await site.post(raw(event, 'metadata', numbers)));
		assert.ok(site.row(event.event_id).text.includes(numbers));
	});
});

describe('enrichment', () => {
	it('44: tenant and arrival are ours', async () => {
		const forged = { workspace_id: randomUUID(), project_id: randomUUID(), ingested_at: '1999-01-01 00:00:00.000' };
		const { row } = await site.stored(forged);
		assert.deepEqual([row.workspace_id, row.project_id], [site.key.workspace, site.key.project]);
		assert.ok(Math.abs(new Date(`${row.ingested_at.replace(' ', 'T')}Z`) - Date.now()) < 5000);
		assert.equal(row.text.split('workspace_id').length, 2);
	});

	it('45: what the widget puts into metadata reaches the columns', async () => {
		const metadata = { viewport_width: 390, viewport_height: 844, device_pixel_ratio: 3, touch_support: true, connection_type: '4g', timezone: 'Europe/Lisbon' };
		const event = track({ event_type: 'widget_render', source: 'widget', metadata });
		taken(await site.post({ events: [event], sdk_version: '0.3.1' }));
		const row = site.row(event.event_id);
		assert.deepEqual(row.metadata, metadata);
		const { viewport_width, viewport_height, device_pixel_ratio, device_touch, connection_type, sdk_version } = row;
		assert.deepEqual([viewport_width, viewport_height, device_pixel_ratio, device_touch, connection_type, sdk_version], [390, 844, 3, 1, '4g', '0.3.1']);
		const marker = await site.stored({ event_type: 'widget_click', metadata: { click_count: 3, target_tag: 'a', target_id: 'buy', pad: pad(11_000) }, event_name: undefined });
		assert.deepEqual([marker.row.click_count, marker.row.event_name, marker.row.metadata._truncated], [3, 'buy', true]);
	});
});

/** Rows of the redaction table: [must change, to] and what must stay. Markers: {E} {C} {S} {P} {A}. */
const CHANGES = [
	['Contact alice@example.com', 'Contact {E}'], ['a@b.co, c.d+x@sub.example.co.uk.', '{E}, {E}.'], ['müller@bücher.de', '{E}'],
	['/u?m=alice%40example.com&p=1', '/u?m={E}&p=1'], ['{"email":"alice@example.com"}', '{"email":"{E}"}'], ['git@github.com:acme/app.git', '{E}:acme/app.git'], ['alice@example.com.123', '{E}.123'],
	['4111111111111111', '{C}'], ['Card 4111 1111 1111 1111 12/26', 'Card {C} 12/26'], ['5105-1051-0510-5100', '{C}'], ['amex 3782 822463 10005.', 'amex {C}.'],
	['card:2223003122003222,ok', 'card:{C},ok'], ['30569309025904', '{C}'], ['"6011111111111117"', '"{C}"'], ['SSN: 123-45-6789', 'SSN: {S}'], ['123 45 6789', '{S}'],
	['ssn 123456789', 'ssn {S}'], ['900-70-1234', '{S}'], ['(987-65-4321)', '({S})'], ['ITIN is 912781234', 'ITIN is {S}'], ['Call +14155552671', 'Call {P}'],
	['+1 (415) 555-2671 2024-01-01', '{P} 2024-01-01'], ['+49 (0) 30 901820', '{P}'], ['tel:+442079460958;ext=2', 'tel:{P};ext=2'], ['电话：+8613812345678。', '电话：{P}。'],
	['(415) 555-2671', '{P}'], ['415.555.2671 or 1-800-555-0199', '{P} or {P}'], ['(11) 91234-5678', '{P}'], ['020 7946 0958', '{P}'], ['01 23 45 67 89', '{P}'],
	['0171-1234567, 030/901820', '{P}, {P}'], ['03-1234-5678 / 0049 30 901820', '{P} / {P}'], ['my number is 4155552671', 'my number is {P}'], ['whatsapp: 0612345678', 'whatsapp: {P}'],
	['Ship to 100 Pine Ave Apt 4B, Springfield, IL 62704', 'Ship to {A}, Springfield, IL 62704'],
	['1600 Pennsylvania Avenue NW; 350 5th Ave; 742 EVERGREEN TERRACE', '{A}; {A}; {A}'], ['Hauptstraße 12a, 10115 Berlin; P.O. Box 1234', '{A}, 10115 Berlin; {A}'],
];
const STAYS = [
	'@alice said hi', 'a@b.c', 'alice@localhost', 'https://x.io/?a=40%25', 'react@18.2.0', 'icon@2x.png', 'price@3.50', '4111111111111112', '4111 1111-1111 1111',
	'2024-4111-1111-1111-1111', '356938035643809', 'x4111111111111111', '4006381333931', '4222222222222', '000-12-3456', '666-12-3456', 'order 123456789', '912-34-5678', '123-00-4567',
	'123-45-0000, 123-45-6789-0', '+1234567 points', '2026-11-20T15:00:03.932Z', 'UTC+0200', '1.5e+1234567890', '1710496200000', 't=1710496200', 'v1.2.3-rc.1, 120.0.6099.129',
	'Nature (2019) 567 123456', '01-02-2024, 05.11.2026 09:30', '010.020.030.040, 192.168.100.200, 10.0.0.1:8080, 2001:db8::8a2e:370:7334', 'ba045c2e-0120-4298-8134-cb06e13da1db',
	'12345678-1234-4234-8234-123456789012, 978-0-306-40615-7', '4155552671', 'tool call 1710496200, hotel 4155552671', '500 Internal Server Error', '3 Day Inca Trail, $20 Main St',
	'Processed 500 events, order 112-3456789-1234567', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
	'tr_widgetTrace00000000001, $42.99, 1,234,567.89 EUR, 1 234 567 CHF, 52.520008,13.404954',
];
const BY_KEY = [['phone', '4155552671', '{P}'], ['contactNumber', '0612345678', '{P}'], ['tax_id', '123456789', '{S}'], ['card_number', '4222222222222', '{C}'],
	['hotel', '4155552671', '4155552671'], ['order_id', '123456789', '123456789']];
const MARKERS = { E: 'EMAIL', C: 'CC', S: 'SSN', P: 'PHONE', A: 'ADDRESS' };
const marked = (text) => text.replace(/\{([ECSPA])\}/g, (_, kind) => `[${MARKERS[kind]}_REDACTED]`);

describe('redaction', () => {
	it('41: the table as value, as nested JSON text, as object key', async () => {
		const cases = [...CHANGES, ...STAYS.map((text) => [text, text])];
		const events = cases.map(([text]) => track({ metadata: { value: text, list: [text], nested: JSON.stringify({ a: text }), [text]: 1 } }));
		taken(await site.send(...events), events.length);
		const rows = new Map(site.rows().map((row) => [row.event_id, row]));
		events.forEach((event, i) => {
			const { value, list, nested, ...rest } = rows.get(event.event_id).metadata;
			const expected = marked(cases[i][1]);
			assert.equal(value, expected);
			assert.deepEqual(list, [expected]);
			// in text that is JSON itself, quotes are escaped once more: what is within stays an edge
			assert.equal(JSON.parse(nested).a, expected);
			assert.deepEqual(Object.keys(rest), [expected]);
		});
		const keyed = await site.stored({ metadata: Object.fromEntries(BY_KEY.map(([key, text]) => [key, text])) });
		assert.deepEqual(keyed.row.metadata, Object.fromEntries(BY_KEY.map(([key, , to]) => [key, marked(to)])));
		assert.deepEqual((await site.stored({ metadata: { phone: [4155552671], n: 4155552671 } })).row.metadata, { phone: [marked('{P}')], n: 4155552671 });
		const event = track();
		taken(await site.post(raw(event, 'metadata', '{"a":"alice\\u0040example.com"}')));
		assert.equal(site.row(event.event_id).metadata.a, marked('{E}'));
	});

	it('41: every scanned field, and none of the others', async () => {
		const mail = 'alice@example.com';
		const { row } = await site.stored(call({
			event_name: mail, user_id: mail, trace_id: mail, session_id: mail, subject_id: mail, error_message: mail, end_user_agent: mail,
			metadata: { m: mail }, input_values: { m: mail }, input_keys: { [mail]: true }, input_types: { m: mail }, output_content: { m: [mail] }, intent_signals: { intent: mail },
		}));
		for (const name of ['event_name', 'user_id', 'trace_id', 'session_id', 'subject_id']) assert.equal(row[name], mail, name);
		for (const name of ['error_message', 'end_user_agent']) assert.equal(row[name], marked('{E}'), name);
		for (const name of ['metadata', 'input_values', 'input_keys', 'input_types', 'output_content', 'intent_signals']) {
			assert.ok(!JSON.stringify(row[name]).includes(mail), name);
		}
	});

	it('42: identifiers are never touched', async () => {
		const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-';
		const nanoid = () => [...randomBytes(21)].map((b) => alphabet[b & 63]).join('');
		const expected = new Map();
		for (let batch = 0; batch < 100; batch++) {
			const events = Array.from({ length: 1000 }, () => ({ event_id: randomUUID(), event_type: 'track', trace_id: nanoid(), session_id: 's', timestamp: new Date().toISOString(), source: 'server',
				user_id: randomUUID(), event_name: nanoid() }));
			for (const e of events) expected.set(e.event_id, [e.trace_id, e.user_id, e.event_name]);
			taken(await site.send(...events), 1000);
		}
		let seen = 0;
		for (const row of site.rows()) {
			const ids = expected.get(row.event_id);
			if (!ids) continue;
			seen++;
			assert.deepEqual([row.trace_id, row.user_id, row.event_name], ids);
		}
		assert.equal(seen, 100_000);
	});

	it('43: hostile text costs no more than twice for twice the length', async () => {
		const workers = childrenOf(site.program.pid);
		for (const piece of ['a', '@', '1 A ', '4111 ', '+1 ', '(12) ', 'a@', '0 1-', '1 Aa Street ']) {
			const send = async (kib) => {
				const events = Array.from({ length: kib / 10 }, () => track({ metadata: { v: piece.repeat(Math.floor(10_000 / piece.length)) } }));
				let best = Infinity;
				for (let i = 0; i < 3; i++) {
					const before = cpuMs(...workers);
					taken(await site.send(...events.map((e) => ({ ...e, event_id: randomUUID() }))), events.length);
					best = Math.min(best, cpuMs(...workers) - before);
				}
				return best;
			};
			const [half, full] = [await send(240), await send(480)];
			assert.ok(half > 0);
			assert.ok(full <= 2.2 * half + 5, `${piece}: ${half} ms of CPU for 240 KB, ${full} ms for 480 KB`);
		}
	});
});
