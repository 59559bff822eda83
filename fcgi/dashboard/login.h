/* SPDX-License-Identifier: MIT
 * Cookies of the dashboard and how a login travels in them. */
#ifndef YAVIO_FCGI_DASHBOARD_LOGIN_H
#define YAVIO_FCGI_DASHBOARD_LOGIN_H

#include "fcgi/dashboard/dashboard.h"

/* Name without the prefix that https gives it. */
#define DASHBOARD_CSRF_COOKIE "yavio_csrf"

/* guard.c: opens the transaction of the login that the request's cookie is, and looks at what its
 * path names. ERR_DASH_SESSION_EXPIRED: no login. */
enum err dashboard_begin(const struct request *req, struct app *app) MUST_CHECK;
/* guard.c: what becomes of a request whose login was looked up with result e; then limit of the
 * user, what is visible, role, recent login. */
enum err dashboard_judge_login(
        struct request *req, struct reply *rep, struct app *app, enum err e) MUST_CHECK;
enum err dashboard_judge_rights(struct request *req, struct reply *rep, struct app *app) MUST_CHECK;

#endif
