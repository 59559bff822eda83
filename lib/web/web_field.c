/* SPDX-License-Identifier: MIT
 * Reading the fields of a request by the table of its route. */
#include "base/clock.h"
#include "base/str.h"
#include "web/web_field_internal.h"

const char *const web_order_words[] = {"asc", "desc", NULL};

/* ---- faults ---------------------------------------------------------------------------------- */

static void add_fault(struct request *req, const char *name, const char *problem, enum err code)
{
	struct web_faults *faults = &req->faults;
	struct web_fault *fault;

	if (faults->len == WEB_FAULTS_MAX)
		return;
	fault = &faults->list[faults->len++];
	str_copy(fault->field, sizeof(fault->field), name);
	fault->problem = problem;
	fault->code = code;
}

static void field_fault(struct request *req, const struct web_field *f, const char *problem)
{
	add_fault(req, f->name, problem, f->code);
}

enum err web_refuse_field(struct request *req, size_t field, const char *problem)
{
	const struct web_field *f = &req->route->fields->list[field];

	field_fault(req, f, problem);
	return f->code != ERR_OK ? f->code : ERR_DASH_VALIDATION_FAILED;
}

/* The code of all when every fault has the same one of its own. */
static enum err judge_faults(const struct web_faults *faults, enum err otherwise)
{
	enum err code = faults->list[0].code;

	for (size_t i = 0; i < faults->len; i++) {
		if (faults->list[i].code != code)
			return otherwise;
	}
	return code != ERR_OK ? code : otherwise;
}

/* ---- values ---------------------------------------------------------------------------------- */

bool web_given(const struct request *req, size_t field)
{
	return req->values[field].given;
}

const char *web_text(const struct request *req, size_t field)
{
	return req->values[field].given ? req->values[field].text : NULL;
}

int64_t web_int(const struct request *req, size_t field, int64_t otherwise)
{
	return req->values[field].given ? req->values[field].integer : otherwise;
}

size_t web_items(const struct request *req, size_t field)
{
	return req->values[field].given ? req->values[field].items : 0;
}

/* Values of a list lie one behind the other. */
const char *web_item(const struct request *req, size_t field, size_t i)
{
	const char *text = req->values[field].text;

	while (i-- > 0)
		text += strlen(text) + 1;
	return text;
}

bool web_items_are(const struct web_value *v, const char *first, const char *rest)
{
	const char *text = v->text;

	for (size_t i = 0; i < v->items; i++) {
		size_t len = strlen(text);

		if (len == 0 || strchr(first, text[0]) == NULL || strspn(text, rest) != len)
			return false;
		text += len + 1;
	}
	return true;
}

static const char DUPLICATE[] = "duplicate";

/* Copies text; the room was reserved for all values of a request, so earlier ones stay where they
 * are. */
static char *keep(struct request *req, const char *text, size_t len)
{
	struct buf *texts = req->texts;
	char *at = texts->data + texts->len;

	if (!buf_add(texts, text, len) || !buf_add_char(texts, '\0'))
		return NULL;
	return at;
}

static const char *take_text(struct request *req, const struct web_field *f, const char *text,
        size_t len, struct web_value *v)
{
	char *copy;
	const char *problem;

	if (f->type != WEB_SECRET)
		text = web_text_trim(text, &len);
	copy = keep(req, text, len);
	if (copy == NULL)
		return "too_long";
	problem = web_text_problem(f, copy, len, v);
	if (v->items++ == 0)
		v->text = copy;
	return problem;
}

static const char *check_integer(const struct web_field *f, int64_t n)
{
	return n < f->min ? "too_small" : n > f->max ? "too_large" : NULL;
}

static const char *take_json(
        struct request *req, const struct web_field *f, json_value *json, struct web_value *v)
{
	const char *text;
	bool on;

	switch (f->type) {
	case WEB_INT:
		return json_int(json, &v->integer) ? check_integer(f, v->integer) : "wrong_type";
	case WEB_BOOL:
		if (!json_bool(json, &on))
			return "wrong_type";
		v->integer = on;
		return NULL;
	default:
		return json_str(json, &text) ? take_text(req, f, text, strlen(text), v)
		                             : "wrong_type";
	}
}

static const char *take_query(
        struct request *req, const struct web_field *f, const char *text, struct web_value *v)
{
	switch (f->type) {
	case WEB_INT:
		return str_parse_int(text, INT64_MIN, INT64_MAX, &v->integer)
		               ? check_integer(f, v->integer)
		               : "wrong_type";
	case WEB_BOOL:
		v->integer = strcmp(text, "true") == 0;
		return v->integer || strcmp(text, "false") == 0 ? NULL : "wrong_type";
	default:
		return take_text(req, f, text, strlen(text), v);
	}
}

/* ---- rules over all fields ------------------------------------------------------------------- */

static size_t count_given(const struct request *req, unsigned flag)
{
	const struct web_fields *fields = req->route->fields;
	size_t given = 0;

	for (size_t i = 0; i < fields->len; i++)
		given += (fields->list[i].flags & flag) != 0 && req->values[i].given;
	return given;
}

static void check_missing(struct request *req)
{
	const struct web_fields *fields = req->route->fields;
	size_t one_of = count_given(req, WEB_ONE_OF), any_of = count_given(req, WEB_ANY_OF);

	for (size_t i = 0; i < fields->len; i++) {
		const struct web_field *f = &fields->list[i];

		if (req->values[i].given) {
			if ((f->flags & WEB_ONE_OF) != 0 && one_of > 1)
				field_fault(req, f, "one_of");
		} else if ((f->flags & WEB_ONE_OF) != 0   ? one_of == 0
		           : (f->flags & WEB_ANY_OF) != 0 ? any_of == 0
		                                          : (f->flags & WEB_OPTIONAL) == 0) {
			field_fault(req, f, "required");
		}
	}
}

static void run_checks(struct request *req)
{
	const struct web_fields *fields = req->route->fields;

	for (size_t i = 0; i < fields->len; i++) {
		const struct web_field *f = &fields->list[i];
		const char *problem;

		if (!req->values[i].given || req->values[i].bad || f->check == NULL)
			continue;
		problem = f->check(req, &req->values[i]);
		if (problem != NULL)
			field_fault(req, f, problem);
	}
}

static enum err finish(struct request *req, enum err otherwise)
{
	check_missing(req);
	run_checks(req);
	return req->faults.len == 0 ? ERR_OK : judge_faults(&req->faults, otherwise);
}

static void set_value(struct request *req, size_t i, const struct web_value *v, const char *problem)
{
	req->values[i] = *v;
	req->values[i].given = true;
	req->values[i].bad = problem != NULL;
	if (problem != NULL)
		field_fault(req, &req->route->fields->list[i], problem);
}

/* ---- body ------------------------------------------------------------------------------------ */

static bool visit_member(const char *key, json_value *member, void *ctx)
{
	struct request *req = ctx;
	const struct web_fields *fields = req->route->fields;

	for (size_t i = 0; i < fields->len; i++) {
		struct web_value v = {.given = false};

		if (strcmp(fields->list[i].name, key) != 0)
			continue;
		set_value(req, i, &v, NULL);
		set_value(req, i, &v, take_json(req, &fields->list[i], member, &v));
		return true;
	}
	add_fault(req, key, "unknown", ERR_OK);
	return true;
}

static enum err read_json(struct request *req, enum err err_json, enum err err_fields)
{
	struct json_fault fault;
	struct json_doc *doc;
	enum err e = ERR_OK;

	if (!json_parse(req->body->data, req->body->len, WEB_JSON_DEPTH_MAX, &doc, &fault)) {
		if (strcmp(fault.problem, "duplicate_key") != 0)
			return err_json;
		add_fault(req, fault.key, "duplicate", ERR_OK);
		return err_fields;
	}
	if (json_kind(json_root(doc)) == JSON_KIND_OBJECT)
		json_each(json_root(doc), visit_member, req);
	else
		e = err_json;
	json_free(doc);
	return e == ERR_OK ? finish(req, err_fields) : e;
}

/* ---- query ----------------------------------------------------------------------------------- */

static const char *next_pair(const char *p)
{
	p += strcspn(p, "&");
	return p + (*p == '&');
}

static bool names(const char *pair, const char *name)
{
	size_t len = strlen(name);

	return strncmp(pair, name, len) == 0 && strchr("=&", pair[len]) != NULL;
}

static size_t count_param(const char *query, const char *name)
{
	size_t n = 0;

	for (const char *p = query; *p != '\0'; p = next_pair(p))
		n += names(p, name);
	return n;
}

/* A value of a list, or several. */
static const char *take_items(
        struct request *req, const struct web_field *f, char *text, struct web_value *v)
{
	bool commas = (f->flags & WEB_COMMAS) != 0;

	for (char *item = text, *end; item != NULL; item = end) {
		const char *problem;

		end = commas ? strchr(item, ',') : NULL;
		if (end != NULL)
			*end++ = '\0';
		if (v->items == f->items_max)
			return "too_many";
		problem = take_text(req, f, item, strlen(item), v);
		if (problem != NULL)
			return problem;
	}
	return NULL;
}

static const char *take_list(struct request *req, const struct web_field *f, struct web_value *v)
{
	char text[WEB_QUERY_VALUE_BYTES];

	for (const char *p = req->query; *p != '\0'; p = next_pair(p)) {
		const char *value = p + strcspn(p, "=&"), *problem;

		if (!names(p, f->name))
			continue;
		if (!web_query_decode(value + (*value == '='), text, sizeof(text)))
			return "bad_format";
		problem = take_items(req, f, text, v);
		if (problem != NULL)
			return problem;
	}
	return NULL;
}

static const char *take_param(
        struct request *req, const struct web_field *f, size_t count, struct web_value *v)
{
	char text[WEB_QUERY_VALUE_BYTES];

	if (f->items_max > 0)
		return take_list(req, f, v);
	if (count > 1)
		return DUPLICATE;
	return web_query_param(req, f->name, text, sizeof(text)) ? take_query(req, f, text, v)
	                                                         : "bad_format";
}

static bool is_field(const struct web_fields *fields, const char *pair)
{
	for (size_t i = 0; i < fields->len; i++) {
		if (names(pair, fields->list[i].name))
			return true;
	}
	return false;
}

static void refuse_unknown(struct request *req)
{
	for (const char *p = req->query; *p != '\0'; p = next_pair(p)) {
		char name[WEB_FAULT_NAME_BYTES];
		size_t len = strcspn(p, "=&");

		if (is_field(req->route->fields, p) || *p == '&')
			continue;
		if (len >= sizeof(name))
			len = sizeof(name) - 1;
		memcpy(name, p, len);
		name[len] = '\0';
		add_fault(req, name, "unknown", ERR_OK);
	}
}

/* Unless the table is strict, names that it does not know are left alone: a provider adds its own
 * to a callback. */
static enum err read_query(struct request *req, enum err err_fields)
{
	const struct web_fields *fields = req->route->fields;

	for (size_t i = 0; i < fields->len; i++) {
		const struct web_field *f = &fields->list[i];
		struct web_value v = {.given = false};
		size_t count = count_param(req->query, f->name);
		const char *problem;

		if (count == 0)
			continue;
		problem = take_param(req, f, count, &v);
		/* Which of two was meant is no matter of the field's own rules. */
		set_value(req, i, &v, problem);
		if (problem == DUPLICATE && fields->strict)
			req->faults.list[req->faults.len - 1].code = ERR_OK;
	}
	if (fields->strict)
		refuse_unknown(req);
	return finish(req, err_fields);
}

enum err web_fields_read(const struct web_program *p, struct request *req)
{
	size_t room = req->route->method == WEB_GET ? strlen(req->query) : req->body->len;

	if (req->route->fields == NULL)
		return ERR_OK;
	/* A text is never longer than what it was written as; one NUL each. */
	if (buf_reserve(req->texts, room + WEB_FIELDS_MAX + 1) == NULL)
		return p->err_internal;
	if (req->route->method == WEB_GET)
		return read_query(req, p->err_fields);
	if (req->body->len == 0 && req->route->fields->len == 0)
		return ERR_OK;
	return read_json(req, p->err_json, p->err_fields);
}

void web_faults_json(const struct web_faults *faults, struct buf *out)
{
	buf_add_str(out, ",\"details\":[");
	for (size_t i = 0; i < faults->len; i++) {
		buf_add_str(out, i > 0 ? ",{\"field\":" : "{\"field\":");
		buf_add_json_str(out, faults->list[i].field);
		buf_addf(out, ",\"problem\":\"%s\"}", faults->list[i].problem);
	}
	buf_add_char(out, ']');
}

/* ---- lists ----------------------------------------------------------------------------------- */

void web_page(const struct request *req, bool descending_first, struct web_page *out)
{
	out->number = web_int(req, WEB_PAGE, 1);
	out->size = web_int(req, WEB_PAGE_SIZE, WEB_PAGE_SIZE_DEFAULT);
	out->offset = (out->number - 1) * out->size;
	out->sort = (size_t)web_int(req, WEB_SORT, 0);
	out->descending = web_int(req, WEB_ORDER, descending_first) != 0;
}
