// SPDX-License-Identifier: MIT
// Mutations of the schema's rights: every policy and grant taken away, and every one loosened. Each is { name, table,
// hint, sql }, and each must make a check fail.
import { FUNCTIONS, GRANTS } from './grants.mjs';

const ROLES = Object.keys(GRANTS);

/** Rewritings of a policy's expression that each let more rows through, if they change it. */
const LOOSER = [
	['one rank lower', /app_workspaces\((\d)\)/g, (_, rank) => `app_workspaces(${rank - 1})`],
	['owner rows too', /\(role <> 'owner'::text\)/g, () => 'true'],
	['any role', /\(role = 'owner'::text\)/g, () => 'true'],
	['any workspace', /(yavio\.)?app_owns\(workspace_id\)/g, () => 'true'],
	['any inviter', /\(invited_by = [^)]*\(.*? AS app_uid\)\)/g, () => 'true'],
	['accepted too', /\(accepted_at IS NULL\)/g, () => 'true'],
	['any kind of actor', /\(actor_kind = 'user'::text\)/g, () => 'true'],
	['any kind of job', /'mail\.verify'::text/g, () => "'mail.anything'::text"],
];

const policyMutations = (policies) =>
	policies.flatMap(({ name, table, using, check }) => {
		const alter = (u, c) =>
			`ALTER POLICY ${name} ON yavio.${table} ${u === null ? '' : `USING (${u})`} ${c === null ? '' : `WITH CHECK (${c})`}`;
		const list = [{ name: `drop policy ${name}`, table, sql: `DROP POLICY ${name} ON yavio.${table}` }];
		if ([using, check].includes('true')) return list;
		// Not the constant true, which the catalog check would find: as open, but still failing without a tenant.
		const open = '(SELECT yavio.app_uid()) IS NOT NULL';
		list.push({ name: `open policy ${name}`, table, sql: alter(using && open, check && open) });
		for (const [what, pattern, by] of LOOSER) {
			const [u, c] = [using, check].map((text) => text && text.replace(pattern, by));
			if (u === using && c === check) continue;
			// Only viewers and strangers are below rank 1: rank 0 is the same set of rows.
			if (what === 'one rank lower' && /app_workspaces\(0\)/.test(`${u} ${c}`)) continue;
			list.push({ name: `${what}: policy ${name}`, table, sql: alter(u, c) });
		}
		return list;
	});

const grantMutations = (columns) => {
	const list = [];
	const tables = [...new Set(columns.map(({ table }) => table))];
	for (const role of ROLES) {
		for (const { table, column } of columns) {
			for (const verb of ['select', 'insert', 'update']) {
				const held = GRANTS[role][table]?.[verb]?.includes(column);
				list.push({
					name: `${held ? 'revoke' : 'grant'} ${verb} ${table}.${column}: ${role}`,
					table,
					hint: held ? 'what is granted' : `what is not granted to ${role}`,
					sql: `${held ? 'REVOKE' : 'GRANT'} ${verb} (${column}) ON yavio.${table} ${held ? 'FROM' : 'TO'} ${role}`,
				});
			}
		}
		for (const table of tables) {
			const held = GRANTS[role][table]?.delete;
			list.push({
				name: `${held ? 'revoke' : 'grant'} delete ${table}: ${role}`,
				table,
				sql: `${held ? 'REVOKE' : 'GRANT'} DELETE ON yavio.${table} ${held ? 'FROM' : 'TO'} ${role}`,
			});
		}
	}
	for (const table of tables) {
		list.push({ name: `no row security on ${table}`, table, sql: `ALTER TABLE yavio.${table} DISABLE ROW LEVEL SECURITY` });
	}
	return list;
};

const functionMutations = (functions) =>
	functions.flatMap(({ signature, name, pinned }) => {
		const table = 'functions';
		const mutation = (verb, role) => ({
			table,
			name: `${verb === 'FROM' ? 'revoke' : 'grant'} execute ${name}: ${role}`,
			sql: `${verb === 'FROM' ? 'REVOKE' : 'GRANT'} EXECUTE ON FUNCTION ${signature} ${verb} ${role}`,
		});
		return [
			mutation('TO', 'PUBLIC'),
			...ROLES.map((role) => mutation(name in FUNCTIONS[role] ? 'FROM' : 'TO', role)),
			// a body that is kept parsed has no path to lose
			...(pinned ? [{ table, name: `path of ${name} not pinned`, sql: `ALTER FUNCTION ${signature} RESET search_path` }] : []),
		];
	});

/** Every mutation of the migrated schema that `service(sql)` reads; table and hint name the checks to try first. */
export async function mutationsOf(service) {
	const policies = await service(`
		SELECT policyname AS name, tablename AS "table", qual AS "using", with_check AS "check"
		FROM pg_policies WHERE schemaname = 'yavio' ORDER BY 2, 1`);
	const columns = await service(`
		SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns
		WHERE table_schema = 'yavio' ORDER BY 1, 2`);
	const functions = await service(`
		SELECT oid::regprocedure::text AS signature, proname AS name, proconfig IS NOT NULL AS pinned FROM pg_proc
		WHERE pronamespace = 'yavio'::regnamespace ORDER BY 2`);
	return [...policyMutations(policies), ...grantMutations(columns), ...functionMutations(functions)];
}
