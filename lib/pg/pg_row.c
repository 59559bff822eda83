/* SPDX-License-Identifier: MIT
 * Rows: typed reading of PostgreSQL's binary result format. */
#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "pg/pg_internal.h"

/* pg_type.h of the server: numbers of built-in types never change. */
enum {
	OID_BOOL = 16,
	OID_BYTEA = 17,
	OID_NAME = 19,
	OID_INT8 = 20,
	OID_INT2 = 21,
	OID_INT4 = 23,
	OID_TEXT = 25,
	OID_JSON = 114,
	OID_VARCHAR = 1043,
	OID_TIMESTAMPTZ = 1184,
	OID_UUID = 2950,
	OID_JSONB = 3802,
};

/* 2000-01-01, the server's epoch, in Unix milliseconds. */
#define PG_EPOCH_MS INT64_C(946684800000)

/* The column of the result that is col to whoever asks. */
static int at(const struct pg_result *r, size_t col)
{
	return r->first + (int)col;
}

/* Reading a column as what it is not cannot go on: the value would be a wrong one. */
static void bug(const struct pg_result *r, size_t row, size_t col, const char *wanted)
{
	log_fatal(ERR_DB_INTERNAL_ERROR, "column read with the wrong type",
	        F_STR("statement", r->statement), F_STR("wanted", wanted),
	        F_INT("row", (int64_t)row), F_INT("column", (int64_t)col),
	        F_INT("type", (int64_t)PQftype(r->res, at(r, col))));
	abort();
}

static Oid type_of(const struct pg_result *r, size_t row, size_t col)
{
	if (row >= (size_t)PQntuples(r->res) || at(r, col) >= PQnfields(r->res))
		bug(r, row, col, "a row and column of the result");
	return PQftype(r->res, at(r, col));
}

static int64_t big_endian(const uint8_t *p, size_t len)
{
	uint64_t v = (p[0] & 0x80) ? UINT64_MAX : 0;

	for (size_t i = 0; i < len; i++)
		v = v << 8 | p[i];
	return (int64_t)v;
}

static const uint8_t *value(const struct pg_result *r, size_t row, size_t col)
{
	return (const uint8_t *)PQgetvalue(r->res, (int)row, at(r, col));
}

void pg_result_free(struct pg_result *r)
{
	if (r == NULL)
		return;
	PQclear(r->res);
	free(r);
}

size_t pg_rows(const struct pg_result *r)
{
	return (size_t)PQntuples(r->res);
}

int64_t pg_affected(const struct pg_result *r)
{
	int64_t n = 0;

	return str_parse_int(PQcmdTuples(r->res), 0, INT64_MAX, &n) ? n : 0;
}

bool pg_is_null(const struct pg_result *r, size_t row, size_t col)
{
	(void)type_of(r, row, col);
	return PQgetisnull(r->res, (int)row, at(r, col)) == 1;
}

const char *pg_text(const struct pg_result *r, size_t row, size_t col)
{
	Oid type = type_of(r, row, col);

	if (type != OID_TEXT && type != OID_VARCHAR && type != OID_NAME && type != OID_JSON &&
	        type != OID_JSONB)
		bug(r, row, col, "text");
	if (pg_is_null(r, row, col))
		return NULL;
	/* jsonb begins with a version byte; libpq ends every value with a NUL. */
	return PQgetvalue(r->res, (int)row, at(r, col)) + (type == OID_JSONB ? 1 : 0);
}

int64_t pg_int(const struct pg_result *r, size_t row, size_t col)
{
	Oid type = type_of(r, row, col);

	if (type != OID_INT2 && type != OID_INT4 && type != OID_INT8)
		bug(r, row, col, "integer");
	if (pg_is_null(r, row, col))
		return 0;
	return big_endian(value(r, row, col), (size_t)PQgetlength(r->res, (int)row, at(r, col)));
}

bool pg_bool(const struct pg_result *r, size_t row, size_t col)
{
	if (type_of(r, row, col) != OID_BOOL)
		bug(r, row, col, "boolean");
	return !pg_is_null(r, row, col) && value(r, row, col)[0] != 0;
}

void pg_uuid(const struct pg_result *r, size_t row, size_t col, char out[ID_UUID_BYTES])
{
	if (type_of(r, row, col) != OID_UUID)
		bug(r, row, col, "uuid");
	out[0] = '\0';
	if (!pg_is_null(r, row, col))
		id_uuid_text(value(r, row, col), out);
}

const uint8_t *pg_bytes(const struct pg_result *r, size_t row, size_t col, size_t *len)
{
	if (type_of(r, row, col) != OID_BYTEA)
		bug(r, row, col, "bytea");
	*len = 0;
	if (pg_is_null(r, row, col))
		return NULL;
	*len = (size_t)PQgetlength(r->res, (int)row, at(r, col));
	return value(r, row, col);
}

int64_t pg_time_ms(const struct pg_result *r, size_t row, size_t col)
{
	int64_t us, ms;

	if (type_of(r, row, col) != OID_TIMESTAMPTZ)
		bug(r, row, col, "timestamptz");
	if (pg_is_null(r, row, col))
		return 0;
	us = big_endian(value(r, row, col), sizeof(us));
	if (us == INT64_MAX || us == INT64_MIN)
		return us;
	ms = us / 1000 - (us % 1000 < 0);
	return ms + PG_EPOCH_MS;
}
