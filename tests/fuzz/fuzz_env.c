/* SPDX-License-Identifier: MIT
 * Fuzzes the .env parser and what comes after it: every value that a file can hold goes through
 * every type of setting. */
#include <stdlib.h>

#include "conf/conf_envfile.h"
#include "conf/conf_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_entry(const struct conf_entry *entry)
{
	if (entry->name[0] == '\0' || entry->line < 1 ||
	        strlen(entry->value) > CONF_ENVFILE_LINE_BYTES_MAX)
		abort();
}

/* The value as every setting: numbers stay in their range, whatever the text. */
static void check_types(const char *text)
{
	for (int i = 0; i < CONF_ID_COUNT; i++) {
		const struct conf_option *option = conf_option((enum conf_id)i);
		struct conf_value v = {0};
		char why[CONF_WHY_BYTES] = "";
		enum err e = conf_value_parse(option, text, &v, why, sizeof(why));

		if (e != ERR_OK && why[0] == '\0')
			abort();
		if (e == ERR_OK && option->type == CONF_TYPE_INT && strcmp(text, "auto") != 0 &&
		        (v.number[0] < option->min || v.number[0] > option->max))
			abort();
	}
}

static void check_rings(const char *text)
{
	struct conf_key key;
	size_t count = 0;

	while (count < CONF_ENVFILE_LINE_BYTES_MAX && conf_ring_at(text, 'k', count, &key))
		count++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf_envfile file;
	bool ok = conf_envfile_parse((const char *)data, size, &file);

	if (ok != (file.fault == NULL) || ok != (file.fault_line == 0))
		abort();
	for (size_t i = 0; i < file.count; i++)
		check_entry(&file.entries[i]);
	for (size_t i = 0; i < file.count && i < 4; i++) {
		if (conf_envfile_find(&file, file.entries[i].name) == NULL)
			abort();
		check_types(file.entries[i].value);
		check_rings(file.entries[i].value);
	}
	conf_envfile_release(&file);
	return 0;
}
