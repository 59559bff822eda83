/* SPDX-License-Identifier: MIT
 * The schema of PostgreSQL: making the roles and database once, applying sql/migrations in order,
 * and telling how far a database is. */
#ifndef YAVIO_PG_PG_MIGRATE_H
#define YAVIO_PG_PG_MIGRATE_H

#include "base/base.h"
#include "base/errors.h"
#include "pg/pg.h"

enum {
	PG_MIGRATION_NAME_BYTES = 96,
	PG_MIGRATION_SHA256_BYTES = 32,
	PG_MIGRATE_LOCK_WAIT_MS = 10 * 60 * 1000,
	PG_MIGRATE_TRIES = 10,
	PG_MIGRATE_TEXT_BYTES = 512,
};

struct pg_migration {
	int version;      /* 1 up, without gaps */
	const char *name; /* "base" of 0001_base.sql */
	const char *sql;
	uint8_t sha256[PG_MIGRATION_SHA256_BYTES]; /* of the file's bytes */
	bool no_transaction; /* "-- no-transaction" in the first two lines: one idempotent statement
	                      */
};

/* sql/migrations as of the build. */
extern const struct pg_migration pg_migrations[];
extern const size_t pg_migrations_len;

enum pg_migrate_event {
	PG_MIGRATE_WAITING,  /* another run holds the lock; every 5 s */
	PG_MIGRATE_APPLYING, /* m begins */
	PG_MIGRATE_RETRYING, /* m could not get a lock; text says why */
	PG_MIGRATE_APPLIED,  /* m is in, ms milliseconds */
	PG_MIGRATE_FAILED,   /* text says why; m may be NULL */
};
struct pg_migrate_options {
	const char *url;                /* of yavio_service, direct */
	const struct pg_migration *set; /* NULL: pg_migrations */
	size_t set_len;
	bool dry_run;         /* checks, applies nothing */
	int64_t lock_wait_ms; /* 0: PG_MIGRATE_LOCK_WAIT_MS */
	/* Tells what goes on; may be NULL. text is for the operator. */
	void (*progress)(void *arg, enum pg_migrate_event event, const struct pg_migration *m,
	        int64_t ms, const char *text);
	void *arg;
};
struct pg_migrate_result {
	int before, after;                /* versions of the database; 0: empty */
	int known;                        /* newest version of this program */
	int applied;                      /* by this run (dry run: would be) */
	char text[PG_MIGRATE_TEXT_BYTES]; /* why it failed, for the operator */
};

/* Brings the database to this program's schema; several at once wait for one another and all end
 * well. Each file is one transaction with its row in schema_migrations.
 * ERR_OK (also for nothing to do); ERR_DB_PG_MIGRATION_FAILED (a statement failed, a file changed
 * after it was applied, a gap, no schema: nothing of that file is kept); ERR_DB_PG_MIGRATION_LOCKED
 * (another run did not end in time); ERR_DB_PG_SCHEMA_NEWER; ERR_DB_PG_VERSION_UNSUPPORTED;
 * ERR_DB_PG_CONNECTION_REFUSED. */
enum err pg_migrate(
        const struct pg_migrate_options *o, struct pg_migrate_result *result) MUST_CHECK;

/* Does work while no migration runs on any machine: under the lock that pg_migrate holds, waiting
 * and telling as it does; o's set and dry_run do not count. What becomes of the work is in arg.
 * ERR_OK: it was done; else it was not begun: ERR_DB_PG_MIGRATION_LOCKED,
 * ERR_DB_PG_VERSION_UNSUPPORTED, ERR_DB_PG_CONNECTION_REFUSED. */
enum err pg_migrate_alone(const struct pg_migrate_options *o, void (*work)(void *arg), void *arg,
        struct pg_migrate_result *result) MUST_CHECK;

/* One line of `yavio migrate --status`. */
struct pg_migration_state {
	int version;
	char name[PG_MIGRATION_NAME_BYTES];
	enum {
		PG_MIGRATION_PENDING,
		PG_MIGRATION_DONE,
		PG_MIGRATION_CHANGED,
		PG_MIGRATION_UNKNOWN
	} state;
	int64_t applied_at_ms, duration_ms;
	char program_version[32];
};
/* All versions of program and database in order; caller frees *out with free. */
enum err pg_migrate_status(const struct pg_migrate_options *o, struct pg_migration_state **out,
        size_t *len, struct pg_migrate_result *result) MUST_CHECK;

struct pg_bootstrap_options {
	const char
	        *superuser_url; /* any database of the server; the new one gets the same server */
	const char *service_password, *app_password, *ingest_password; /* ≥ 24 characters */
};
/* Makes database yavio, runs sql/roles.sql (as of the build), sets the three passwords as SCRAM
 * verifiers. Running it again changes nothing but the salts. why (may be NULL, PG_DETAIL_BYTES):
 * reason for the operator. ERR_OK, ERR_DB_PG_INIT_FAILED, ERR_DB_PG_VERSION_UNSUPPORTED,
 * ERR_DB_PG_CONNECTION_REFUSED, or what pg_open says of the URL. */
enum err pg_bootstrap(const struct pg_bootstrap_options *o, char *why) MUST_CHECK;

/* sql/roles.sql as of the build. */
extern const char pg_roles_sql[];

/* Whether a program of version mine may run on a schema made by version theirs: the same release or
 * the next one (major.minor; the patch does not count). False for anything it cannot read. */
bool pg_release_compatible(const char *mine, const char *theirs);

#endif
