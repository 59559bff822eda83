// SPDX-License-Identifier: MIT
// A tenant sees its rows and nothing else: known attacks, every allowed function against other tenants' values, random texts.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { text } from '../support/isolation-grammar.mjs';
import { compare, each, fill, random, tenants } from '../support/isolation.mjs';
import { ROOT } from '../support/process.mjs';
import { startStore } from '../support/store.mjs';

const WIDTH = 4;
const RANDOM_TEXTS = Number(process.env.ISOLATION_TEXTS ?? 1000);
const SEED = Number(process.env.ISOLATION_SEED ?? 20260102);

// Arguments that carry others' values into a function: as they are in the dictionary, or as numbers that throw when they are huge.
const ARGUMENTS = ['event_name', "event_name, 'a'", "'a', event_name", 'event_name, 1', 'event_name, event_type', '1, is_retry',
	"if(event_name = 'poison1', 1000000000000, 1)", "'x', if(event_name = 'poison1', 1000000000000, 1)"];
const MORE_ARGUMENTS = ['timestamp, event_name', 'event_name, timestamp', '[event_name], event_name', 'latency_ms, event_name', 'metadata, event_name', "event_name, 'a', 'b'",
	'timestamp, timestamp, event_name', "event_name, timestamp, timestamp", "'day', event_name, timestamp", "[1, 2], if(event_name = 'poison1', 0, 1)", "if(event_name = 'poison1', -1, 1)",
	"1, if(event_name = 'poison1', 0, 1)", "1, event_name = '1' OR 1", 'lower(event_name)', "concat(event_name, 'x'), 1", 'x -> toInt32(event_name), [1]', "event_name, ['1', '2'], ['a', 'b'], event_type",
	"if(event_name = 'poison1', [1], [1, 2]), [1, 2]", "(x, y) -> x, [1, 2], if(event_name = 'poison1', [1], [1, 2])", "map('a', event_name), 'a'", 'event_name, 2, event_type', "1, 2, if(event_name = 'poison1', 0, 1)",
	"5, if(event_name = 'poison1', 40, 2)", "event_name, 'UInt8'", "event_name, 'a', 'UInt8'", "timestamp, if(event_name = 'poison1', 100000, 1)", 'event_name, event_name, event_name'];

describe('isolation', () => {
	let store;
	const all = tenants();
	const { mine, other } = all;

	before(async () => {
		store = await startStore();
		await fill(store, all);
	});
	after(() => store?.stop());

	const select = (sql, options) => store.select(mine, sql, options);
	const refused = async (sql, options) => {
		const reply = await select(sql, options);
		assert.equal(reply.status, 403, `${sql}: ${reply.text}`);
		assert.match(reply.text, /YAVIO-5012/, sql);
	};
	const filtered = async (sql, options) => assert.equal(await compare(store, mine, sql, options), 'same', sql);

	it('shows each tenant table filtered, in whatever way it is named', async () => {
		for (const sql of ['SELECT count() FROM events', 'SELECT count() FROM events FINAL', 'SELECT count() FROM yavio.events', 'SELECT * FROM events',
			'SELECT count() FROM `events` AS e', 'SELECT count() FROM "yavio"."events"', 'SELECT count(), sum(latency_ms) FROM (SELECT * FROM (SELECT * FROM events))',
			'WITH c AS (SELECT * FROM events) SELECT count() FROM c', 'SELECT count() FROM events AS a JOIN events AS b ON a.event_id = b.event_id',
			'SELECT count() FROM events AS a, events AS b', 'SELECT user_id FROM events UNION ALL SELECT user_id FROM events', 'SELECT count() FROM tool_registry FINAL',
			'SELECT * FROM tool_registry', 'SELECT * FROM visits', 'SELECT count() FROM visits FINAL', 'SELECT session_id, user_id FROM visits FINAL WHERE user_id != workspace_id',
			'SELECT user_id IN (SELECT user_id FROM visits) FROM events', "SELECT 'poison0' IN (SELECT event_name FROM events)", 'SELECT groupUniqArray(workspace_id), groupUniqArray(project_id) FROM events',
			'SELECT (SELECT count() FROM events)', 'SELECT count() FROM events WHERE 1 OR workspace_id != project_id', 'SELECT min(latency_ms), max(user_id) FROM events',
			'SELECT topK(20)(event_name), uniq(client_name) FROM events', 'SELECT DISTINCT event_name FROM events', 'SELECT event_name, count() FROM events GROUP BY event_name WITH TOTALS',
			'SELECT count() FROM events WHERE session_id = \'s1\'', 'SELECT sum(c) FROM (SELECT count() AS c FROM events GROUP BY GROUPING SETS ((user_id), (event_name)))',
			'SELECT max(x) FROM (SELECT row_number() OVER (PARTITION BY event_type ORDER BY latency_ms) AS x FROM events)', 'SELECT intDiv(1, is_retry) FROM events FINAL'])
			await filtered(sql);
		assert.equal((await select('SELECT count() FROM events')).text, '50\n');
		assert.equal((await select('SELECT count() FROM tool_registry')).text, '2\n');
		assert.equal((await select('SELECT count() FROM visits FINAL')).text, '12\n');
	});

	it('shows a view of the operator filtered or not at all', async () => {
		await store.run('CREATE VIEW yavio.v AS SELECT * FROM yavio.events');
		await refused('SELECT * FROM v');
		await refused('SELECT * FROM yavio.v');
		await store.run('DROP VIEW yavio.v');
	});

	it('refuses texts that get around the filter', async () => {
		for (const sql of ['SELECT * FROM (SELECT * FROM events SETTINGS additional_table_filters = {})', 'SELECT 1 WHERE 1 IN (SELECT 1 FROM events SETTINGS additional_table_filters = {})',
			'SELECT * FROM events SETTINGS additional_table_filters = {}', 'SELECT * FROM events SETTINGS readonly = 0', "SELECT * FROM merge('yavio', '^events$')", "SELECT * FROM merge('^events$')",
			'SELECT * FROM mergeTreeIndex(yavio, events)', 'SELECT * FROM mergeTreeAnalyzeIndexes(yavio, events)', "SELECT file('/etc/passwd')", "EXPLAIN QUERY TREE SELECT file('/etc/passwd')",
			"SELECT * FROM file('/etc/passwd', LineAsString)", "SELECT 1 INTO OUTFILE '/tmp/yavio-isolation'", 'SELECT 1; SELECT 2', 'SELECT 1; DROP TABLE events',
			'SELECT * FROM visits_of_inserts', 'SELECT * FROM visits SETTINGS additional_table_filters = {}',
			'SELECT * FROM system.tables', 'SELECT * FROM system.processes', 'SELECT * FROM ref.events', 'SELECT * FROM ref.visits', 'SELECT * FROM schema_migrations', 'SELECT * FROM information_schema.tables',
			"SELECT * FROM url('http://127.0.0.1:1/', LineAsString)", "SELECT * FROM remote('127.0.0.1', yavio.events)", "SELECT * FROM executable('id', LineAsString)",
			"SELECT * FROM view(SELECT * FROM events SETTINGS additional_table_filters = {})", 'SELECT * FROM (EXPLAIN SELECT 1)', 'INSERT INTO events SELECT * FROM events', 'SET readonly = 0',
			'SELECT count() FROM events PREWHERE throwIf(latency_ms = 0) = 0', 'SELECT lowCardinalityKeys(event_name) FROM events', 'SELECT _part_offset FROM events',
			"SELECT getSetting('additional_table_filters')", 'SELECT 1 IN system.tables', 'SELECT 1 PARALLEL WITH DROP TABLE events', 'SELECT COLUMNS(\'.*\') FROM events',
			'WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT * FROM r', 'SELECT 1 FROM events WINDOW w AS (ORDER BY hostName())',
			'SELECT intDiv(1, (SELECT count() FROM system.tables) - 5)', 'SELECT if((SELECT count() FROM ref.events) = 50, 1, sleep(1))'])
			await refused(sql);
		await refused('SELECT * FROM {t:Identifier}', { params: { t: 'schema_migrations' } });
	});

	it('tells nothing of others through errors, whatever the order of conditions', async () => {
		for (const final of ['', 'FINAL'])
			for (const bad of ['intDiv(1, latency_ms) >= 0', 'toInt32(event_name) > 0', 'toInt32(user_id) >= 0', 'intDiv(1, is_retry) = 1', 'modulo(1, tokens_in) >= 0',
				"toDate(concat('2026-01-0', event_name)) > '2020-01-01'", 'length(range(if(latency_ms = 0, 1000000000, 1))) = 1', 'toUInt8(event_type) = 1', 'toUInt16(error_message) = 7'])
				for (const sql of [`SELECT count() FROM events ${final} WHERE ${bad}`, `SELECT count() FROM events ${final} WHERE timestamp > '2020-01-01' AND ${bad}`,
					`SELECT count() FROM (SELECT * FROM events ${final}) WHERE ${bad}`, `SELECT countIf(${bad}) FROM events ${final}`, `SELECT ${bad} AS k, count() FROM events ${final} GROUP BY k`,
					`SELECT user_id FROM events ${final} ORDER BY ${bad}, event_id LIMIT 3`, `SELECT count() FROM events AS a ${final} JOIN (SELECT 1 AS one) AS b ON b.one = 1 WHERE ${bad}`])
					for (const settings of [{}, { optimize_read_in_order: '1', optimize_aggregation_in_order: '1' }])
						await filtered(sql, { settings });
	});

	it('wants both tenant settings, once, as UUIDs', async () => {
		const [w, p] = ['SQL_workspace_id', 'SQL_project_id'];
		const both = { [w]: mine.workspace, [p]: mine.project };
		const ask = (settings) => store.request('SELECT count() FROM events', { user: 'yavio_dashboard', settings });
		const wrong = ['', 'x', `${mine.project}'`, `${mine.project}' OR '1'='1`, `' OR 1 --`, `\\' OR 1 --`, `${mine.project}\\`, `${mine.project}\n`, ` ${mine.project}`, '%', '*', `{${mine.project}}`,
			mine.project.replaceAll('-', ''), `''${mine.project}''`, `'${mine.project}`, `${mine.project},${other.project}`];
		for (const settings of [{}, { [w]: mine.workspace }, { [p]: mine.project }, ...wrong.flatMap((x) => [{ ...both, [w]: x }, { ...both, [p]: x }]),
			[[w, mine.workspace], [w, other.workspace], [p, mine.project]], [[w, mine.workspace], [p, mine.project], [p, other.project]]]) {
			const reply = await ask(settings);
			assert.equal(reply.status, 403, JSON.stringify(settings));
			assert.match(reply.text, /YAVIO-501[12]/);
		}
		assert.equal((await ask(both)).text, '50\n');
		assert.equal((await ask({ [w]: mine.workspace, [p]: other.workspace })).text, '0\n');
	});

	it('takes no setting from the URL that reaches the filter', async () => {
		for (const [name, value] of Object.entries({ additional_table_filters: '{}', readonly: '0', optimize_move_to_prewhere: '1', query_plan_merge_filters: '1', allow_experimental_analyzer: '0',
			enable_analyzer: '0', additional_result_filter: '1', SQL_other: 'x', parallel_replicas_custom_key: 'x', max_parallel_replicas: '3', apply_deleted_mask: '0', compatibility: '20.1',
			profile: 'default', limit: '5', offset: '1', log_queries: '1', format_schema: '/etc/passwd', output_format_schema: '/tmp/x', allow_introspection_functions: '1', session_id: 'x',
			user_defined_executable_functions_config: '/x', stacktrace: '1', role: 'default', 'param_x\'': '1' })) {
			const reply = await select('SELECT count() FROM events', { settings: { [name]: value } });
			assert.ok(reply.status === 403 || reply.text === '50\n', `${name}: ${reply.status} ${reply.text}`);
		}
		for (const settings of [{ database: 'ref' }, { database: 'system' }]) {
			const reply = await select('SELECT count() FROM events', { settings });
			assert.notEqual(reply.status, 200, JSON.stringify(settings));
		}
		for (const format of ['Template', 'Protobuf', 'CapnProto', 'Avro', 'x; DROP'])
			assert.equal((await select('SELECT 1', { settings: { default_format: format } })).status, 403, format);
	});

	it('takes parameters as values only', async () => {
		for (const value of ["' OR 1=1 --", "\\' OR 1=1 --", "'; DROP TABLE events; --", 'a\nTABLE id: 1, table_name: yavio.events', '\\', '\\\\', "''", '{x:Identifier}', '$$', '`', '\u2018'])
			await filtered('SELECT count(), {v:String} FROM events WHERE user_id = {v:String}', { params: { v: value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n') } });
		for (const type of ['String', 'UInt8', 'FixedString(1)', 'String']) {
			const sql = "SELECT count() FROM events WHERE toString(CAST(event_name, {t:String})) != 'x'";
			assert.equal(await compare(store, mine, sql, { params: { t: type } }), type === 'String' ? 'same' : 'refused', type);
		}
		await filtered('SELECT count() FROM events WHERE user_id IN {v:Array(String)}', { params: { v: "['0','1']" } });
	});

	it('tells nothing of others through any allowed function', { timeout: 600_000 }, async () => {
		const random = /^(rand|rand64|randCanonical|generateUUID.*|now.*|today|yesterday|current_.*|curdate|topK.*|approx_top.*|groupArraySample|any.*|first_value|last_value|toTypeName)$/i;
		const lines = readFileSync(`${ROOT}/clickhouse/functions.allow`, 'utf8').split('\n').map((l) => l.split(' '));
		const texts = [];
		for (const [kind, name] of lines) {
			if (!['scalar', 'aggregate'].includes(kind) || random.test(name)) continue;
			for (const args of [...ARGUMENTS, ...(process.env.ISOLATION_THOROUGH ? MORE_ARGUMENTS : [])])
				texts.push(`SELECT max(toString(x)) FROM (SELECT ${name}(${args}) AS x FROM events)`);
		}
		for (const type of ['FixedString(1)', 'UInt8', 'Int64', 'Float64', 'Decimal(9, 2)', 'Date', 'DateTime', "DateTime64(3, 'UTC')", 'UUID', 'IPv4', 'IPv6', 'Bool', "Enum8('1' = 1, '2' = 2, '3' = 3, '4' = 4, '5' = 5, '6' = 6, '7' = 7)",
			'Array(UInt8)', 'Tuple(UInt8)', 'Map(String, UInt8)', 'LowCardinality(UInt8)', 'LowCardinality(FixedString(1))', 'Nullable(UInt8)', 'Int128', 'Time'])
			for (const column of ['event_name', 'event_type', 'client_name', "concat(event_name, '')", 'lower(event_name)'])
				texts.push(`SELECT max(toString(CAST(${column} AS ${type}))) FROM events`, `SELECT count() FROM events WHERE toString(CAST(${column}, '${type.replaceAll("'", "\\'")}')) != 'x'`);
		const leaks = [];
		let ran = 0;
		await each(texts, WIDTH, async (sql) => {
			const verdict = await compare(store, mine, sql);
			if (verdict !== 'same' && verdict !== 'refused') leaks.push(`${sql}: ${verdict}`);
			ran += verdict === 'same';
		});
		assert.ok(ran > texts.length / 2, `${ran} of ${texts.length} ran`);
		assert.deepEqual(leaks, []);
	});

	it(`answers ${RANDOM_TEXTS} random texts as if no other tenant were there, or refuses them`, { timeout: 600_000 }, async () => {
		const r = random(SEED);
		const counts = { same: 0, refused: 0 };
		const leaks = [];
		await each(Array.from({ length: RANDOM_TEXTS }, () => text(r)), WIDTH, async (sql) => {
			const verdict = await compare(store, mine, sql);
			if (verdict in counts) counts[verdict]++;
			else leaks.push(`${sql}: ${verdict}`);
		});
		assert.deepEqual(leaks, [], `seed ${SEED}`);
		assert.ok(counts.same > RANDOM_TEXTS / 3 && counts.refused > RANDOM_TEXTS / 10, JSON.stringify(counts));
	});
});
