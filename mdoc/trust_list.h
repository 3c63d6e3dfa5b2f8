/*
 * mdoc/trust_list.h: lists of certificates to trust: the VICAL of issuing authorities (ISO/IEC 18013-5, Annex C)
 * and the RICAL of readers' CAs (second edition, Annex F).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_TRUST_LIST_H
#define MDOC_TRUST_LIST_H

#include <mdoc/validity.h>
#include <mdoc/x509.h>

#ifdef __cplusplus
extern "C" {
#endif

enum mdoc_trust_list_kind { MDOC_VICAL, MDOC_RICAL };

/* A parsed list. It borrows the bytes that it was parsed from; after its check several threads may use it. */
struct mdoc_trust_list;

/*
 * Parse a VICAL or a RICAL, structure only.
 *
 * Read liberally: COSE_Sign1 without tag or with tag 18, x5chain in either header, "Extensions" for
 * "extensions", serialNumber as a number or a bignum, ski wrapped in an OCTET STRING once more, unknown keys.
 * Extensions are passed over.
 *
 * input  must outlive *list
 * *list  free with mdoc_trust_list_free(); NULL unless MDOC_OK
 *
 * MDOC_ERR_TYPE, MDOC_ERR_MISSING: a member that is mandatory; MDOC_ERR_VERSION: another major version than 1;
 * MDOC_ERR_VALUE: an empty docType; MDOC_ERR_SIZE: beyond MDOC_LIMIT_TRUST_ENTRIES entries, or document types;
 * MDOC_ERR_ALGORITHM; the CBOR results; MDOC_ERR_MEMORY
 */
enum mdoc_result mdoc_trust_list_parse(const struct mdoc_context *context, enum mdoc_trust_list_kind kind,
	struct mdoc_bytes input, struct mdoc_trust_list **list, struct mdoc_error *error);
void mdoc_trust_list_free(struct mdoc_trust_list *list);

/* What a list says of itself. Bytes are text and borrowed from its input; len 0: not said. */
struct mdoc_trust_list_info {
	enum mdoc_trust_list_kind kind;
	struct mdoc_bytes version;
	struct mdoc_bytes provider; /* vicalProvider, provider */
	int64_t date;
	bool has_next_update, has_not_after, has_id;
	int64_t next_update;
	int64_t not_after;      /* RICAL only */
	uint64_t id;            /* vicalIssueID, id; grows with every issue */
	struct mdoc_bytes type; /* RICAL only */
	struct mdoc_bytes url;  /* vicalUrl, latestRicalUrl */
	size_t entries;
};
void mdoc_trust_list_info(const struct mdoc_trust_list *list, struct mdoc_trust_list_info *info);

/* One entry, borrowed from the list's input; len 0: not said. */
struct mdoc_trust_entry {
	struct mdoc_bytes certificate; /* DER */
	struct mdoc_bytes serial;      /* big endian */
	struct mdoc_bytes ski;
	const struct mdoc_bytes *doc_types; /* VICAL: what the certificate may issue */
	size_t doc_type_count;
	struct mdoc_bytes issuing_authority; /* VICAL; of a RICAL its name */
	struct mdoc_bytes issuing_country;
	struct mdoc_bytes state_or_province;
	bool no_anchor;   /* RICAL: isTrustAnchor is there and false */
	bool constrained; /* RICAL: it has trustConstraints */
};

/* Entry i; false after the last. */
bool mdoc_trust_list_entry(const struct mdoc_trust_list *list, size_t i, struct mdoc_trust_entry *entry);

/* What a list is checked against. */
struct mdoc_trust_list_policy {
	/* What the reader knows of the list's provider some other way: CAs (MDOC_CERT_LIST_CA) that issued the signer,
	 * or what stands in x5chain above it, with their CRLs; or signers themselves (MDOC_CERT_VICAL, MDOC_CERT_RICAL). */
	const struct mdoc_trust *anchors;
	int64_t now;         /* when certificates and list have to be valid */
	int64_t clock_skew;  /* seconds either way, for the dates of the list */
	unsigned relax;      /* MDOC_RELAX_* for these certificates */
	bool accept_overdue; /* also after nextUpdate, which is only when the next one should be there */
	bool crl_required;   /* an anchor's CRL has to say that the signer is not revoked */
};

/*
 * Check a list: its signer's certificate (MDOC_CERT_VICAL, MDOC_CERT_RICAL), path and revocation, the signature,
 * and its dates. A signer that a CRL names is refused always.
 *
 * MDOC_ERR_CERTIFICATE   a certificate of x5chain breaks its profile
 * MDOC_ERR_CHAIN         the signer is none of the anchors, and none of them issued it
 * MDOC_ERR_REVOKED       a certificate of x5chain is revoked
 * MDOC_ERR_UNDETERMINED  no CRL says that it is not (crl_required)
 * MDOC_ERR_KEY, MDOC_ERR_SIGNATURE, MDOC_ERR_ALGORITHM
 * MDOC_ERR_VALIDITY      the certificates or the list are not valid now, or a newer list is due
 * MDOC_ERR_ARG           no store, one of another profile, or times beyond reason
 */
enum mdoc_result mdoc_trust_list_check(const struct mdoc_context *context, struct mdoc_trust_list *list,
	const struct mdoc_trust_list_policy *policy, struct mdoc_error *error);

/*
 * Make one entry of a checked list a trust anchor: an IACA for the document types that the entry names, as
 * mdoc_trust_add_for() does, or a reader CA.
 *
 * relax  MDOC_RELAX_* for its certificate
 *
 * MDOC_ERR_ARG            not checked, no such entry, or anchors of another profile in the store
 * MDOC_ERR_AUTHORIZATION  no trust anchor, or with trustConstraints, which are not evaluated here
 * MDOC_ERR_CERTIFICATE    against its profile, or not the one that the entry describes
 * MDOC_ERR_SIZE, MDOC_ERR_MEMORY
 */
enum mdoc_result mdoc_trust_list_add_entry(const struct mdoc_context *context, const struct mdoc_trust_list *list,
	size_t i, struct mdoc_trust *trust, unsigned relax, struct mdoc_error *error);

/*
 * The same for all entries. One that cannot be an anchor is left out, since a provider's mistake with one
 * authority shall not cost the others.
 *
 * added  entries that became anchors
 * left   called for each that did not, with its number and why; NULL: nobody asks
 *
 * MDOC_ERR_ARG: as above; MDOC_ERR_SIZE, MDOC_ERR_MEMORY: the store then has some of the entries
 */
enum mdoc_result mdoc_trust_list_into_trust(const struct mdoc_context *context, const struct mdoc_trust_list *list,
	struct mdoc_trust *trust, unsigned relax, size_t *added,
	void (*left)(void *arg, size_t i, const struct mdoc_error *why), void *arg, struct mdoc_error *error);

/* ---- Making a list ---- */

/* One certificate to list: serial number, subject key identifier, names and times are read from it. */
struct mdoc_trust_entry_spec {
	struct mdoc_bytes certificate;       /* DER */
	const struct mdoc_bytes *doc_types;  /* VICAL: at least one */
	size_t doc_type_count;               /* RICAL: 0 */
	struct mdoc_bytes issuing_authority; /* text; len 0: not said. RICAL: its name */
};

/* What a list shall say; len 0 and false: not said. */
struct mdoc_trust_list_spec {
	enum mdoc_trust_list_kind kind;
	struct mdoc_bytes provider;
	int64_t date;
	bool has_next_update, has_not_after, has_id;
	int64_t next_update;
	int64_t not_after; /* RICAL only */
	uint64_t id;
	struct mdoc_bytes type; /* RICAL only, mandatory there */
	struct mdoc_bytes url;  /* RICAL only */
	const struct mdoc_trust_entry_spec *entries;
	size_t entry_count;
	const struct mdoc_bytes *x5chain; /* DER, signer first */
	size_t x5chain_count;
	const struct mdoc_signer *signer;
};

/*
 * Sign and append a list, version "1.0", untagged; x5chain is unprotected in a VICAL, protected in a RICAL.
 *
 * MDOC_ERR_ARG          a part is missing, or one that this kind does not have
 * MDOC_ERR_VALIDITY     nextUpdate or notAfter not after date
 * MDOC_ERR_VALUE        a date that cannot be written
 * MDOC_ERR_CERTIFICATE  an entry is no certificate, or has no subject key identifier
 * MDOC_ERR_SIZE         more entries than MDOC_LIMIT_TRUST_ENTRIES
 * MDOC_ERR_ALGORITHM, MDOC_ERR_CALLBACK, MDOC_ERR_UTF8, MDOC_ERR_MEMORY
 */
enum mdoc_result mdoc_trust_list_build(const struct mdoc_context *context, const struct mdoc_trust_list_spec *spec,
	struct mdoc_buf *out, struct mdoc_error *error);

#ifdef __cplusplus
}
#endif
#endif
