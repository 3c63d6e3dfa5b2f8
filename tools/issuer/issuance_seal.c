/*
 * issuance_seal.c: the Credential Response, and its sealed form: encrypted to the holder's device and signed by the
 * issuer's messages key over the ciphertext, so that whatever carries it can neither read nor change it (R-COM-02).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <mdoc/base64url.h>
#include "tools/common/json.h"
#include "tools/common/jwt.h"
#include "tools/common/message.h"
#include "tools/issuer/issuance_internal.h"

#define RESPONSE_TYPE "mdoc-response+jwt"
#define DIGEST_LEN 32

static const char not_sealed[] = N_("The response could not be sealed; nothing was issued.");

/* A NUL-terminated copy; NULL: memory. */
static char *
text_of(const struct mdoc_buf *buf)
{
	return buf->err == MDOC_OK ? strndup((const char *)buf->ptr, buf->len) : NULL;
}

static bool
encrypt_response(struct issuance_work *work, struct issuance_refusal *refusal)
{
	char *plain = json_dumps(work->answer.response, JSON_COMPACT);
	struct mdoc_buf jwe = MDOC_BUF_EMPTY;
	enum mdoc_result res = MDOC_ERR_MEMORY;

	if (plain != NULL)
		res = jwe_encrypt(tool_context(), mdoc_text(plain), work->enc, work->kid, MDOC_NO_BYTES, MDOC_NO_BYTES,
			&work->recipient, &jwe);
	if (res == MDOC_OK)
		work->answer.jwe = text_of(&jwe);
	if (plain != NULL)
		OPENSSL_cleanse(plain, strlen(plain));
	free(plain);
	mdoc_buf_clear(&jwe);
	if (res == MDOC_OK && work->answer.jwe != NULL)
		return true;
	tool_error("%s", _(not_sealed));
	return issuance_trouble(refusal);
}

/* x5c is base64 with padding (RFC 7515, 4.1.6). */
static json_t *
make_header(const struct issuance *issuance)
{
	const struct mdoc_buf *der = &issuance->issuer->messages;
	unsigned char *text = malloc(der->len / 3 * 4 + 8);
	json_t *header = NULL;

	if (text != NULL) {
		EVP_EncodeBlock(text, der->ptr, (int)der->len);
		header = json_pack("{s:s, s:[s]}", "typ", RESPONSE_TYPE, "x5c", (const char *)text);
	}
	free(text);
	return header;
}

static json_t *
make_payload(const struct issuance_work *work)
{
	const char *jwe = work->answer.jwe;
	unsigned char digest[DIGEST_LEN];
	size_t len = 0;

	if (EVP_Q_digest(mdoc_context_libctx(tool_context()), "SHA256", NULL, jwe, strlen(jwe), digest, &len) != 1 ||
		len != sizeof(digest))
		return NULL;
	return json_pack("{s:o, s:I, s:s}", "sha256", json_base64url(mdoc_bytes_of(digest, len)), "iat",
		(json_int_t)work->order.now, "aud", work->recipient_thumbprint);
}

static bool
sign_response(struct issuance *issuance, struct issuance_work *work, struct issuance_refusal *refusal)
{
	json_t *header = make_header(issuance), *payload = make_payload(work);
	struct mdoc_error error = { .code = MDOC_ERR_MEMORY, .offset = SIZE_MAX };
	struct mdoc_buf jws = MDOC_BUF_EMPTY;

	if (header != NULL && payload != NULL)
		error.code = jwt_sign(header, payload, &issuance->messages_signer, &jws);
	if (error.code == MDOC_OK)
		work->answer.signature = text_of(&jws);
	json_decref(header);
	json_decref(payload);
	mdoc_buf_clear(&jws);
	if (work->answer.signature != NULL)
		return true;
	(void)issuer_sign_error(_(not_sealed), &error, &issuance->messages_key);
	return issuance_trouble(refusal);
}

bool
issuance_make_answer(struct issuance *issuance, struct issuance_work *work, struct issuance_refusal *refusal)
{
	struct issuance_answer *answer = &work->answer;

	memcpy(answer->notification_id, work->notification, sizeof(answer->notification_id));
	answer->copies = work->proofs.count;
	answer->valid_until = work->valid_until;
	answer->expected_update = work->expected_update;
	answer->attested = work->evidence.count > 0;
	answer->response =
		json_pack("{s:O, s:s}", "credentials", work->credentials, "notification_id", answer->notification_id);
	if (answer->response == NULL)
		return issuance_no_memory(refusal);
	if (!work->sealed)
		return true;
	if (!encrypt_response(work, refusal) || !sign_response(issuance, work, refusal))
		return false;
	json_decref(answer->response); /* what leaves is sealed */
	answer->response = NULL;
	return true;
}

json_t *
issuance_sealed_json(const struct issuance_answer *answer)
{
	return json_pack("{s:s, s:s}", "credential_response", answer->jwe, "signature", answer->signature);
}
