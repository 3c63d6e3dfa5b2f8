/* dcql_build.c: DCQL and DeviceRequest, one from the other. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/openid4vp/dcql.h"
#include "tools/common/json.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The claim as it is asked for, unless it is there already (6.4.1: a duplicate is ignored). */
static void
add_asked(struct mdoc_asked *asked, size_t *count, const struct dcql_claim *claim)
{
	const struct mdoc_asked one = { mdoc_text(claim->ns), mdoc_text(claim->element), claim->retain };

	for (size_t i = 0; i < *count; i++) {
		if (mdoc_bytes_equal(asked[i].ns, one.ns) && mdoc_bytes_equal(asked[i].element, one.element)) {
			asked[i].intent_to_retain |= one.intent_to_retain;
			return;
		}
	}
	asked[(*count)++] = one;
}

enum mdoc_result
dcql_device_request(const struct mdoc_context *context, const struct dcql_credential *credential, size_t set,
	struct mdoc_buf *out)
{
	const bool all = set == DCQL_ALL_CLAIMS;
	const struct mdoc_request_options options = { .edition = MDOC_EDITION_2 };
	struct mdoc_request_info info = { .issuer_count = credential->issuer_count };
	struct mdoc_ask ask = { .info = credential->issuer_count > 0 ? &info : NULL };
	struct mdoc_bytes *issuers = NULL;
	struct mdoc_asked *asked = NULL;
	size_t count;
	enum mdoc_result res = MDOC_ERR_MEMORY;

	if (!credential->mdoc || credential->claim_count == 0 || (!all && set >= credential->set_count))
		return MDOC_ERR_ARG;
	count = all ? credential->claim_count : credential->sets[set].count;
	asked = calloc(count, sizeof(*asked));
	issuers = calloc(credential->issuer_count + 1, sizeof(*issuers));
	if (asked == NULL || issuers == NULL)
		goto out;
	for (size_t i = 0; i < count; i++)
		add_asked(asked, &ask.count, &credential->claims[all ? i : credential->sets[set].items[i]]);
	for (size_t i = 0; i < credential->issuer_count; i++)
		issuers[i] = mdoc_buf_bytes(&credential->issuers[i]);
	info.issuers = issuers;
	ask.doc_type = mdoc_text(credential->doc_type);
	ask.asked = asked;
	res = mdoc_request_build(context, &ask, 1, &options, out, NULL);
out:
	free(asked);
	free(issuers);
	return res;
}

static json_t *
claims_of(const struct mdoc_ask *ask)
{
	json_t *claims = json_array();

	for (size_t i = 0; i < ask->count; i++) {
		json_t *claim =
			json_pack("{s:[o, o]}", "path", json_text(ask->asked[i].ns), json_text(ask->asked[i].element));

		if (claim != NULL && ask->asked[i].intent_to_retain)
			json_object_set_new(claim, "intent_to_retain", json_true());
		if (claim == NULL || json_array_append_new(claims, claim) != 0) {
			json_decref(claims);
			return NULL;
		}
	}
	return claims;
}

static json_t *
credential_of(const struct mdoc_ask *ask, size_t i)
{
	json_t *credential, *keys;
	char id[32];

	snprintf(id, sizeof(id), "doc%zu", i);
	credential = json_pack("{s:s, s:s, s:{s:o}, s:o}", "id", id, "format", DCQL_MDOC, "meta", "doctype_value",
		json_text(ask->doc_type), "claims", claims_of(ask));
	if (credential == NULL || ask->info == NULL || ask->info->issuer_count == 0)
		return credential;
	keys = json_array();
	for (size_t k = 0; k < ask->info->issuer_count; k++)
		json_array_append_new(keys, json_base64url(ask->info->issuers[k]));
	if (json_object_set_new(credential, "trusted_authorities",
		    json_pack("[{s:s, s:o}]", "type", "aki", "values", keys)) != 0) {
		json_decref(credential);
		return NULL;
	}
	return credential;
}

json_t *
dcql_from_asks(const struct mdoc_ask *docs, size_t count)
{
	json_t *credentials = json_array();

	for (size_t i = 0; i < count; i++) {
		if (json_array_append_new(credentials, credential_of(&docs[i], i)) != 0) {
			json_decref(credentials);
			return NULL;
		}
	}
	return json_pack("{s:o}", "credentials", credentials);
}
