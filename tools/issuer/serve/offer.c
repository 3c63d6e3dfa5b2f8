/* offer.c: offers for the issuer's server. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/common/file.h"
#include "tools/common/form.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/qr.h"
#include "tools/common/value.h"
#include "tools/common/web_listen.h"
#include "tools/issuer/serve/offer.h"
#include "tools/issuer/serve/secret.h"

#define PRE_AUTHORIZED "urn:ietf:params:oauth:grant-type:pre-authorized_code"

struct making {
	struct issuer *issuer;
	const struct offer_order *order;
	char *origin;
	char id[SECRET_TEXT + 1], code[SECRET_TEXT + 1], hash[SECRET_HASH + 1];
	char tx[OFFER_DIGITS + 1], tx_hash[SECRET_TX_HASH + 1];
	struct mdoc_buf link; /* NUL terminated */
};

json_t *
offer_json(const char *issuer, const char *configuration, const char *code, bool tx)
{
	json_t *grant = json_pack("{s:s}", "pre-authorized_code", code);

	if (grant != NULL && tx &&
		json_object_set_new(grant, "tx_code",
			json_pack("{s:i, s:s}", "length", OFFER_DIGITS, "input_mode", "numeric")) != 0) {
		json_decref(grant);
		grant = NULL;
	}
	if (grant == NULL)
		return NULL;
	return json_pack("{s:s, s:[s], s:{s:o}}", "credential_issuer", issuer, "credential_configuration_ids",
		configuration, "grants", PRE_AUTHORIZED, grant);
}

static enum exit_status
name_issuer(struct making *making)
{
	const char *url = making->order->url != NULL ? making->order->url : making->issuer->uri;
	bool https = false;

	if (web_origin(url, &https, &making->origin) && https)
		return making->origin != NULL ? EXIT_STATUS_OK : tool_no_memory();
	tool_error(_("\"%s\" is not the address of an issuer's server: https://HOST or https://HOST:PORT"), url);
	return EXIT_STATUS_INPUT;
}

/* The code, and the transaction code that goes another way. */
static enum exit_status
make_codes(struct making *making)
{
	const struct mdoc_context *context = tool_context();

	if (context != NULL && secret_make(context, making->id) && secret_code_of(context, making->id, making->code) &&
		secret_hash(context, making->code, making->hash) && secret_tx_make(context, OFFER_DIGITS, making->tx) &&
		secret_tx_hash(context, making->tx, making->tx_hash))
		return EXIT_STATUS_OK;
	tool_error("%s", _("No random bytes could be got."));
	return EXIT_STATUS_TROUBLE;
}

static enum exit_status
enter(struct making *making)
{
	const struct offer_order *order = making->order;
	struct register_person person = { .id = 0 };
	struct register_grant grant = { .tries_left = OFFER_TRIES };
	enum register_result res = REGISTER_OK;
	char kind[] = "code";

	if (order->person != NULL)
		res = register_person_find(making->issuer->db, order->person, &person);
	if (res == REGISTER_OK) {
		memcpy(grant.hash, making->hash, sizeof(making->hash));
		grant.kind = kind;
		grant.person = person.id;
		grant.detail = (char *)(uintptr_t)order->person;
		grant.secret = making->tx_hash;
		grant.created = order->now;
		grant.expires = order->now + order->life;
		res = register_grant_put(making->issuer->db, &grant);
	}
	register_person_clear(&person);
	if (res == REGISTER_OK)
		res = register_log(making->issuer->db, order->now, "offer", NULL);
	if (res != REGISTER_OK)
		return issuer_register_error(_("The offer cannot be entered in the register."), making->issuer->db,
			res);
	return EXIT_STATUS_OK;
}

/* "openid-credential-offer://?credential_offer_uri=…", or with the offer itself. */
static enum exit_status
make_link(struct making *making)
{
	struct mdoc_buf form = MDOC_BUF_EMPTY;
	json_t *offer = NULL;
	char *text = NULL;

	if (making->order->by_value) {
		offer = offer_json(making->origin, making->issuer->configuration_id, making->code, true);
		text = offer != NULL ? json_dumps(offer, JSON_COMPACT) : NULL;
	} else if (asprintf(&text, "%s/offer/%s", making->origin, making->id) < 0) {
		text = NULL;
	}
	if (text != NULL)
		form_put(&form, making->order->by_value ? "credential_offer" : "credential_offer_uri", mdoc_text(text));
	mdoc_buf_append(&making->link, mdoc_text(OFFER_SCHEME "?"));
	mdoc_buf_append(&making->link, mdoc_buf_bytes(&form));
	mdoc_buf_append(&making->link, mdoc_bytes_of("", 1));
	free(text);
	json_decref(offer);
	mdoc_buf_clear(&form);
	return text != NULL && making->link.err == MDOC_OK ? EXIT_STATUS_OK : tool_no_memory();
}

static enum exit_status
write_files(const struct making *making)
{
	const struct offer_order *order = making->order;
	char line[OFFER_DIGITS + 2];
	enum exit_status status = EXIT_STATUS_OK;
	json_t *offer;

	if (order->out != NULL) {
		offer = offer_json(making->origin, making->issuer->configuration_id, making->code, true);
		status = offer != NULL ? json_write(order->out, 0600, offer) : tool_no_memory();
		json_decref(offer);
	}
	if (status == EXIT_STATUS_OK && order->tx_out != NULL) {
		snprintf(line, sizeof(line), "%s\n", making->tx);
		status = file_write(order->tx_out, 0600, mdoc_bytes_of(line, strlen(line)));
		OPENSSL_cleanse(line, sizeof(line));
	}
	return status;
}

static enum exit_status
print(const struct making *making)
{
	const struct offer_order *order = making->order;
	const char *link = (const char *)making->link.ptr;
	enum exit_status status = EXIT_STATUS_OK;
	char until[32];
	json_t *json;

	if (order->json) {
		json = json_pack("{s:s, s:I}", "offer", link, "expires", (json_int_t)(order->now + order->life));
		if (json != NULL && order->tx_out == NULL)
			(void)json_object_set_new(json, "tx_code", json_string(making->tx));
		status = json != NULL ? json_print(json) : tool_no_memory();
		json_decref(json);
		return status;
	}
	if (order->qr)
		status = qr_print(stdout, link);
	printf("%s\n", link);
	time_print_jst(order->now + order->life, until);
	tool_note(_("good once, until %s"), until);
	if (order->tx_out == NULL) {
		printf(_("transaction code: %s"), making->tx);
		putchar('\n');
		tool_note("%s", _("Give the code to the holder another way than the link."));
	}
	return status;
}

enum exit_status
offer_for_service(struct issuer *issuer, const struct offer_order *order)
{
	struct making making = { .issuer = issuer, .order = order, .link = MDOC_BUF_EMPTY };
	enum exit_status status = name_issuer(&making);

	if (status == EXIT_STATUS_OK)
		status = make_codes(&making);
	if (status == EXIT_STATUS_OK)
		status = make_link(&making);
	if (status == EXIT_STATUS_OK)
		status = enter(&making);
	if (status == EXIT_STATUS_OK)
		status = write_files(&making);
	if (status == EXIT_STATUS_OK)
		status = print(&making);
	free(making.origin);
	mdoc_buf_clear(&making.link);
	OPENSSL_cleanse(&making, sizeof(making));
	return status;
}
