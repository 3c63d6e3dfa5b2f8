/* vci_offer.c: credential offers (OpenID4VCI 1.0, 4.1). SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/vci.h"
#include "tools/common/form.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/url.h"
#include <string.h>

#define PRE_AUTHORIZED "urn:ietf:params:oauth:grant-type:pre-authorized_code"
#define OFFER_MAX ((size_t)64 * 1024)

static enum exit_status
not_an_offer(void)
{
	tool_error("%s", _("This is no credential offer."));
	tool_why("%s", _("It should be a link openid-credential-offer://… or a file with the offer in JSON."));
	return EXIT_STATUS_INPUT;
}

static enum exit_status
fetch(const char *url, const struct http_options *http, json_t **json)
{
	struct http_options options = *http;
	struct http_answer answer;
	enum exit_status status;

	options.max = OFFER_MAX;
	status = http_exchange(url, &options, "application/json", NULL, NULL, NULL, &answer);
	if (status == EXIT_STATUS_OK && answer.status != 200) {
		tool_error("%s", _("The issuer does not have this offer any more."));
		tool_why("%s", _("It was taken, or its time is over. Ask for a new one."));
		status = EXIT_STATUS_NO;
	} else if (status == EXIT_STATUS_OK) {
		*json = json_loadb((const char *)answer.body.ptr, answer.body.len, JSON_REJECT_DUPLICATES, NULL);
	}
	http_answer_clear(&answer);
	return status;
}

/* What stands after the "?" of a link. */
static enum exit_status
read_link(const char *query, const struct http_options *http, json_t **json)
{
	struct mdoc_buf value = MDOC_BUF_EMPTY, uri = MDOC_BUF_EMPTY;
	const bool by_value = form_get(mdoc_text(query), "credential_offer", &value) == MDOC_OK;
	const bool by_reference = form_get(mdoc_text(query), "credential_offer_uri", &uri) == MDOC_OK;
	enum exit_status status = EXIT_STATUS_OK;

	if (by_value == by_reference)
		status = not_an_offer();
	else if (by_value)
		*json = json_loadb((const char *)value.ptr, value.len, JSON_REJECT_DUPLICATES, NULL);
	else
		status = fetch((const char *)uri.ptr, http, json);
	mdoc_buf_clear(&value);
	mdoc_buf_clear(&uri);
	return status;
}

static enum exit_status
take_apart(struct vci_offer *offer)
{
	const json_t *grant = json_object_get(json_object_get(offer->json, "grants"), PRE_AUTHORIZED);
	struct url url;

	offer->issuer = json_string_value(json_object_get(offer->json, "credential_issuer"));
	offer->configuration =
		json_string_value(json_array_get(json_object_get(offer->json, "credential_configuration_ids"), 0));
	offer->code = json_string_value(json_object_get(grant, "pre-authorized_code"));
	offer->tx_code = json_is_object(json_object_get(grant, "tx_code"));
	if (offer->issuer == NULL || offer->configuration == NULL || !url_parse(offer->issuer, &url))
		return not_an_offer();
	if (offer->code != NULL)
		return EXIT_STATUS_OK;
	tool_error("%s", _("The offer has no pre-authorized code."));
	tool_why("%s", _("Offers for a file are taken with: mdoc-token request --offer FILE"));
	return EXIT_STATUS_INPUT;
}

enum exit_status
vci_offer_read(const char *text, const struct http_options *http, struct vci_offer *offer)
{
	const char *scheme = strstr(text, "://"), *query = scheme != NULL ? strchr(scheme, '?') : NULL;
	enum exit_status status;

	memset(offer, 0, sizeof(*offer));
	if (query != NULL)
		status = read_link(query + 1, http, &offer->json);
	else if (scheme != NULL)
		status = not_an_offer();
	else
		status = json_read(text, &offer->json);
	if (status == EXIT_STATUS_OK && !json_is_object(offer->json))
		status = not_an_offer();
	return status == EXIT_STATUS_OK ? take_apart(offer) : status;
}

void
vci_offer_clear(struct vci_offer *offer)
{
	json_decref(offer->json);
	memset(offer, 0, sizeof(*offer));
}
