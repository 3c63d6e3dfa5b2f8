/*
 * module/pkcs11/mechanisms/mech_plan.h: what a CKM_MDOC_* signature will be, worked out before any PIN is
 * asked and before anything is spent.
 *
 * A plan parses, selects and sizes; it knows no session, no token and no clock.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_MECH_PLAN_H
#define MODULE_MECH_PLAN_H

#include <mdoc/mdoc.h>
#include <p11-kit/pkcs11.h>

#include "module/pkcs11/mechanisms/mech_note.h"

struct mech_plan {
	CK_MECHANISM_TYPE mechanism;
	const struct mdoc_context *context;
	struct mdoc_bytes input;                 /* what C_Sign was given, borrowed */
	const struct mdoc_issuer_signed *record; /* borrowed; NULL: the note has to do */
	const struct mech_note *note;            /* borrowed */
	struct mdoc_device_authentication auth;  /* CKM_MDOC_DEVICE_SIGN, CKM_MDOC_DEVICE_MAC */
	struct mdoc_cbor *scan;                  /* CKM_MDOC_DEVICE_RESPONSE from here on */
	struct mdoc_bytes transcript;            /* bare SessionTranscript */
	struct mdoc_request *request;
	struct mdoc_agreed *agreed;
	size_t agreed_count;
	bool agreed_given;
	struct mdoc_selection *selection;
	size_t size; /* bytes of the answer, exact */
};

/*
 * Work out the answer.
 *
 * record  the key's record; NULL for CKM_MDOC_DEVICE_SIGN and CKM_MDOC_DEVICE_MAC when only its note is at hand
 * note    its note
 * input   the data of C_Sign; all three must outlive the plan
 * plan    filled in; free with mech_plan_clear(), also after an error
 *
 * CKR_OK
 * CKR_MDOC_INPUT_MALFORMED        not what the mechanism wants, or longer than MDOC_SIGN_INPUT_MAX
 * CKR_MDOC_READER_AUTH            a readerAuth or readerAuthAll is present and its signature is wrong
 * CKR_MDOC_DOCTYPE                not the record's docType
 * CKR_MDOC_NOTHING_TO_DISCLOSE    nothing that is asked is held and agreed
 * CKR_MDOC_KEY_AUTHORIZATION      a device-signed element that keyAuthorizations does not allow
 * CKR_MECHANISM_INVALID, CKR_HOST_MEMORY, CKR_FUNCTION_FAILED
 */
CK_RV mech_plan_make(const struct mdoc_context *context, CK_MECHANISM_TYPE mechanism,
	const struct mdoc_issuer_signed *record, const struct mech_note *note, struct mdoc_bytes input,
	struct mech_plan *plan);
void mech_plan_clear(struct mech_plan *plan);

/* A record against the clock: CKR_OK, CKR_MDOC_NOT_YET_VALID, CKR_MDOC_EXPIRED (R-VAL-01).
 * now: seconds since the epoch; both ends belong to the validity. */
CK_RV mech_plan_check_time(const struct mech_note *note, int64_t now);

/*
 * Make the answer, plan->size bytes appended to out. sign is called once.
 * CKR_FUNCTION_FAILED: no signature; CKR_GENERAL_ERROR: the size was not as planned.
 */
CK_RV mech_plan_sign(const struct mech_plan *plan, const struct mdoc_signer *signer, struct mdoc_buf *out);

/* The same for CKM_MDOC_DEVICE_MAC. shared: ECDH of the device key and EReaderKey. */
CK_RV mech_plan_mac(const struct mech_plan *plan, struct mdoc_bytes shared, struct mdoc_buf *out);

#endif
