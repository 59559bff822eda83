/* SPDX-License-Identifier: MIT
 * The requests of a file. */
#include <stdlib.h>

#include "tests/bench/load/load.h"

enum { FILE_BYTES_MAX = 16 * 1024 * 1024 };

static char *read_all(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = f != NULL ? calloc(1, FILE_BYTES_MAX + 1) : NULL;

	if (text != NULL && fread(text, 1, FILE_BYTES_MAX, f) == 0) {
		free(text);
		text = NULL;
	}
	if (f != NULL)
		fclose(f);
	return text;
}

/* "path cookie" becomes two texts behind each other. */
static bool split(struct targets *t)
{
	char *save = NULL;

	for (char *line = strtok_r(t->text, "\n", &save); line != NULL;
	        line = strtok_r(NULL, "\n", &save)) {
		char *blank = strchr(line, ' ');
		char **grown = realloc(t->line, (t->len + 1) * sizeof(*t->line));

		if (grown == NULL || blank == NULL)
			return false;
		*blank = '\0';
		t->line = grown;
		t->line[t->len++] = line;
	}
	return t->len > 0;
}

bool targets_load(struct targets *t, const char *path)
{
	*t = (struct targets){.text = read_all(path)};
	return t->text != NULL && split(t);
}

void targets_release(struct targets *t)
{
	free(t->line);
	free(t->text);
}
