/*
 * copies.h: the copies of records that a token holds: private key, public key and record,
 * put together by comparing MSO.deviceKey with the keys' points, which works on any module.
 *
 * A foreign module has no transaction over several objects. There a batch ends with a manifest
 * (CKO_DATA, application "mdoc-batch") that names its records by SHA-256; a record that no
 * manifest names is a remainder of an import that did not end, and does not count. Our module
 * stores the manifest too: it says when the notices were shown (R-NOT-01).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_COPIES_H
#define TOOLS_COPIES_H

#include <jansson.h>
#include <mdoc/mdoc.h>
#include "tools/common/p11.h"

#define RECORD_APPLICATION "mdoc"
#define MANIFEST_APPLICATION "mdoc-batch"
#define HOLDER_KEY_LABEL "mdoc holder key"

struct copy {
	CK_OBJECT_HANDLE private_key;
	CK_OBJECT_HANDLE record; /* CK_INVALID_HANDLE: the key has none yet */
	struct mdoc_public_key key;
	bool holder;                       /* a holder key by attribute (ours) or by label (elsewhere) */
	bool bound;                        /* the token says that it has a record, or one was found */
	struct mdoc_buf id;                /* CKA_ID of the key */
	struct mdoc_buf value;             /* IssuerSigned; empty without a record */
	struct mdoc_issuer_signed *parsed; /* of value; NULL without a record */
	const struct mdoc_mso *mso;        /* of parsed; the same */
};

struct manifest {
	CK_OBJECT_HANDLE object;
	json_t *content;
};

struct copies {
	struct copy *items; /* every private key of the token that a record could be bound to */
	size_t count;
	struct manifest *manifests;
	size_t manifest_count;
	CK_OBJECT_HANDLE *strays; /* records without key or without manifest (foreign module) */
	size_t stray_count;
};

/* Read everything; the session is logged in. Errors are said. copies_clear() in any case. */
enum exit_status copies_load(const struct p11_token *token, struct copies *copies);
void copies_clear(struct copies *copies);

/* The copy whose key this is; NULL: not a key of this token. */
struct copy *copies_find(const struct copies *copies, const struct mdoc_public_key *key);

/* "unbound", "unused", "expired", "not-yet-valid": what a program may do with it at `now`. */
const char *copy_state(const struct copy *copy, int64_t now);

/* Destroy a copy's private key, public key and record, in that order (keys found by CKA_ID). */
CK_RV copy_destroy(const struct p11_token *token, const struct copy *copy);

/* Destroy strays, and manifests none of whose records is left. Only on a foreign module are
 * there strays. */
CK_RV copies_sweep(const struct p11_token *token, const struct copies *copies);

/* Store one record, and a manifest over `count` records. */
CK_RV copies_store_record(const struct p11_token *token, struct mdoc_bytes doc_type, struct mdoc_bytes value);
CK_RV copies_store_manifest(const struct p11_token *token, const struct mdoc_bytes *records, size_t count,
	const char *notices_version, int64_t notices_shown);

#endif
