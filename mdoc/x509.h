/*
 * mdoc/x509.h: certificates by ISO/IEC 18013-5 Annex B: decoded once, checked against their profile,
 * followed to a trust anchor, looked up in a CRL; and certificates and CRLs made over a signer callback.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_X509_H
#define MDOC_X509_H

#include <mdoc/cose.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Rows of Annex B. Where no text of the standard was at hand the row is lenient in what it reads and
 * strict in what mdoc_cert_build() writes: RICAL and STATUS may have any extended key usage or none (STATUS not
 * emailProtection, which is for messages), RICAL digitalSignature or nonRepudiation, LIST_CA is only a CA.
 */
enum mdoc_cert_profile {
	MDOC_CERT_IACA,      /* root of an issuing authority */
	MDOC_CERT_DS,        /* document signer */
	MDOC_CERT_READER_CA, /* issues reader authentication certificates */
	MDOC_CERT_READER,    /* reader authentication */
	MDOC_CERT_VICAL,     /* signs a VICAL */
	MDOC_CERT_RICAL,     /* signs a RICAL (second edition) */
	MDOC_CERT_STATUS,    /* signs status and identifier lists, below the IACA (second edition) */
	MDOC_CERT_LIST_CA,   /* issues VICAL and RICAL signers */
	MDOC_CERT_MESSAGES, /* signs what an issuer sends, as JWS or CMS, below the IACA; no row of Annex B, but of ours: as
	                      * a DS with emailProtection as its extended key usage, so that it signs no MSO and no list */
	MDOC_CERT_PROFILE_COUNT
};

/* "ds"; stable. NULL: no such profile. */
const char *mdoc_cert_profile_name(enum mdoc_cert_profile profile);

/* Named relaxations for certificates that are found in the field; 0 is strict. */
#define MDOC_RELAX_CRL_DP 0x01u            /* "crl-dp": CRL distribution point absent, malformed, not a URI */
#define MDOC_RELAX_ISSUER_ALT_NAME 0x02u   /* "issuer-alt-name": absent, malformed, another kind of name */
#define MDOC_RELAX_EKU 0x04u               /* "eku": extended key usage absent or any other */
#define MDOC_RELAX_EKU_TLS 0x08u           /* "eku-tls": TLS server or client beside the right one or instead */
#define MDOC_RELAX_SKI_METHOD 0x10u        /* "ski-method": 20 bytes that are not the SHA-1 of the key */
#define MDOC_RELAX_SKI_LENGTH 0x20u        /* "ski-length": another length up to 64 bytes, such as SHA-256's */
#define MDOC_RELAX_BASIC_CONSTRAINTS 0x40u /* "basic-constraints": a reader's CA:FALSE; a CA's not critical */
#define MDOC_RELAX_KEY_USAGE 0x80u         /* "key-usage": digitalSignature on a VICAL signer; not critical */
#define MDOC_RELAX_COUNTRY 0x100u          /* "country": absent, small letters, not that of the IACA */
#define MDOC_RELAX_STATE 0x200u            /* "state": stateOrProvinceName is not that of the IACA */

/* The bit of a relaxation's name; 0: no such name. */
unsigned mdoc_relax_from_name(const char *name);

/* The name of relaxation i and, unless NULL, its bit; NULL after the last. */
const char *mdoc_relax_name(size_t i, unsigned *bit);

/* ---- A certificate ---- */

/* One decoded certificate; several threads may use it at once. */
struct mdoc_cert;

/*
 * Decode one DER certificate that fills the input (copied), with its public key. Strict DER; nothing of a
 * profile is checked, and a key of a kind that mdocs do not have is no error yet.
 *
 * context  must outlive the certificate
 * *cert    free with mdoc_cert_free(); NULL unless MDOC_OK
 *
 * MDOC_ERR_CERTIFICATE: not one DER certificate; MDOC_ERR_SIZE: above MDOC_LIMIT_CERTIFICATE;
 * MDOC_ERR_MEMORY
 */
enum mdoc_result mdoc_cert_parse(const struct mdoc_context *context, struct mdoc_bytes der, struct mdoc_cert **cert,
	struct mdoc_error *error);

/* NULL is fine. */
void mdoc_cert_free(struct mdoc_cert *cert);

/* The certificate against its profile. MDOC_ERR_CERTIFICATE with expected = the rule that it breaks. */
enum mdoc_result mdoc_cert_check(const struct mdoc_cert *cert, enum mdoc_cert_profile profile, unsigned relax,
	struct mdoc_error *error);

/*
 * Not longer valid than IACA 20 years, DS 457 days, reader 1187 days. These figures have no source but
 * memory, so that mdoc_cert_check() does not ask for them; show it as a warning. MDOC_ERR_VALIDITY.
 */
enum mdoc_result mdoc_cert_check_lifetime(const struct mdoc_cert *cert, enum mdoc_cert_profile profile,
	struct mdoc_error *error);

/* The subject's key. MDOC_ERR_KEY: none of enum mdoc_curve that signs, below R-CRY-01's floor, or
 * not on its curve. Ed25519 counts by its whole group, which has 256 bits. */
enum mdoc_result mdoc_cert_public_key(const struct mdoc_cert *cert, struct mdoc_public_key *key);

/* The same for OpenSSL, borrowed from cert; NULL where mdoc_cert_public_key() is MDOC_ERR_KEY. */
EVP_PKEY *mdoc_cert_pkey(const struct mdoc_cert *cert);

/* notBefore and notAfter, seconds since the epoch. */
int64_t mdoc_cert_not_before(const struct mdoc_cert *cert);
int64_t mdoc_cert_not_after(const struct mdoc_cert *cert);

/* notBefore <= when <= notAfter. */
bool mdoc_cert_valid_at(const struct mdoc_cert *cert, int64_t when);

/* What it says, borrowed from cert. Country, state and common name are the subject's, and MDOC_NO_BYTES
 * unless there is exactly one; the serial number is the INTEGER's content, big endian. */
struct mdoc_bytes mdoc_cert_der(const struct mdoc_cert *cert);
struct mdoc_bytes mdoc_cert_serial(const struct mdoc_cert *cert);
struct mdoc_bytes mdoc_cert_country(const struct mdoc_cert *cert);
struct mdoc_bytes mdoc_cert_state(const struct mdoc_cert *cert);
struct mdoc_bytes mdoc_cert_common_name(const struct mdoc_cert *cert);
struct mdoc_bytes mdoc_cert_key_id(const struct mdoc_cert *cert);           /* subjectKeyIdentifier */
struct mdoc_bytes mdoc_cert_authority_key_id(const struct mdoc_cert *cert); /* authorityKeyIdentifier's keyid */
struct mdoc_bytes mdoc_cert_subject(const struct mdoc_cert *cert);          /* the DER of the name */
struct mdoc_bytes mdoc_cert_issuer(const struct mdoc_cert *cert);           /* the DER of the name */

/* A name for people, as RFC 2253 has it, UTF-8: appended to out. MDOC_ERR_CERTIFICATE: it cannot be read. */
enum mdoc_result mdoc_cert_subject_text(const struct mdoc_cert *cert, struct mdoc_buf *out);
enum mdoc_result mdoc_cert_issuer_text(const struct mdoc_cert *cert, struct mdoc_buf *out);

/* URI i of the CRL distribution points, borrowed, for whoever fetches the CRL; false after the last. */
bool mdoc_cert_crl_uri(const struct mdoc_cert *cert, size_t i, struct mdoc_bytes *uri);

/* ---- Certificate revocation lists ---- */

struct mdoc_crl;

/*
 * Decode one DER CRL that fills the input. Delta CRLs, indirect ones and those for some reasons or kinds
 * of certificate only are MDOC_ERR_UNDETERMINED: a certificate that they do not name may be revoked all
 * the same. So is a CRL with an unknown critical extension.
 *
 * *crl  free with mdoc_crl_free() or give it to mdoc_trust_add_crl(); NULL unless MDOC_OK
 *
 * MDOC_ERR_CERTIFICATE: not one CRL, or a signature with another algorithm; MDOC_ERR_SIZE: above MDOC_LIMIT_CRL;
 * MDOC_ERR_MEMORY
 */
enum mdoc_result mdoc_crl_parse(const struct mdoc_context *context, struct mdoc_bytes der, struct mdoc_crl **crl,
	struct mdoc_error *error);

/* NULL is fine. */
void mdoc_crl_free(struct mdoc_crl *crl);

/* Seconds since the epoch. A CRL without nextUpdate is not decoded (RFC 5280, 5.1.2.5). */
int64_t mdoc_crl_this_update(const struct mdoc_crl *crl);
int64_t mdoc_crl_next_update(const struct mdoc_crl *crl);

/* ---- Trust ---- */

/*
 * Trust anchors of one kind, what each may issue for, and the CRLs of their issuers. Anchors are added by
 * one thread; then several may use the store, and add CRLs to it.
 */
struct mdoc_trust;

/* One of its certificates; lives as long as the store. */
struct mdoc_anchor;

/* NULL: no memory. Free with mdoc_trust_free(). */
struct mdoc_trust *mdoc_trust_new(void);
void mdoc_trust_free(struct mdoc_trust *trust);

/*
 * Keep certificates that mdoc_trust_judge() found good, as many as MDOC_LIMIT_CACHE of the context at most;
 * without this call nothing is kept. A kept certificate counts for the same bytes, profile, relaxations
 * and this store alone; times and CRLs are looked at anew each time. By one thread, before the store is
 * shared. MDOC_ERR_MEMORY.
 */
enum mdoc_result mdoc_trust_use_cache(const struct mdoc_context *context, struct mdoc_trust *trust);

/*
 * Add one DER certificate (copied) after mdoc_cert_check against `profile`: that of a CA, or of a list
 * signer (VICAL, RICAL), which is then trusted itself. A certificate may be added again.
 *
 * context  must outlive the store
 *
 * MDOC_ERR_ARG: another profile, or not that of the anchors already there; MDOC_ERR_SIZE: more anchors, or
 * document types of one, than MDOC_LIMIT_TRUST_ENTRIES; and those of mdoc_cert_parse() and mdoc_cert_check()
 */
enum mdoc_result mdoc_trust_add(const struct mdoc_context *context, struct mdoc_trust *trust, struct mdoc_bytes der,
	enum mdoc_cert_profile profile, unsigned relax, struct mdoc_error *error);

/* The same for an anchor that counts for these document types only (copied), as a VICAL says it; added
 * more than once it counts for all that were said, and n 0 for every type. */
enum mdoc_result mdoc_trust_add_for(const struct mdoc_context *context, struct mdoc_trust *trust, struct mdoc_bytes der,
	enum mdoc_cert_profile profile, unsigned relax, const struct mdoc_bytes *doc_types, size_t n,
	struct mdoc_error *error);

/* Anchors in the store, and the profile of all of them; 0 and false: it is empty. */
size_t mdoc_trust_count(const struct mdoc_trust *trust);
bool mdoc_trust_profile(const struct mdoc_trust *trust, enum mdoc_cert_profile *profile);

/* Borrowed from the store. */
const struct mdoc_cert *mdoc_anchor_cert(const struct mdoc_anchor *anchor);

/* Whether the anchor may issue documents of this type. */
bool mdoc_anchor_allows(const struct mdoc_anchor *anchor, struct mdoc_bytes doc_type);

/*
 * The anchor that issued `leaf`: by authority key identifier and name and signature. Nothing is ever taken
 * for self-signed because of its names, and nothing may stand between the two (Annex B).
 *
 * profile  of the leaf: a DS stands in the country and, if it has one, the state of its IACA, unless
 *          `relax` waives that
 * *anchor  borrowed from the store; also set with MDOC_ERR_VALIDITY
 *
 * MDOC_ERR_CHAIN: none did; MDOC_ERR_VALIDITY: leaf or anchor not valid at `when`;
 * MDOC_ERR_ARG: no store
 */
enum mdoc_result mdoc_trust_find(const struct mdoc_trust *trust, const struct mdoc_cert *leaf,
	enum mdoc_cert_profile profile, unsigned relax, int64_t when, const struct mdoc_anchor **anchor,
	struct mdoc_error *error);

/*
 * Give the store a CRL, also while other threads use it. It replaces an older one of the same issuer for the same
 * distribution points; those for others stay beside it.
 *
 * crl  taken when MDOC_OK, else still the caller's
 *
 * MDOC_ERR_CHAIN: not signed by an anchor of the store; MDOC_ERR_VALIDITY: older than what is there;
 * MDOC_ERR_MEMORY
 */
enum mdoc_result mdoc_trust_add_crl(struct mdoc_trust *trust, struct mdoc_crl *crl, struct mdoc_error *error);

/*
 * Whether `leaf`, issued by `anchor`, is revoked: three outcomes.
 *
 * MDOC_OK                no: a CRL of the issuer that counts at `when` does not name it
 * MDOC_ERR_REVOKED       yes; a CRL that has run out still says so
 * MDOC_ERR_UNDETERMINED  no CRL of the issuer, not one for this distribution point, not one for `when`
 */
enum mdoc_result mdoc_trust_revocation(const struct mdoc_trust *trust, const struct mdoc_cert *leaf,
	const struct mdoc_anchor *anchor, int64_t when, struct mdoc_error *error);

/* What is to be said of one certificate; each error has code MDOC_OK where all is well. */
struct mdoc_judged {
	struct mdoc_cert *cert;           /* NULL: not a certificate */
	const struct mdoc_anchor *anchor; /* NULL: no path */
	struct mdoc_error profile;        /* MDOC_ERR_CERTIFICATE, MDOC_ERR_SIZE */
	struct mdoc_error path;           /* MDOC_ERR_CHAIN */
	struct mdoc_error validity;       /* MDOC_ERR_VALIDITY, also of the anchor */
	struct mdoc_error revocation;     /* MDOC_ERR_REVOKED, MDOC_ERR_UNDETERMINED */
};

/*
 * Decode, check, find the issuer and the revocation of one certificate, or take it from what the store
 * has kept. Every part is done as far as it can be.
 *
 * context  that of the store's anchors, or nothing is kept
 * trust    NULL, or empty: no path
 * when     seconds since the epoch
 * *judged  filled in whatever the result is; free with mdoc_judged_clear(), before the store
 *
 * MDOC_OK: all is well, though whether it is revoked may be undetermined; otherwise the code of the first error,
 * in the order of the fields, or MDOC_ERR_MEMORY, MDOC_ERR_ARG, MDOC_ERR_CRYPTO: no judgement
 */
enum mdoc_result mdoc_trust_judge(const struct mdoc_context *context, const struct mdoc_trust *trust,
	struct mdoc_bytes der, enum mdoc_cert_profile profile, unsigned relax, int64_t when,
	struct mdoc_judged *judged);
void mdoc_judged_clear(struct mdoc_judged *judged);

/* ---- Making certificates and CRLs ---- */

/* What a certificate shall say; zeroed fields are left out where the profile allows it. */
struct mdoc_cert_spec {
	enum mdoc_cert_profile profile;
	struct mdoc_bytes country; /* two letters */
	struct mdoc_bytes common_name;
	struct mdoc_bytes issuer_cert; /* DER of the CA; none: self-signed IACA, reader CA or list CA. A list CA may
	                                * stand below another one. */
	struct mdoc_public_key key;    /* of the subject */
	int64_t not_before, not_after;
	const char *issuer_alt_uri; /* "https://…" or "mailto:…" style URI */
	const char *crl_uri;
	const struct mdoc_signer *signer; /* the issuer's key (its own when self-signed) */
};

/*
 * DER appended to out; the result passes mdoc_cert_check without relaxations and its signature has
 * been checked with the issuer's key. A DS takes over the state of its IACA.
 *
 * MDOC_ERR_ARG          a field is missing, or issuer_cert with a root or none with another
 * MDOC_ERR_CERTIFICATE  issuer_cert does not issue this profile, or what was made breaks it, say by its country
 * MDOC_ERR_KEY          the subject's key is not on its curve
 * MDOC_ERR_VALUE        country or common_name cannot be written
 * MDOC_ERR_VALIDITY     times out of order, or outside those of the issuer
 * MDOC_ERR_ALGORITHM    the signer's algorithm does not fit the issuer's key
 * MDOC_ERR_CALLBACK     the signer refused; MDOC_ERR_SIGNATURE: it signed with another key
 */
enum mdoc_result mdoc_cert_build(const struct mdoc_context *context, const struct mdoc_cert_spec *spec,
	struct mdoc_buf *out, struct mdoc_error *error);

/* One line of a CRL. */
struct mdoc_revoked {
	struct mdoc_bytes serial; /* as mdoc_cert_serial() gives it */
	int64_t when;
	int reason; /* RFC 5280, 5.3.1; 0: not said */
};

/* What a CRL shall say. */
struct mdoc_crl_spec {
	struct mdoc_bytes issuer_cert; /* DER of the IACA or another CA */
	uint64_t number;               /* higher than that of the CRL before */
	int64_t this_update, next_update;
	const struct mdoc_revoked *revoked;
	size_t revoked_count;
	const struct mdoc_signer *signer; /* the issuer's key */
};

/*
 * DER of a whole CRL (version 2) appended to out; its signature has been checked with the issuer's key.
 *
 * MDOC_ERR_ARG          no signer
 * MDOC_ERR_CERTIFICATE  issuer_cert is no CA's
 * MDOC_ERR_VALUE        a serial number of 0 or more than 20 bytes, or a reason that RFC 5280 does not have
 * MDOC_ERR_VALIDITY     nextUpdate not after thisUpdate
 * MDOC_ERR_ALGORITHM, MDOC_ERR_CALLBACK, MDOC_ERR_SIGNATURE  as for mdoc_cert_build()
 */
enum mdoc_result mdoc_crl_build(const struct mdoc_context *context, const struct mdoc_crl_spec *spec,
	struct mdoc_buf *out, struct mdoc_error *error);

#ifdef __cplusplus
}
#endif
#endif
