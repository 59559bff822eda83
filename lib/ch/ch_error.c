/* SPDX-License-Identifier: MIT
 * What an answer of ClickHouse means: which error of ours, and whether to repeat. */
#include "base/base.h"
#include "ch/ch_internal.h"

static const struct {
	int code;
	enum err cause;
	enum ch_fault fault;
} codes[] = {
        /* limits */
        {159, ERR_DB_CH_QUERY_TIMEOUT, CH_FAULT_TRANSIENT},
        {160, ERR_DB_CH_QUERY_TIMEOUT, CH_FAULT_QUERY},
        {241, ERR_DB_STORE_MEMORY_LIMIT, CH_FAULT_TRANSIENT},
        {158, ERR_DB_STORE_RESULT_TOO_LARGE, CH_FAULT_QUERY},
        {307, ERR_DB_STORE_RESULT_TOO_LARGE, CH_FAULT_QUERY},
        {396, ERR_DB_STORE_RESULT_TOO_LARGE, CH_FAULT_QUERY},
        {202, ERR_DB_STORE_BUSY, CH_FAULT_TRANSIENT},
        {203, ERR_DB_STORE_BUSY, CH_FAULT_TRANSIENT},
        {252, ERR_DB_STORE_TOO_MANY_PARTS, CH_FAULT_TRANSIENT},
        {243, ERR_DB_STORE_DISK_FULL, CH_FAULT_TRANSIENT},
        /* login, rights */
        {192, ERR_DB_STORE_AUTH_FAILED, CH_FAULT_CONFIG},
        {193, ERR_DB_STORE_AUTH_FAILED, CH_FAULT_CONFIG},
        {194, ERR_DB_STORE_AUTH_FAILED, CH_FAULT_CONFIG},
        {516, ERR_DB_STORE_AUTH_FAILED, CH_FAULT_CONFIG},
        {164, ERR_DB_STORE_STATEMENT_DENIED, CH_FAULT_CONFIG},
        {452, ERR_DB_STORE_STATEMENT_DENIED, CH_FAULT_CONFIG},
        {497, ERR_DB_STORE_STATEMENT_DENIED, CH_FAULT_CONFIG},
        /* the policies read a setting that is not there */
        {115, ERR_DB_CH_ROW_POLICY_VIOLATION, CH_FAULT_CONFIG},
        /* schema */
        {60, ERR_DB_CH_SCHEMA_MISMATCH, CH_FAULT_CONFIG},
        {81, ERR_DB_CH_SCHEMA_MISMATCH, CH_FAULT_CONFIG},
        /* replicas */
        {209, ERR_DB_CH_CLUSTER_DEGRADED, CH_FAULT_TRANSIENT},
        {210, ERR_DB_CH_CLUSTER_DEGRADED, CH_FAULT_TRANSIENT},
        {242, ERR_DB_CH_CLUSTER_DEGRADED, CH_FAULT_TRANSIENT},
        {279, ERR_DB_CH_CLUSTER_DEGRADED, CH_FAULT_TRANSIENT},
        {285, ERR_DB_CH_CLUSTER_DEGRADED, CH_FAULT_TRANSIENT},
        {319, ERR_DB_CH_CLUSTER_DEGRADED, CH_FAULT_TRANSIENT},
        {999, ERR_DB_CH_CLUSTER_DEGRADED, CH_FAULT_TRANSIENT},
        /* the machine, or a query that somebody ended */
        {74, ERR_DB_CH_INSERT_FAILED, CH_FAULT_TRANSIENT},
        {75, ERR_DB_CH_INSERT_FAILED, CH_FAULT_TRANSIENT},
        {76, ERR_DB_CH_INSERT_FAILED, CH_FAULT_TRANSIENT},
        {173, ERR_DB_STORE_MEMORY_LIMIT, CH_FAULT_TRANSIENT},
        {218, ERR_DB_CH_INSERT_FAILED, CH_FAULT_TRANSIENT},
        {236, ERR_DB_CH_INSERT_FAILED, CH_FAULT_TRANSIENT},
        {394, ERR_DB_CH_INSERT_FAILED, CH_FAULT_TRANSIENT},
        {425, ERR_DB_CH_INSERT_FAILED, CH_FAULT_TRANSIENT},
        {473, ERR_DB_CH_INSERT_FAILED, CH_FAULT_TRANSIENT},
        {1000, ERR_DB_CH_INSERT_FAILED, CH_FAULT_TRANSIENT},
        {1001, ERR_DB_CH_INSERT_FAILED, CH_FAULT_TRANSIENT},
        {1002, ERR_DB_CH_INSERT_FAILED, CH_FAULT_TRANSIENT},
        /* rows that do not fit the table */
        {16, ERR_DB_CH_SCHEMA_MISMATCH, CH_FAULT_DATA},
        {44, ERR_DB_CH_SCHEMA_MISMATCH, CH_FAULT_DATA},
        {117, ERR_DB_CH_SCHEMA_MISMATCH, CH_FAULT_DATA},
};

static void set(struct ch_result *r, enum err cause, enum ch_fault fault)
{
	r->cause = cause;
	r->fault = fault;
}

void ch_error_of_http(enum httpc_result http, struct ch_result *r)
{
	switch (http) {
	case HTTPC_OK:
		break;
	case HTTPC_TIMEOUT:
		set(r, ERR_DB_CH_QUERY_TIMEOUT, CH_FAULT_TRANSIENT);
		break;
	case HTTPC_TOO_LARGE:
		set(r, ERR_DB_STORE_RESULT_TOO_LARGE, CH_FAULT_QUERY);
		break;
	case HTTPC_INVALID:
	case HTTPC_NO_MEMORY:
		set(r, ERR_DB_INTERNAL_ERROR, CH_FAULT_CONFIG);
		break;
	case HTTPC_REFUSED:
	case HTTPC_RESET:
	case HTTPC_TLS:
	case HTTPC_STOPPED:
		set(r, ERR_DB_CH_CONNECTION_REFUSED, CH_FAULT_TRANSIENT);
		break;
	}
}

/* An answer without a number of ClickHouse: a proxy between, or a server that starts. */
static void classify_status(struct ch_result *r)
{
	if (r->http_status == 401 || r->http_status == 403)
		set(r, ERR_DB_STORE_AUTH_FAILED, CH_FAULT_CONFIG);
	else if (r->http_status == 429 || r->http_status == 503)
		set(r, ERR_DB_STORE_BUSY, CH_FAULT_TRANSIENT);
	else if (r->http_status >= 500)
		set(r, ERR_DB_CH_CONNECTION_REFUSED, CH_FAULT_TRANSIENT);
	else
		set(r, ERR_DB_INTERNAL_ERROR, CH_FAULT_CONFIG);
}

void ch_error_classify(enum ch_class cls, struct ch_result *r)
{
	if (r->ch_code == 0) {
		classify_status(r);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (codes[i].code == r->ch_code) {
			set(r, codes[i].cause, codes[i].fault);
			if (cls != CH_INSERT && r->fault == CH_FAULT_DATA)
				r->fault = CH_FAULT_QUERY;
			break;
		}
	if (r->cause == ERR_OK) {
		/* An insert that fails in an unknown way is taken for the rows' fault: halving it
		 * finds the row, and quarantine loses nothing. */
		bool insert = cls == CH_INSERT;

		set(r, insert ? ERR_DB_CH_INSERT_FAILED : ERR_DB_INTERNAL_ERROR,
		        insert ? CH_FAULT_DATA : CH_FAULT_QUERY);
	}
	if (strstr(r->text, "YAVIO-5011"))
		r->cause = ERR_DB_STORE_TENANT_MISSING;
	if (strstr(r->text, "No space left on device"))
		set(r, ERR_DB_STORE_DISK_FULL, CH_FAULT_TRANSIENT);
}

enum err ch_error_for_reply(enum ch_class cls, const struct ch_result *r)
{
	if (cls == CH_ADMIN || cls == CH_INSERT)
		return r->cause;
	switch (r->cause) {
	case ERR_DB_CH_QUERY_TIMEOUT:
		return ERR_DASH_ANALYTICS_QUERY_TIMEOUT;
	case ERR_DB_STORE_MEMORY_LIMIT:
	case ERR_DB_STORE_RESULT_TOO_LARGE:
		return ERR_DASH_ANALYTICS_QUERY_REJECTED;
	case ERR_DB_CH_CONNECTION_REFUSED:
	case ERR_DB_STORE_BUSY:
	case ERR_DB_CH_CLUSTER_DEGRADED:
		return ERR_DASH_CLICKHOUSE_UNAVAILABLE;
	default:
		break;
	}
	if (cls == CH_FREE_SQL &&
	        (r->fault == CH_FAULT_QUERY || r->cause == ERR_DB_STORE_STATEMENT_DENIED))
		return ERR_DASH_ANALYTICS_QUERY_REJECTED;
	return r->cause;
}
