/* SPDX-License-Identifier: MIT
 * Mail over libcurl's SMTP: one message to one recipient, with plain text and HTML, over TLS unless
 * the server is on this machine. */
#ifndef YAVIO_HTTPC_HTTPC_MAIL_H
#define YAVIO_HTTPC_HTTPC_MAIL_H

#include "base/base.h"
#include "base/buf.h"

enum {
	HTTPC_MAIL_ADDRESS_BYTES_MAX = 254,
	HTTPC_MAIL_HEADER_BYTES_MAX = 998, /* a value before it is encoded (RFC 5322 §2.1.1) */
	HTTPC_MAIL_LINE_MAX = 76,          /* of an encoded header (RFC 2047 §2) */
	HTTPC_MAIL_TEXT_BYTES_MAX = 256 * 1024, /* of each of both forms */
	HTTPC_MAIL_CONNECT_TIMEOUT_MS = 10000,  /* when connect_timeout_ms is 0 */
	HTTPC_MAIL_TIMEOUT_MS = 60000,          /* when timeout_ms is 0 */
};

enum httpc_mail_security {
	HTTPC_MAIL_STARTTLS, /* demanded: without it nothing is sent */
	HTTPC_MAIL_TLS,      /* from the first byte, as on port 465 */
	HTTPC_MAIL_TRY,      /* STARTTLS when offered, any certificate: for loopback only */
	HTTPC_MAIL_CLEAR,    /* for loopback only */
};

struct httpc_mail_server {
	const char *host;
	int64_t port;
	enum httpc_mail_security security;
	const char *user, *password; /* NULL or "": no login */
	const char *ca_file;         /* PEM; NULL or "": the system's */
	int64_t connect_timeout_ms, timeout_ms;
	bool (*stop)(void *arg); /* true ends the call; may be NULL */
	void *stop_arg;
};

struct httpc_mail {
	const char *from, *to;   /* bare addresses, ASCII */
	const char *from_name;   /* shown before the sender's address; NULL: none */
	const char *subject;     /* UTF-8 */
	const char *message_id;  /* "id@host", without the angle brackets */
	const char *text, *html; /* UTF-8 */
	int64_t date_ms;         /* Unix time of the header Date */
};

enum httpc_mail_result {
	HTTPC_MAIL_SENT,     /* the server took it */
	HTTPC_MAIL_INVALID,  /* a header value or address cannot be sent: a bug or bad data */
	HTTPC_MAIL_LATER,    /* no connection, time over, 4xx, login refused: may work later */
	HTTPC_MAIL_REJECTED, /* 5xx: this mail will never be taken */
	HTTPC_MAIL_NO_TLS, /* no STARTTLS, or a certificate that is not trusted: nothing was sent */
	HTTPC_MAIL_STOPPED,
};

struct httpc_mail_reply {
	int status; /* last reply of the server, 0: none */
	bool login; /* the server refused user or password */
	int64_t took_ms;
	char cause[160]; /* one line for the log: never an address or a server's text */
};

/* Sends m and waits for the server's word. reply may be NULL. */
enum httpc_mail_result httpc_mail_send(const struct httpc_mail_server *server,
        const struct httpc_mail *m, struct httpc_mail_reply *reply) MUST_CHECK;

/* Whether text is a bare address that can stand in a header and in an SMTP command. */
bool httpc_mail_address_ok(const char *text);
/* Adds "Name: value" without a line end; what is not plain ASCII as RFC 2047 words, folded. False:
 * value has a control character (CR, LF), is not UTF-8 or too long; out is unchanged then. */
bool httpc_mail_header(struct buf *out, const char *name, const char *value) MUST_CHECK;

#endif
