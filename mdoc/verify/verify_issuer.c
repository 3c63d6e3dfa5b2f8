/*
 * mdoc/verify/verify_issuer.c: the issuer's part of a document: who signed it, and whether the returned
 * items are those (R-VX-02, R-REC-01).
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
	struct mdoci_place certificate; /* the DS, x5chain[0]; no bytes when there is none */
	bool times_known;
	int64_t from, to; /* of the DS */
};

/* Structure and alg were read by the parser; without a certificate nothing names the signer. */
static void
check_issuer_auth(struct mdoci_verifier *v, const struct issuer_part *part)
{
	mdoci_row_if(v, part->is->issuer_auth.payload.ptr != NULL, MDOC_CHECK_ISSUER_AUTH, &part->auth,
		MDOC_ERR_MISSING, "the MSO as payload");
	mdoci_row_if(v, part->certificate.bytes.len > 0, MDOC_CHECK_X5CHAIN, &part->auth, MDOC_ERR_MISSING,
		"x5chain (33) in the unprotected header, DS certificate first");
}

/* A certificate may be as much out of date as our clock may be wrong. */
static bool
within_skew(const struct mdoci_verifier *v, const struct mdoc_cert *cert)
{
	const int64_t skew = v->options->clock_skew;

	return mdoc_cert_not_before(cert) - skew <= v->options->now &&
		v->options->now <= mdoc_cert_not_after(cert) + skew;
}

/* A CRL that does not count now may do so at a time that could be now. */
static bool
good_within_skew(const struct mdoci_verifier *v, const struct mdoc_judged *judged)
{
	const struct mdoc_verify_options *options = v->options;
	const int64_t times[] = { options->now - options->clock_skew, options->now + options->clock_skew };

	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++)
		if (mdoc_trust_revocation(options->trust, judged->cert, judged->anchor, times[i], NULL) == MDOC_OK)
			return true;
	return false;
}

/* A CRL that says nothing of this DS is no reason to refuse, unless the caller wants one; without any there was
 * nothing to look at. */
static void
check_crl(struct mdoci_verifier *v, const struct issuer_part *part, const struct mdoc_judged *judged)
{
	const struct mdoci_place *place = &part->certificate;
	const struct mdoc_error *why = &judged->revocation;
	struct mdoc_bytes uri;

	if (why->code == MDOC_ERR_UNDETERMINED && v->options->clock_skew != 0 && good_within_skew(v, judged))
		mdoci_row_passed(v, MDOC_CHECK_CRL, place);
	else if (why->code != MDOC_ERR_UNDETERMINED)
		mdoci_row_result(v, MDOC_CHECK_CRL, place, why->code, why);
	else if (v->options->crl_required)
		mdoci_row_failed(v, MDOC_CHECK_CRL, place, why->code, why->expected);
	else if (!mdoci_anchor_has_crl(v->options->trust, judged->anchor) &&
		!(v->options->crl_expected && mdoc_cert_crl_uri(judged->cert, 0, &uri)))
		mdoci_row_not_done(v, MDOC_CHECK_CRL, place);
	else
		mdoci_row_undetermined(v, MDOC_CHECK_CRL, place, why->expected);
}

/* What follows from the anchor: times, CRL, and what it may issue. */
static void
check_anchor(struct mdoci_verifier *v, const struct issuer_part *part, const struct mdoc_judged *judged)
{
	const struct mdoci_place *place = &part->certificate;

	if (within_skew(v, judged->cert) && within_skew(v, mdoc_anchor_cert(judged->anchor)))
		mdoci_row_passed(v, MDOC_CHECK_CERTIFICATE_VALIDITY, place);
	else
		mdoci_row_result(v, MDOC_CHECK_CERTIFICATE_VALIDITY, place, judged->validity.code, &judged->validity);
	check_crl(v, part, judged);
	mdoci_row_if(v, mdoc_anchor_allows(judged->anchor, part->is->mso.doc_type), MDOC_CHECK_ANCHOR_DOCTYPE, place,
		MDOC_ERR_AUTHORIZATION, "an IACA that is trusted for this docType");
}

/* A path that ends at an anchor, though at another time, is a path: the time has its own row. */
static void
check_chain(struct mdoci_verifier *v, const struct issuer_part *part, const struct mdoc_judged *judged)
{
	const struct mdoc_trust *trust = v->options->trust;
	enum mdoc_cert_profile profile = MDOC_CERT_IACA;

	if (trust != NULL && mdoc_trust_profile(trust, &profile) && profile == MDOC_CERT_IACA) {
		mdoci_row_result(v, MDOC_CHECK_CHAIN, &part->certificate, judged->path.code, &judged->path);
	} else {
		mdoci_row_failed(v, MDOC_CHECK_CHAIN, &part->certificate, MDOC_ERR_CHAIN, "a trusted IACA");
		profile = MDOC_CERT_PROFILE_COUNT;
	}
	if (judged->anchor != NULL && profile == MDOC_CERT_IACA) {
		v->verdict->documents[v->document].anchor = mdoc_cert_der(mdoc_anchor_cert(judged->anchor));
		check_anchor(v, part, judged);
		return;
	}
	for (unsigned check = MDOC_CHECK_CERTIFICATE_VALIDITY; check <= MDOC_CHECK_ANCHOR_DOCTYPE; check++)
		mdoci_row_not_done(v, (enum mdoc_check)check, &part->certificate);
}

static void
check_signature(struct mdoci_verifier *v, const struct issuer_part *part)
{
	struct mdoc_error why = { 0 };
	struct mdoc_public_key key;
	enum mdoc_result res = v->ds == NULL ? MDOC_ERR_CERTIFICATE : mdoc_cert_public_key(v->ds, &key);

	if (res == MDOC_OK)
		res = mdoci_sign1_verify(v->context, &part->is->issuer_auth, key.curve, v->ds->pkey, v->ds->ready,
			MDOC_NO_BYTES);
	if (res == MDOC_ERR_ALGORITHM || res == MDOC_ERR_KEY || res == MDOC_ERR_CERTIFICATE) {
		mdoci_row_failed(v, MDOC_CHECK_ISSUER_ALGORITHM, &part->auth, res, "an algorithm that fits the DS key");
		mdoci_row_not_done(v, MDOC_CHECK_ISSUER_SIGNATURE, &part->auth);
		return;
	}
	mdoci_row_passed(v, MDOC_CHECK_ISSUER_ALGORITHM, &part->auth);
	if (res != MDOC_OK)
		(void)mdoci_fail(&why, res, SIZE_MAX, "", "a signature by the DS key");
	mdoci_row_result(v, MDOC_CHECK_ISSUER_SIGNATURE, &part->auth, res, &why);
}

static void
check_certificate(struct mdoci_verifier *v, struct issuer_part *part)
{
	struct mdoc_judged judged;
	enum mdoc_result res;

	if (part->certificate.bytes.len == 0) {
		for (unsigned check = MDOC_CHECK_DS_PROFILE; check <= MDOC_CHECK_ISSUER_SIGNATURE; check++)
			mdoci_row_not_done(v, (enum mdoc_check)check, &part->auth);
		return;
	}
	res = mdoc_trust_judge(v->context, v->options->trust, part->certificate.bytes, MDOC_CERT_DS, v->options->relax,
		v->options->now, &judged);
	v->ds = judged.cert;
	part->times_known = v->ds != NULL;
	if (part->times_known) {
		part->from = mdoc_cert_not_before(v->ds);
		part->to = mdoc_cert_not_after(v->ds);
	}
	mdoci_row_result(v, MDOC_CHECK_DS_PROFILE, &part->certificate, v->ds == NULL ? res : judged.profile.code,
		&judged.profile);
	if (res == MDOC_ERR_MEMORY || res == MDOC_ERR_CRYPTO || res == MDOC_ERR_ARG)
		v->fatal = res;
	check_chain(v, part, &judged);
	check_signature(v, part);
}

/* Digest algorithm and device key were read by the parser. */
static void
check_mso(struct mdoci_verifier *v, const struct issuer_part *part)
{
	const struct mdoc_mso *mso = &part->is->mso;
	const struct mdoci_place place = { MDOCI_PART_ISSUER, "issuerAuth.payload",
		mdoc_node_span(mdoc_cbor_root(mso->scan)) };

	mdoci_row_if(v, mdoc_bytes_is_text(mso->version, MSO_VERSION), MDOC_CHECK_MSO, &place, MDOC_ERR_VERSION,
		"MSO version \"" MSO_VERSION "\"");
}

void
mdoci_verify_issuer_signed(struct mdoci_verifier *v, const struct mdoc_issuer_signed *is)
{
	struct issuer_part part = { .is = is };
	struct mdoc_bytes der = MDOC_NO_BYTES;

	(void)mdoc_sign1_certificate(&is->issuer_auth, 0, &der);
	part.auth = (struct mdoci_place){ MDOCI_PART_ISSUER, "issuerAuth", mdoc_node_span(is->issuer_auth.node) };
	part.certificate = (struct mdoci_place){ MDOCI_PART_ISSUER, "issuerAuth.x5chain[0]", der };
	check_issuer_auth(v, &part);
	check_certificate(v, &part);
	check_mso(v, &part);
	mdoci_verify_dates(v, &is->mso, part.times_known, part.from, part.to);
	mdoci_verify_digests(v, is);
}
