/* SPDX-License-Identifier: MIT
 * Sends one mail over libcurl's SMTP; libcurl builds the MIME parts, too. */
#include <curl/curl.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/str.h"
#include "httpc/httpc_internal.h"
#include "httpc/httpc_mail.h"

enum {
	URL_BYTES = 300,
	HEADERS_BYTES_MAX = 8 * 1024,
	REPLY_LATER = 400,
	REPLY_PERMANENT = 500,
	/* 53x of SMTP AUTH (RFC 4954 §6): of the server's settings, not of this mail */
	REPLY_AUTH_FIRST = 530,
	REPLY_AUTH_LAST = 538,
};

struct sending {
	const struct httpc_mail_server *server;
	const struct httpc_mail *mail;
	CURL *curl;
	struct curl_slist *headers, *recipients;
	curl_mime *mime;
	bool stopped;
};

/* ---- the message ---- */

static bool add_line(struct sending *s, const char *line)
{
	struct curl_slist *more = curl_slist_append(s->headers, line);

	if (more)
		s->headers = more;
	return more != NULL;
}

static bool add_value(struct sending *s, const char *name, const char *value)
{
	struct buf line;
	bool ok;

	buf_init(&line, HEADERS_BYTES_MAX);
	ok = httpc_mail_header(&line, name, value) && add_line(s, buf_str(&line));
	buf_release(&line);
	return ok;
}

/* An address, or a message id, that was checked: never encoded. */
static bool add_angle(struct sending *s, const char *name, const char *address)
{
	char line[HTTPC_MAIL_ADDRESS_BYTES_MAX + 32];

	return str_format(line, sizeof(line), "%s: <%s>", name, address) && add_line(s, line);
}

/* The display name as a quoted string, or as RFC 2047 words outside of the address. */
static bool add_from(struct sending *s)
{
	struct buf name, line;
	const char *words;
	bool ok = false;

	if (!s->mail->from_name || !*s->mail->from_name)
		return add_angle(s, "From", s->mail->from);
	buf_init(&name, HEADERS_BYTES_MAX);
	buf_init(&line, HEADERS_BYTES_MAX);
	if (httpc_mail_header(&name, "From", s->mail->from_name)) {
		words = buf_str(&name) + strlen("From: ");
		if (strstr(words, "=?"))
			buf_addf(&line, "From: %s\r\n <%s>", words, s->mail->from);
		else if (!strpbrk(words, "\"\\"))
			buf_addf(&line, "From: \"%s\" <%s>", words, s->mail->from);
		ok = line.len && !line.failed && add_line(s, buf_str(&line));
	}
	buf_release(&name);
	buf_release(&line);
	return ok;
}

/* RFC 5322 §3.3, in UTC and in English whatever the locale. */
static bool add_date(struct sending *s)
{
	static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char months[12][4] = {
	        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t at = (time_t)(s->mail->date_ms / 1000);
	char text[64];
	struct tm tm;

	if (!gmtime_r(&at, &tm))
		return false;
	return str_format(text, sizeof(text), "%s, %02d %s %04d %02d:%02d:%02d +0000",
	               days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900,
	               tm.tm_hour, tm.tm_min, tm.tm_sec) &&
	       add_value(s, "Date", text);
}

static bool add_headers(struct sending *s)
{
	const struct httpc_mail *m = s->mail;

	return add_from(s) && add_angle(s, "To", m->to) && add_value(s, "Subject", m->subject) &&
	       add_date(s) && add_angle(s, "Message-ID", m->message_id) &&
	       add_line(s, "Auto-Submitted: auto-generated") &&
	       /* libcurl adds the boundary; without this line it would say mixed */
	       add_line(s, "Content-Type: multipart/alternative");
}

/* Lines of a mail end in CR LF (RFC 2049 §4); the encoder would write a bare LF as "=0A". */
static bool add_part(curl_mime *parts, const char *text, const char *type)
{
	curl_mimepart *part = curl_mime_addpart(parts);
	struct buf lines;
	bool ok;

	buf_init(&lines, HTTPC_MAIL_TEXT_BYTES_MAX);
	for (size_t len; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		buf_add(&lines, text, len);
		if (text[len])
			buf_add_str(&lines, "\r\n");
	}
	ok = part && !lines.failed &&
	     curl_mime_data(part, buf_str(&lines), lines.len) == CURLE_OK &&
	     curl_mime_type(part, type) == CURLE_OK &&
	     curl_mime_encoder(part, "quoted-printable") == CURLE_OK;
	buf_release(&lines);
	return ok;
}

/* The plain text comes first: the last of the alternatives is the one to prefer (RFC 2046 §5.1.4).
 */
static bool add_parts(struct sending *s)
{
	s->mime = curl_mime_init(s->curl);
	return s->mime && add_part(s->mime, s->mail->text, "text/plain; charset=utf-8") &&
	       add_part(s->mime, s->mail->html, "text/html; charset=utf-8");
}

/* ---- the call ---- */

static int on_progress(
        void *arg, curl_off_t down_all, curl_off_t down, curl_off_t up_all, curl_off_t up)
{
	struct sending *s = arg;

	(void)down_all;
	(void)down;
	(void)up_all;
	(void)up;
	if (s->server->stop && s->server->stop(s->server->stop_arg))
		s->stopped = true;
	return s->stopped;
}

static void set_security(CURL *curl, const struct httpc_mail_server *server)
{
	static const long use[] = {
	        [HTTPC_MAIL_STARTTLS] = CURLUSESSL_ALL,
	        [HTTPC_MAIL_TLS] = CURLUSESSL_ALL,
	        [HTTPC_MAIL_TRY] = CURLUSESSL_TRY,
	        [HTTPC_MAIL_CLEAR] = CURLUSESSL_NONE,
	};

	curl_easy_setopt(curl, CURLOPT_USE_SSL, use[server->security]);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (server->ca_file && *server->ca_file)
		curl_easy_setopt(curl, CURLOPT_CAINFO, server->ca_file);
	if (server->security == HTTPC_MAIL_TRY) {
		curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

static void set_options(struct sending *s, const char *url, const char *from)
{
	const struct httpc_mail_server *server = s->server;
	CURL *curl = s->curl;

	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
	        (long)(server->connect_timeout_ms ? server->connect_timeout_ms
	                                          : HTTPC_MAIL_CONNECT_TIMEOUT_MS));
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
	        (long)(server->timeout_ms ? server->timeout_ms : HTTPC_MAIL_TIMEOUT_MS));
	curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from);
	curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, s->recipients);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, s->headers);
	curl_easy_setopt(curl, CURLOPT_MIMEPOST, s->mime);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, s);
	if (server->user && *server->user) {
		curl_easy_setopt(curl, CURLOPT_USERNAME, server->user);
		curl_easy_setopt(curl, CURLOPT_PASSWORD, server->password ? server->password : "");
	}
	set_security(curl, server);
}

static bool is_tls(CURLcode code)
{
	switch (code) {
	case CURLE_USE_SSL_FAILED:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
		return true;
	default:
		return false;
	}
}

static enum httpc_mail_result result_of(
        const struct sending *s, CURLcode code, const struct httpc_mail_reply *reply)
{
	if (code == CURLE_OK)
		return HTTPC_MAIL_SENT;
	if (s->stopped)
		return HTTPC_MAIL_STOPPED;
	if (is_tls(code))
		return HTTPC_MAIL_NO_TLS;
	if (reply->login || reply->status < REPLY_PERMANENT)
		return HTTPC_MAIL_LATER;
	return HTTPC_MAIL_REJECTED;
}

static enum httpc_mail_result perform(struct sending *s, struct httpc_mail_reply *reply)
{
	char url[URL_BYTES], from[HTTPC_MAIL_ADDRESS_BYTES_MAX + 3];
	bool ipv6 = strchr(s->server->host, ':') != NULL;
	CURLcode code;
	long status = 0;

	if (!str_format(url, sizeof(url), "%s://%s%s%s:%lld",
	            s->server->security == HTTPC_MAIL_TLS ? "smtps" : "smtp", ipv6 ? "[" : "",
	            s->server->host, ipv6 ? "]" : "", (long long)s->server->port) ||
	        !str_format(from, sizeof(from), "<%s>", s->mail->from))
		return HTTPC_MAIL_INVALID;
	set_options(s, url, from);
	code = curl_easy_perform(s->curl);
	curl_easy_getinfo(s->curl, CURLINFO_RESPONSE_CODE, &status);
	reply->status = (int)status;
	reply->login = code == CURLE_LOGIN_DENIED ||
	               (status >= REPLY_AUTH_FIRST && status <= REPLY_AUTH_LAST);
	if (reply->login)
		(void)str_copy(reply->cause, sizeof(reply->cause), "login refused");
	else if (code != CURLE_OK && status >= REPLY_LATER)
		(void)snprintf(
		        reply->cause, sizeof(reply->cause), "the server answered %ld", status);
	else if (code != CURLE_OK)
		(void)str_copy(reply->cause, sizeof(reply->cause), curl_easy_strerror(code));
	return result_of(s, code, reply);
}

enum httpc_mail_result httpc_mail_send(const struct httpc_mail_server *server,
        const struct httpc_mail *m, struct httpc_mail_reply *reply)
{
	struct httpc_mail_reply unused;
	struct sending s = {.server = server, .mail = m};
	enum httpc_mail_result result = HTTPC_MAIL_INVALID;
	int64_t start = clock_mono_ms();

	if (!reply)
		reply = &unused;
	*reply = (struct httpc_mail_reply){.cause = "it cannot be built"};
	if (!httpc_mail_address_ok(m->from) || !httpc_mail_address_ok(m->to) ||
	        !httpc_mail_address_ok(m->message_id))
		return HTTPC_MAIL_INVALID;
	httpc_global();
	s.curl = curl_easy_init();
	if (s.curl)
		s.recipients = curl_slist_append(NULL, m->to);
	if (s.recipients && add_headers(&s) && add_parts(&s)) {
		*reply->cause = '\0';
		result = perform(&s, reply);
	}
	curl_easy_cleanup(s.curl);
	curl_mime_free(s.mime);
	curl_slist_free_all(s.headers);
	curl_slist_free_all(s.recipients);
	reply->took_ms = clock_mono_ms() - start;
	return result;
}
