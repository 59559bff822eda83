/* SPDX-License-Identifier: MIT
 * From SQLSTATE to the error table, and what is kept of a failure for its log line. */
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "pg/pg_internal.h"

static const struct {
	const char *prefix; /* a whole SQLSTATE, or the beginning of several */
	enum err err;
} sqlstates[] = {
        {"23505", ERR_DB_PG_UNIQUE_CONSTRAINT_VIOLATION},
        {"23503", ERR_DB_PG_FOREIGN_KEY_VIOLATION}, {"42501", ERR_DB_PG_RLS_POLICY_VIOLATION},
        {"40P01", ERR_DB_PG_DEADLOCK_DETECTED}, {"40001", ERR_DB_PG_SERIALIZATION_FAILURE},
        {"57014", ERR_DB_PG_STATEMENT_TIMEOUT},
        {"55P03", ERR_DB_PG_STATEMENT_TIMEOUT}, /* lock_timeout */
        {"53300", ERR_DB_PG_CONNECTION_POOL_EXHAUSTED},
        {"57P0", ERR_DB_PG_CONNECTION_REFUSED}, /* shutting down, starting up, terminated */
        {"08", ERR_DB_PG_CONNECTION_REFUSED},
        {"26000", ERR_DB_PG_POOLER_MODE}, /* a prepared statement is gone */
        {"42P05", ERR_DB_PG_POOLER_MODE}, /* somebody else's prepared statement */
};

enum err pg_sqlstate_err(const char *sqlstate)
{
	for (size_t i = 0; i < ARRAY_LEN(sqlstates); i++)
		if (str_starts_with(sqlstate, sqlstates[i].prefix))
			return sqlstates[i].err;
	return ERR_DB_PG_QUERY_FAILED;
}

bool pg_err_away(enum err e)
{
	return e == ERR_DB_PG_CONNECTION_REFUSED || e == ERR_DB_PG_CONNECTION_POOL_EXHAUSTED;
}

void pg_error_clear(struct pg *pg, const char *statement)
{
	pg->error = (struct pg_error){.statement = statement};
}

void pg_error_from_result(struct pg *pg, const PGresult *res, const char *statement)
{
	const char *sqlstate = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	const char *constraint = PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME);

	pg_error_clear(pg, statement);
	str_copy(pg->error.sqlstate, sizeof(pg->error.sqlstate), sqlstate ? sqlstate : "");
	str_copy(pg->error.constraint, sizeof(pg->error.constraint), constraint ? constraint : "");
}

void pg_error_detail(struct pg *pg, const char *text)
{
	char *end;

	str_copy(pg->error.detail, sizeof(pg->error.detail), text);
	for (char *p = pg->error.detail; *p != '\0'; p++)
		if (*p == '\n' || *p == '\t')
			*p = ' ';
	end = pg->error.detail + strlen(pg->error.detail);
	while (end > pg->error.detail && end[-1] == ' ')
		*--end = '\0';
}

const struct pg_error *pg_last_error(const struct pg *pg)
{
	return &pg->error;
}

void pg_log_failure(const struct pg *pg, enum err e, const char *msg)
{
	const struct pg_error *error = &pg->error;

	LOG_AT(err_info(e)->level, e, msg, F_STR("statement", error->statement),
	        F_STR("sqlstate", error->sqlstate[0] ? error->sqlstate : NULL),
	        F_STR("constraint", error->constraint[0] ? error->constraint : NULL),
	        F_STR("detail", error->detail[0] ? error->detail : NULL));
}
