/* offer.c: an OpenID4VCI 1.0 credential offer with a nonce for one request. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <openssl/rand.h>
#include <stdlib.h>
#include <mdoc/base64url.h>
#include "tools/common/clock.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/issuer/serve/offer.h"

/* The nonce belongs to no member that OpenID4VCI names (a wallet fetches it from the nonce
 * endpoint); where offers travel as files it is this private one. */
#define OFFER_NONCE "mdoc_pkcs11_nonce"

static enum exit_status
make_nonce(struct mdoc_buf *nonce)
{
	const struct mdoc_context *context = tool_context();
	uint8_t random[ISSUER_NONCE_LEN];

	if (context == NULL || RAND_bytes_ex(mdoc_context_libctx(context), random, sizeof(random), 0) != 1) {
		tool_error("%s", _("No random bytes could be got."));
		return EXIT_STATUS_TROUBLE;
	}
	mdoc_base64url_encode(nonce, mdoc_bytes_of(random, sizeof(random)));
	mdoc_buf_append(nonce, mdoc_bytes_of("", 1));
	return nonce->err == MDOC_OK ? EXIT_STATUS_OK : tool_no_memory();
}

static enum exit_status
write_offer(const struct issuer *issuer, const char *nonce, const char *path)
{
	enum exit_status status;
	json_t *offer;

	offer = json_pack("{s:s, s:[s], s:s}", "credential_issuer", issuer->uri, "credential_configuration_ids",
		issuer->configuration_id, OFFER_NONCE, nonce);
	status = offer == NULL ? tool_no_memory() : json_write(path, 0600, offer);
	json_decref(offer);
	return status;
}

int
cmd_offer(const struct command *command, int argc, char **argv)
{
	const char *dir = NULL, *at = NULL;
	struct offer_order order = { .person = NULL };
	struct option_number hours = { 24, 1, 24 * 31, false };
	const struct option_row rows[] = {
		{ "dir", OPTION_TEXT, &dir, N_("FOLDER"), N_("the issuer's folder"), true },
		{ "out", OPTION_TEXT, &order.out, N_("FILE"), N_("where the offer is written"), false },
		{ "person", OPTION_TEXT, &order.person, N_("TEXT"),
			N_("for a holder who comes to \"serve\": whom of the register the record is about"), false },
		{ "url", OPTION_TEXT, &order.url, "URL",
			N_("how holders reach the server; else the issuer's identifier"), false },
		{ "by-value", OPTION_FLAG, &order.by_value, NULL,
			N_("put the whole offer in the link, instead of where to get it"), false },
		{ "qr", OPTION_FLAG, &order.qr, NULL, N_("show the link as a QR code, too"), false },
		{ "tx-code-file", OPTION_TEXT, &order.tx_out, N_("FILE"),
			N_("write the transaction code here instead of showing it"), false },
		{ "hours", OPTION_NUMBER, &hours, N_("HOURS"), N_("how long the offer is good (24)"), false },
		{ "at", OPTION_TEXT, &at, N_("TIME"), N_("offer as if it were this time (RFC 3339); for tests"),
			false },
		{ NULL, OPTION_END, NULL, NULL, NULL, false },
	};
	struct common_options common = { NULL, false };
	struct issuer issuer = { .iaca = MDOC_BUF_EMPTY, .ds = MDOC_BUF_EMPTY };
	struct mdoc_buf nonce = MDOC_BUF_EMPTY;
	enum exit_status status;
	enum register_result res;
	int64_t now;

	status = options_parse(command, rows, &common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return (int)status;
	if (order.person == NULL && order.out == NULL)
		return (int)options_wrong(command, "%s", _("give --out for an offer in a file, or --person"));
	if (order.person == NULL && (order.url != NULL || order.by_value || order.qr || order.tx_out != NULL))
		return (int)options_wrong(command, "%s", _("only offers with --person are for a server"));
	status = clock_option(command, at, &now);
	if (status == EXIT_STATUS_OK)
		status = issuer_open(dir, &issuer);
	if (status == EXIT_STATUS_OK && order.person != NULL) {
		order.now = now;
		order.life = (int64_t)hours.value * 3600;
		order.json = common.json;
		status = offer_for_service(&issuer, &order);
		goto out;
	}
	if (status == EXIT_STATUS_OK)
		status = make_nonce(&nonce);
	if (status != EXIT_STATUS_OK)
		goto out;
	res = register_offer(issuer.db, (const char *)nonce.ptr, now);
	if (res != REGISTER_OK) {
		status = issuer_register_error(_("The offer cannot be entered in the register."), issuer.db, res);
		goto out;
	}
	status = write_offer(&issuer, (const char *)nonce.ptr, order.out);
out:
	mdoc_buf_clear(&nonce);
	issuer_close(&issuer);
	return (int)status;
}
