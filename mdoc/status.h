/*
 * mdoc/status.h: whether a document is revoked (ISO/IEC 18013-5 second edition, 12.3.6): what the
 * MSO says of it, and the two kinds of list that answer.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_STATUS_H
#define MDOC_STATUS_H

#include <mdoc/x509.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Status of an MSO (12.3.6.2): where its revocation can be looked up. Zeroed: nowhere. A reader gets
 * it filled in, an issuer fills it in. Bytes are borrowed.
 */
struct mdoc_status {
	struct mdoc_bytes list_uri; /* of a status list; len 0: there is none */
	uint64_t list_idx;
	struct mdoc_bytes list_certificate;       /* DER: who issued the list's signer; len 0: the document's IACA */
	struct mdoc_bytes identifier_uri;         /* of an identifier list; len 0: there is none */
	struct mdoc_bytes identifier;             /* of this MSO in that list */
	struct mdoc_bytes identifier_certificate; /* as list_certificate */
};

/*
 * Read the member "status" of an MSO. Members that are unknown here are ignored.
 *
 * node    absent: *status is zeroed, which is no error
 * path    of the node, for errors
 * status  borrows from the scan's input
 *
 * MDOC_ERR_TYPE, MDOC_ERR_MISSING: status_list without idx or uri, identifier_list without id or uri,
 * or of another type; MDOC_ERR_VALUE: an empty uri or id
 */
enum mdoc_result mdoc_status_read(struct mdoc_node node, const char *path, struct mdoc_status *status,
	struct mdoc_error *error);

/* Write it. A status without any list sets the buffer's error to MDOC_ERR_ARG: the MSO has none then. */
void mdoc_put_status(struct mdoc_buf *buf, const struct mdoc_status *status);

/* ---- Lists, as a reader has them ---- */

/*
 * What is known of a document's revocation. A list that cannot be read, trusted or used at this time leaves it
 * undetermined, never revoked.
 */
enum mdoc_revocation {
	MDOC_REVOCATION_UNDETERMINED = 0,
	MDOC_REVOCATION_VALID,
	MDOC_REVOCATION_REVOKED,
	MDOC_REVOCATION_SUSPENDED /* for now; only lists with more than one bit an entry say so */
};

/* "revoked"; stable. */
const char *mdoc_revocation_name(enum mdoc_revocation revocation);

/*
 * A status list and an identifier list, each the payload of a CWT (12.3.6.3 to 12.3.6.5; Token Status List).
 * Parsed and checked once by one thread, a list may be asked by several. It borrows the bytes that it was
 * parsed from.
 *
 * What is read: COSE_Sign1 with tag 18 or without, in tag 61 or not; x5chain in the protected or else in the
 * unprotected header; typ (16) with or without "application/", for identifier lists also among the claims;
 * 1, 2, 4 or 8 bits an entry; unknown claims. sub, iat and exp are mandatory. What is written is 18013-5's.
 */
struct mdoc_status_list;
struct mdoc_identifier_list;

/*
 * Parse a status list, structure only: nothing is inflated and no signature is checked.
 *
 * input  must outlive *list
 * *list  free with mdoc_status_list_free(); NULL unless MDOC_OK
 *
 * MDOC_ERR_TYPE, MDOC_ERR_MISSING  no COSE_Sign1 with such claims
 * MDOC_ERR_VALUE                   another typ, bits other than 1, 2, 4, 8, exp not after iat
 * MDOC_ERR_ALGORITHM               not signed with an algorithm of 18013-5
 * the CBOR results, MDOC_ERR_SIZE, MDOC_ERR_MEMORY
 */
enum mdoc_result mdoc_status_list_parse(const struct mdoc_context *context, struct mdoc_bytes input,
	struct mdoc_status_list **list, struct mdoc_error *error);
void mdoc_status_list_free(struct mdoc_status_list *list);

/* The same for an identifier list. An identifier that is there twice is MDOC_ERR_DUPLICATE_KEY, and more of them
 * than MDOC_LIMIT_IDENTIFIERS are MDOC_ERR_SIZE. */
enum mdoc_result mdoc_identifier_list_parse(const struct mdoc_context *context, struct mdoc_bytes input,
	struct mdoc_identifier_list **list, struct mdoc_error *error);
void mdoc_identifier_list_free(struct mdoc_identifier_list *list);

/* What a list says of itself. */
struct mdoc_list_info {
	struct mdoc_bytes uri; /* sub: borrowed from the list's input */
	int64_t issued;        /* iat */
	int64_t expires;       /* exp */
	uint64_t ttl;          /* seconds after which a newer one should be fetched; 0: not said */
	uint64_t entries;      /* identifiers; of a status list, 0 until it was checked */
	unsigned bits;         /* of an entry; 0: an identifier list */
};
void mdoc_status_list_info(const struct mdoc_status_list *list, struct mdoc_list_info *info);
void mdoc_identifier_list_info(const struct mdoc_identifier_list *list, struct mdoc_list_info *info);

/* Whom a list has to come from: exactly one of the two. */
struct mdoc_list_trust {
	const struct mdoc_trust *anchors; /* IACAs with their CRLs; one of them issued the list's signer */
	struct mdoc_bytes certificate;    /* DER: of the Status, when it has one: a CA that issued the list's signer */
	int64_t now;                      /* when the certificates have to be valid */
	unsigned relax;                   /* MDOC_RELAX_* for the certificates */
	bool crl_required;                /* the issuer's CRL has to say that the signer is not revoked */
};

/*
 * Check a list: its signer's certificate (MDOC_CERT_STATUS), path and revocation, its signature, and then the
 * entries, which are inflated up to MDOC_LIMIT_STATUS_LIST. A signer that a CRL names is refused always. Not to
 * be called while another thread uses the list.
 *
 * MDOC_ERR_CERTIFICATE, MDOC_ERR_CHAIN, MDOC_ERR_VALIDITY, MDOC_ERR_KEY  the signer's certificate
 * MDOC_ERR_REVOKED                                                       it is revoked
 * MDOC_ERR_UNDETERMINED                                                  no CRL says that it is not (crl_required)
 * MDOC_ERR_SIGNATURE, MDOC_ERR_ALGORITHM                                 the signature
 * MDOC_ERR_SIZE, MDOC_ERR_TRUNCATED, MDOC_ERR_TRAILING, MDOC_ERR_MALFORMED  the entries
 * MDOC_ERR_ARG                                                           neither, or both, to trust; no IACAs
 */
enum mdoc_result mdoc_status_list_check(const struct mdoc_context *context, struct mdoc_status_list *list,
	const struct mdoc_list_trust *trust, struct mdoc_error *error);
enum mdoc_result mdoc_identifier_list_check(const struct mdoc_context *context, struct mdoc_identifier_list *list,
	const struct mdoc_list_trust *trust, struct mdoc_error *error);

/* The document that is asked for. */
struct mdoc_revocation_query {
	const struct mdoc_status *status; /* of its MSO */
	struct mdoc_bytes iaca;           /* DER: the anchor that issued its DS certificate */
	const struct mdoc_public_key *ds; /* key of its DS certificate */
	int64_t now;
	int64_t clock_skew; /* seconds either way */
};

/*
 * Ask a checked list. The list is that of the document when its sub is the uri of the Status, and its signer
 * was issued by the certificate of the Status or else by the document's IACA, and is not its DS (12.3.6.3).
 *
 * why  unless MDOC_REVOCATION_VALID: MDOC_ERR_REVOKED (also for suspended), or what leaves it undetermined:
 *      MDOC_ERR_MISSING: the Status names no such list; MDOC_ERR_VALUE: another uri, an entry beyond the end
 *      or with a value that has no meaning; MDOC_ERR_CHAIN: another issuer, or signed by the DS;
 *      MDOC_ERR_VALIDITY: the list or its signer's certificate is not valid now; MDOC_ERR_ARG: not checked
 */
enum mdoc_revocation mdoc_status_list_ask(const struct mdoc_status_list *list,
	const struct mdoc_revocation_query *query, struct mdoc_error *why);
enum mdoc_revocation mdoc_identifier_list_ask(const struct mdoc_identifier_list *list,
	const struct mdoc_revocation_query *query, struct mdoc_error *why);

/* Lists that a reader holds, all of them checked. */
struct mdoc_revocation_lists {
	const struct mdoc_status_list *const *status;
	size_t status_count;
	const struct mdoc_identifier_list *const *identifiers;
	size_t identifiers_count;
};

/*
 * Ask every list that the Status names by its uri. Revoked when one of them says so, otherwise suspended when one
 * says so, otherwise valid when one says so.
 *
 * why  as above; MDOC_ERR_UNDETERMINED: none of the lists is there
 */
enum mdoc_revocation mdoc_revocation_ask(const struct mdoc_revocation_lists *lists,
	const struct mdoc_revocation_query *query, struct mdoc_error *why);

/* ---- Lists, as an issuer makes them ---- */

/* What both kinds of list have. */
struct mdoc_list_spec {
	struct mdoc_bytes uri; /* text: where the list will be found */
	int64_t issued;
	int64_t expires;
	uint64_t ttl;                     /* seconds; 0: not said */
	const struct mdoc_bytes *x5chain; /* DER, signer first */
	size_t x5chain_count;
	const struct mdoc_signer *signer;
};

/*
 * Set one entry of packed entries, in the order of a status list: from the least significant bit of the
 * first byte. False: bits not 1, 2, 4 or 8, beyond the end, or a value of more bits.
 *
 * packed  `len` bytes, zeroed by the caller before the first entry
 */
bool mdoc_status_set(uint8_t *packed, size_t len, unsigned bits, uint64_t idx, unsigned value);

/*
 * A status list (12.3.6.5): tag 18, typ and x5chain protected; appended to out.
 *
 * bits    1 is what 18013-5 has; 2, 4 and 8 are for lists that are shared with other kinds of token
 * packed  entries as of mdoc_status_set()
 *
 * MDOC_ERR_ARG: a part is missing, bits not 1, 2, 4 or 8, no entries; MDOC_ERR_VALIDITY: expires not after issued;
 * MDOC_ERR_SIZE: more than MDOC_LIMIT_STATUS_LIST, so that no reader would take it;
 * MDOC_ERR_ALGORITHM, MDOC_ERR_CALLBACK, MDOC_ERR_UTF8, MDOC_ERR_MEMORY
 */
enum mdoc_result mdoc_status_list_build(const struct mdoc_context *context, const struct mdoc_list_spec *spec,
	unsigned bits, struct mdoc_bytes packed, struct mdoc_buf *out);

/*
 * An identifier list (12.3.6.4) of what is revoked; appended to out. It has typ in the protected header.
 *
 * ids  in any order; n may be 0
 *
 * MDOC_ERR_ARG: also for an empty identifier, or one twice; MDOC_ERR_SIZE: more than MDOC_LIMIT_IDENTIFIERS;
 * otherwise as above
 */
enum mdoc_result mdoc_identifier_list_build(const struct mdoc_context *context, const struct mdoc_list_spec *spec,
	const struct mdoc_bytes *ids, size_t n, struct mdoc_buf *out);

#ifdef __cplusplus
}
#endif
#endif
