/*
 * tokens/tpm/attest.c: a TPM proves where its keys are, and the enrolment of the key that says so.
 *
 *   to the issuer:  {"ver": 1, "type": "mdoc-tpm-enrolment", "akPub": TPMT_PUBLIC, "ekPub": TPMT_PUBLIC,
 *                    ? "ekCert": X.509, "serial": of the area}
 *   back:           a challenge (attest_cbor.h): TPM2_MakeCredential's output for that EK and that AK
 *   to the issuer:  {"id": of the challenge, "ver": 1, "type": "mdoc-tpm-answer", "credential": what it held}
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/crypto.h>
#include <stdlib.h>

#include "tokens/tpm/attest_priv.h"

struct enrolment {
	bool create;
	struct tpm_blob ak;
	TPMT_PUBLIC ek;
	struct backend_bytes certificate;
};

static enum token_result
enrol_job(struct tpm *tpm, void *arg)
{
	struct enrolment *enrolment = arg;
	struct ek ek = { 0 };
	enum token_result res = TOKEN_OK;

	if (enrolment->create)
		res = ak_create(tpm, &enrolment->ak);
	if (res == TOKEN_OK)
		res = ek_make(tpm, &ek);
	if (res == TOKEN_OK) {
		free(enrolment->certificate.ptr);
		enrolment->certificate = ek.certificate;
		ek.certificate = (struct backend_bytes){ NULL, 0 };
		enrolment->ek = ek.area;
	}
	ek_clear(tpm, &ek);
	return res;
}

static enum token_result
put_enrolment(const struct enrolment *enrolment, const char *serial, struct backend_bytes *message)
{
	struct cbor_writer to = { 0 };
	const bool certified = enrolment->certificate.ptr != NULL;

	put_map(&to, certified ? 6 : 5);
	put_text(&to, "ver");
	put_number(&to, 1);
	put_text_at(&to, "type", "mdoc-tpm-enrolment");
	put_public_at(&to, "akPub", &enrolment->ak.public_area.publicArea);
	put_public_at(&to, "ekPub", &enrolment->ek);
	if (certified)
		put_bytes_at(&to, "ekCert", enrolment->certificate.ptr, enrolment->certificate.len);
	put_text_at(&to, "serial", serial);
	return put_end(&to, message);
}

static enum token_result
enrol(struct backend_area *area, const struct backend_bytes *key, struct backend_bytes *made,
	struct backend_bytes *message)
{
	struct enrolment enrolment = { .create = false };
	struct backend_bytes fresh = { NULL, 0 };
	enum token_result res = TOKEN_ERR_DAMAGED;

	if (key->ptr != NULL)
		res = ak_unpack(area->env->seal, key, &enrolment.ak);
	enrolment.create = res == TOKEN_ERR_DAMAGED;
	if (res == TOKEN_OK || enrolment.create)
		res = tpm_guard_do(area->guard, area->env->tpm, enrol_job, &enrolment);
	if (res == TOKEN_OK && enrolment.create)
		res = ak_pack(&enrolment.ak, &fresh);
	if (res == TOKEN_OK)
		res = put_enrolment(&enrolment, area->serial, message);
	if (res == TOKEN_OK) {
		*made = fresh;
		fresh.ptr = NULL;
	}
	free(fresh.ptr);
	free(enrolment.certificate.ptr);
	return res;
}

struct activation {
	struct tpm_blob ak;
	struct challenge challenge;
	TPM2B_DIGEST credential;
};

/* The endorsement key first: where there is little room, making it could put the other out. */
static enum token_result
activate_job(struct tpm *tpm, void *arg)
{
	struct activation *activation = arg;
	struct ek ek = { 0 };
	struct tpm_ref ak;
	enum token_result res;

	res = ek_make(tpm, &ek);
	if (res == TOKEN_OK)
		res = tpm_result(tpm_object(tpm, &activation->ak, &ak));
	if (res == TOKEN_OK)
		res = ek_activate(tpm, &ek, &ak, &activation->challenge, &activation->credential);
	ek_clear(tpm, &ek);
	return res;
}

static enum token_result
activate(struct backend_area *area, const struct backend_bytes *key, const uint8_t *challenge, size_t len,
	struct backend_bytes *answer)
{
	struct activation activation = { .challenge.id_len = 0 };
	struct cbor_writer to = { 0 };
	enum token_result res;

	res = read_challenge(challenge, len, &activation.challenge);
	if (res == TOKEN_OK)
		res = ak_unpack(area->env->seal, key, &activation.ak);
	if (res == TOKEN_OK)
		res = tpm_guard_do(area->guard, area->env->tpm, activate_job, &activation);
	if (res != TOKEN_OK)
		goto out;
	put_map(&to, 4);
	put_bytes_at(&to, "id", activation.challenge.id, activation.challenge.id_len);
	put_text(&to, "ver");
	put_number(&to, 1);
	put_text_at(&to, "type", "mdoc-tpm-answer");
	put_bytes_at(&to, "credential", activation.credential.buffer, activation.credential.size);
	res = put_end(&to, answer);
out:
	OPENSSL_cleanse(&activation.credential, sizeof(activation.credential));
	return res;
}

static enum token_result
check(struct backend_area *area, const struct backend_bytes *key, const uint8_t *der, size_t len)
{
	struct tpm_blob ak;
	enum token_result res = ak_unpack(area->env->seal, key, &ak);

	if (res != TOKEN_OK)
		return res;
	return ak_is_certificate(area->env->seal, &ak, der, len) ? TOKEN_OK : TOKEN_ERR_ARG;
}

static enum token_result
attest(struct backend_area *area, const struct backend_bytes *key, const struct backend_bytes *certificate,
	struct token_key *const *keys, size_t count, const uint8_t *nonce, size_t nonce_len,
	struct backend_bytes *evidence)
{
	const struct backend_bytes *own = NULL;
	struct tpm_blob ak;
	enum token_result res = ak_unpack(area->env->seal, key, &ak);

	if (res != TOKEN_OK)
		return res;
	if (certificate->ptr != NULL && ak_is_certificate(area->env->seal, &ak, certificate->ptr, certificate->len))
		own = certificate;
	return evidence_make(area, &ak, own, keys, count, nonce, nonce_len, evidence);
}

const struct token_attester tpm_attester = {
	.enrol = enrol,
	.activate = activate,
	.check = check,
	.attest = attest,
};
