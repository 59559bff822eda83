/* SPDX-License-Identifier: MIT
 * What the store must know of ClickHouse's output formats. */
#include <strings.h>

#include "daemon/store/format.h"

static const char TEXT[] = "text/plain; charset=UTF-8";
static const char TSV[] = "text/tab-separated-values; charset=UTF-8";
static const char CSV[] = "text/csv; charset=UTF-8; header=absent";
static const char CSV_HEADER[] = "text/csv; charset=UTF-8; header=present";
static const char JSON[] = "application/json; charset=UTF-8";
static const char LINES[] = "application/x-ndjson; charset=UTF-8";
static const char BYTES[] = "application/octet-stream";

static const struct format {
	const char *name, *type;
	bool streams;
	int header_lines;
} formats[] = {
        {"TabSeparated", TSV, true, 0},
        {"TSV", TSV, true, 0},
        {"TabSeparatedRaw", TSV, true, 0},
        {"TSVRaw", TSV, true, 0},
        {"TabSeparatedWithNames", TSV, true, 1},
        {"TSVWithNames", TSV, true, 1},
        {"TabSeparatedWithNamesAndTypes", TSV, true, 2},
        {"TSVWithNamesAndTypes", TSV, true, 2},
        {"CSV", CSV, true, 0},
        {"CSVWithNames", CSV_HEADER, true, 1},
        {"CSVWithNamesAndTypes", CSV_HEADER, true, 2},
        {"JSONEachRow", LINES, true, 0},
        {"JSONLines", LINES, true, 0},
        {"NDJSON", LINES, true, 0},
        {"JSONStringsEachRow", LINES, true, 0},
        {"JSONCompactEachRow", LINES, true, 0},
        {"JSONCompactStringsEachRow", LINES, true, 0},
        {"JSONCompactEachRowWithNames", LINES, true, 1},
        {"JSONCompactEachRowWithNamesAndTypes", LINES, true, 2},
        {"JSON", JSON, false, 0},
        {"JSONCompact", JSON, false, 0},
        {"JSONStrings", JSON, false, 0},
        {"JSONCompactStrings", JSON, false, 0},
        {"JSONColumns", JSON, false, 0},
        {"JSONColumnsWithMetadata", JSON, false, 0},
        {"JSONCompactColumns", JSON, false, 0},
        {"JSONObjectEachRow", JSON, false, 0},
        {"Native", BYTES, true, 0},
        {"RowBinary", BYTES, true, 0},
        {"RowBinaryWithNamesAndTypes", BYTES, false, 0},
        {"Parquet", BYTES, false, 0},
        {"Arrow", BYTES, false, 0},
        {"ArrowStream", BYTES, false, 0},
        {"XML", "application/xml; charset=UTF-8", false, 0},
        {"Markdown", "text/markdown; charset=UTF-8", false, 0},
        {"Null", TEXT, true, 0},
};

static const struct format *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (strcasecmp(formats[i].name, name) == 0)
			return &formats[i];
	return NULL;
}

const char *format_content_type(const char *name)
{
	const struct format *f = find(name);
	return f ? f->type : TEXT;
}

bool format_streams(const char *name)
{
	const struct format *f = find(name);
	return f && f->streams;
}

size_t format_header_len(const char *name, const char *piece, size_t len)
{
	const struct format *f = find(name);
	int lines = f ? f->header_lines : 0;
	bool csv = f && f->type == CSV_HEADER;
	bool quoted = false; /* a column's name may hold a line end, in CSV only */
	size_t at = 0;
	while (lines > 0 && at < len) {
		char c = piece[at++];
		if (csv && c == '"')
			quoted = !quoted;
		if (c == '\n' && !quoted)
			lines--;
	}
	return at;
}
