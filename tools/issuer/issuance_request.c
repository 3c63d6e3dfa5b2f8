/*
 * issuance_request.c: what a Credential Request shows: possession of its keys, the device that they are in, and the key
 * to which the response shall be encrypted (R-ENR-01, R-REN-01, R-COM-02).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include <mdoc/base64url.h>
#include <mdoc/japan.h>
#include "tools/common/jwt.h"
#include "tools/common/message.h"
#include "tools/issuer/authority.h"
#include "tools/issuer/issuance_internal.h"

static const char refused_proof[] = N_("The request is refused because of a proof.");
static const char refused_attestation[] = N_("The request is refused because of its key attestation.");

static bool
refuse_proof(struct issuance_refusal *refusal, enum proof_result res, const char *what, size_t bad)
{
	if (res == PROOF_MEMORY)
		return issuance_no_memory(refusal);
	if (bad != SIZE_MAX)
		return issuance_refuse_number(refusal, ISSUANCE_BAD_PROOF, what, proof_sentence(res), bad);
	return issuance_refuse(refusal, ISSUANCE_BAD_PROOF, what, proof_sentence(res),
		N_("Nothing was issued; let the holder's program make a new request."));
}

static struct proof_rules
rules_of(const struct issuance *issuance, const struct issuance_work *work)
{
	return (struct proof_rules){ issuance->issuer->uri, work->order.now, issuance->issuer->batch_size };
}

/* ---- Proofs by the holder keys themselves ---- */

static bool
check_signatures(struct issuance *issuance, struct issuance_work *work, const json_t *jwts,
	struct issuance_refusal *refusal)
{
	const struct proof_rules rules = rules_of(issuance, work);
	enum proof_result res;
	size_t bad;

	res = proofs_check(tool_context(), jwts, &rules, &work->proofs, &bad);
	return res == PROOF_OK || refuse_proof(refusal, res, refused_proof, res == PROOF_COUNT ? SIZE_MAX : bad);
}

/*
 * The key attestation in the headers of the proofs: in the first, and in no other a different one. NULL: none. That of a
 * provider of wallets says nothing to us, whom we have not been told to trust: its keys show their possession like all
 * others, and there is no device to register.
 */
static bool
find_attestation(const json_t *jwts, char **found, struct issuance_refusal *refusal)
{
	*found = NULL;
	for (size_t i = 0; i < json_array_size(jwts); i++) {
		const char *text = json_string_value(json_array_get(jwts, i)), *attestation;
		bool same = true;
		struct jwt jwt;

		if (text == NULL || jwt_parse(mdoc_text(text), &jwt) != MDOC_OK)
			continue; /* proofs_check() says so */
		attestation = json_string_value(json_object_get(jwt.header, "key_attestation"));
		if (attestation != NULL && !device_attestation_is(attestation))
			attestation = NULL;
		if (attestation != NULL && i == 0)
			*found = strdup(attestation);
		else if (attestation != NULL)
			same = *found != NULL && strcmp(*found, attestation) == 0;
		jwt_clear(&jwt);
		if (!same)
			return refuse_proof(refusal, PROOF_OTHER_KEYS, refused_attestation, i);
	}
	return true;
}

static bool
has_key(const struct proofs *proofs, const char *thumbprint)
{
	for (size_t i = 0; i < proofs->count; i++)
		if (strcmp(proofs->keys[i].thumbprint, thumbprint) == 0)
			return true;
	return false;
}

/* What the token attests of itself must be about just these keys, and for this nonce. */
static bool
check_device_claim(struct issuance *issuance, struct issuance_work *work, const char *attestation,
	struct issuance_refusal *refusal)
{
	const struct proof_rules rules = rules_of(issuance, work);
	struct proofs attested = { NULL, 0, NULL };
	enum proof_result res;

	res = device_attestation_check(tool_context(), attestation, &rules, &attested, &work->claim);
	if (res == PROOF_OK && strcmp(attested.nonce, work->proofs.nonce) != 0)
		res = PROOF_NONCE;
	if (res == PROOF_OK && attested.count != work->proofs.count)
		res = PROOF_OTHER_KEYS;
	for (size_t i = 0; i < attested.count && res == PROOF_OK; i++)
		if (!has_key(&work->proofs, attested.keys[i].thumbprint))
			res = PROOF_OTHER_KEYS;
	work->claims_device = res == PROOF_OK;
	proofs_clear(&attested);
	return res == PROOF_OK || refuse_proof(refusal, res, refused_attestation, SIZE_MAX);
}

static bool
check_jwts(struct issuance *issuance, struct issuance_work *work, const json_t *jwts, struct issuance_refusal *refusal)
{
	char *attestation = NULL;
	bool good;

	if (work->order.renewal)
		return issuance_refuse(refusal, ISSUANCE_BAD_PROOF, refused_proof,
			N_("A renewal takes a proof of type \"attestation\" by the registered key, and no other."),
			N_("Let the holder's program renew with \"mdoc-token renew\"."));
	if (issuance->require_attestation)
		return issuance_refuse(refusal, ISSUANCE_BAD_PROOF,
			N_("The request is refused: it does not show that its keys are in a TPM."),
			N_("This issuer wants evidence of an enrolled TPM: \"mdoc-token request --attest\", with a "
			   "token "
			   "that was made with --backend tpm."),
			NULL);
	good = find_attestation(jwts, &attestation, refusal) && check_signatures(issuance, work, jwts, refusal);
	if (good && attestation != NULL)
		good = check_device_claim(issuance, work, attestation, refusal);
	free(attestation);
	return good;
}

/* ---- Proofs by an attestation ---- */

static bool
refuse_evidence(struct issuance_refusal *refusal, enum proof_result res, const struct key_attestation_fault *fault)
{
	if (res != PROOF_EVIDENCE)
		return refuse_proof(refusal, res, refused_attestation, SIZE_MAX);
	if (fault->place.key != SIZE_MAX)
		return issuance_refuse_number(refusal, ISSUANCE_BAD_PROOF, refused_attestation,
			evidence_sentence(fault->evidence), fault->place.key);
	return issuance_refuse(refusal, ISSUANCE_BAD_PROOF, refused_attestation, evidence_sentence(fault->evidence),
		N_("Nothing was issued; let the holder's program make a new request."));
}

static bool
check_evidence(struct issuance *issuance, struct issuance_work *work, const json_t *jwts,
	struct issuance_refusal *refusal)
{
	struct mdoc_buf ca = MDOC_BUF_EMPTY;
	struct key_attestation_fault fault;
	enum proof_result res;

	if (issuance->issuer->attestation_key.ptr == NULL)
		return issuance_refuse(refusal, ISSUANCE_BAD_PROOF, N_("This issuer has not enrolled any TPM."), NULL,
			N_("Let the holder enrol the TPM: \"mdoc-token attest --enrol\"."));
	if (authority_certificate(issuance->issuer, &ca) != EXIT_STATUS_OK) {
		mdoc_buf_clear(&ca);
		return issuance_trouble(refusal);
	}
	const struct evidence_rules rules = {
		.now = work->order.now,
		.ca = mdoc_buf_bytes(&ca),
		.pin_limit = issuance->issuer->pin_limit,
		.keys = issuance->issuer->batch_size,
		.take_shared = issuance->issuer->accept_shared_pin,
	};
	res = key_attestation_check(tool_context(), jwts, &rules, &work->proofs, &work->evidence, &fault);
	mdoc_buf_clear(&ca);
	issuer_hex(mdoc_bytes_of(work->evidence.ak_name, PART_NAME_LEN), work->tpm_name);
	issuer_hex(mdoc_bytes_of(work->evidence.serial, work->evidence.serial_len), work->tpm_certificate);
	return res == PROOF_OK || refuse_evidence(refusal, res, &fault);
}

/* Beside the evidence of a TPM the header may hold what the token attests of itself, so that the device can renew. */
static bool
check_tpm(struct issuance *issuance, struct issuance_work *work, const json_t *jwts, struct issuance_refusal *refusal)
{
	char *attestation = NULL;
	bool good;

	good = find_attestation(jwts, &attestation, refusal) && check_evidence(issuance, work, jwts, refusal);
	if (good && attestation != NULL)
		good = check_device_claim(issuance, work, attestation, refusal);
	free(attestation);
	return good;
}

/* R-REN-01: by the key that was registered under the holder's PIN, and by no other. */
static bool
check_renewal(struct issuance *issuance, struct issuance_work *work, const json_t *jwts,
	struct issuance_refusal *refusal)
{
	const struct proof_rules rules = rules_of(issuance, work);
	enum register_result found;
	enum proof_result res;

	if (json_array_size(jwts) != 1)
		return refuse_proof(refusal, PROOF_ONE_ATTESTATION, refused_attestation, SIZE_MAX);
	res = device_attestation_check(tool_context(), json_string_value(json_array_get(jwts, 0)), &rules,
		&work->proofs, &work->claim);
	if (res != PROOF_OK)
		return refuse_proof(refusal, res, refused_attestation, SIZE_MAX);
	found = register_device_by_attestation(issuance->issuer->db, work->claim.attestation_thumbprint, &work->device);
	work->has_device = true;
	if (found != REGISTER_OK)
		return issuance_register(issuance, refusal, found, 0);
	work->claims_device = true;
	if (work->order.device != NULL && strcmp(work->order.device, work->claim.attestation_thumbprint) != 0)
		return issuance_refuse(refusal, ISSUANCE_DENIED, refused_attestation,
			N_("It is signed by the key of another device than the one that sent it."), NULL);
	if (work->device.response_thumbprint == NULL ||
		strcmp(work->device.response_thumbprint, work->claim.response_thumbprint) != 0)
		return issuance_refuse(refusal, ISSUANCE_BAD_ENCRYPTION, refused_attestation,
			N_("Its response key is not the one that was registered for the device."), NULL);
	return true;
}

static bool
check_attestation(struct issuance *issuance, struct issuance_work *work, const json_t *jwts,
	struct issuance_refusal *refusal)
{
	const bool own = device_attestation_is(json_string_value(json_array_get(jwts, 0)));

	if (work->order.renewal)
		return check_renewal(issuance, work, jwts, refusal);
	if (own)
		return issuance_refuse(refusal, ISSUANCE_BAD_PROOF, refused_attestation,
			N_("A device is enrolled by proofs of its holder's keys, under the PIN."),
			N_("Let the holder use \"mdoc-token enrol\" or \"mdoc-token request\"; renewals go to "
			   "\"mdoc-issuer renew\"."));
	return check_tpm(issuance, work, jwts, refusal);
}

static bool
check_proofs(struct issuance *issuance, struct issuance_work *work, struct issuance_refusal *refusal)
{
	static const char what[] = N_("The request cannot be used.");
	const json_t *proofs = json_object_get(work->order.request, "proofs");
	const json_t *jwts = json_object_get(proofs, "jwt"), *attestations = json_object_get(proofs, "attestation");

	if (!json_is_object(proofs) || json_object_size(proofs) == 0)
		return issuance_refuse(refusal, ISSUANCE_BAD_REQUEST, what, N_("It has no proofs."), NULL);
	if (json_object_size(proofs) > 1)
		return issuance_refuse(refusal, ISSUANCE_BAD_REQUEST, what, N_("It has more than one type of proof."),
			NULL);
	if (json_is_array(attestations))
		return check_attestation(issuance, work, attestations, refusal);
	if (json_is_array(jwts))
		return check_jwts(issuance, work, jwts, refusal);
	return issuance_refuse(refusal, ISSUANCE_BAD_REQUEST, what,
		N_("Its proofs are neither of type \"jwt\" nor \"attestation\"."), NULL);
}

/* R-CRY-01: the floor holds for the holder's keys, too. */
static bool
check_curves(const struct issuance *issuance, const struct issuance_work *work, struct issuance_refusal *refusal)
{
	const struct mdoc_profile *profile = mdoc_profile_find(mdoc_text(issuance->issuer->doc_type));

	for (size_t i = 0; i < work->proofs.count; i++)
		if (!mdoc_profile_takes_curve(profile, work->proofs.keys[i].key.curve))
			return issuance_refuse_number(refusal, ISSUANCE_BAD_PROOF, refused_proof,
				N_("it is on a curve that the record does not take"), i);
	return true;
}

/* ---- The device ---- */

/* R-KEY-02: what the token says of itself, or what its TPM has signed. */
static bool
check_bound(const struct issuance *issuance, const struct issuance_work *work, struct issuance_refusal *refusal)
{
	if (!issuance->require_bound || work->evidence.count > 0 || (work->claims_device && work->claim.bound) ||
		(work->order.renewal && work->device.bound))
		return true;
	return issuance_refuse(refusal, ISSUANCE_DENIED,
		N_("The request is refused: its keys are not bound to a device."),
		work->claims_device ? N_("The token says that a copy of its files can be used on another machine.")
				    : N_("It has no key attestation of its token, which would say so."),
		N_("Let the holder make a token with --backend tpm, or --backend vault --seal tpm."));
}

/* ---- Encryption of the response ---- */

static bool
check_recipient(const struct issuance_work *work, struct issuance_refusal *refusal)
{
	const struct mdoc_public_key *registered = &work->claim.response;

	if (!work->claims_device || mdoc_key_equal(&work->recipient, registered))
		return true;
	return issuance_refuse(refusal, ISSUANCE_BAD_ENCRYPTION,
		N_("The request wants its response encrypted to another key than its token's response key."), NULL,
		N_("Nothing was issued; let the holder's program make a new request."));
}

static bool
thumbprint_of(const struct mdoc_public_key *key, char text[THUMBPRINT_TEXT + 1])
{
	uint8_t thumbprint[THUMBPRINT_LEN];
	struct mdoc_buf encoded = MDOC_BUF_EMPTY;
	bool done;

	if (key_thumbprint(tool_context(), key, thumbprint) != MDOC_OK)
		return false;
	mdoc_base64url_encode(&encoded, mdoc_bytes_of(thumbprint, sizeof(thumbprint)));
	done = encoded.err == MDOC_OK && encoded.len == THUMBPRINT_TEXT;
	if (done)
		memcpy(text, encoded.ptr, THUMBPRINT_TEXT);
	text[done ? THUMBPRINT_TEXT : 0] = '\0';
	mdoc_buf_clear(&encoded);
	return done;
}

static bool
read_encryption(struct issuance *issuance, struct issuance_work *work, struct issuance_refusal *refusal)
{
	static const char what[] = N_("The response cannot be encrypted as the request wants it.");
	const json_t *wanted = json_object_get(work->order.request, "credential_response_encryption");
	const json_t *jwk = json_object_get(wanted, "jwk"), *alg = json_object_get(jwk, "alg");
	const char *enc = json_string_value(json_object_get(wanted, "enc"));
	const char *kid = json_string_value(json_object_get(jwk, "kid"));

	if (wanted == NULL && !work->order.renewal && !work->order.sealed)
		return true;
	if (wanted == NULL)
		return issuance_refuse(refusal, ISSUANCE_BAD_ENCRYPTION,
			N_("The request has to ask for an encrypted response (credential_response_encryption)."), NULL,
			NULL);
	if (!issuance->seals && issuance->token != NULL)
		return issuance_refuse(refusal, ISSUANCE_BAD_ENCRYPTION, what,
			N_("This issuer has no messages key; it was made by an older version."), NULL);
	if (jwk_to_key(tool_context(), jwk, &work->recipient) != MDOC_OK || !mdoc_curve_agrees(work->recipient.curve))
		return issuance_refuse(refusal, ISSUANCE_BAD_ENCRYPTION, what, N_("Its jwk is no key that agrees."),
			NULL);
	if ((alg != NULL && (!json_is_string(alg) || strcmp(json_string_value(alg), "ECDH-ES") != 0)) || enc == NULL ||
		!jwe_enc_from_name(enc, &work->enc) || json_object_get(wanted, "zip") != NULL)
		return issuance_refuse(refusal, ISSUANCE_BAD_ENCRYPTION, what,
			N_("It takes ECDH-ES with A128GCM or A256GCM, without compression."), NULL);
	work->kid = kid != NULL ? strdup(kid) : NULL;
	if ((kid != NULL && work->kid == NULL) || !thumbprint_of(&work->recipient, work->recipient_thumbprint))
		return issuance_no_memory(refusal);
	work->sealed = true;
	return check_recipient(work, refusal);
}

bool
issuance_read_request(struct issuance *issuance, struct issuance_work *work, struct issuance_refusal *refusal)
{
	const char *id = json_string_value(json_object_get(work->order.request, "credential_configuration_id"));

	if (id == NULL)
		return issuance_refuse(refusal, ISSUANCE_BAD_REQUEST, N_("The request cannot be used."),
			N_("It has no credential_configuration_id."), NULL);
	if (strcmp(id, issuance->issuer->configuration_id) != 0) {
		(void)issuance_refuse(refusal, ISSUANCE_BAD_CONFIGURATION,
			N_("The request is for something that this issuer does not issue."), NULL, NULL);
		issuance_detail(refusal, id);
		return false;
	}
	return check_proofs(issuance, work, refusal) && check_curves(issuance, work, refusal) &&
		check_bound(issuance, work, refusal) && read_encryption(issuance, work, refusal);
}
