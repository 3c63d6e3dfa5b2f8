/* proofs.c: new holder keys, and what they sign. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/proofs.h"
#include "tools/common/json.h"
#include "tools/common/jwt.h"
#include "tools/common/message.h"
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#define JWT_ROOM ((CK_ULONG)1 << 20)

CK_RV
proofs_make_key(const struct p11_token *token, enum mdoc_curve curve, struct copy *copy)
{
	CK_OBJECT_HANDLE public_key = CK_INVALID_HANDLE;
	uint8_t id[16];
	CK_RV rv;

	if (RAND_bytes(id, sizeof(id)) != 1)
		return CKR_FUNCTION_FAILED;
	mdoc_buf_append(&copy->id, mdoc_bytes_of(id, sizeof(id)));
	rv = p11_generate(token, curve, true, mdoc_bytes_of(id, sizeof(id)), HOLDER_KEY_LABEL, &public_key,
		&copy->private_key);
	if (rv != CKR_OK) {
		copy->private_key = CK_INVALID_HANDLE;
		return rv;
	}
	return p11_public_key(token, copy->private_key, &copy->key);
}

enum exit_status
proofs_sign(struct p11_token *token, const struct copy *copy, json_t *header, json_t *claims, json_t *proofs)
{
	struct mdoc_buf jws = MDOC_BUF_EMPTY;
	enum exit_status status = EXIT_STATUS_OK;
	struct mdoc_p11_key key;
	struct mdoc_signer signer;
	enum mdoc_result res;

	p11_key(token, copy->private_key, &key);
	mdoc_p11_signer(&key, copy->key.curve, &signer);
	if (header == NULL || claims == NULL) {
		status = tool_no_memory();
		goto out;
	}
	res = jwt_sign(header, claims, &signer, &jws);
	if (res == MDOC_ERR_CALLBACK && key.rv != CKR_OK) {
		status = tool_rv_error(_("cannot sign with a new key"), key.rv);
	} else if (res != MDOC_OK) {
		tool_error("%s: %s", _("cannot sign with a new key"), message_mdoc(res));
		status = message_mdoc_status(res);
	} else if (json_array_append_new(proofs, json_text(mdoc_buf_bytes(&jws))) != 0) {
		status = tool_no_memory();
	}
out:
	mdoc_buf_clear(&jws);
	json_decref(header);
	json_decref(claims);
	return status;
}

enum exit_status
proofs_attest(const struct p11_token *token, const struct copy *made, size_t count, const char *nonce,
	const char *audience, json_t **attestation)
{
	const CK_MDOC_FUNCTION_LIST *vendor = token->p11->vendor;
	CK_OBJECT_HANDLE *keys = NULL;
	CK_UTF8CHAR *jwt = NULL;
	CK_ULONG len = JWT_ROOM;
	enum exit_status status;
	CK_RV rv = CKR_HOST_MEMORY;

	*attestation = NULL;
	if (vendor == NULL || !token->ours)
		return EXIT_STATUS_GO_ON;
	keys = calloc(count, sizeof(*keys));
	jwt = malloc(JWT_ROOM);
	if (keys != NULL && jwt != NULL) {
		for (size_t i = 0; i < count; i++)
			keys[i] = made[i].private_key;
		rv = vendor->C_MDOC_AttestKeys(token->session, keys, count, (const CK_BYTE *)nonce, strlen(nonce),
			(const CK_UTF8CHAR *)audience, strlen(audience), jwt, &len);
	}
	if (rv == CKR_OK) {
		*attestation = json_text(mdoc_bytes_of(jwt, len));
		status = *attestation != NULL ? EXIT_STATUS_OK : tool_no_memory();
	} else if (rv == CKR_USER_PIN_NOT_INITIALIZED) {
		status = EXIT_STATUS_GO_ON;
	} else {
		status = tool_rv_error(_("the token cannot attest its keys"), rv);
	}
	free(keys);
	free(jwt);
	return status;
}

void
proofs_destroy(const struct p11_token *token, const struct copy *made, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (made[i].private_key != CK_INVALID_HANDLE && copy_destroy(token, &made[i]) != CKR_OK)
			tool_why(_("A key that was just made could not be destroyed again."));
}
