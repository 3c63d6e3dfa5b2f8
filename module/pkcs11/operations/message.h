/*
 * message.h: the message functions of PKCS#11 3.0: one init, then message after message under the same key.
 *
 * An error ends the message, not the process of messages; that ends with C_Message*Final, C_SessionCancel or a
 * C_Message*Init without a mechanism, and one on a private key with the login. Every signature asks for what C_Sign
 * asks for: with CKA_ALWAYS_AUTHENTICATE one PIN check is good for one message.
 *
 * Decryption in parts gives nothing before the last part has been taken and the tag been checked; the last part gives
 * all, so that the caller needs room for the whole message there (a length query says how much).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_MESSAGE_H
#define MODULE_MESSAGE_H

#include "module/pkcs11/operations/op.h"

/*
 * The state of OP_MESSAGE_SIGN and OP_MESSAGE_VERIFY, for op_make(). The mechanism may have no parameter or one of the
 * size of a CK_ULONG (which is a number): more cannot be kept for the messages to come. CKR_MECHANISM_PARAM_INVALID
 */
CK_RV message_start(struct op *op, const CK_MECHANISM *mechanism);

/* C_EncryptMessage and the like; kind: OP_MESSAGE_ENCRYPT or OP_MESSAGE_DECRYPT. */
CK_RV message_crypt(struct session *session, enum op_kind kind, void *parameter, CK_ULONG parameter_len,
	const CK_BYTE *aad, CK_ULONG aad_len, const CK_BYTE *in, CK_ULONG len, CK_BYTE *out, CK_ULONG *out_len);
CK_RV message_crypt_begin(struct session *session, enum op_kind kind, void *parameter, CK_ULONG parameter_len,
	const CK_BYTE *aad, CK_ULONG aad_len);
CK_RV message_crypt_next(struct session *session, enum op_kind kind, void *parameter, CK_ULONG parameter_len,
	const CK_BYTE *in, CK_ULONG len, CK_BYTE *out, CK_ULONG *out_len, CK_FLAGS flags);

/* C_SignMessage and the like. No mechanism here has a parameter for each message: parameter_len must be 0. */
CK_RV message_sign(struct session *session, CK_ULONG parameter_len, const CK_BYTE *data, CK_ULONG len, CK_BYTE *sig,
	CK_ULONG *sig_len);
CK_RV message_verify(struct session *session, CK_ULONG parameter_len, const CK_BYTE *data, CK_ULONG len,
	const CK_BYTE *sig, CK_ULONG sig_len);
CK_RV message_begin(struct session *session, enum op_kind kind, CK_ULONG parameter_len);

/* sig_len NULL, or sig NULL in verification: more parts follow. */
CK_RV message_sign_next(struct session *session, CK_ULONG parameter_len, const CK_BYTE *data, CK_ULONG len,
	CK_BYTE *sig, CK_ULONG *sig_len);
CK_RV message_verify_next(struct session *session, CK_ULONG parameter_len, const CK_BYTE *data, CK_ULONG len,
	const CK_BYTE *sig, CK_ULONG sig_len);

/* C_Message*Final; a message that was begun and not ended is forgotten. */
CK_RV message_final(struct session *session, enum op_kind kind);

#endif
