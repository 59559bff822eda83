/* SPDX-License-Identifier: MIT
 * Tests of widget tokens: what is signed verifies, and nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "auth/auth_widget_token.h"
#include "base/str.h"
#include "crypto/crypto.h"

#include <cmocka.h>

enum { NOW = 1795219200 };

static const char SECRET[] = "unit-test-secret-of-enough-length-000001";
static const char OTHER[] = "unit-test-secret-of-enough-length-000002";

static const struct auth_widget_token CLAIMS = {
        .project_id = "22222222-2222-4222-8222-222222222222",
        .workspace_id = "11111111-1111-4111-8111-111111111111",
        .trace_id = "tr_1",
        .session_id = "ses_\xC3\xBC",
        .issued_at_s = NOW,
        .expires_at_s = NOW + AUTH_WIDGET_TOKEN_LIFE_S,
};

/* A token of any header and claims, signed right. */
static const char *forge(const char *header, const char *claims)
{
	static char token[4096];
	char h[512], c[2048], both[2600], mac[64];
	uint8_t digest[CRYPTO_SHA256_BYTES];

	assert_true(crypto_base64url_encode((const uint8_t *)header, strlen(header), h, sizeof(h)));
	assert_true(crypto_base64url_encode((const uint8_t *)claims, strlen(claims), c, sizeof(c)));
	snprintf(both, sizeof(both), "%s.%s", h, c);
	assert_int_equal(
	        crypto_hmac_sha256(SECRET, strlen(SECRET), both, strlen(both), digest), ERR_OK);
	assert_true(crypto_base64url_encode(digest, sizeof(digest), mac, sizeof(mac)));
	snprintf(token, sizeof(token), "%s.%s", both, mac);
	return token;
}

static enum err verify(const char *token, int64_t now)
{
	struct auth_widget_token out;

	return auth_widget_token_verify(token, SECRET, "", now, &out);
}

static void test_round_trip(void **state)
{
	char token[AUTH_WIDGET_TOKEN_BYTES_MAX + 1];
	struct auth_widget_token out;

	(void)state;
	assert_int_equal(auth_widget_token_sign(&CLAIMS, SECRET, token), ERR_OK);
	assert_int_equal(auth_widget_token_verify(token, SECRET, "", NOW, &out), ERR_OK);
	assert_string_equal(out.trace_id, CLAIMS.trace_id);
	assert_string_equal(out.session_id, CLAIMS.session_id);
	assert_string_equal(out.project_id, CLAIMS.project_id);
	assert_int_equal(out.expires_at_s - out.issued_at_s, 900);
	/* Signed before a rotation. */
	assert_int_equal(auth_widget_token_verify(token, OTHER, SECRET, NOW, &out), ERR_OK);
	assert_int_equal(auth_widget_token_verify(token, OTHER, "", NOW, &out),
	        ERR_INGEST_INVALID_WIDGET_JWT);
}

static void test_every_changed_byte_is_refused(void **state)
{
	char token[AUTH_WIDGET_TOKEN_BYTES_MAX + 1];
	size_t len;

	(void)state;
	assert_int_equal(auth_widget_token_sign(&CLAIMS, SECRET, token), ERR_OK);
	len = strlen(token);
	for (size_t i = 0; i < len; i++) {
		char kept = token[i];

		token[i] = kept == 'A' ? 'B' : 'A';
		assert_int_equal(verify(token, NOW), ERR_INGEST_INVALID_WIDGET_JWT);
		token[i] = kept;
	}
	token[len - 1] = '\0';
	assert_int_equal(verify(token, NOW), ERR_INGEST_INVALID_WIDGET_JWT);
}

static void test_time(void **state)
{
	char token[AUTH_WIDGET_TOKEN_BYTES_MAX + 1];

	(void)state;
	assert_int_equal(auth_widget_token_sign(&CLAIMS, SECRET, token), ERR_OK);
	assert_int_equal(verify(token, NOW + 900 + 4), ERR_OK);
	assert_int_equal(verify(token, NOW + 900 + 6), ERR_INGEST_WIDGET_JWT_EXPIRED);
	assert_int_equal(verify(token, NOW - 5), ERR_OK);
	assert_int_equal(verify(token, NOW - 6), ERR_INGEST_INVALID_WIDGET_JWT);
}

#define HS256 "{\"alg\":\"HS256\"}"
#define PID   "\"pid\":\"22222222-2222-4222-8222-222222222222\""
#define WID   "\"wid\":\"11111111-1111-4111-8111-111111111111\""
#define TIMES "\"iat\":1795219200,\"exp\":1795220100"

static void test_forged_claims(void **state)
{
	static const struct {
		const char *header, *claims;
		enum err expected;
	} cases[] = {
	        {HS256, "{" PID "," WID ",\"tid\":\"t\",\"sid\":\"s\"," TIMES ",\"extra\":1}",
	                ERR_OK},
	        {"{\"alg\":\"none\"}", "{" PID "," WID ",\"tid\":\"t\",\"sid\":\"s\"," TIMES "}",
	                ERR_INGEST_INVALID_WIDGET_JWT},
	        {"{\"alg\":\"hs256\"}", "{" PID "," WID ",\"tid\":\"t\",\"sid\":\"s\"," TIMES "}",
	                ERR_INGEST_INVALID_WIDGET_JWT},
	        {"{\"alg\":\"HS384\"}", "{" PID "," WID ",\"tid\":\"t\",\"sid\":\"s\"," TIMES "}",
	                ERR_INGEST_INVALID_WIDGET_JWT},
	        {"{}", "{" PID "," WID ",\"tid\":\"t\",\"sid\":\"s\"," TIMES "}",
	                ERR_INGEST_INVALID_WIDGET_JWT},
	        {"[]", "{" PID "," WID ",\"tid\":\"t\",\"sid\":\"s\"," TIMES "}",
	                ERR_INGEST_INVALID_WIDGET_JWT},
	        {HS256, "{" WID ",\"tid\":\"t\",\"sid\":\"s\"," TIMES "}",
	                ERR_INGEST_INVALID_WIDGET_JWT},
	        {HS256, "{" PID ",\"tid\":\"t\",\"sid\":\"s\"," TIMES "}",
	                ERR_INGEST_INVALID_WIDGET_JWT},
	        {HS256, "{" PID "," WID ",\"sid\":\"s\"," TIMES "}", ERR_INGEST_INVALID_WIDGET_JWT},
	        {HS256, "{" PID "," WID ",\"tid\":\"\",\"sid\":\"s\"," TIMES "}",
	                ERR_INGEST_INVALID_WIDGET_JWT},
	        {HS256, "{" PID "," WID ",\"tid\":1,\"sid\":\"s\"," TIMES "}",
	                ERR_INGEST_INVALID_WIDGET_JWT},
	        {HS256, "{" PID "," WID ",\"tid\":\"t\",\"sid\":\"s\",\"iat\":1795219200}",
	                ERR_INGEST_INVALID_WIDGET_JWT},
	        {HS256,
	                "{" PID "," WID
	                ",\"tid\":\"t\",\"sid\":\"s\",\"iat\":1795219200,\"exp\":\"1795220100\"}",
	                ERR_INGEST_INVALID_WIDGET_JWT},
	        {HS256,
	                "{" PID "," WID
	                ",\"tid\":\"t\",\"sid\":\"s\",\"iat\":1795219200,\"exp\":1795222801}",
	                ERR_INGEST_INVALID_WIDGET_JWT},
	        {HS256,
	                "{" PID "," WID
	                ",\"tid\":\"t\",\"sid\":\"s\",\"iat\":1795219200,\"exp\":1795222800}",
	                ERR_OK},
	        {HS256, "{\"pid\":\"x\"," WID ",\"tid\":\"t\",\"sid\":\"s\"," TIMES "}",
	                ERR_INGEST_INVALID_WIDGET_JWT},
	        {HS256, "not json", ERR_INGEST_INVALID_WIDGET_JWT},
	};
	static const char *const shapes[] = {"", ".", "..", "a.b", "a.b.c.d", "eyJ"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(
		        verify(forge(cases[i].header, cases[i].claims), NOW), cases[i].expected);
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
		assert_int_equal(verify(shapes[i], NOW), ERR_INGEST_INVALID_WIDGET_JWT);
}

static void test_ids(void **state)
{
	struct auth_widget_token claims = CLAIMS;
	char token[AUTH_WIDGET_TOKEN_BYTES_MAX + 1];

	(void)state;
	memset(claims.trace_id, 'x', 128);
	claims.trace_id[128] = '\0';
	assert_int_equal(auth_widget_token_sign(&claims, SECRET, token), ERR_OK);
	assert_int_equal(verify(token, NOW), ERR_OK);
	claims.trace_id[128] = 'x';
	claims.trace_id[129] = '\0';
	assert_int_equal(auth_widget_token_sign(&claims, SECRET, token), ERR_INGEST_INTERNAL_ERROR);
	assert_false(auth_widget_id_valid(""));
	assert_false(auth_widget_id_valid("\xff"));
	assert_false(auth_widget_id_valid("a\x1f"));
	assert_false(auth_widget_id_valid("\x7f"));
	assert_true(auth_widget_id_valid("\"\\ \xc2\x85"));
	/* The longest that JSON makes of an id still is a token. */
	for (size_t i = 0; i < 512; i += 4)
		memcpy(claims.trace_id + i, "\xf0\x9f\x98\x80", 4);
	claims.trace_id[512] = '\0';
	memcpy(claims.session_id, claims.trace_id, sizeof(claims.trace_id));
	assert_int_equal(auth_widget_token_sign(&claims, SECRET, token), ERR_OK);
	assert_int_equal(verify(token, NOW), ERR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_round_trip),
	        cmocka_unit_test(test_every_changed_byte_is_refused),
	        cmocka_unit_test(test_time),
	        cmocka_unit_test(test_forged_claims),
	        cmocka_unit_test(test_ids),
	};

	return cmocka_run_group_tests_name("auth_widget_token", tests, NULL, NULL);
}
