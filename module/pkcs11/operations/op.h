/*
 * op.h: the active operations of a session: digest, sign, verify, encrypt, decrypt, and the same over messages.
 *
 * The frame (op.c) does what is the same for all of them: finding mechanism and key, usage
 * flags, CKA_ALWAYS_AUTHENTICATE, length query, one shot after an update, and the end of the
 * operation after any answer but CKR_BUFFER_TOO_SMALL. A mechanism brings a table of functions.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_OP_H
#define MODULE_OP_H

#include <p11-kit/pkcs11.h>
#include <stdbool.h>

struct object;
struct op;
struct session;
struct token_attrs;

enum op_kind {
	OP_DIGEST,
	OP_SIGN,
	OP_VERIFY,
	OP_ENCRYPT,
	OP_DECRYPT,
	OP_MESSAGE_SIGN, /* these four: message.h */
	OP_MESSAGE_VERIFY,
	OP_MESSAGE_ENCRYPT,
	OP_MESSAGE_DECRYPT,
	OP_KINDS
};

/* Functions of one mechanism in one kind of operation. Whatever they answer but CKR_OK ends
 * the operation, and so does finish or verify. */
struct op_ops {
	/* Take a part in. NULL: single part only (CKR_OPERATION_NOT_INITIALIZED, which the standard lists). */
	CK_RV (*update)(struct op *op, const CK_BYTE *part, CK_ULONG len);

	/*
	 * Bytes that finish would give for what was taken in and then `data`; an upper bound will do, but
	 * a caller with less room gets CKR_BUFFER_TOO_SMALL. Changes nothing. Called before the PIN check,
	 * also for a length query: what can be refused without the key is refused here.
	 */
	CK_RV (*size)(struct op *op, const CK_BYTE *data, CK_ULONG len, CK_ULONG *need);

	/*
	 * Take in `data` (the whole input of a one-shot call; len 0 at the end of a multi-part
	 * one) and give the result. *out_len: at least what size said; set to what was written.
	 * Authorised: the PIN check of CKA_ALWAYS_AUTHENTICATE has been made.
	 */
	CK_RV (*finish)(struct op *op, const CK_BYTE *data, CK_ULONG len, CK_BYTE *out, CK_ULONG *out_len);

	/*
	 * OP_ENCRYPT and OP_DECRYPT in the place of update: what part would write for so many bytes,
	 * exactly and changing nothing, and the part itself (*out_len: at least that; out may be `in`).
	 */
	CK_RV (*part_size)(const struct op *op, CK_ULONG len, CK_ULONG *need);
	CK_RV (*part)(struct op *op, const CK_BYTE *in, CK_ULONG len, CK_BYTE *out, CK_ULONG *out_len);

	/* OP_VERIFY in the place of size and finish. */
	CK_RV (*verify)(struct op *op, const CK_BYTE *data, CK_ULONG len, const CK_BYTE *sig, CK_ULONG sig_len);

	/*
	 * OP_MESSAGE_ENCRYPT and OP_MESSAGE_DECRYPT. begin checks the parameter and makes the IV where it is to be
	 * made. size: what next would write, exactly and changing nothing, also before begin (of a whole message).
	 * next: one more part, with `last` the tag is written to the parameter or compared with it. drop: forget
	 * the message, whole or not.
	 */
	CK_RV(*message_begin)
	(struct op *op, void *parameter, CK_ULONG parameter_len, const CK_BYTE *aad, CK_ULONG aad_len);
	CK_RV (*message_size)(const struct op *op, CK_ULONG len, bool last, CK_ULONG *need);
	CK_RV(*message_next)
	(struct op *op, void *parameter, CK_ULONG parameter_len, const CK_BYTE *in, CK_ULONG len, bool last,
		CK_BYTE *out, CK_ULONG *out_len);
	void (*message_drop)(struct op *op);

	/* Release op->state (never NULL when called; wipe what is secret). */
	void (*free)(void *state);
};

struct op {
	enum op_kind kind;
	CK_MECHANISM_TYPE mechanism;
	struct session *session;  /* borrowed: its owner */
	struct object *key;       /* referenced; NULL: OP_DIGEST */
	const struct op_ops *ops; /* set by the mechanism's init, with state */
	void *state;
	bool multi_part;          /* an update has been taken */
	bool in_message;          /* OP_MESSAGE_*: one has been begun and not ended */
	bool always_authenticate; /* finish only after a context-specific login */
	bool authorised;          /* that login has been made; good for one finish */
	unsigned login_epoch;     /* of the slot at init; a private key's operation ends with the login */
	CK_BYTE *taken;           /* OP_DIGEST: what its parts were, for state.h; NULL: nothing yet, or unsaveable */
	CK_ULONG taken_len;
	bool unsaveable;
	CK_BYTE *signature; /* of C_VerifySignatureInit, owned; NULL: the signature comes at the end */
	CK_ULONG signature_len;
};

/* C_*Init. mechanism NULL: cancel the active operation (PKCS#11 3.0). */
CK_RV op_init(struct session *session, enum op_kind kind, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key);
CK_RV op_update(struct session *session, enum op_kind kind, const CK_BYTE *part, CK_ULONG len);
CK_RV op_digest_key(struct session *session, CK_OBJECT_HANDLE key);

/* C_EncryptUpdate and C_DecryptUpdate. */
CK_RV op_part(struct session *session, enum op_kind kind, const CK_BYTE *in, CK_ULONG len, CK_BYTE *out,
	CK_ULONG *out_len);

/* C_DigestEncryptUpdate and the like: `cipher` is OP_ENCRYPT or OP_DECRYPT, `other` takes in the plaintext. */
CK_RV op_dual_part(struct session *session, enum op_kind cipher, enum op_kind other, const CK_BYTE *in, CK_ULONG len,
	CK_BYTE *out, CK_ULONG *out_len);

/* C_Digest, C_Sign and the like. */
CK_RV op_once(struct session *session, enum op_kind kind, const CK_BYTE *data, CK_ULONG len, CK_BYTE *out,
	CK_ULONG *out_len);

/* C_DigestFinal, C_SignFinal. */
CK_RV op_final(struct session *session, enum op_kind kind, CK_BYTE *out, CK_ULONG *out_len);

/* C_Verify (final false) and C_VerifyFinal. */
CK_RV op_verify(struct session *session, bool final, const CK_BYTE *data, CK_ULONG len, const CK_BYTE *sig,
	CK_ULONG sig_len);

/* C_VerifySignatureInit and those after it: verification with the signature given first. The functions of the
 * one way do not see an operation that was begun in the other. */
CK_RV op_signature_init(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key,
	const CK_BYTE *sig, CK_ULONG sig_len);
CK_RV op_signature_update(struct session *session, const CK_BYTE *part, CK_ULONG len);
CK_RV op_signature_verify(struct session *session, bool final, const CK_BYTE *data, CK_ULONG len);

/* C_Login(CKU_CONTEXT_SPECIFIC): the operation that waits for it, else one that has it already; NULL: none. */
struct op *op_awaiting_pin(struct session *session);

/* Does the key's CKA_ALLOWED_MECHANISMS, where it has one, name this mechanism? */
bool op_allows_mechanism(const struct token_attrs *attrs, CK_MECHANISM_TYPE type);

/* The active operation or NULL; one on a private key has ended with the login that it was made under. */
struct op *op_active(struct session *session, enum op_kind kind);

/*
 * An operation that is not (yet) the session's: mechanism, key and its permissions are checked as for C_*Init.
 * key: referenced by the operation; NULL where the mechanism takes none. Freed with op_free().
 */
CK_RV op_make(struct session *session, enum op_kind kind, const CK_MECHANISM *mechanism, struct object *key,
	struct op **op);
void op_free(struct op *op);

/* Size, then PIN check, then result. *go_on: it was a length query or the room too short, and nothing happened. */
CK_RV op_finish(struct op *op, const CK_BYTE *data, CK_ULONG len, CK_BYTE *out, CK_ULONG *out_len, bool *go_on);

/* Use up the PIN check that the key may ask for. CKR_USER_NOT_LOGGED_IN: it has not been made. */
CK_RV op_authorise(struct op *op);

/* End an operation; none is fine. */
void op_end(struct session *session, enum op_kind kind);

#endif
