/* SPDX-License-Identifier: MIT
 * Redaction: what must change, and what must stay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "event/event_pii.h"

#include <cmocka.h>

#define E "[EMAIL_REDACTED]"
#define C "[CC_REDACTED]"
#define S "[SSN_REDACTED]"
#define P "[PHONE_REDACTED]"
#define A "[ADDRESS_REDACTED]"

static const struct {
	const char *in, *out;
} CHANGES[] = {
        {"Contact alice@example.com", "Contact " E},
        {"a@b.co, c.d+x@sub.example.co.uk.", E ", " E "."},
        {"m\xC3\xBCller@b\xC3\xBC"
         "cher.de",
                E},
        {"/u?m=alice%40example.com&p=1", "/u?m=" E "&p=1"},
        {"git@github.com:acme/app.git", E ":acme/app.git"},
        {"{\"email\":\"alice@example.com\"}", "{\"email\":\"" E "\"}"},
        {"alice@example.com.123", E ".123"},
        {"4111111111111111", C},
        {"Card 4111 1111 1111 1111 12/26", "Card " C " 12/26"},
        {"5105-1051-0510-5100", C},
        {"amex 3782 822463 10005.", "amex " C "."},
        {"card:2223003122003222,ok", "card:" C ",ok"},
        {"30569309025904", C},
        {"\"6011111111111117\"", "\"" C "\""},
        {"SSN: 123-45-6789", "SSN: " S},
        {"123 45 6789", S},
        {"ssn 123456789", "ssn " S},
        {"900-70-1234", S},
        {"(987-65-4321)", "(" S ")"},
        {"ITIN is 912781234", "ITIN is " S},
        {"Call +14155552671", "Call " P},
        {"+1 (415) 555-2671 2024-01-01", P " 2024-01-01"},
        {"+49 (0) 30 901820", P},
        {"tel:+442079460958;ext=2", "tel:" P ";ext=2"},
        {"\xE7\x94\xB5\xE8\xAF\x9D\xEF\xBC\x9A+8613812345678\xE3\x80\x82",
                "\xE7\x94\xB5\xE8\xAF\x9D\xEF\xBC\x9A" P "\xE3\x80\x82"},
        {"(415) 555-2671", P},
        {"415.555.2671 or 1-800-555-0199", P " or " P},
        {"(11) 91234-5678", P},
        {"020 7946 0958", P},
        {"01 23 45 67 89", P},
        {"0171-1234567, 030/901820", P ", " P},
        {"03-1234-5678 / 0049 30 901820", P " / " P},
        {"my number is 4155552671", "my number is " P},
        {"whatsapp: 0612345678", "whatsapp: " P},
        {"Ship to 100 Pine Ave Apt 4B, Springfield, IL 62704",
                "Ship to " A ", Springfield, IL 62704"},
        {"1600 Pennsylvania Avenue NW; 350 5th Ave; 742 EVERGREEN TERRACE", A "; " A "; " A},
        {"Hauptstra\xC3\x9F"
         "e 12a, 10115 Berlin; P.O. Box 1234",
                A ", 10115 Berlin; " A},
        {"+14155552671@example.com", E},
        {"100 Main St a@b.co", A " " E},
};

static const char *const STAYS[] = {
        "@alice said hi",
        "a@b.c",
        "alice@localhost",
        "https://x.io/?a=40%25",
        "react@18.2.0",
        "icon@2x.png",
        "price@3.50",
        "4111111111111112",
        "4111 1111-1111 1111",
        "2024-4111-1111-1111-1111",
        "356938035643809",
        "x4111111111111111",
        "4006381333931",
        "4222222222222",
        "000-12-3456",
        "666-12-3456",
        "order 123456789",
        "912-34-5678",
        "123-00-4567",
        "123-45-0000, 123-45-6789-0",
        "+1234567 points",
        "2026-11-20T15:00:03.932Z",
        "UTC+0200",
        "1.5e+1234567890",
        "1710496200000",
        "t=1710496200",
        "v1.2.3-rc.1, 120.0.6099.129",
        "Nature (2019) 567 123456",
        "01-02-2024, 05.11.2026 09:30",
        "010.020.030.040, 192.168.100.200, 10.0.0.1:8080, 2001:db8::8a2e:370:7334",
        "ba045c2e-0120-4298-8134-cb06e13da1db",
        "12345678-1234-4234-8234-123456789012, 978-0-306-40615-7",
        "4155552671",
        "tool call 1710496200, hotel 4155552671",
        "500 Internal Server Error",
        "3 Day Inca Trail, $20 Main St",
        "Processed 500 events, order 112-3456789-1234567",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "tr_widgetTrace00000000001, $42.99, 1,234,567.89 EUR, 1 234 567 CHF, 52.520008,13.404954",
        "",
        "@",
        "+",
        "(",
        "%40",
};

static void test_what_must_change(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(CHANGES); i++) {
		size_t counts[EVENT_PII_KINDS] = {0}, sum = 0;
		struct buf out;
		bool changed;

		buf_init(&out, 4096);
		changed = event_pii_redact(CHANGES[i].in, strlen(CHANGES[i].in), &out, counts);
		if (!changed)
			print_error("unchanged: %s\n", CHANGES[i].in);
		assert_true(changed);
		assert_string_equal(buf_str(&out), CHANGES[i].out);
		for (size_t k = 0; k < EVENT_PII_KINDS; k++)
			sum += counts[k];
		assert_true(sum >= 1);
		buf_release(&out);
	}
}

static void test_what_must_stay(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(STAYS); i++) {
		size_t counts[EVENT_PII_KINDS] = {0};
		struct buf out;

		buf_init(&out, 4096);
		if (event_pii_redact(STAYS[i], strlen(STAYS[i]), &out, counts))
			print_error("%s became %s\n", STAYS[i], buf_str(&out));
		assert_int_equal(out.len, 0);
		buf_release(&out);
	}
}

/* Each line of the file through check; returns how many there were. */
static size_t each_line(const char *path, void (*check)(char *line))
{
	FILE *f = fopen(path, "r");
	char line[1024];
	size_t lines = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		check(line);
		lines++;
	}
	fclose(f);
	return lines;
}

static size_t wrong;

static void check_changes(char *line)
{
	char *expected = strchr(line, '\t');
	size_t counts[EVENT_PII_KINDS] = {0};
	struct buf out;

	assert_non_null(expected);
	*expected++ = '\0';
	buf_init(&out, 4096);
	(void)event_pii_redact(line, strlen(line), &out, counts);
	if (strcmp(buf_str(&out), expected) != 0) {
		print_error("%s: expected %s, got %s\n", line, expected, buf_str(&out));
		wrong++;
	}
	buf_release(&out);
}

static void check_stays(char *line)
{
	size_t counts[EVENT_PII_KINDS] = {0};
	struct buf out;

	buf_init(&out, 4096);
	if (event_pii_redact(line, strlen(line), &out, counts)) {
		print_error("%s: must stay, became %s\n", line, buf_str(&out));
		wrong++;
	}
	buf_release(&out);
}

/* Run from the checkout's root, as make and the test runner do. */
static void test_corpus(void **state)
{
	(void)state;
	wrong = 0;
	assert_true(each_line("tests/fixtures/pii-changes.tsv", check_changes) >= 300);
	assert_true(each_line("tests/fixtures/pii-stays.txt", check_stays) >= 300);
	assert_int_equal(wrong, 0);
}

static void test_keys(void **state)
{
	static const struct {
		const char *key;
		enum event_pii_key expected;
	} cases[] = {{"phone", EVENT_PII_KEY_PHONE}, {"homePhone", EVENT_PII_KEY_PHONE},
	        {"contactNumber", EVENT_PII_KEY_PHONE}, {"contact_no", EVENT_PII_KEY_PHONE},
	        {"hotel", EVENT_PII_KEY_NONE}, {"number", EVENT_PII_KEY_NONE},
	        {"tax_id", EVENT_PII_KEY_SSN}, {"taxId", EVENT_PII_KEY_SSN},
	        {"my_tax_id", EVENT_PII_KEY_NONE}, {"user_ssn", EVENT_PII_KEY_SSN},
	        {"card_number", EVENT_PII_KEY_CARD}, {"creditCard", EVENT_PII_KEY_CARD},
	        {"order_id", EVENT_PII_KEY_NONE}, {"", EVENT_PII_KEY_NONE},
	        {"phones", EVENT_PII_KEY_NONE}, {"japan", EVENT_PII_KEY_NONE}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(
		        event_pii_key(cases[i].key, strlen(cases[i].key)), cases[i].expected);
}

static void test_keyed_values(void **state)
{
	size_t counts[EVENT_PII_KINDS] = {0};

	(void)state;
	assert_string_equal(event_pii_keyed(EVENT_PII_KEY_PHONE, "4155552671", 10, counts), P);
	assert_string_equal(event_pii_keyed(EVENT_PII_KEY_SSN, "123456789", 9, counts), S);
	assert_string_equal(event_pii_keyed(EVENT_PII_KEY_CARD, "4222222222222", 13, counts), C);
	assert_null(event_pii_keyed(EVENT_PII_KEY_CARD, "4222222222223", 13, counts));
	assert_null(event_pii_keyed(EVENT_PII_KEY_PHONE, "123456", 6, counts));
	assert_null(event_pii_keyed(EVENT_PII_KEY_PHONE, "41555x52671", 11, counts));
	assert_int_equal(counts[EVENT_PII_PHONE], 1);
	assert_int_equal(counts[EVENT_PII_SSN], 1);
	assert_int_equal(counts[EVENT_PII_CARD], 1);
}

static void test_uuids_never_change(void **state)
{
	uint64_t seed = 1;
	size_t changed = 0;

	(void)state;
	for (int n = 0; n < 100000; n++) {
		char id[64];
		size_t counts[EVENT_PII_KINDS] = {0};
		struct buf out;
		uint64_t half[2];

		for (int k = 0; k < 2; k++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			half[k] = seed;
		}
		snprintf(id, sizeof(id), "%08x-%04x-4%03x-a%03x-%012llx", (unsigned)half[0],
		        (unsigned)(half[0] >> 32) & 0xFFFF, (unsigned)(half[0] >> 48) & 0xFFF,
		        (unsigned)(half[1] >> 48) & 0xFFF,
		        (unsigned long long)half[1] & 0xFFFFFFFFFFFF);
		buf_init(&out, 256);
		changed += event_pii_redact(id, strlen(id), &out, counts) ? 1 : 0;
		buf_release(&out);
	}
	assert_int_equal(changed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_what_must_change),
	        cmocka_unit_test(test_what_must_stay),
	        cmocka_unit_test(test_corpus),
	        cmocka_unit_test(test_keys),
	        cmocka_unit_test(test_keyed_values),
	        cmocka_unit_test(test_uuids_never_change),
	};

	return cmocka_run_group_tests_name("event_pii", tests, NULL, NULL);
}
