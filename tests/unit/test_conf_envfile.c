/* SPDX-License-Identifier: MIT
 * The .env format: what a line means, what is refused, and the caps. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

#include "conf/conf_envfile.h"

static const char *value_of(const char *text, const char *name, char out[256])
{
	struct conf_envfile file;
	const struct conf_entry *entry;

	if (!conf_envfile_parse(text, strlen(text), &file))
		fail_msg("line %d: %s", file.fault_line, file.fault);
	entry = conf_envfile_find(&file, name);
	assert_non_null(entry);
	assert_true(strlen(entry->value) < 256);
	memcpy(out, entry->value, strlen(entry->value) + 1);
	conf_envfile_release(&file);
	return out;
}

static void test_values(void **state)
{
	static const struct {
		const char *text, *value;
	} cases[] = {
	        {"A=1", "1"},
	        {"A=1\n", "1"},
	        {"A=1\r\n", "1"},
	        {"  A = 1  ", "1"},
	        {"export A=1", "1"},
	        {"export\tA=1", "1"},
	        {"export=2\nA=1", "1"},
	        {"\xEF\xBB\xBF"
	         "A=1",
	                "1"},
	        {"A=", ""},
	        {"A=   ", ""},
	        {"A= # comment", ""},
	        {"A=#comment", ""},
	        {"A=x # comment", "x"},
	        {"A=x#y", "x#y"},
	        {"A=x #y #z", "x"},
	        {"A=a b  c ", "a b  c"},
	        {"A=\"a # b\" # c", "a # b"},
	        {"A='a \" $b'", "a \" $b"},
	        {"A=\"a\\\"b\\\\c\\n\\t\\r\\$\\`\"", "a\"b\\c\n\t\r$`"},
	        {"A=\"a\\x\"", "a\\x"},
	        {"A='a\\n'", "a\\n"},
	        {"A=$B${C}`d`", "$B${C}`d`"},
	        {"A=a=b==", "a=b=="},
	        {"A=it's", "it's"},
	        {"# A=0\n\n   # x\nA=1\nB=2", "1"},
	        {"A=1\nA=2", "2"},
	        {"A=1\nA=", ""},
	};
	char out[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_string_equal(value_of(cases[i].text, "A", out), cases[i].value);
}

static void refuse(const char *text, size_t len, int line, const char *fault)
{
	struct conf_envfile file;

	assert_false(conf_envfile_parse(text, len, &file));
	assert_int_equal(file.fault_line, line);
	assert_string_equal(file.fault, fault);
	conf_envfile_release(&file);
}

static void test_faults(void **state)
{
	static const struct {
		const char *text;
		int line;
		const char *fault;
	} cases[] = {
	        {"A", 1, "NAME=VALUE is needed"},
	        {"A=1\nB C=2", 2, "NAME=VALUE is needed"},
	        {"=1", 1, "NAME=VALUE is needed"},
	        {"1A=1", 1, "NAME=VALUE is needed"},
	        {"A-B=1", 1, "NAME=VALUE is needed"},
	        {"export", 1, "NAME=VALUE is needed"},
	        {"\n\nA='x", 3, "a quote is not closed"},
	        {"A=\"x", 1, "a quote is not closed"},
	        {"A=\"x\\", 1, "a quote is not closed"},
	        {"A=\"x\"y", 1, "text follows the closing quote"},
	        {"A='x''y'", 1, "text follows the closing quote"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		refuse(cases[i].text, strlen(cases[i].text), cases[i].line, cases[i].fault);
	refuse("A=\0b", 4, 1, "a NUL byte");
}

static char *filled(size_t len, const char *start)
{
	char *text = malloc(len + 1);

	assert_non_null(text);
	memset(text, 'x', len);
	memcpy(text, start, strlen(start));
	text[len] = '\0';
	return text;
}

static void test_caps(void **state)
{
	struct conf_envfile file;
	char *text;

	(void)state;
	text = filled(CONF_ENVFILE_LINE_BYTES_MAX, "A=");
	assert_true(conf_envfile_parse(text, CONF_ENVFILE_LINE_BYTES_MAX, &file));
	assert_int_equal(strlen(file.entries[0].value), CONF_ENVFILE_LINE_BYTES_MAX - 2);
	conf_envfile_release(&file);
	free(text);

	text = filled(CONF_ENVFILE_LINE_BYTES_MAX + 1, "A=");
	refuse(text, CONF_ENVFILE_LINE_BYTES_MAX + 1, 1, "the line is too long");
	free(text);

	text = filled(CONF_ENVFILE_BYTES_MAX + 1, "A=");
	refuse(text, CONF_ENVFILE_BYTES_MAX + 1, 1, "the file is too large");
	free(text);
}

static void test_many_entries(void **state)
{
	char *text = malloc(4 * (CONF_ENVFILE_ENTRIES_MAX + 1) + 1);
	struct conf_envfile file;
	size_t len = 4 * CONF_ENVFILE_ENTRIES_MAX;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i <= CONF_ENVFILE_ENTRIES_MAX; i++)
		memcpy(text + 4 * i, "A=1\n", 5);
	assert_true(conf_envfile_parse(text, len, &file));
	assert_int_equal(file.count, CONF_ENVFILE_ENTRIES_MAX);
	assert_int_equal(conf_envfile_find(&file, "A")->line, CONF_ENVFILE_ENTRIES_MAX);
	assert_null(conf_envfile_find(&file, "B"));
	conf_envfile_release(&file);
	refuse(text, len + 4, CONF_ENVFILE_ENTRIES_MAX + 1, "too many settings");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_values),
	        cmocka_unit_test(test_faults),
	        cmocka_unit_test(test_caps),
	        cmocka_unit_test(test_many_entries),
	};

	return cmocka_run_group_tests_name("conf_envfile", tests, NULL, NULL);
}
