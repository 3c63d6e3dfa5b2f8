/*
 * tokens/tpm/key.c: making and loading keys of a TPM, and the test of a new pair.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdlib.h>
#include <string.h>

#include "tokens/tpm/blob.h"
#include "tokens/tpm/key_priv.h"

static void
key_free(struct token_key *head)
{
	struct tpm_key *key = tpm_key_of(head);

	backend_area_free(key->area);
	free(key);
}

static enum token_result
key_point(const struct token_key *head, uint8_t *point, size_t *len)
{
	const struct tpm_key *key = tpm_key_of_const(head);

	*len = key->point_len;
	memcpy(point, key->point, key->point_len);
	return TOKEN_OK;
}

const struct token_key_ops tpm_key_ops = {
	.backend = "tpm",
	.free = key_free,
	.point = key_point,
	.sign = tpm_key_sign,
	.derive = tpm_key_derive,
};

const struct tpm_blob *
tpm_key_blob(const struct token_key *key)
{
	return key->ops == &tpm_key_ops ? &tpm_key_of_const(key)->blob : NULL;
}

static enum token_result
key_load(struct backend_area *area, enum token_curve curve, const uint8_t *value, size_t len, struct token_key **out)
{
	struct tpm_key *key = calloc(1, sizeof(*key));
	enum token_result res;

	*out = NULL;
	if (key == NULL)
		return TOKEN_ERR_MEMORY;
	res = tpm_key_unpack(area->env->seal, curve, tpm_guard_policy(area->guard), value, len, &key->blob, key->point,
		&key->point_len);
	if (res != TOKEN_OK) {
		free(key);
		return res;
	}
	key->area = backend_area_ref(area);
	token_key_begin(&key->head, &tpm_key_ops, curve);
	*out = &key->head;
	return TOKEN_OK;
}

struct creation {
	const struct tpm_guard *guard;
	TPMT_PUBLIC template;
	struct tpm_blob made;
};

static enum token_result
create(struct tpm *tpm, void *arg)
{
	struct creation *creation = arg;
	TSS2_RC rc;

	rc = tpm_blob_create(tpm, &creation->template, &creation->made);
	/* Of a curve that they lack TPMs say several things. */
	if (creation->template.parameters.eccDetail.curveID != TPM2_ECC_NIST_P256 &&
		(tpm_rc_is(rc, TPM2_RC_VALUE) || tpm_rc_is(rc, TPM2_RC_SIZE)))
		return TOKEN_ERR_CURVE;
	return tpm_result(rc);
}

/* A signature, where the PIN allows one; elsewhere only the point has been looked at. */
static enum token_result
test_pair(const struct tpm_key *key)
{
	static const uint8_t digest[32] = "pairwise consistency of the key";
	OSSL_LIB_CTX *libctx = seal_ctx_libctx(key->area->env->seal);
	uint8_t sig[TOKEN_SIG_MAX];
	size_t sig_len = 0;
	bool good = false;
	enum token_result res;

	res = tpm_key_sign((struct token_key *)(uintptr_t)&key->head, digest, sizeof(digest), sig, &sig_len);
	if (res == TOKEN_ERR_NOT_LOGGED_IN)
		return TOKEN_OK;
	if (res == TOKEN_OK)
		res = token_public_verify(libctx, key->head.curve, key->point, key->point_len, digest, sizeof(digest),
			sig, sig_len, &good);
	if (res != TOKEN_OK)
		return res;
	return good ? TOKEN_OK : TOKEN_ERR_CRYPTO;
}

static enum token_result
key_generate(struct backend_area *area, enum token_curve curve, struct token_key **out, struct secret *value)
{
	struct creation creation = { .guard = area->guard };
	struct secret packed = SECRET_NONE;
	struct token_key *key = NULL;
	enum token_result res;

	*out = NULL;
	*value = SECRET_NONE;
	res = tpm_key_template(curve, TPM_KEY_MADE, tpm_guard_policy(area->guard), &creation.template);
	if (res == TOKEN_OK)
		res = tpm_guard_do(creation.guard, area->env->tpm, create, &creation);
	if (res == TOKEN_OK)
		res = tpm_key_pack(&creation.made, &packed);
	if (res == TOKEN_OK)
		res = key_load(area, curve, packed.ptr, packed.len, &key);
	if (res == TOKEN_OK)
		res = test_pair(tpm_key_of(key));
	if (res != TOKEN_OK)
		goto out;
	*out = key;
	key = NULL;
	*value = secret_move(&packed);
out:
	token_key_free(key);
	secret_wipe(&packed);
	return res;
}

const struct token_keymaker tpm_keymaker = {
	.hardware = true,
	.exports = false,
	.generate = key_generate,
	.import = tpm_key_import,
	.load = key_load,
};
