/*
 * mdoc/x509/x509_internal.h: the inside of certificates, CRLs and trust stores. Not installed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_X509_INTERNAL_H
#define MDOC_X509_INTERNAL_H

#include "mdoc/base/internal.h"
#include <mdoc/x509.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>

#define MDOCI_EXTENSIONS_MAX 32 /* of one certificate; real ones have up to ten */
#define MDOCI_KEY_ID_MAX 64

/* Extensions that profiles know, in the order of the second half of their identifier's table. */
enum mdoci_extension {
	MDOCI_EXT_SKI,
	MDOCI_EXT_KEY_USAGE,
	MDOCI_EXT_ISSUER_ALT_NAME,
	MDOCI_EXT_BASIC_CONSTRAINTS,
	MDOCI_EXT_CRL_POINTS,
	MDOCI_EXT_AKI,
	MDOCI_EXT_EKU,
	MDOCI_EXT_READER_AUTH, /* 1.0.18013.5.1.6, meant as an extended key usage */
	MDOCI_EXT_COUNT
};

struct mdoci_cert_extension {
	struct mdoc_bytes value; /* DER inside extnValue; ptr NULL: absent */
	bool critical;
};

/* What a signature was made with; row of a table in cert_key.c. */
struct mdoci_sig_alg;

struct mdoc_cert {
	atomic_uint references;
	const struct mdoc_context *context;
	uint8_t *copy;         /* all the bytes below are inside it */
	struct mdoc_bytes der; /* the whole */
	struct mdoc_bytes tbs;
	unsigned version; /* 2: v3 */
	struct mdoc_bytes serial;
	const struct mdoci_sig_alg *sig_alg; /* NULL: none that mdocs have */
	struct mdoc_bytes signature;
	struct mdoc_bytes issuer, subject; /* Name, whole */
	struct mdoc_bytes country, state, common_name;
	int64_t not_before, not_after;
	struct mdoc_bytes spki;     /* whole */
	struct mdoc_bytes key_bits; /* content of the subjectPublicKey, what its SHA-1 is over */
	struct mdoc_public_key key; /* curve MDOC_CURVE_NONE: not one for mdocs */
	EVP_PKEY *pkey;             /* NULL then */
	EVP_PKEY_CTX *ready;        /* of an EC key, to be copied for each signature */
	const char *key_broken;     /* and why */
	struct mdoci_cert_extension ext[MDOCI_EXT_COUNT];
	bool forbidden, repeated, unknown_critical;
	struct mdoc_bytes ski, aki;   /* ptr NULL: absent or malformed */
	struct mdoc_bytes aki_serial; /* ptr NULL: not said */
};

struct mdoc_crl {
	atomic_uint references;
	uint8_t *copy; /* all the bytes below are inside it */
	struct mdoc_bytes tbs, signature;
	const struct mdoci_sig_alg *sig_alg;
	struct mdoc_bytes issuer;   /* Name, whole */
	struct mdoc_bytes aki;      /* ptr NULL: not said */
	struct mdoc_bytes points;   /* GeneralNames of the points that it counts for; ptr NULL: every one */
	struct mdoc_bytes *serials; /* sorted */
	size_t count;
	int64_t this_update, next_update;
};

struct mdoc_anchor {
	struct mdoc_cert *cert;
	struct mdoc_bytes *doc_types; /* copies, sorted */
	size_t doc_type_count;        /* 0: every type */
	struct mdoc_anchor *next;     /* with the same hash */
	struct mdoc_crl **crls;       /* one for each set of distribution points; guarded by the store's lock */
	size_t crl_count;
};

struct mdoci_cert_cache;

struct mdoc_trust {
	CRYPTO_RWLOCK *lock; /* of the CRLs and of the cache */
	const struct mdoc_context *context;
	struct mdoc_anchor **anchors;
	size_t count, room;
	struct mdoc_anchor **buckets; /* by the hash of the subject key identifier */
	size_t bucket_count;          /* a power of two */
	enum mdoc_cert_profile profile;
	struct mdoci_cert_cache *cache; /* NULL: nothing is kept */
};

/* Fill in *error (NULL is fine), without a place in the input, and give back the code. */
enum mdoc_result mdoci_x509_fail(struct mdoc_error *error, enum mdoc_result code, const char *expected);

/* Another reference. */
struct mdoc_cert *mdoci_cert_ref(struct mdoc_cert *cert);

/* mdoc_trust_add_for() with a certificate that is decoded already; the store takes a reference of its own. */
enum mdoc_result mdoci_trust_add_cert(const struct mdoc_context *context, struct mdoc_trust *trust,
	struct mdoc_cert *cert, enum mdoc_cert_profile profile, unsigned relax, const struct mdoc_bytes *doc_types,
	size_t n, struct mdoc_error *error);

/* AlgorithmIdentifier, whole, to what it means; NULL: no signature of mdocs. */
const struct mdoci_sig_alg *mdoci_sig_alg(struct mdoc_bytes identifier);

/* The AlgorithmIdentifier, whole, of OpenSSL's number for a signature. */
struct mdoc_bytes mdoci_sig_alg_of(int nid);

/* Fill in key, pkey and key_broken from spki. MDOC_ERR_CERTIFICATE: no SubjectPublicKeyInfo. */
enum mdoc_result mdoci_cert_read_key(struct mdoc_cert *cert);

/* A signature as X.509 has it, by this certificate's key. */
bool mdoci_cert_signed(const struct mdoc_cert *by, const struct mdoci_sig_alg *alg, struct mdoc_bytes tbs,
	struct mdoc_bytes signature);

/* Whether its basicConstraints let this CA stand above so many others and an end entity. */
bool mdoci_cert_path_allows(const struct mdoc_cert *ca, size_t between);

/* Two Names: equal as RFC 5280, 7.1 compares them. */
bool mdoci_names_equal(struct mdoc_bytes a, struct mdoc_bytes b);

/* SEQUENCE { keyid [0], issuer [1], serial [2] }, each optional. */
bool mdoci_read_aki(struct mdoc_bytes value, struct mdoc_bytes *keyid, struct mdoc_bytes *serial);

/* BOOLEAN DEFAULT FALSE of an Extension, from the front of what follows its identifier. False: not one. */
bool mdoci_read_critical(struct mdoc_bytes *extension, bool *critical);

/* Another reference. */
struct mdoc_crl *mdoci_crl_ref(struct mdoc_crl *crl);

/* KU_* of OpenSSL; 0: none are said, or not in DER. */
uint32_t mdoci_key_usage(const struct mdoc_cert *cert);

/* Whether the CRL is of this anchor, which may sign some: by name, key identifier where it says one, and signature. */
bool mdoci_crl_is_of(const struct mdoc_crl *crl, const struct mdoc_cert *anchor);

/* What the CRL says of a certificate that it counts for; results as mdoc_trust_revocation(). */
enum mdoc_result mdoci_crl_says(const struct mdoc_crl *crl, const struct mdoc_cert *leaf, int64_t when,
	struct mdoc_error *error);

/* Whether the store has a CRL of this anchor's, whatever it says. */
bool mdoci_anchor_has_crl(const struct mdoc_trust *trust, const struct mdoc_anchor *anchor);

/* FNV-1a. */
uint64_t mdoci_hash(struct mdoc_bytes bytes);

void mdoci_cache_free(struct mdoci_cert_cache *cache);

#endif
