/* SPDX-License-Identifier: MIT
 * The second factor: its routes, and proving it for routes that want it. */
#ifndef YAVIO_FCGI_DASHBOARD_TOTP_H
#define YAVIO_FCGI_DASHBOARD_TOTP_H

#include "fcgi/dashboard/dashboard.h"

/* h_totp.c */
extern const struct web_fields h_totp_login_fields;
enum err h_totp_login(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_totp_enrol(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
extern const struct web_fields h_totp_confirm_fields;
enum err h_totp_confirm(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
extern const struct web_fields h_totp_disable_fields;
enum err h_totp_disable(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
extern const struct web_fields h_totp_recovery_fields;
enum err h_totp_recovery(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;

/* --- totp.c: for handlers of detached routes --- */

enum { TOTP_RECOVERY_CHARS_MIN = 16, TOTP_RECOVERY_CHARS_MAX = 40 };

/* The field "code"; check is part of it. */
const char *totp_code_problem(const struct request *req, const struct web_value *v);
#define TOTP_CODE_FIELD(flags_)                                                                    \
	{                                                                                          \
		.name = "code", .type = WEB_TOKEN, .min = 6, .max = 6, .flags = flags_,            \
		.check = totp_code_problem                                                         \
	}

/* Counts a try of the second factor of a user. No transaction may be open; then the code is proven
 * in the next one. ERR_DASH_SECOND_FACTOR_LIMIT (with Retry-After). */
enum err totp_try(const struct request *req, struct reply *rep, struct app *app,
        const char *user_id) MUST_CHECK;

struct totp_proof {
	const char *user_id;
	const char *code, *recovery; /* one of them, the other NULL */
};
/* In an open transaction of the user: whether it is the code of now, or one of the user's recovery
 * codes, which is used up, audited and mailed about. Forgets the tries. Errors:
 * ERR_DASH_SECOND_FACTOR_WRONG, ERR_DASH_TOTP_NOT_ON. */
enum err totp_prove(
        const struct request *req, struct app *app, const struct totp_proof *proof) MUST_CHECK;

/* The whole of a reauthentication by code, for somebody without a password: the login in hand is
 * proven again. ERR_DASH_SECOND_FACTOR_WRONG (also when two-factor is off),
 * ERR_DASH_SECOND_FACTOR_LIMIT. */
enum err totp_reauth(
        const struct request *req, struct reply *rep, struct app *app, const char *code) MUST_CHECK;

#endif
