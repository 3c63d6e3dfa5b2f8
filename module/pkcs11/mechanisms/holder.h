/*
 * holder.h: what stands between a holder key and its signature: binding, PIN state, the clock and the
 * spending of its copy (R-EXH-01, R-SUS-01, R-VAL-01).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_HOLDER_H
#define MODULE_HOLDER_H

#include <mdoc/mdoc.h>

#include "module/pkcs11/mechanisms/mech_note.h"
#include "module/pkcs11/objects/object.h"
#include "tokens/token.h"

/* Made for a record (CKA_MDOC_HOLDER_KEY)? False for ordinary and session keys. */
bool holder_is(const struct object *key);

/*
 * May this key begin a raw signature? An ordinary key may; a holder key until it is bound, and
 * after that only in an area with raw_sign.
 * CKR_KEY_FUNCTION_NOT_PERMITTED, CKR_MDOC_SPENT (the key is gone)
 */
CK_RV holder_may_sign_raw(struct session *session, const struct object *key);

/* The record of a bound holder key. */
struct holder_record {
	struct token_value value;          /* what the others borrow from */
	struct mdoc_issuer_signed *parsed; /* NULL: only its note was read */
	struct mech_note note;
};

/*
 * Read and parse it; empty after an error, else to be released with holder_record_clear().
 *
 * note_will_do  the caller asks for no element: of a reusable copy its note may be all that is read
 *
 * CKR_MDOC_KEY_NOT_BOUND, CKR_MDOC_SPENT, CKR_MDOC_RECORD_MALFORMED
 */
CK_RV holder_record(struct session *session, const struct object *key, bool note_will_do, struct holder_record *record);
void holder_record_clear(struct holder_record *record);

/* May the record of this bound key be answered for with a MAC? CKR_KEY_FUNCTION_NOT_PERMITTED, CKR_MDOC_SPENT */
CK_RV holder_may_mac(struct session *session, const struct object *key);

/*
 * The key ready to sign, when the state on disk still allows it: the PIN has been checked by
 * the caller. *loaded is freed with token_key_free().
 * CKR_USER_NOT_LOGGED_IN, CKR_PIN_LOCKED, CKR_MDOC_SUSPENDED, CKR_MDOC_SPENT
 */
CK_RV holder_load(struct session *session, const struct object *key, struct token_key **loaded);

/* Spend the copy of a bound key, durably; nothing is written for a reusable one. Only after
 * CKR_OK may a signature leave. CKR_MDOC_SPENT: somebody else was first. */
CK_RV holder_spend(struct session *session, const struct object *key);

/* All of the above for a raw signature: *loaded may sign once. */
CK_RV holder_load_raw(struct session *session, const struct object *key, struct token_key **loaded);

#endif
