/*
 * notify.c: mdoc-issuer notify: deliver the notices that wait in the register.
 *
 * Each is made once and kept before it is sent, so that a second attempt sends the same bytes under the same name; only
 * after the delivery does it leave the spool. Whoever gets it twice knows it by its id.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include "tools/common/clock.h"
#include "tools/common/file.h"
#include "tools/common/http.h"
#include "tools/common/message.h"
#include "tools/common/p11_pkey.h"
#include "tools/issuer/notice.h"

struct notify {
	const char *dir, *out, *url, *ca, *operator_, *at;
	struct pin_source pin;
	struct common_options common;
	int64_t now;
	struct issuer issuer;
	struct issuer_token token;
	struct mdoc_p11_key key;
	EVP_PKEY *pkey;
	size_t delivered, waiting;
};

/* The bytes that are sent. */
static enum exit_status
content_of(const struct register_notice *notice, struct mdoc_buf *content)
{
	const size_t len = strlen(notice->document);
	uint8_t *bytes = NULL;
	int got;

	if (notice_is_for_device(notice)) {
		mdoc_buf_append(content, mdoc_text(notice->document));
		return content->err == MDOC_OK ? EXIT_STATUS_OK : tool_no_memory();
	}
	bytes = malloc(len + 1);
	if (bytes == NULL)
		return tool_no_memory();
	got = EVP_DecodeBlock(bytes, (const unsigned char *)notice->document, (int)len);
	for (size_t i = 1; i <= 2 && got > 0 && notice->document[len - i] == '='; i++)
		got--;
	if (got > 0)
		mdoc_buf_append(content, mdoc_bytes_of(bytes, (size_t)got));
	free(bytes);
	return content->err == MDOC_OK ? EXIT_STATUS_OK : tool_no_memory();
}

static enum exit_status
put_file(const struct notify *notify, const char *name, const struct mdoc_buf *content)
{
	char *path = issuer_path(notify->out, name);
	const enum exit_status status =
		path != NULL ? file_write(path, 0600, mdoc_buf_bytes(content)) : EXIT_STATUS_TROUBLE;

	free(path);
	return status;
}

/* 409: it was there already, from an attempt of which we did not hear. */
static enum exit_status
post(const struct notify *notify, const char *name, const char *type, const struct mdoc_buf *content)
{
	const struct http_options options = { .ca_file = notify->ca, .plain = true };
	const struct mdoc_bytes body = mdoc_buf_bytes(content);
	struct http_answer answer;
	char *url = issuer_path(notify->url, name);
	enum exit_status status;

	if (url == NULL)
		return EXIT_STATUS_TROUBLE;
	status = http_exchange(url, &options, NULL, NULL, type, &body, &answer);
	if (status == EXIT_STATUS_OK && answer.status / 100 != 2 && answer.status != 409) {
		tool_error(_("%.200s answers with HTTP status %ld"), url, answer.status);
		status = EXIT_STATUS_TROUBLE;
	}
	http_answer_clear(&answer);
	free(url);
	return status;
}

static enum exit_status
send(const struct notify *notify, const struct register_notice *notice)
{
	const bool device = notice_is_for_device(notice);
	struct mdoc_buf content = MDOC_BUF_EMPTY;
	enum exit_status status = content_of(notice, &content);
	char name[64];

	snprintf(name, sizeof(name), "%s.%s", notice->notice, device ? "jwe" : "p7m");
	if (status == EXIT_STATUS_OK)
		status = notify->out != NULL
			? put_file(notify, name, &content)
			: post(notify, name, device ? "application/jose" : "application/pkcs7-mime", &content);
	mdoc_buf_clear(&content);
	return status;
}

static enum exit_status
deliver(struct notify *notify, struct register_notice *notice)
{
	struct notice_maker maker = { .issuer = &notify->issuer, .key = &notify->key, .pkey = notify->pkey };
	enum register_result res = REGISTER_OK;
	enum exit_status status = EXIT_STATUS_OK;

	mdoc_p11_signer(&notify->key, MDOC_CURVE_P256, &maker.signer);
	if (notice->document == NULL) {
		status = notice_make(&maker, notice, &notice->document);
		if (status == EXIT_STATUS_OK)
			res = register_notice_document(notify->issuer.db, notice->id, notice->document);
	}
	/* Another process was faster: it sends what it made. */
	if (status == EXIT_STATUS_OK && res == REGISTER_END)
		return EXIT_STATUS_OK;
	if (status == EXIT_STATUS_OK && res == REGISTER_OK)
		status = send(notify, notice);
	if (status == EXIT_STATUS_OK && res == REGISTER_OK) {
		res = register_notice_delivered(notify->issuer.db, notice->id, notify->now);
		notify->delivered += res == REGISTER_OK ? 1 : 0;
	}
	if (res != REGISTER_OK && res != REGISTER_END)
		return issuer_register_error(_("The register cannot be written."), notify->issuer.db, res);
	return status;
}

/* One recipient who cannot be reached does not keep the others from theirs. */
static enum exit_status
deliver_all(struct notify *notify)
{
	enum exit_status status = EXIT_STATUS_OK, one;
	struct register_notice notice;
	enum register_result res;
	int64_t id = 0;

	for (;;) {
		res = register_notice_next(notify->issuer.db, id, &notice);
		if (res != REGISTER_OK)
			break;
		id = notice.id;
		one = deliver(notify, &notice);
		register_notice_clear(&notice);
		notify->waiting += one != EXIT_STATUS_OK ? 1 : 0;
		if (one != EXIT_STATUS_OK && status == EXIT_STATUS_OK)
			status = one;
	}
	register_notice_clear(&notice);
	if (res != REGISTER_END)
		status = issuer_register_error(_("The register cannot be read."), notify->issuer.db, res);
	return status;
}

static enum exit_status
run(const struct command *command, struct notify *notify)
{
	struct mdoc_public_key public_key;
	enum exit_status status = clock_option(command, notify->at, &notify->now);

	if (status == EXIT_STATUS_OK && tool_context() == NULL)
		status = tool_no_memory();
	if (status == EXIT_STATUS_OK)
		status = issuer_open(notify->dir, &notify->issuer);
	if (status != EXIT_STATUS_OK)
		return status;
	register_set_operator(notify->issuer.db, notify->operator_);
	status = issuer_token_open(notify->common.module != NULL ? notify->common.module : notify->issuer.module,
		notify->issuer.token, &notify->pin, &notify->token);
	if (status == EXIT_STATUS_NO)
		(void)register_log(notify->issuer.db, notify->now, "login-failed", "notify");
	if (status == EXIT_STATUS_OK)
		status = issuer_role_key(&notify->issuer, &notify->token, ISSUER_MESSAGES, &notify->key, &public_key);
	if (status != EXIT_STATUS_OK)
		return status;
	notify->pkey = p11_pkey_new(mdoc_context_libctx(tool_context()), &notify->key, &public_key, NULL);
	status = notify->pkey != NULL ? deliver_all(notify) : tool_no_memory();
	if (notify->common.json)
		printf("{\"delivered\": %zu, \"waiting\": %zu}\n", notify->delivered, notify->waiting);
	else
		printf(_("Notices delivered: %zu; still waiting: %zu.\n"), notify->delivered, notify->waiting);
	return status;
}

int
cmd_notify(const struct command *command, int argc, char **argv)
{
	struct notify notify = { .dir = NULL };
	const struct option_row rows[] = {
		{ "dir", OPTION_TEXT, &notify.dir, N_("FOLDER"), N_("the issuer's folder"), true },
		{ "out", OPTION_TEXT, &notify.out, N_("FOLDER"), N_("deliver into this folder, a file for each notice"),
			false },
		{ "url", OPTION_TEXT, &notify.url, N_("URL"),
			N_("deliver by POST to this address, with the notice's name"), false },
		{ "tls-ca", OPTION_TEXT, &notify.ca, N_("FILE"), N_("CA certificates (PEM) instead of the system's"),
			false },
		{ "pin-file", OPTION_TEXT, &notify.pin.file, N_("FILE"), N_("read the token's PIN from a file"),
			false },
		{ "pin-fd", OPTION_TEXT, &notify.pin.fd, N_("NUMBER"), N_("read the token's PIN from a descriptor"),
			false },
		{ "operator", OPTION_TEXT, &notify.operator_, N_("NAME"), N_("who does it, for the log"), true },
		{ "at", OPTION_TEXT, &notify.at, N_("TIME"), N_("act as if it were this time (RFC 3339); for tests"),
			false },
		{ NULL, OPTION_END, NULL, NULL, NULL, false },
	};
	enum exit_status status = options_parse(command, rows, &notify.common, NULL, argc, argv);

	if (status != EXIT_STATUS_GO_ON)
		return (int)status;
	if ((notify.out == NULL) == (notify.url == NULL))
		return (int)options_wrong(command, _("give --out or --url"));
	status = notify.out != NULL ? issuer_make_folder(notify.out, 0700) : EXIT_STATUS_OK;
	if (status == EXIT_STATUS_OK)
		status = run(command, &notify);
	EVP_PKEY_free(notify.pkey);
	issuer_token_close(&notify.token);
	issuer_close(&notify.issuer);
	return (int)status;
}
