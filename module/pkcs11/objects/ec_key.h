/*
 * ec_key.h: what the attributes of EC, Edwards and Montgomery keys say: curve, point, SubjectPublicKeyInfo.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_EC_KEY_H
#define MODULE_EC_KEY_H

#include "module/pkcs11/objects/object.h"

/* CKK_EC, CKK_EC_EDWARDS or CKK_EC_MONTGOMERY; CK_UNAVAILABLE_INFORMATION: TOKEN_CURVE_NONE. */
CK_KEY_TYPE ec_key_type(enum token_curve curve);

/*
 * The curve of CKA_EC_PARAMS, which must be one of CKA_KEY_TYPE's.
 * CKR_ATTRIBUTE_VALUE_INVALID: another key type; CKR_TEMPLATE_INCOMPLETE; CKR_CURVE_NOT_SUPPORTED
 */
CK_RV ec_key_curve(const struct token_attrs *attrs, enum token_curve *curve);

/* Set CKA_EC_POINT (DER OCTET STRING) and CKA_PUBLIC_KEY_INFO. CKR_ATTRIBUTE_VALUE_INVALID: the
 * template has another CKA_EC_POINT or CKA_PUBLIC_KEY_INFO. */
CK_RV ec_key_set_public(struct token_attrs *attrs, enum token_curve curve, const CK_BYTE *point, size_t len);

/* Check a public key that comes from outside and complete it. CKR_ATTRIBUTE_VALUE_INVALID: no point of the curve. */
CK_RV ec_key_finish_public(struct token_attrs *attrs);

/* Check a private key that comes from outside (value: CKA_VALUE, brought to its full length) and complete it. */
CK_RV ec_key_finish_private(struct session *session, struct token_attrs *attrs, struct secret *value);

/* Usage that the template leaves open and that the type does not have: a Montgomery key derives and does not sign. */
CK_RV ec_key_default_usage(struct token_attrs *attrs, CK_OBJECT_CLASS object_class, CK_KEY_TYPE type);

#endif
