// SPDX-License-Identifier: MIT
// Two ways to run the same check of the database's rights. Both undo what the statements did.
import { SUPERUSER } from './postgres.mjs';
import { literal } from './tenants.mjs';

/**
 * as(role, tenant, ...statements) runs them in one transaction with the tenant set (null: none) and resolves to
 * { code, message, rows, count } of the last one; code is null or the SQLSTATE of the first that failed.
 * service(sql) reads as the owner of the tables.
 */
class Executor {
	async query(client, sql) {
		const results = [].concat(await client.query(sql));
		// The transaction's own last command is not the statement's result.
		return results.at(-2);
	}

	#tenant(tenant) {
		return tenant === null ? [] : [`SELECT set_config('app.current_user_id', ${literal(tenant)}, true)`];
	}

	async attempt(client, before, tenant, statements, undo) {
		try {
			const result = await this.query(client, [...before, ...this.#tenant(tenant), ...statements, undo].join(';\n'));
			return { code: null, rows: result.rows, count: result.rowCount };
		} catch (err) {
			if (!err.code) throw err;
			await client.query(undo);
			return { code: err.code, message: err.message, rows: [], count: null };
		}
	}
}

/** Over real connections of each role; without a tenant over a fresh one, where the setting never existed. */
export class RoleExecutor extends Executor {
	#clients = new Map();

	constructor(connect) {
		super();
		this.connect = connect;
	}

	async as(role, tenant, ...statements) {
		if (tenant === null) {
			const client = await this.connect(role);
			const result = await this.attempt(client, ['BEGIN'], null, statements, 'ROLLBACK');
			await client.end();
			return result;
		}
		if (!this.#clients.has(role)) this.#clients.set(role, await this.connect(role));
		return this.attempt(this.#clients.get(role), ['BEGIN'], tenant, statements, 'ROLLBACK');
	}

	async service(sql) {
		return (await this.as('yavio_service', '', sql)).rows;
	}

	async end() {
		await Promise.all([...this.#clients.values()].map((client) => client.end()));
	}
}

/**
 * Inside one transaction of the superuser, so that a mutation needs no commit: mutated(sql, fn) applies it, runs fn
 * and takes it back. A statement with the tenant not set sees the empty setting instead of none.
 */
export class MutationExecutor extends Executor {
	static async over(cluster, database) {
		const executor = new MutationExecutor();
		executor.client = await cluster.connect(SUPERUSER, database);
		await executor.client.query('SET search_path = yavio, pg_catalog');
		return executor;
	}

	async mutated(sql, fn) {
		await this.client.query(`BEGIN; ${sql}`);
		try {
			return await fn();
		} finally {
			await this.client.query('ROLLBACK');
		}
	}

	as(role, tenant, ...statements) {
		const before = ['SAVEPOINT attempt', `SET LOCAL ROLE ${role}`];
		return this.attempt(this.client, before, tenant ?? '', statements, 'ROLLBACK TO SAVEPOINT attempt');
	}

	async service(sql) {
		return (await this.as('yavio_service', '', sql)).rows;
	}

	async end() {
		await this.client.end();
	}
}
