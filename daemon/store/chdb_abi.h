/* SPDX-License-Identifier: MIT
 * Our declarations of the functions of libchdb 26.5 that the engine uses; the library ships no C
 * header. Included by engine.c only. */
#ifndef YAVIO_STORE_CHDB_ABI_H
#define YAVIO_STORE_CHDB_ABI_H

#include <stddef.h>
#include <stdint.h>

typedef struct chdb_opaque_connection *chdb_connection;
typedef struct chdb_opaque_result chdb_result;

/* One row a function: return type, name, parameters. All are looked up when the library is loaded.
 * A result is freed by chdb_destroy_query_result; its error text is NULL for success; the numbers
 * are only meaningful without an error. */
#define CHDB_FUNCTIONS(F)                                                                          \
	F(chdb_connection *, chdb_connect, (int argc, char **argv))                                \
	F(void, chdb_close_conn, (chdb_connection * connection))                                   \
	F(chdb_result *, chdb_query_n,                                                             \
	        (chdb_connection connection, const char *sql, size_t sql_len, const char *format,  \
	                size_t format_len))                                                        \
	F(chdb_result *, chdb_stream_query_n,                                                      \
	        (chdb_connection connection, const char *sql, size_t sql_len, const char *format,  \
	                size_t format_len))                                                        \
	F(chdb_result *, chdb_stream_fetch_result,                                                 \
	        (chdb_connection connection, chdb_result * stream))                                \
	F(void, chdb_stream_cancel_query, (chdb_connection connection, chdb_result * stream))      \
	F(void, chdb_destroy_query_result, (chdb_result * result))                                 \
	F(char *, chdb_result_buffer, (chdb_result * result))                                      \
	F(size_t, chdb_result_length, (chdb_result * result))                                      \
	F(uint64_t, chdb_result_rows_read, (chdb_result * result))                                 \
	F(uint64_t, chdb_result_bytes_read, (chdb_result * result))                                \
	F(uint64_t, chdb_result_storage_rows_read, (chdb_result * result))                         \
	F(uint64_t, chdb_result_storage_bytes_read, (chdb_result * result))                        \
	F(uint64_t, chdb_result_rows_written, (chdb_result * result))                              \
	F(uint64_t, chdb_result_bytes_written, (chdb_result * result))                             \
	F(const char *, chdb_result_error, (chdb_result * result))                                 \
	F(void, chdb_set_signal_handlers_enabled, (int enabled))

#endif
