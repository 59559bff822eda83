/* SPDX-License-Identifier: MIT
 * Migrations: forward only, statement by statement, each file recorded with its checksum when all
 * of it has run. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/str.h"
#include "ch/ch_internal.h"
#include "crypto/crypto.h"

enum { APPLIED_MAX = 4096, APPLIED_BYTES_MAX = 1024 * 1024, NAME_BYTES = 64 };

struct applied {
	unsigned version;
	char checksum[CRYPTO_SHA256_HEX_BYTES];
};

struct migrator {
	struct ch *c;
	struct ch_render render;
	struct applied *applied;
	size_t applied_len;
	struct ch_result result;
	ch_migrate_progress *progress;
	void *arg;
};

/* Names go into statements as they are. */
static bool is_name(const char *name)
{
	size_t len =
	        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

	return len > 0 && len < NAME_BYTES && name[len] == '\0';
}

static enum err run(struct migrator *m, const char *database, const char *sql,
        const struct ch_param *params, size_t params_len)
{
	const struct ch_call call = {.cls = CH_ADMIN,
	        .database = database,
	        .body = sql,
	        .body_len = strlen(sql),
	        .params = params,
	        .params_len = params_len};

	return ch_call(m->c, &call, &m->result);
}

static bool is_blank(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '\0';
}

/* Every statement of a file; {{both:…}} once more for the tables behind Distributed ones. */
static enum err run_file(struct migrator *m, const char *text, size_t text_len)
{
	const char *end = text + text_len, *sql;
	enum err e = ERR_OK;
	struct buf out;
	size_t len;

	buf_init(&out, CH_RENDER_BYTES_MAX);
	while (e == ERR_OK && ch_statement_next(&text, end, &sql, &len)) {
		bool twice = *m->render.cluster && memmem(sql, len, "{{both:", 7) != NULL;

		for (unsigned pass = 0; e == ERR_OK && pass <= twice; pass++) {
			m->render.local = pass == 1;
			buf_clear(&out);
			if (!ch_render(&out, sql, len, &m->render))
				e = ERR_DB_CH_MIGRATION_FAILED;
			else if (!is_blank(buf_str(&out)))
				e = run(m, m->c->at.database, buf_str(&out), NULL, 0);
		}
	}
	buf_release(&out);
	return e;
}

static enum err create_database(struct migrator *m)
{
	static const char sql[] = "CREATE DATABASE IF NOT EXISTS {{db}} {{on_cluster}}";
	enum err e = ERR_DB_INTERNAL_ERROR;
	struct buf out;

	buf_init(&out, CH_RENDER_BYTES_MAX);
	if (ch_render(&out, sql, sizeof(sql) - 1, &m->render))
		e = run(m, "", buf_str(&out), NULL, 0);
	buf_release(&out);
	return e;
}

/* "1\t<hex>\n…" into m->applied. */
static bool parse_applied(struct migrator *m, const char *text)
{
	m->applied = calloc(APPLIED_MAX, sizeof(*m->applied));
	if (!m->applied)
		return false;
	while (*text) {
		struct applied *a = &m->applied[m->applied_len];
		char *tab;
		unsigned long version = strtoul(text, &tab, 10);
		const char *nl = strchr(text, '\n');

		if (m->applied_len == APPLIED_MAX || *tab != '\t' || !nl || nl - tab != 65)
			return false;
		a->version = (unsigned)version;
		memcpy(a->checksum, tab + 1, 64);
		m->applied_len++;
		text = nl + 1;
	}
	return true;
}

static enum err read_applied(struct migrator *m)
{
	struct buf rows;
	const struct ch_query q = {.cls = CH_ADMIN,
	        .sql = "SELECT version, checksum FROM schema_migrations FINAL ORDER BY version",
	        .format = "TabSeparated",
	        .into_buf = &rows};
	enum err e;

	buf_init(&rows, APPLIED_BYTES_MAX);
	e = ch_select(m->c, &q, &m->result);
	if (e == ERR_OK && !parse_applied(m, buf_str(&rows)))
		e = ERR_DB_CH_MIGRATION_FAILED;
	buf_release(&rows);
	return e;
}

/* What is applied must be the beginning of what this program has. */
static enum err check_applied(struct migrator *m)
{
	for (size_t i = 0; i < m->applied_len; i++) {
		char checksum[CRYPTO_SHA256_HEX_BYTES];

		if (m->applied[i].version > ch_migrations_len)
			return ERR_DB_CH_SCHEMA_NEWER;
		if (m->applied[i].version != ch_migrations[i].version)
			return ERR_DB_CH_MIGRATION_FAILED;
		if (crypto_sha256_hex(ch_migrations[i].text, ch_migrations[i].len, checksum) !=
		        ERR_OK)
			return ERR_DB_INTERNAL_ERROR;
		if (strcmp(checksum, m->applied[i].checksum) != 0) {
			str_copy(m->result.text, sizeof(m->result.text),
			        "the file differs from the one that was applied");
			if (m->progress)
				m->progress(
				        CH_MIGRATE_FAILED, &ch_migrations[i], &m->result, m->arg);
			return ERR_DB_CH_MIGRATION_FAILED;
		}
		if (m->progress)
			m->progress(CH_MIGRATE_PRESENT, &ch_migrations[i], NULL, m->arg);
	}
	return ERR_OK;
}

static enum err apply(struct migrator *m, const struct ch_migration *migration)
{
	char version[12], checksum[CRYPTO_SHA256_HEX_BYTES];
	const struct ch_param params[] = {{.name = "v", .value = version},
	        {.name = "n", .value = migration->name}, {.name = "c", .value = checksum}};
	enum err e = crypto_sha256_hex(migration->text, migration->len, checksum);

	if (e == ERR_OK && !str_format(version, sizeof(version), "%u", migration->version))
		e = ERR_DB_INTERNAL_ERROR;
	if (e == ERR_OK)
		e = run_file(m, migration->text, migration->len);
	if (e == ERR_OK)
		e = run(m, m->c->at.database,
		        "INSERT INTO schema_migrations (version, name, checksum) "
		        "SELECT {v:UInt32}, {n:String}, {c:String}",
		        params, ARRAY_LEN(params));
	if (m->progress)
		m->progress(e == ERR_OK ? CH_MIGRATE_APPLIED : CH_MIGRATE_FAILED, migration,
		        &m->result, m->arg);
	return e;
}

/* Connection and login keep their own number: there the migration has not failed, it cannot begin.
 */
static enum err as_migration_error(enum err e)
{
	switch (e) {
	case ERR_OK:
	case ERR_DB_CH_CONNECTION_REFUSED:
	case ERR_DB_STORE_AUTH_FAILED:
	case ERR_DB_STORE_BUSY:
	case ERR_DB_CH_SCHEMA_NEWER:
		return e;
	default:
		return ERR_DB_CH_MIGRATION_FAILED;
	}
}

enum err ch_migrate(struct ch *c, ch_migrate_progress *progress, void *arg)
{
	struct migrator m = {.c = c,
	        .render = {.database = c->at.database, .cluster = c->cluster},
	        .progress = progress,
	        .arg = arg};
	enum err e;

	if (!is_name(c->at.database) || (*c->cluster && !is_name(c->cluster)))
		return ERR_DB_CH_MIGRATION_FAILED;
	e = create_database(&m);
	if (e == ERR_OK)
		e = run_file(&m, ch_schema_migrations_sql, ch_schema_migrations_sql_len);
	if (e == ERR_OK)
		e = read_applied(&m);
	if (e == ERR_OK)
		e = check_applied(&m);
	for (size_t i = m.applied_len; e == ERR_OK && i < ch_migrations_len; i++)
		e = apply(&m, &ch_migrations[i]);
	free(m.applied);
	return as_migration_error(e);
}

enum err ch_schema_version(struct ch *c, unsigned *version)
{
	struct buf rows;
	struct ch_result result;
	const struct ch_query q = {.cls = CH_ADMIN,
	        .sql = "SELECT max(version) FROM schema_migrations",
	        .format = "TabSeparated",
	        .into_buf = &rows};
	enum err e;

	*version = 0;
	buf_init(&rows, 64);
	e = ch_select(c, &q, &result);
	if (e == ERR_OK)
		*version = (unsigned)strtoul(buf_str(&rows), NULL, 10);
	else if (e == ERR_DB_CH_SCHEMA_MISMATCH) /* no such table or database yet */
		e = ERR_OK;
	buf_release(&rows);
	return e;
}

static enum err hash(const char *password, char out[CRYPTO_SHA256_HEX_BYTES])
{
	out[0] = '\0';
	return !password || !*password ? ERR_OK
	                               : crypto_sha256_hex(password, strlen(password), out);
}

/* The statements that make and alter a user without a password are left out. */
static enum err run_users(struct migrator *m, bool intelligence)
{
	static const char name[] = "{{secret:intelligence}}";
	const char *text = ch_users_sql, *end = text + ch_users_sql_len, *sql;
	enum err e = ERR_OK;
	size_t len;

	while (e == ERR_OK && ch_statement_next(&text, end, &sql, &len))
		if (intelligence || !memmem(sql, len, name, sizeof(name) - 1))
			e = run_file(m, sql, len);
	return e;
}

enum err ch_apply_users(struct ch *c, const struct ch_users *users, struct ch_result *result)
{
	char hashes[4][CRYPTO_SHA256_HEX_BYTES];
	const char *const passwords[] = {
	        users->ingest, users->dashboard, users->eraser, users->intelligence};
	const struct ch_users hashed = {.ingest = hashes[0],
	        .dashboard = hashes[1],
	        .eraser = hashes[2],
	        .intelligence = hashes[3],
	        .host = users->host && *users->host ? users->host : "ANY"};
	struct migrator m = {.c = c,
	        .render = {.database = c->at.database, .cluster = c->cluster, .users = &hashed}};
	bool intelligence = users->intelligence && *users->intelligence;
	enum err e = ERR_OK;

	*result = (struct ch_result){.cause = ERR_DB_CH_CREDENTIALS_OPEN, .fault = CH_FAULT_CONFIG};
	for (size_t i = 0; e == ERR_OK && i < ARRAY_LEN(passwords); i++)
		e = hash(passwords[i], hashes[i]);
	if (e != ERR_OK)
		return e;
	if (!hashes[0][0] || !hashes[1][0] || !hashes[2][0])
		return ERR_DB_CH_CREDENTIALS_OPEN;
	if (!is_name(c->at.database) || (*c->cluster && !is_name(c->cluster)))
		return ERR_DB_CH_MIGRATION_FAILED;
	m.render.readers = intelligence ? "yavio_dashboard, yavio_intelligence" : "yavio_dashboard";
	e = run_users(&m, intelligence);
	*result = m.result;
	return as_migration_error(e);
}
