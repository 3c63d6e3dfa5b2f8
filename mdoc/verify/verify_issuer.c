/*
 * mdoc/verify/verify_issuer.c: the issuer's part of a document: who signed it, when, and whether the
 * returned items are those (R-VX-02, R-VAL-01, R-REC-01).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/issuer/issuer_signed_internal.h"
#include "mdoc/verify/verify_internal.h"
#include "mdoc/x509/x509_internal.h"

#include <string.h>

#define MSO_VERSION "1.0"

struct issuer_part {
	const struct mdoc_issuer_signed *is;
	struct mdoci_place auth;        /* issuerAuth */
	struct mdoci_place certificate; /* the DS, x5chain[0]; ptr NULL when there is none */
	struct mdoci_place mso;
	struct mdoci_place validity;
};

static void
find_places(struct issuer_part *part, const char *base)
{
	const struct mdoc_issuer_signed *is = part->is;
	const struct mdoc_node mso = mdoc_cbor_root(is->mso.scan);
	const struct mdoc_node validity = mdoc_map_text(mso, "validityInfo");
	struct mdoc_bytes der = MDOC_NO_BYTES;

	(void)mdoc_sign1_certificate(&is->issuer_auth, 0, &der);
	part->auth = mdoci_place_of(base, "issuerAuth", mdoc_node_span(is->issuer_auth.node));
	part->certificate = mdoci_place_of(base, "issuerAuth.x5chain[0]", der);
	part->mso = mdoci_place_of(base, "issuerAuth.payload", mdoc_node_span(mso));
	part->validity = mdoci_place_of(base, "issuerAuth.payload.validityInfo", mdoc_node_span(validity));
}

/* Structure and alg were read by the parser; without a certificate nothing names the signer. */
static void
check_issuer_auth(struct mdoci_verifier *v, const struct issuer_part *part)
{
	if (part->certificate.bytes.len == 0)
		mdoci_row_failed(v, MDOC_CHECK_ISSUER_AUTH, &part->auth, MDOC_ERR_MISSING,
			"x5chain (33) in the unprotected header, DS certificate first");
	else if (part->is->issuer_auth.payload.ptr == NULL)
		mdoci_row_failed(v, MDOC_CHECK_ISSUER_AUTH, &part->auth, MDOC_ERR_MISSING, "the MSO as payload");
	else
		mdoci_row_passed(v, MDOC_CHECK_ISSUER_AUTH, &part->auth);
}

static void
check_profile(struct mdoci_verifier *v, const struct issuer_part *part)
{
	struct mdoc_error why = { 0 };
	enum mdoc_result res =
		mdoc_cert_check(v->context, part->certificate.bytes, MDOC_CERT_DS, v->options->relax, &why);

	mdoci_row_result(v, MDOC_CHECK_DS_PROFILE, &part->certificate, res, &why);
}

static void
check_chain(struct mdoci_verifier *v, const struct issuer_part *part)
{
	enum mdoc_cert_profile profile = MDOC_CERT_IACA;
	struct mdoc_bytes anchor = MDOC_NO_BYTES;
	struct mdoc_error why = { 0 };
	enum mdoc_result res;

	if (v->options->trust == NULL || !mdoci_trust_profile(v->options->trust, &profile) ||
		profile != MDOC_CERT_IACA) {
		mdoci_row_failed(v, MDOC_CHECK_CHAIN, &part->certificate, MDOC_ERR_CHAIN, "a trusted IACA");
		return;
	}
	res = mdoc_trust_find(v->context, v->options->trust, part->certificate.bytes, v->options->now, &anchor, &why);
	mdoci_row_result(v, MDOC_CHECK_CHAIN, &part->certificate, res, &why);
}

static void
check_signature(struct mdoci_verifier *v, const struct issuer_part *part)
{
	struct mdoc_error why = { 0 };
	struct mdoc_public_key key;
	enum mdoc_result res = mdoc_cert_key(v->context, part->certificate.bytes, &key);

	if (res != MDOC_OK) {
		(void)mdoci_fail(&why, res, SIZE_MAX, "", "a DS key on P-256, P-384 or P-521");
		mdoci_row_result(v, MDOC_CHECK_ISSUER_SIGNATURE, &part->certificate, res, &why);
		return;
	}
	res = mdoc_sign1_verify(v->context, &part->is->issuer_auth, &key, MDOC_NO_BYTES);
	(void)mdoci_fail(&why, res, SIZE_MAX, "",
		res == MDOC_ERR_ALGORITHM ? "an algorithm that fits the DS key" : "a signature by the DS key");
	mdoci_row_result(v, MDOC_CHECK_ISSUER_SIGNATURE, &part->auth, res, &why);
}

/* Digest algorithm and device key were read by the parser. */
static void
check_mso(struct mdoci_verifier *v, const struct issuer_part *part)
{
	if (!mdoc_bytes_is_text(part->is->mso.version, MSO_VERSION))
		mdoci_row_failed(v, MDOC_CHECK_MSO, &part->mso, MDOC_ERR_VERSION, "MSO version \"" MSO_VERSION "\"");
	else
		mdoci_row_passed(v, MDOC_CHECK_MSO, &part->mso);
}

static void
check_validity_info(struct mdoci_verifier *v, const struct issuer_part *part)
{
	const struct mdoc_mso *mso = &part->is->mso;
	X509 *ds = NULL;
	int64_t from = 0;
	int64_t to = 0;
	bool known = false;

	if (part->certificate.bytes.len > 0)
		ds = mdoci_x509_decode(v->context, part->certificate.bytes);
	known = ds != NULL && mdoci_x509_times(ds, &from, &to);
	X509_free(ds);
	if (mso->signed_ > mso->valid_from || mso->valid_from > mso->valid_until)
		mdoci_row_failed(v, MDOC_CHECK_VALIDITY_INFO, &part->validity, MDOC_ERR_VALIDITY,
			"signed <= validFrom <= validUntil");
	else if (!known)
		mdoci_row_not_done(v, MDOC_CHECK_VALIDITY_INFO, &part->validity);
	else if (mso->signed_ < from || mso->signed_ > to)
		mdoci_row_failed(v, MDOC_CHECK_VALIDITY_INFO, &part->validity, MDOC_ERR_VALIDITY,
			"signed while the DS certificate was valid");
	else
		mdoci_row_passed(v, MDOC_CHECK_VALIDITY_INFO, &part->validity);
}

static void
check_validity(struct mdoci_verifier *v, const struct issuer_part *part)
{
	const struct mdoc_mso *mso = &part->is->mso;
	const int64_t now = v->options->now;
	const int64_t skew = v->options->clock_skew;

	if (now + skew < mso->valid_from)
		mdoci_row_failed(v, MDOC_CHECK_VALIDITY, &part->validity, MDOC_ERR_VALIDITY, "a validFrom in the past");
	else if (now - skew > mso->valid_until)
		mdoci_row_failed(v, MDOC_CHECK_VALIDITY, &part->validity, MDOC_ERR_VALIDITY,
			"a validUntil in the future");
	else
		mdoci_row_passed(v, MDOC_CHECK_VALIDITY, &part->validity);
}

static void
check_digests(struct mdoci_verifier *v, const struct issuer_part *part, const char *base)
{
	const struct mdoc_issuer_signed *is = part->is;
	struct mdoci_place place = mdoci_place_of(base, "nameSpaces",
		is->count > 0 ? is->namespaces[0].name : mdoc_node_span(is->issuer_auth.node));
	struct mdoc_error why = { 0 };
	enum mdoc_result res = mdoc_issuer_signed_check_digests(v->context, is, &why);

	if (res != MDOC_OK && base[0] != '\0' && strncmp(why.path, base, strlen(base)) != 0)
		mdoci_error_prefix(&why, base);
	mdoci_row_result(v, MDOC_CHECK_DIGESTS, &place, res, &why);
}

void
mdoci_verify_issuer_signed(struct mdoci_verifier *v, const struct mdoc_issuer_signed *is, const char *base)
{
	struct issuer_part part = { .is = is };

	find_places(&part, base);
	check_issuer_auth(v, &part);
	if (part.certificate.bytes.len > 0) {
		check_profile(v, &part);
		check_chain(v, &part);
		check_signature(v, &part);
	} else {
		mdoci_row_not_done(v, MDOC_CHECK_DS_PROFILE, &part.auth);
		mdoci_row_not_done(v, MDOC_CHECK_CHAIN, &part.auth);
		mdoci_row_not_done(v, MDOC_CHECK_ISSUER_SIGNATURE, &part.auth);
	}
	check_mso(v, &part);
	check_validity_info(v, &part);
	check_validity(v, &part);
	check_digests(v, &part, base);
}
