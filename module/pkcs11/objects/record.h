/*
 * record.h: records (mdocs) and the status object, the two data objects with a meaning of their own.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_RECORD_H
#define MODULE_RECORD_H

#include "module/pkcs11/slots/session.h"
#include <mdoc/bytes.h>

#define RECORD_APPLICATION "mdoc"
#define STATUS_APPLICATION "mdoc-status"

/*
 * C_CreateObject of a token object with CKA_CLASS CKO_DATA and CKA_APPLICATION "mdoc", before it
 * is stored: parse IssuerSigned, check the digests, find the one unbound holder key with
 * MSO.deviceKey's point.
 *
 * attrs  checked against the class's table, defaults filled in, without CKA_VALUE; completed
 *        here (CKA_LABEL = docType when absent, CKA_ID of the key)
 * value  CKA_VALUE
 * spec   kind, private_, reusable and bind_key are set here; attrs and value by the caller
 *
 * CKR_MDOC_RECORD_MALFORMED, CKR_MDOC_RECORD_DIGEST, CKR_MDOC_NO_HOLDER_KEY, CKR_USER_NOT_LOGGED_IN,
 * CKR_TEMPLATE_INCONSISTENT (CKA_TOKEN or CKA_PRIVATE false),
 * CKR_ATTRIBUTE_VALUE_INVALID (a label, object id or id that is not empty and not the record's)
 */
CK_RV record_create(struct session *session, struct token_attrs *attrs, struct mdoc_bytes value,
	struct token_object_spec *spec);

/*
 * The status object of the session's token as it is now; called only when a search names
 * CKA_APPLICATION "mdoc-status", and when its handle is used.
 *
 * attrs  a new list, without CKA_VALUE; the caller's
 * value  the JSON, in the arena; the caller's
 */
CK_RV status_object_find(struct session *session, struct token_attrs **attrs, struct secret *value);

#endif
