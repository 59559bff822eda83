/* SPDX-License-Identifier: MIT
 * Second step of the gate: the nodes and functions of the parsed statement, from EXPLAIN AST.
 *
 * Every node is a line of its own that begins with its kind, indented by its depth. Names are
 * printed raw, but the lexer lets none through that holds a line break, and literals are printed
 * escaped: so no text can hide a line or forge one. */
#include <strings.h>

#include "ch/ch_gate.h"
#include "ch/ch_internal.h"

enum { AST_DEPTH_MAX = 500 };

/* How a kind's line goes on after its name. */
enum node_rule {
	NODE_PLAIN,    /* nothing that matters */
	NODE_FUNCTION, /* the function's name */
	NODE_TABLE,    /* the table's name */
	NODE_NAME,     /* an identifier */
};

static const struct {
	const char *kind;
	enum node_rule rule;
} nodes[] = {
        {"ArrayJoin", NODE_PLAIN},
        {"Asterisk", NODE_PLAIN},
        {"ExpressionList", NODE_PLAIN},
        {"Function", NODE_FUNCTION},
        {"Identifier", NODE_NAME},
        {"InterpolateElement", NODE_PLAIN},
        {"Literal", NODE_PLAIN},
        {"OrderByElement", NODE_PLAIN},
        {"QualifiedAsterisk", NODE_PLAIN},
        {"SelectQuery", NODE_PLAIN},
        {"SelectWithUnionQuery", NODE_PLAIN},
        {"Subquery", NODE_PLAIN},
        {"TableExpression", NODE_PLAIN},
        {"TableIdentifier", NODE_TABLE},
        {"TableJoin", NODE_PLAIN},
        {"TablesInSelectQuery", NODE_PLAIN},
        {"TablesInSelectQueryElement", NODE_PLAIN},
        {"WindowDefinition", NODE_PLAIN},
        {"WithElement", NODE_PLAIN},
};

/* Functions whose second argument may name a table. */
static const char *const in_functions[] = {
        "in", "notIn", "nullIn", "notNullIn", "globalIn", "globalNotIn"};

/* Hidden columns of a table: where a row lies tells about the rows around it. */
static const char *const virtual_prefixes[] = {
        "_part", "_block", "_row", "_sample", "_disk", "_data", "_table", "_database", "_distance"};

struct line {
	const char *kind;
	size_t kind_len;
	const char *rest; /* after "kind ", to the end of the line */
	size_t rest_len;
	size_t depth;
};

struct checker {
	const struct ch_gate_text *text;
	const char *database;
	/* per depth: the last line's nature, to know an argument of IN when it comes */
	struct {
		bool is_in, is_table_expression;
		bool is_cast; /* of a value that may come from a column */
		unsigned children;
	} at[AST_DEPTH_MAX + 1];
};

static bool split_line(const char *p, size_t len, struct line *out)
{
	const char *end = p + len, *space;

	out->depth = 0;
	while (p < end && *p == ' ') {
		p++;
		out->depth++;
	}
	space = memchr(p, ' ', (size_t)(end - p));
	out->kind = p;
	out->kind_len = (size_t)((space ? space : end) - p);
	out->rest = space ? space + 1 : end;
	out->rest_len = (size_t)(end - out->rest);
	return out->kind_len > 0 && out->depth <= AST_DEPTH_MAX;
}

static bool equals(const char *a, size_t len, const char *b)
{
	return strlen(b) == len && memcmp(a, b, len) == 0;
}

/* The name on the line: up to " (alias" or " (children". */
static size_t name_len(const struct line *l)
{
	static const char *const ends[] = {" (alias ", " (children "};
	size_t len = l->rest_len;

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		const char *at = memmem(l->rest, len, ends[i], strlen(ends[i]));

		if (at)
			len = (size_t)(at - l->rest);
	}
	return len;
}

static size_t function_len(const struct line *l)
{
	const char *space = memchr(l->rest, ' ', l->rest_len);

	return space ? (size_t)(space - l->rest) : l->rest_len;
}

/* A name that the engine would look up as a table: one of ours, a common table expression of this
 * text, or a source of numbers. Checked here and not only in the query tree because building the
 * tree runs scalar subqueries, and their errors would tell what a foreign table holds. */
static bool is_known_table(const struct checker *c, const char *name, size_t len)
{
	size_t database_len = strlen(c->database);

	if (ch_table_is_neutral(name, len))
		return true;
	if (len > database_len && memcmp(name, c->database, database_len) == 0 &&
	        name[database_len] == '.' &&
	        ch_table_find(name + database_len + 1, len - database_len - 1))
		return true;
	return ch_table_find(name, len) || ch_gate_defines(c->text, name, len);
}

static bool is_virtual_column(const char *name, size_t len)
{
	const char *dot = memrchr(name, '.', len);

	if (dot) {
		len -= (size_t)(dot + 1 - name);
		name = dot + 1;
	}
	for (size_t i = 0; i < ARRAY_LEN(virtual_prefixes); i++) {
		size_t prefix = strlen(virtual_prefixes[i]);

		if (len >= prefix && memcmp(name, virtual_prefixes[i], prefix) == 0)
			return true;
	}
	return false;
}

/* CAST of a column runs on the whole dictionary of a LowCardinality column, values of other tenants
 * included, and throws on them (tried; toInt32 and its like do not). So only what cannot throw: of
 * a literal, of an aggregate, or to text. */
static bool check_cast(struct checker *c, const struct line *l)
{
	static const char *const texts[] = {
	        "'String'", "'Nullable(String)'", "'LowCardinality(String)'"};
	bool *is_cast = &c->at[l->depth - 2].is_cast;

	if (c->at[l->depth].children == 1) {
		bool function = equals(l->kind, l->kind_len, "Function");

		if (equals(l->kind, l->kind_len, "Literal") ||
		        (function && ch_function_find(l->rest, function_len(l)) ==
		                             CH_FUNCTION_AGGREGATE))
			*is_cast = false;
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (equals(l->kind, l->kind_len, "Literal") &&
		        equals(l->rest, name_len(l), texts[i]))
			return true;
	return false;
}

/* Second child of the argument list of an IN. */
static bool is_in_set(const struct checker *c, const struct line *l)
{
	return l->depth >= 2 && c->at[l->depth - 2].is_in && c->at[l->depth].children == 2;
}

static bool check_name(const struct checker *c, const struct line *l)
{
	size_t len = name_len(l);

	if (is_virtual_column(l->rest, len))
		return false;
	/* "x IN name" may be a column or an alias; with a dot it may be another database's table.
	 */
	if (is_in_set(c, l) && !is_known_table(c, l->rest, len))
		return memchr(l->rest, '.', len) == NULL &&
		       !equals(l->rest, len, "schema_migrations");
	return true;
}

static bool check_function(struct checker *c, const struct line *l)
{
	size_t len = function_len(l);
	enum ch_function_kind kind = ch_function_find(l->rest, len);
	bool as_table = l->depth > 0 && c->at[l->depth - 1].is_table_expression;

	for (size_t i = 0; i < ARRAY_LEN(in_functions); i++)
		if (equals(l->rest, len, in_functions[i]))
			c->at[l->depth].is_in = true;
	c->at[l->depth].is_cast = (len == 4 && strncasecmp(l->rest, "CAST", 4) == 0) ||
	                          (len == 5 && strncasecmp(l->rest, "_CAST", 5) == 0);
	return kind != CH_FUNCTION_NONE && (kind == CH_FUNCTION_TABLE) == as_table;
}

static bool check_line(struct checker *c, const struct line *l)
{
	size_t i = 0;

	while (i < ARRAY_LEN(nodes) && !equals(l->kind, l->kind_len, nodes[i].kind))
		i++;
	if (i == ARRAY_LEN(nodes))
		return false;
	c->at[l->depth].children++;
	c->at[l->depth].is_in = false;
	c->at[l->depth].is_cast = false;
	c->at[l->depth].is_table_expression = equals(l->kind, l->kind_len, "TableExpression");
	if (l->depth < AST_DEPTH_MAX)
		c->at[l->depth + 1].children = 0;
	if (l->depth >= 2 && c->at[l->depth - 2].is_cast && !check_cast(c, l))
		return false;
	switch (nodes[i].rule) {
	case NODE_FUNCTION:
		return check_function(c, l);
	case NODE_TABLE:
		return is_known_table(c, l->rest, name_len(l));
	case NODE_NAME:
		return check_name(c, l);
	case NODE_PLAIN:
		break;
	}
	return true;
}

static bool check_all(struct checker *c, const char *explain, size_t len)
{
	static const char root[] = "SelectWithUnionQuery (children 1)\n";
	const char *p = explain, *end = explain + len;

	/* A second child of the root would be FORMAT, INTO OUTFILE or SETTINGS. */
	if (len < sizeof(root) - 1 || memcmp(p, root, sizeof(root) - 1) != 0)
		return false;
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		struct line l;

		if (!split_line(p, (size_t)((nl ? nl : end) - p), &l) ||
		        (l.depth == 0) != (p == explain) || !check_line(c, &l))
			return false;
		p = nl ? nl + 1 : end;
	}
	return true;
}

enum err ch_gate_ast(
        const char *explain, size_t len, const struct ch_gate_text *text, const char *database)
{
	struct checker c = {.text = text, .database = database};

	if (len > CH_GATE_EXPLAIN_BYTES_MAX || !check_all(&c, explain, len))
		return ERR_DB_STORE_STATEMENT_DENIED;
	return ERR_OK;
}
