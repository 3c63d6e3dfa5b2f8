/*
 * mdoc/x509.h: certificates by ISO/IEC 18013-5 Annex B: profiles checked, paths built, and
 * IACA, DS and reader certificates made over a signer callback.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_X509_H
#define MDOC_X509_H

#include <mdoc/cose.h>

#ifdef __cplusplus
extern "C" {
#endif

enum mdoc_cert_profile { MDOC_CERT_IACA, MDOC_CERT_DS, MDOC_CERT_READER_CA, MDOC_CERT_READER };

/* Named relaxations for certificates that are found in the field; 0 is strict. */
#define MDOC_RELAX_CRL_DP 0x01u          /* CRL distribution point absent, malformed or not a URI */
#define MDOC_RELAX_ISSUER_ALT_NAME 0x02u /* issuerAltName absent, malformed or another kind of name */
#define MDOC_RELAX_EKU 0x04u             /* extended key usage absent or another */

/* A certificate against its profile. MDOC_ERR_CERTIFICATE with expected = the rule. */
enum mdoc_result mdoc_cert_check(const struct mdoc_context *context, struct mdoc_bytes der,
	enum mdoc_cert_profile profile, unsigned relax, struct mdoc_error *error);

/* The subject's key. MDOC_ERR_CERTIFICATE: not one DER certificate; MDOC_ERR_KEY: below R-CRY-01's
 * floor, or on a curve that enum mdoc_curve does not have. */
enum mdoc_result mdoc_cert_key(const struct mdoc_context *context, struct mdoc_bytes der, struct mdoc_public_key *key);

/* Seconds since the epoch. Decodes in OpenSSL's default library context. */
enum mdoc_result mdoc_cert_times(struct mdoc_bytes der, int64_t *not_before, int64_t *not_after);

/* Trust anchors: IACA or reader CA certificates, never both in one store. Filled by one thread, it
 * may be used by several; the library context of mdoc_trust_add() must outlive it. */
struct mdoc_trust;
struct mdoc_trust *mdoc_trust_new(void);
void mdoc_trust_free(struct mdoc_trust *trust);

/* Add one DER certificate (copied) after mdoc_cert_check against `profile`. MDOC_ERR_ARG: not the
 * profile of a CA, or another than that of the anchors already there. */
enum mdoc_result mdoc_trust_add(const struct mdoc_context *context, struct mdoc_trust *trust, struct mdoc_bytes der,
	enum mdoc_cert_profile profile, unsigned relax, struct mdoc_error *error);

/*
 * The anchor that issued `leaf`: by authority key id and name and signature. Order item (2)'s
 * floor (R-CRY-01) holds for both keys: EC, group of at least 256 bits.
 * *anchor: borrowed from trust. MDOC_ERR_CHAIN: none did; MDOC_ERR_VALIDITY: leaf or anchor not
 * valid at `when`.
 */
enum mdoc_result mdoc_trust_find(const struct mdoc_context *context, const struct mdoc_trust *trust,
	struct mdoc_bytes leaf, int64_t when, struct mdoc_bytes *anchor, struct mdoc_error *error);

/* ---- Making certificates ---- */

struct mdoc_cert_spec {
	enum mdoc_cert_profile profile;
	struct mdoc_bytes country; /* two letters */
	struct mdoc_bytes common_name;
	struct mdoc_bytes issuer_cert; /* DER of the CA; none: self-signed IACA or reader CA */
	struct mdoc_public_key key;    /* of the subject */
	int64_t not_before, not_after;
	const char *issuer_alt_uri; /* "https://…" or "mailto:…" style URI */
	const char *crl_uri;
	const struct mdoc_signer *signer; /* the issuer's key (its own when self-signed) */
};

/*
 * DER appended to out; the result passes mdoc_cert_check without relaxations and its signature has
 * been checked with the issuer's key.
 *
 * MDOC_ERR_ARG       a field is missing, or issuer_cert with a root or none with another
 * MDOC_ERR_VALUE     country or common_name cannot be written
 * MDOC_ERR_VALIDITY  times out of order, or outside those of the issuer
 * MDOC_ERR_CALLBACK  the signer refused; MDOC_ERR_SIGNATURE: it signed with another key
 */
enum mdoc_result mdoc_cert_build(const struct mdoc_context *context, const struct mdoc_cert_spec *spec,
	struct mdoc_buf *out, struct mdoc_error *error);

#ifdef __cplusplus
}
#endif
#endif
