/* SPDX-License-Identifier: MIT
 * Routes about being logged in, whatever the way of logging in. */
#ifndef YAVIO_FCGI_DASHBOARD_SESSION_H
#define YAVIO_FCGI_DASHBOARD_SESSION_H

#include "fcgi/dashboard/dashboard.h"
#include "store/store_user.h"

/* h_auth.c */
/* The user object of every reply that has one. */
void dashboard_write_user(struct json_writer *w, const char *key, const struct store_user *u);
enum err h_providers_get(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_csrf_get(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_session_get(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_logout_post(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;

/* h_sessions.c */
extern const struct web_fields h_sessions_list_fields;
enum err h_sessions_list(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_session_delete(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;
enum err h_sessions_delete(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;

#endif
