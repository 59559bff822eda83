// SPDX-License-Identifier: MIT
// sql/roles.sql: safe to repeat, repairs what was loosened, runs for an administrator who is not superuser, and leaves
// the settings and rights that a role brings to every connection.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ROLES, SUPERUSER, rolesSql, startPostgres } from '../support/postgres.mjs';

let cluster;
const admin = (sql, database) => cluster.query(SUPERUSER, sql, undefined, database);

before(async () => {
	cluster = await startPostgres();
	await cluster.createDatabase();
});
after(() => cluster?.stop());

/** Everything that roles.sql decides, as text to compare. */
const SNAPSHOT = `
	SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls,
		rolpassword,
		(SELECT string_agg(setting, ', ' ORDER BY setting) FROM pg_db_role_setting, unnest(setconfig) AS setting
			WHERE setrole = a.oid AND setdatabase = 0) AS settings
	FROM pg_authid AS a WHERE rolname LIKE 'yavio%' ORDER BY 1`;
const RIGHTS = `
	SELECT (SELECT datacl::text FROM pg_database WHERE datname = current_database()) AS database,
		(SELECT string_agg(nspname || ':' || nspowner::regrole || ':' || nspacl::text, ' ' ORDER BY nspname)
			FROM pg_namespace WHERE nspname IN ('yavio', 'public')) AS schemas`;

describe('roles.sql', () => {
	it('changes nothing when it runs again, nor any password', async () => {
		const before = [(await admin(SNAPSHOT)).rows, (await admin(RIGHTS)).rows];
		await admin(rolesSql());
		assert.deepEqual([(await admin(SNAPSHOT)).rows, (await admin(RIGHTS)).rows], before);
	});

	it('takes back attributes and rights that were given too much', async () => {
		const before = [(await admin(SNAPSHOT)).rows, (await admin(RIGHTS)).rows[0].schemas];
		await admin(`ALTER ROLE yavio_app BYPASSRLS CREATEDB; ALTER ROLE yavio_ingest INHERIT;
			ALTER ROLE yavio_app SET statement_timeout = 0;
			GRANT ALL ON SCHEMA public TO PUBLIC; GRANT ALL ON DATABASE yavio TO PUBLIC, yavio_app`);
		await admin(rolesSql());
		assert.deepEqual([(await admin(SNAPSHOT)).rows, (await admin(RIGHTS)).rows[0].schemas], before);
		const { rows } = await admin(`
			SELECT has_database_privilege('yavio_app', 'yavio', 'TEMPORARY') AS temp,
				has_database_privilege('yavio_app', 'yavio', 'CREATE') AS create,
				has_database_privilege('yavio_app', 'yavio', 'CONNECT') AS connect`);
		assert.deepEqual(rows, [{ temp: false, create: false, connect: true }]);
	});

	it('refuses a database that is not the application\'s', async () => {
		await assert.rejects(admin(rolesSql(), 'postgres'), /belongs in the application database/);
	});

	it('refuses a schema yavio of somebody else', async () => {
		await admin('CREATE DATABASE foreign_schema', 'postgres');
		await admin('CREATE SCHEMA yavio', 'foreign_schema');
		await assert.rejects(admin(rolesSql(), 'foreign_schema'), /schema yavio belongs to/);
	});

	it('holds no password', () => assert.doesNotMatch(rolesSql(), /password\s+'/i));

	it('runs for a managed server\'s administrator, who only creates roles and databases', async () => {
		const managed = await startPostgres();
		try {
			const password = managed.passwords[SUPERUSER];
			managed.passwords.manager = password;
			await managed.query(SUPERUSER, `CREATE ROLE manager LOGIN CREATEROLE CREATEDB PASSWORD '${password}'`, undefined,
				'postgres');
			await managed.query('manager', 'CREATE DATABASE yavio', undefined, 'postgres');
			await managed.query('manager', rolesSql());
			await managed.query('manager', rolesSql());
			for (const role of ROLES) {
				await managed.query('manager', `ALTER ROLE ${role} PASSWORD '${managed.passwords[role]}'`);
			}
			await managed.migrate();
			assert.equal((await managed.query('yavio_app', 'SELECT count(*) > 0 AS some FROM schema_migrations')).rows[0].some,
				true);
			const members = await managed.query(SUPERUSER, 'SELECT FROM pg_auth_members WHERE roleid = \'yavio_service\'::regrole');
			assert.equal(members.rowCount, 0, 'membership for creating the schema was given back');
		} finally {
			await managed.stop();
		}
	});
});

describe('connections of the roles', () => {
	const SETTINGS = {
		yavio_service: { search_path: 'yavio, pg_catalog', TimeZone: 'UTC', statement_timeout: '10min', lock_timeout: '5s' },
		yavio_app: { search_path: 'yavio, pg_catalog', TimeZone: 'UTC', statement_timeout: '5s', lock_timeout: '2s',
			idle_in_transaction_session_timeout: '10s', jit: 'off', plan_cache_mode: 'force_generic_plan' },
		yavio_ingest: { search_path: 'yavio, pg_catalog', TimeZone: 'UTC', statement_timeout: '1s', jit: 'off' },
	};
	for (const role of ROLES) {
		it(`${role} brings its settings`, async () => {
			for (const [name, value] of Object.entries(SETTINGS[role])) {
				const { rows } = await cluster.query(role, 'SELECT current_setting($1) AS value', [name]);
				assert.equal(rows[0].value, value, name);
			}
		});
		it(`${role} needs its password`, async () => {
			const right = cluster.passwords[role];
			cluster.passwords[role] = 'wrong';
			await assert.rejects(cluster.query(role, 'SELECT 1'), { code: '28P01' });
			cluster.passwords[role] = right;
			const { rows } = await admin(`SELECT rolpassword LIKE 'SCRAM-SHA-256$%' AS scram FROM pg_authid
				WHERE rolname = '${role}'`);
			assert.deepEqual(rows, [{ scram: true }]);
		});
	}

	it('a later table grants nothing by itself, a later function is not PUBLIC\'s', async () => {
		const service = await cluster.connect('yavio_service');
		await service.query('BEGIN');
		await service.query(`CREATE TABLE later (a int);
			CREATE FUNCTION later() RETURNS int LANGUAGE sql AS 'SELECT 1'`);
		const { rows } = await service.query(`
			SELECT role, has_table_privilege(role, 'yavio.later', 'SELECT, INSERT, UPDATE, DELETE') AS "table",
				has_function_privilege(role, 'yavio.later()', 'EXECUTE') AS function
			FROM unnest(ARRAY['yavio_app', 'yavio_ingest']) AS role`);
		await service.query('ROLLBACK');
		await service.end();
		assert.deepEqual(rows, [
			{ role: 'yavio_app', table: false, function: false },
			{ role: 'yavio_ingest', table: false, function: false },
		]);
	});
});
