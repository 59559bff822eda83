/* SPDX-License-Identifier: MIT
 * Columns of a Native block: values from their JSON text, dictionaries, wire form. */
#include <stdlib.h>
#include <time.h>

#include "base/str.h"
#include "daemon/shipper/native.h"
#include "daemon/shipper/native_internal.h"

enum {
	SLOTS_FIRST = 64,
	EXACT_DIGITS = 15, /* an integer of so many digits and a power of ten up to 22 are exact */
	NUMBER_BYTES = 64,
	MONEY_DIGITS = 18,
	MONEY_SCALE = 4,
};

static const struct {
	const char *type;
	uint8_t width; /* bytes of a value in data; zeros are the default */
	bool nullable;
} kinds[NATIVE_KINDS] = {
        [NATIVE_LOW] = {"LowCardinality(String)", sizeof(uint32_t), false},
        [NATIVE_TEXT] = {"String", 1, false},
        [NATIVE_UUID] = {"UUID", 16, false},
        [NATIVE_TIME] = {"DateTime64(3, 'UTC')", 8, false},
        [NATIVE_FLAG] = {"UInt8", 1, false},
        [NATIVE_FLOAT64] = {"Nullable(Float64)", 8, true},
        [NATIVE_FLOAT32] = {"Nullable(Float32)", 4, true},
        [NATIVE_UINT32] = {"Nullable(UInt32)", 4, true},
        [NATIVE_UINT16] = {"Nullable(UInt16)", 2, true},
        [NATIVE_UINT8] = {"Nullable(UInt8)", 1, true},
        [NATIVE_MONEY] = {"Nullable(Decimal(18, 4))", 8, true},
};

void native_column_init(struct native_column *c, enum native_kind kind)
{
	*c = (struct native_column){.kind = kind};
	buf_init(&c->data, NATIVE_BLOCK_BYTES);
	buf_init(&c->nulls, NATIVE_BLOCK_BYTES);
	buf_init(&c->keys, NATIVE_BLOCK_BYTES);
}

void native_column_release(struct native_column *c)
{
	enum native_kind kind = c->kind;

	buf_release(&c->data);
	buf_release(&c->nulls);
	buf_release(&c->keys);
	free(c->key);
	free(c->slot);
	native_column_init(c, kind);
}

void native_column_clear(struct native_column *c)
{
	buf_clear(&c->data);
	buf_clear(&c->nulls);
	buf_clear(&c->keys);
	if (c->key_count > 0)
		memset(c->slot, 0, c->slot_count * sizeof(*c->slot));
	c->rows = c->key_count = c->last = 0;
}

void native_write_count(struct buf *out, uint64_t n)
{
	char bytes[10];
	size_t len = 0;

	for (; n >= 0x80; n >>= 7)
		bytes[len++] = (char)(n | 0x80);
	bytes[len++] = (char)n;
	buf_add(out, bytes, len);
}

static bool write_text(struct buf *out, const char *p, size_t len)
{
	native_write_count(out, len);
	if (len > 0)
		buf_add(out, p, len);
	return !out->failed;
}

/* ---- dictionary ---- */

static uint32_t hash_of(const char *p, size_t len)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)p[i]) * 16777619u;
	return h;
}

static bool same_key(
        const struct native_column *c, const struct native_key *k, const char *p, size_t len)
{
	return k->len == len && memcmp(c->keys.data + k->at, p, len) == 0;
}

static void place_key(struct native_column *c, uint32_t number)
{
	uint32_t i = c->key[number].hash & (c->slot_count - 1);

	while (c->slot[i] != 0)
		i = (i + 1) & (c->slot_count - 1);
	c->slot[i] = number + 1;
}

static bool grow_keys(struct native_column *c)
{
	uint32_t count = c->slot_count > 0 ? 2 * c->slot_count : SLOTS_FIRST;
	struct native_key *key = realloc(c->key, count / 2 * sizeof(*key));
	uint32_t *slot;

	if (key == NULL)
		return false;
	c->key = key;
	slot = calloc(count, sizeof(*slot));
	if (slot == NULL)
		return false;
	free(c->slot);
	c->slot = slot;
	c->slot_count = count;
	for (uint32_t i = 0; i < c->key_count; i++)
		place_key(c, i);
	return true;
}

static bool new_key(struct native_column *c, uint32_t hash, const char *p, size_t len)
{
	if (2 * c->key_count == c->slot_count && !grow_keys(c))
		return false;
	if (!write_text(&c->keys, p, len))
		return false;
	c->key[c->key_count] =
	        (struct native_key){hash, (uint32_t)(c->keys.len - len), (uint32_t)len};
	place_key(c, c->key_count++);
	return true;
}

/* Key 0 is the empty text, the default. */
static bool begin_keys(struct native_column *c)
{
	return c->key_count > 0 || new_key(c, hash_of("", 0), "", 0);
}

static bool add_low(struct native_column *c, const char *p, size_t len)
{
	uint32_t hash, i;

	if (!begin_keys(c))
		return false;
	if (!same_key(c, &c->key[c->last], p, len)) {
		hash = hash_of(p, len);
		for (i = hash & (c->slot_count - 1); c->slot[i] != 0;
		        i = (i + 1) & (c->slot_count - 1)) {
			const struct native_key *k = &c->key[c->slot[i] - 1];

			if (k->hash == hash && same_key(c, k, p, len))
				break;
		}
		if (c->slot[i] != 0)
			c->last = c->slot[i] - 1;
		else if (new_key(c, hash, p, len))
			c->last = c->key_count - 1;
		else
			return false;
	}
	return buf_add(&c->data, &c->last, sizeof(c->last));
}

/* ---- values from text ---- */

static bool take_digits(const char *p, unsigned count, int *value)
{
	*value = 0;
	for (unsigned i = 0; i < count; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		*value = 10 * *value + (p[i] - '0');
	}
	return true;
}

/* Start of the day "2026-03-15" in Unix milliseconds; rows of a block mostly share it. */
static bool take_day(struct native_column *c, const char *p, int64_t *ms)
{
	int year, month, day;
	struct tm tm = {0};

	if (c->day[0] == '\0' || memcmp(c->day, p, sizeof(c->day)) != 0) {
		if (p[4] != '-' || p[7] != '-' || !take_digits(p, 4, &year) ||
		        !take_digits(p + 5, 2, &month) || !take_digits(p + 8, 2, &day))
			return false;
		if (year < 1970 || year > 2200 || month < 1 || month > 12 || day < 1 || day > 31)
			return false;
		tm.tm_year = year - 1900;
		tm.tm_mon = month - 1;
		tm.tm_mday = day;
		c->day_ms = (int64_t)timegm(&tm) * 1000;
		memcpy(c->day, p, sizeof(c->day));
	}
	*ms = c->day_ms;
	return true;
}

/* "2026-03-15 10:30:00.123" of a time that ingest has checked. */
static bool add_time(struct native_column *c, const struct native_token *t)
{
	int hour, minute, second, ms;
	const char *p = t->p;
	int64_t value;

	if (t->len != 23 || !take_day(c, p, &value) || p[10] != ' ' || p[13] != ':' ||
	        p[16] != ':' || p[19] != '.' || !take_digits(p + 11, 2, &hour) ||
	        !take_digits(p + 14, 2, &minute) || !take_digits(p + 17, 2, &second) ||
	        !take_digits(p + 20, 3, &ms) || hour > 23 || minute > 59 || second > 59)
		return false;
	value += ((hour * 60 + minute) * 60 + second) * 1000 + ms;
	return buf_add(&c->data, &value, sizeof(value));
}

static int hex_value(char d)
{
	return d >= '0' && d <= '9' ? d - '0' : d >= 'a' && d <= 'f' ? d - 'a' + 10 : -1;
}

/* Two little-endian halves, the first one first. */
static bool add_uuid(struct native_column *c, const struct native_token *t)
{
	uint64_t half[2] = {0};
	unsigned digits = 0;

	if (t->len != 36 || t->p[8] != '-' || t->p[13] != '-' || t->p[18] != '-' || t->p[23] != '-')
		return false;
	for (unsigned i = 0; i < 36; i++) {
		int value = hex_value(t->p[i]);

		if (i == 8 || i == 13 || i == 18 || i == 23)
			continue;
		if (value < 0)
			return false;
		half[digits / 16] = half[digits / 16] << 4 | (uint64_t)value;
		digits++;
	}
	return buf_add(&c->data, half, sizeof(half));
}

/* An unsigned JSON number without an exponent: *value is its digits as one integer, scale how many
 * stand behind the point. */
static bool plain_number(
        const struct native_token *t, unsigned digits_max, uint64_t *value, unsigned *scale)
{
	bool point = false;
	unsigned digits = 0;

	*value = *scale = 0;
	for (size_t i = 0; i < t->len; i++) {
		char d = t->p[i];

		if (d == '.' && !point && i > 0 && i + 1 < t->len) {
			point = true;
			continue;
		}
		if (d < '0' || d > '9' || ++digits > digits_max)
			return false;
		*value = 10 * *value + (uint64_t)(d - '0');
		*scale += point;
	}
	return digits > 0;
}

/* What "%.17g" and clients' own digits look like; strtod takes more than JSON has. */
static bool any_number(const struct native_token *t, char text[NUMBER_BYTES])
{
	if (t->len >= NUMBER_BYTES || t->p[0] < '0' || t->p[0] > '9')
		return false;
	for (size_t i = 0; i < t->len; i++)
		if (strchr("0123456789.eE+-", t->p[i]) == NULL || t->p[i] == '\0')
			return false;
	memcpy(text, t->p, t->len);
	text[t->len] = '\0';
	return true;
}

static bool take_double(const struct native_token *t, double *value)
{
	static const double power[] = {
	        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
	char text[NUMBER_BYTES], *end;
	uint64_t digits;
	unsigned scale;

	if (plain_number(t, EXACT_DIGITS, &digits, &scale)) {
		*value = (double)digits / power[scale];
		return true;
	}
	if (!any_number(t, text))
		return false;
	*value = strtod(text, &end);
	return *end == '\0';
}

static bool take_float(const struct native_token *t, float *value)
{
	char text[NUMBER_BYTES], *end;

	if (!any_number(t, text))
		return false;
	*value = strtof(text, &end);
	return *end == '\0';
}

static bool take_integer(const struct native_token *t, uint64_t max, uint64_t *value)
{
	unsigned scale;

	return plain_number(t, EXACT_DIGITS, value, &scale) && scale == 0 && *value <= max &&
	       memchr(t->p, '.', t->len) == NULL;
}

static bool take_money(const struct native_token *t, int64_t *value)
{
	struct native_token number = *t;
	bool minus = t->len > 0 && t->p[0] == '-';
	uint64_t digits;
	unsigned scale;

	number.p += minus;
	number.len -= minus;
	if (!plain_number(&number, MONEY_DIGITS - MONEY_SCALE, &digits, &scale) ||
	        scale > MONEY_SCALE)
		return false;
	for (; scale < MONEY_SCALE; scale++)
		digits *= 10;
	*value = minus ? -(int64_t)digits : (int64_t)digits;
	return true;
}

static bool add_number(struct native_column *c, const struct native_token *t)
{
	uint64_t integer = 0;
	int64_t money;
	double real;
	float single;

	switch (c->kind) {
	case NATIVE_FLOAT64:
		return take_double(t, &real) && buf_add(&c->data, &real, sizeof(real));
	case NATIVE_FLOAT32:
		return take_float(t, &single) && buf_add(&c->data, &single, sizeof(single));
	case NATIVE_MONEY:
		return take_money(t, &money) && buf_add(&c->data, &money, sizeof(money));
	case NATIVE_UINT32:
		return take_integer(t, UINT32_MAX, &integer) && buf_add(&c->data, &integer, 4);
	case NATIVE_UINT16:
		return take_integer(t, UINT16_MAX, &integer) && buf_add(&c->data, &integer, 2);
	case NATIVE_UINT8:
	case NATIVE_FLAG:
		return take_integer(t, UINT8_MAX, &integer) && buf_add(&c->data, &integer, 1);
	default:
		return false;
	}
}

/* ---- columns ---- */

static bool add_value(struct native_column *c, const struct native_token *t)
{
	if (t->form == NATIVE_NUMBER)
		return add_number(c, t);
	if (t->form == NATIVE_OBJECT)
		return c->kind == NATIVE_TEXT && write_text(&c->data, t->p, t->len);
	switch (c->kind) {
	case NATIVE_LOW:
		return add_low(c, t->p, t->len);
	case NATIVE_TEXT:
		return write_text(&c->data, t->p, t->len);
	case NATIVE_UUID:
		return add_uuid(c, t);
	case NATIVE_TIME:
		return add_time(c, t);
	default:
		return false;
	}
}

bool native_column_add(struct native_column *c, const struct native_token *t)
{
	if (kinds[c->kind].nullable)
		buf_add(&c->nulls, "", 1);
	c->rows++;
	return add_value(c, t) && !c->nulls.failed;
}

static bool add_same(struct buf *b, int byte, size_t len)
{
	char *to = buf_reserve(b, len);

	if (to == NULL)
		return false;
	memset(to, byte, len);
	b->len += len;
	return true;
}

bool native_column_fill(struct native_column *c, uint32_t rows)
{
	size_t missing = rows - c->rows;

	if (missing == 0)
		return true;
	c->rows = rows;
	if (kinds[c->kind].nullable && !add_same(&c->nulls, 1, missing))
		return false;
	return add_same(&c->data, 0, missing * kinds[c->kind].width);
}

static bool write_narrow(struct buf *out, const uint32_t *numbers, size_t count, unsigned width)
{
	char *to = buf_reserve(out, count * width);

	if (to == NULL)
		return false;
	for (size_t i = 0; i < count; i++)
		memcpy(to + i * width, &numbers[i], width);
	out->len += count * width;
	return true;
}

/* Dictionary and numbers; the layout is that of ClickHouse's SerializationLowCardinality, version 1
 * (a dictionary a block, keys inside). */
static bool write_low(const struct native_column *c, struct buf *out)
{
	static const uint64_t HAS_KEYS = 0x200, NEW_DICTIONARY = 0x400, VERSION = 1;
	unsigned size = c->key_count <= UINT8_MAX ? 0 : c->key_count <= UINT16_MAX ? 1 : 2;
	uint64_t flags = HAS_KEYS | NEW_DICTIONARY | size, keys = c->key_count, rows = c->rows;

	buf_add(out, &VERSION, sizeof(VERSION));
	buf_add(out, &flags, sizeof(flags));
	buf_add(out, &keys, sizeof(keys));
	buf_add(out, c->keys.data, c->keys.len);
	buf_add(out, &rows, sizeof(rows));
	return write_narrow(out, (const uint32_t *)(const void *)c->data.data, c->rows, 1u << size);
}

bool native_column_write(const struct native_column *c, struct buf *out)
{
	write_text(out, kinds[c->kind].type, strlen(kinds[c->kind].type));
	if (c->kind == NATIVE_LOW)
		return write_low(c, out);
	if (kinds[c->kind].nullable)
		buf_add(out, c->nulls.data, c->nulls.len);
	return buf_add(out, c->data.data, c->data.len);
}
