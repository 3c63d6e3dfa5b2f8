/*
 * issuance_sign.c: the copies of a batch: each with its own randoms, digest ids, key and entry of a status list (R-REC-01
 * to R-REC-03).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/issuer/issuance_internal.h"

#define CREDENTIAL_FRAME 64 /* bytes around each credential in the JSON, at most */
#define SEAL_PARTS 4        /* a JWE is 4/3 of what it holds */

static const char not_signed[] = N_("A copy could not be signed; nothing was issued.");

/* A signature that does not verify is none: a faulty token gives nothing away. What it is over was made here. */
bool
issuance_sign_checked(void *arg, enum mdoc_alg alg, struct mdoc_bytes tbs, uint8_t sig[MDOC_SIG_MAX])
{
	struct issuance *issuance = arg;
	const struct mdoc_signer *token = &issuance->token_signer;

	if (!token->sign(token->arg, alg, tbs, sig))
		return false;
	if (mdoc_signature_verify(tool_context(), alg, issuance->ds.curve, issuance->ds_pkey, tbs,
		    mdoc_bytes_of(sig, mdoc_curve_sig_size(issuance->ds.curve))) == MDOC_OK)
		return true;
	issuance->ds_key.rv = CKR_SIGNATURE_INVALID;
	return false;
}

static bool
too_large(const struct issuance_work *work, struct issuance_refusal *refusal)
{
	const size_t most =
		work->sealed ? FILE_JSON_MAX / SEAL_PARTS * (SEAL_PARTS - 1) - CREDENTIAL_FRAME * 64 : FILE_JSON_MAX;

	if (work->size <= most)
		return false;
	(void)issuance_refuse(refusal, ISSUANCE_DENIED,
		N_("The response would be larger than holders' programs read; nothing was issued."), NULL,
		N_("Let the holder ask for fewer copies."));
	return true;
}

static bool
keep_copy(struct issuance_work *work, const struct mdoc_buf *copy, struct issuance_refusal *refusal)
{
	json_t *text = json_base64url(mdoc_buf_bytes(copy));
	const size_t len = json_string_length(text);
	json_t *row = text != NULL ? json_pack("{s:o}", "credential", text) : NULL;

	if (row == NULL || json_array_append_new(work->credentials, row) != 0)
		return issuance_no_memory(refusal);
	work->size += len + CREDENTIAL_FRAME;
	return !too_large(work, refusal);
}

static bool
sign_copy(struct issuance *issuance, struct issuance_work *work, const struct mdoc_template *what, size_t i,
	struct issuance_refusal *refusal)
{
	const struct register_place *place = work->places != NULL ? &work->places[i] : NULL;
	struct mdoc_status status = { .list_idx = place != NULL ? place->idx : 0 };
	struct mdoc_buf copy = MDOC_BUF_EMPTY;
	struct mdoc_error error = { .code = MDOC_OK };
	bool good;

	if (place != NULL)
		status.list_uri = mdoc_text(place->uri);
	good = mdoc_template_issue(what, &work->proofs.keys[i].key, place != NULL ? &status : NULL, &copy, &error) ==
		MDOC_OK;
	if (!good) {
		(void)issuer_sign_error(_(not_signed), &error, &issuance->ds_key);
		(void)issuance_trouble(refusal);
	} else {
		good = keep_copy(work, &copy, refusal);
	}
	mdoc_buf_clear(&copy);
	return good;
}

static bool
sign_copies(struct issuance *issuance, struct issuance_work *work, struct issuance_refusal *refusal)
{
	const struct mdoc_issue what = {
		.doc_type = mdoc_text(issuance->issuer->doc_type),
		.claims = work->claims.claims,
		.claim_count = work->claims.count,
		.device_key = work->proofs.keys[0].key,
		.digest_alg = MDOC_SHA256,
		.signed_ = work->order.now,
		.valid_from = work->order.now,
		.valid_until = work->valid_until,
		.expected_update = work->expected_update,
		.edition = issuance->with_status ? MDOC_EDITION_2 : MDOC_EDITION_2021,
		.x5chain = &issuance->chain,
		.x5chain_count = 1,
		.signer = &issuance->ds_signer,
	};
	struct mdoc_error error = { .code = MDOC_OK };
	struct mdoc_template *copies = NULL;
	bool good = true;

	if (mdoc_template_new(tool_context(), &what, &copies, &error) != MDOC_OK) {
		(void)tool_mdoc_error(_(not_signed), &error);
		return issuance_trouble(refusal);
	}
	for (size_t i = 0; i < work->proofs.count && good; i++)
		good = sign_copy(issuance, work, copies, i, refusal);
	mdoc_template_free(copies);
	return good;
}

/* Drawn at random, so that the copies of a batch are not recognised as such. */
static bool
take_places(struct issuance *issuance, struct issuance_work *work, struct issuance_refusal *refusal)
{
	const size_t count = work->proofs.count;

	if (!issuance->with_status || work->places != NULL)
		return true;
	work->places = calloc(count, sizeof(*work->places));
	if (work->places == NULL)
		return issuance_no_memory(refusal);
	return issuance_register(issuance, refusal,
		register_places(issuance->issuer->db, issuance->issuer->uri, issuance->issuer->list_size, count,
			work->order.now, work->places),
		0);
}

bool
issuance_wants_places(const struct issuance *issuance)
{
	return issuance->with_status;
}

bool
issuance_give_places(struct issuance_work *work, const struct register_place *places)
{
	work->places = calloc(work->proofs.count, sizeof(*work->places));
	if (work->places != NULL)
		memcpy(work->places, places, work->proofs.count * sizeof(*work->places));
	return work->places != NULL;
}

bool
issuance_sign(struct issuance *issuance, struct issuance_work *work, struct issuance_refusal *refusal)
{
	*refusal = (struct issuance_refusal){ .code = ISSUANCE_DONE };
	work->credentials = json_array();
	if (work->credentials == NULL)
		return issuance_no_memory(refusal);
	return take_places(issuance, work, refusal) && sign_copies(issuance, work, refusal) &&
		issuance_make_answer(issuance, work, refusal);
}
