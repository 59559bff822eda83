// SPDX-License-Identifier: MIT
// Random texts for the isolation suite: honest selects, honest selects that throw on what other tenants' rows hold, and
// attacks that are woven into them.

const COLUMNS = ['event_name', 'event_type', 'user_id', 'session_id', 'trace_id', 'client_name', 'status', 'error_message', 'metadata'];
const NUMBERS = ['latency_ms', 'is_retry', 'tokens_in', 'toUnixTimestamp(timestamp)', 'length(event_name)', 'response_size'];
const KEYS = ['workspace_id', 'project_id', 'event_id', 'intent_source', 'arrayJoin(param_keys)', 'toString(timestamp)'];

/** Expressions that throw on others' rows: tried, the engine once evaluated them before the tenant filter. */
const THROWING = [
	(r) => `intDiv(1, ${r.pick(NUMBERS)})`, (r) => `modulo(5, ${r.pick(NUMBERS)})`, (r) => `toInt32(${r.pick(COLUMNS)})`,
	(r) => `toUUID(concat('00000000-0000-4000-8000-00000000000', ${r.pick(COLUMNS)}))`, (r) => `toDate(${r.pick(COLUMNS)})`,
	(r) => `CAST(${r.pick(COLUMNS)} AS UInt8)`, (r) => `toDecimal64(${r.pick(COLUMNS)}, 2)`, (r) => `reinterpretAsUInt64(${r.pick(COLUMNS)})`,
	(r) => `arrayMap((a, b) -> a, [1], if(${r.pick(NUMBERS)} = 0, [1, 2], [1]))[1]`, (r) => `length(range(if(${r.pick(NUMBERS)} = 0, 1000000000, 2)))`,
	(r) => `length(repeat('x', if(${r.pick(COLUMNS)} LIKE 'poison%', 1000000000, 1)))`, (r) => `throwIf(${r.pick(NUMBERS)} = 0)`,
	(r) => `JSONExtract(${r.pick(COLUMNS)}, 'response_size', 'UInt64')`, (r) => `toFixedString(${r.pick(COLUMNS)}, 2)`,
	(r) => `toDateTime(${r.pick(COLUMNS)})`, (r) => `length(arrayResize([1], if(${r.pick(NUMBERS)} = 0, 100000000000, 3)))`,
];

/** Pieces that try to get out; each may stand where a clause, a source or an expression stands. */
const ATTACK_CLAUSES = ['SETTINGS additional_table_filters = {}', 'SETTINGS optimize_move_to_prewhere = 1', 'PREWHERE throwIf(latency_ms = 0) = 0',
	"INTO OUTFILE '/tmp/yavio-isolation'", '; SELECT * FROM events', 'FORMAT Template', "SETTINGS SQL_project_id = 'x'", '-- \n SETTINGS max_threads = 1',
	'/* */ SETTINGS/**/max_threads=1', 'WINDOW w AS (ORDER BY hostName())', 'SAMPLE 1', '# \n', '$a$ ; $a$', '1e--1\n', '\u00a0', 'UNION ALL SELECT * FROM system.one'];
const ATTACK_SOURCES = ["merge('yavio', '^events$')", 'system.tables', 'system.processes', 'system.parts', 'information_schema.tables', 'schema_migrations',
	"file('/etc/passwd', LineAsString)", "url('http://127.0.0.1:1/', LineAsString)", "remote('127.0.0.1', yavio.events)", 'mergeTreeIndex(yavio, events)',
	"cluster('default', yavio.events)", 'ref.events', 'view(SELECT * FROM events SETTINGS additional_table_filters = {})', "executable('id', LineAsString)",
	'(SELECT * FROM events SETTINGS additional_table_filters = {})', 'viewExplain(\'EXPLAIN\', \'\', (SELECT 1))', '(EXPLAIN SELECT * FROM events)',
	"dictionary('x')", 'generateRandom()', 'zeros(1)', '{t:Identifier}', 'numbers(intDiv(1, (SELECT min(latency_ms) FROM events)))'];
const ATTACK_EXPRESSIONS = ["file('/etc/passwd')", 'getSetting(\'additional_table_filters\')', 'lowCardinalityKeys(event_name)', 'lowCardinalityIndices(event_name)',
	'hostName()', 'currentUser()', '_part', '_part_offset', '_block_number', "dictGet('x', 'y', 1)", "joinGet('events', 'user_id', 1)", 'sleep(1)', 'version()',
	'1 IN system.tables', "'a' IN ref.events", '(SELECT count() FROM system.tables)', 'intDiv(1, (SELECT count() FROM ref.events) - 50)', 'COLUMNS(\'.*\')',
	'dumpColumnStructure(event_name)', 'rowNumberInAllBlocks()', 'neighbor(user_id, 1)', 'base64Decode(event_name)', "parseDateTime(event_name, '%Y')",
	'estimateCompressionRatio(event_name)', '@@version', 'byteSize(events)', "initializeAggregation('sum', 1)", 'blockSerializedSize(event_name)'];

function expression(r, depth) {
	if (r.chance(0.06)) return r.pick(ATTACK_EXPRESSIONS);
	if (r.chance(0.3)) return r.pick(THROWING)(r);
	if (depth > 0 && r.chance(0.4)) {
		const [a, b] = [expression(r, depth - 1), expression(r, depth - 1)];
		return r.pick([`tuple(${a}, ${b})`, `if(${condition(r, 0)}, toString(${a}), toString(${b}))`, `concat(toString(${a}), toString(${b}))`, `[toString(${a})]`]);
	}
	return r.pick([...COLUMNS, ...NUMBERS, ...KEYS, '1', "'a'", 'NULL']);
}

function condition(r, depth) {
	const e = () => expression(r, 0);
	return r.pick([
		() => `toString(${e()}) != 'x'`, () => `${r.pick(NUMBERS)} > ${r.below(3)}`, () => `${r.pick(COLUMNS)} LIKE '%${r.below(9)}%'`,
		() => `${r.pick(COLUMNS)} IN (SELECT toString(${e()}) FROM ${source(r, depth)})`, () => `workspace_id != ''`, () => `project_id = project_id OR 1`,
		() => `(${condition(r, 0)}) ${r.pick(['AND', 'OR'])} (${condition(r, 0)})`, () => `NOT (${condition(r, 0)})`,
		() => `(SELECT count() FROM ${source(r, depth)}) >= 0`, () => `exists(SELECT ${e()} FROM ${source(r, depth)})`,
	])();
}

function source(r, depth) {
	if (r.chance(0.06)) return r.pick(ATTACK_SOURCES);
	if (depth > 0 && r.chance(0.4)) return `(SELECT * FROM ${source(r, depth - 1)}${r.chance(0.5) ? ` WHERE ${condition(r, depth - 1)}` : ''})`;
	return r.pick(['events', 'events FINAL', 'yavio.events', '`events`', '"yavio"."events" FINAL', 'events AS e']);
}

function from(r, depth) {
	if (r.chance(0.15)) return `events AS a ${r.pick(['INNER', 'LEFT', 'ANY LEFT', 'FULL'])} JOIN (SELECT event_id FROM ${source(r, depth)}) AS b ON a.event_id = b.event_id`;
	return source(r, depth);
}

/** One text; ends in an order-free result, so that two runs can be compared. */
export function text(r) {
	const list = Array.from({ length: 1 + r.below(3) }, () => expression(r, 2));
	const aggregate = r.chance(0.35);
	const items = aggregate ? list.map((e) => r.pick([`countIf(isNotNull(${e}))`, `max(toString(${e}))`, `uniqExact(${e})`, `arraySort(groupUniqArray(toString(${e})))`, `countIf(toString(${e}) != '')`])) : list;
	let sql = `SELECT ${r.chance(0.1) ? 'DISTINCT ' : ''}${items.join(', ')} FROM ${from(r, 2)}`;
	if (r.chance(0.6)) sql += ` WHERE ${condition(r, 1)}`;
	if (!aggregate && r.chance(0.2)) sql = `SELECT count(), ${expression(r, 0)} AS k FROM ${source(r, 1)} GROUP BY k`;
	if (r.chance(0.1)) sql += ` UNION ALL ${sql}`;
	if (r.chance(0.15)) sql = `WITH c AS (SELECT * FROM ${source(r, 1)}) SELECT count() FROM c WHERE ${condition(r, 1)}`;
	if (r.chance(0.12)) sql += ` ${r.pick(ATTACK_CLAUSES)}`;
	return sql;
}
