/* SPDX-License-Identifier: MIT
 * Settings that are texts with a grammar: URLs, hosts, addresses, names, secrets. */
#ifndef YAVIO_CONF_TEXT_H
#define YAVIO_CONF_TEXT_H

#include "base/base.h"
#include "conf/conf.h"

/* Each: whether text has that form. */
bool conf_text_url(const char *text);      /* http(s)://[user@]host[:port][/...], no blanks */
bool conf_text_origin(const char *text);   /* the same with nothing after the port but one "/" */
bool conf_text_pgurl(const char *text);    /* postgres(ql)://... */
bool conf_text_redisurl(const char *text); /* redis://, rediss://, unix://... */
bool conf_text_host(const char *text);     /* DNS name or IP address */
bool conf_text_ips(const char *text);      /* addresses, comma or blank between, at least one */
bool conf_text_cidrs(const char *text);    /* addresses or networks, at least one */
bool conf_text_name(const char *text);     /* [A-Za-z_][A-Za-z0-9_]* */
bool conf_text_mail(const char *text);     /* local@host, or "Name <local@host>" */

/* Whether the URL has something before an @ in front of its host. */
bool conf_url_has_login(const char *url);

/* Length, published samples, variety; for rings each key, its form and its id. */
enum err conf_secret_check(
        const struct conf_option *option, const char *text, char *why, size_t why_size) MUST_CHECK;

#endif
