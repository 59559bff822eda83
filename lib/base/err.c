/* SPDX-License-Identifier: MIT
 * Look-up in the generated error table. */
#include <stdlib.h>

#include "base/err.h"

enum { EXIT_INTERNAL = 70, EXIT_DEPENDENCY = 75, EXIT_CONFIG = 78 };

static int compare_number(const void *key, const void *entry)
{
	const int *number = key;
	const struct err_info *info = entry;

	return (*number > info->number) - (*number < info->number);
}

const struct err_info *err_info(enum err e)
{
	static const struct err_info ok = {0, "YAVIO-0", "OK", 200, LOG_INFO, false, "OK", ""};
	int number = (int)e;
	const struct err_info *found;

	if (e == ERR_OK)
		return &ok;
	found = bsearch(&number, err_table, err_table_len, sizeof(err_table[0]), compare_number);
	if (found == NULL) {
		number = ERR_INFRA_INTERNAL_ERROR;
		found = bsearch(
		        &number, err_table, err_table_len, sizeof(err_table[0]), compare_number);
	}
	return found;
}

const char *err_code(enum err e)
{
	return err_info(e)->code;
}

const char *err_message(enum err e)
{
	return err_info(e)->message;
}

int err_exit_code(enum err e)
{
	switch (e) {
	case ERR_OK:
		return 0;
	case ERR_INFRA_INSECURE_CONFIGURATION:
	case ERR_INFRA_LOG_LEVEL_INVALID:
	case ERR_INFRA_REQUIRED_ENV_VAR_MISSING:
	case ERR_INFRA_INVALID_ENV_VAR:
	case ERR_INFRA_ENV_CONFLICT:
	case ERR_INFRA_HOME_UNUSABLE:
	case ERR_INFRA_RUNNING_AS_ROOT:
	case ERR_DB_CH_CREDENTIALS_OPEN:
	case ERR_DB_PG_ROLE_PRIVILEGED:
	case ERR_DB_PG_POOLER_MODE:
	case ERR_DB_REDIS_INSECURE:
	case ERR_CLI_ENV_FILE_MISSING:
		return EXIT_CONFIG;
	case ERR_DB_CH_CONNECTION_REFUSED:
	case ERR_DB_PG_CONNECTION_REFUSED:
	case ERR_DB_PG_MIGRATION_FAILED:
		return EXIT_DEPENDENCY;
	default:
		return (int)e % 1000 == 999 ? EXIT_INTERNAL : 1;
	}
}
