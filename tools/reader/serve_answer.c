/*
 * serve_answer.c: the answer of a wallet, taken apart (OpenID4VP 1.0, 8.1 to 8.5). Only who has read the request can
 * encrypt to the transaction's key and knows its state.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/common/context.h"
#include "tools/common/message.h"
#include "tools/common/form.h"
#include "tools/openid4vp/response.h"
#include "tools/reader/serve.h"

/* The content of "response", decrypted. False: `why` says why not. */
static bool
decrypt(const struct serve_transaction *transaction, struct mdoc_bytes jwe, struct mdoc_buf *plain, const char **why)
{
	struct mdoc_agreement agreement = { .derive = NULL };
	struct jwe_header header = { .kid = NULL };
	enum mdoc_result res = MDOC_ERR_KEY;

	*why = N_("response: not encrypted as the request has it");
	if (transaction->key == NULL || jwe_header_read(tool_context(), jwe, &header) != MDOC_OK)
		goto out;
	*why = N_("response: encrypted to another key, or it was changed");
	if (header.kid != NULL && strcmp(header.kid, transaction->name) != 0)
		goto out;
	res = mdoc_agreement_from_evp(tool_context(), transaction->key, &agreement);
	if (res == MDOC_OK)
		res = jwe_decrypt(tool_context(), jwe, &agreement, plain);
out:
	mdoc_agreement_clear(&agreement);
	jwe_header_clear(&header);
	return res == MDOC_OK;
}

/* The parameters of the answer: inside "response", or, of an error and where we asked for it, as they are. */
static bool
read_parameters(const struct serve *serve, const struct serve_transaction *transaction, struct mdoc_bytes form,
	struct vp_response *response, const char **why)
{
	struct mdoc_buf jwe = MDOC_BUF_EMPTY, plain = MDOC_BUF_EMPTY;
	enum mdoc_result res = form_get(form, "response", &jwe);
	bool good = false;

	if (res == MDOC_OK && decrypt(transaction, mdoc_buf_bytes(&jwe), &plain, why)) {
		*why = N_("response: there is no vp_token in it as OpenID4VP 1.0 has it, and no error");
		good = vp_response_read(mdoc_buf_bytes(&plain), response) == MDOC_OK;
	} else if (res == MDOC_ERR_MISSING) {
		*why = N_("the form has no response, no vp_token as OpenID4VP 1.0 has it, and no error");
		good = vp_response_read_form(form, response) == MDOC_OK;
		if (good && response->error == NULL && !serve->options->plain_response) {
			*why = N_("response: missing; the request wants direct_post.jwt");
			good = false;
		}
	} else if (res != MDOC_OK) {
		*why = N_("response: there twice, or no text");
	}
	mdoc_buf_clear(&jwe);
	mdoc_buf_clear(&plain);
	return good;
}

/* Just one presentation of each credential that was asked for: no query says "multiple". */
static const char *
take_presentations(const struct serve *serve, struct serve_transaction *transaction, struct vp_response *response)
{
	for (size_t i = 0; i < response->count; i++) {
		const size_t credential = dcql_find(&serve->dcql, response->presented[i].credential);

		if (credential >= SERVE_CREDENTIALS)
			return N_("vp_token: a credential that was not asked for");
		if (transaction->responses[credential].len > 0)
			return N_("vp_token: more than one presentation of a credential");
		transaction->responses[credential] = response->presented[i].device_response;
		response->presented[i].device_response = MDOC_BUF_EMPTY;
	}
	for (size_t i = 0; i < serve->dcql.count; i++)
		if (transaction->responses[i].len == 0)
			return N_("vp_token: a credential that was asked for is missing");
	return NULL;
}

static bool
build_transcript(const struct serve *serve, struct serve_transaction *transaction)
{
	char *response_uri = serve_response_uri(serve, transaction);
	enum mdoc_result res = MDOC_ERR_MEMORY;

	if (response_uri != NULL)
		res = vp_transcript(tool_context(), serve->client_id, transaction->nonce, response_uri,
			serve->options->plain_response ? NULL : transaction->thumbprint, &transaction->transcript,
			NULL);
	free(response_uri);
	return res == MDOC_OK;
}

/* What the wallet says for itself, in the letters that RFC 6749 allows it. */
static void
keep_error(struct serve_transaction *transaction, const struct vp_response *response)
{
	const char *text = response->error_description;

	snprintf(transaction->reason, sizeof(transaction->reason), "%s%s%s", response->error, text != NULL ? ": " : "",
		text != NULL ? text : "");
	for (size_t i = 0; transaction->reason[i] != '\0'; i++)
		if (transaction->reason[i] < ' ' || transaction->reason[i] > '~')
			transaction->reason[i] = '?';
}

bool
serve_answer_read(struct serve *serve, struct serve_transaction *transaction, struct mdoc_bytes form,
	enum serve_state *state, const char **why)
{
	struct vp_response response = { .json = NULL };
	bool good = read_parameters(serve, transaction, form, &response, why);

	if (good && (response.state == NULL || !serve_same(transaction->state_text, response.state))) {
		*why = N_("state: missing, or another one");
		good = false;
	}
	if (good && response.error != NULL) {
		keep_error(transaction, &response);
		*state = SERVE_REFUSED;
	} else if (good) {
		*why = take_presentations(serve, transaction, &response);
		if (*why == NULL && !build_transcript(serve, transaction))
			*why = N_("the transcript could not be made");
		*state = *why == NULL ? SERVE_JUDGING : SERVE_FAILED;
	}
	vp_response_clear(&response);
	return good;
}
