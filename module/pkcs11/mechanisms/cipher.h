/*
 * cipher.h: AES in the module's own OpenSSL context, for C_Encrypt and C_Decrypt, for wrapping and for messages.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_CIPHER_H
#define MODULE_CIPHER_H

#include <p11-kit/pkcs11.h>
#include <stdbool.h>

#include "tokens/arena.h"

#define CIPHER_BLOCK 16
#define CIPHER_IV_MAX 128 /* bytes that OpenSSL 3.0 takes for AES-GCM */

/* Most that is kept of an input which gives nothing before its end (multi-part AES-GCM decryption, key wrap). */
#define CIPHER_KEPT_MAX ((CK_ULONG)16 << 20)

struct cipher;

/*
 * Begin one encryption or decryption.
 *
 * mechanism  CKM_AES_ECB, _CBC, _CBC_PAD, _CTR, _GCM, _KEY_WRAP or _KEY_WRAP_KWP with its parameter; nothing of it is
 *            looked at after the return. AES-GCM: CK_GCM_PARAMS with or without ulIvBits, which is not looked at;
 *            1 to 128 bytes of IV, tags of 32 to 128 bits in whole bytes. Key wrap: no parameter, or the initial
 *            value (8 bytes; 4 for KWP).
 * key        16, 24 or 32 bytes
 * *cipher    freed with cipher_free()
 *
 * CKR_MECHANISM_INVALID, CKR_MECHANISM_PARAM_INVALID, CKR_KEY_SIZE_RANGE
 */
CK_RV cipher_new(const CK_MECHANISM *mechanism, const struct secret *key, bool encrypt, struct cipher **cipher);

/* NULL is fine. */
void cipher_free(struct cipher *cipher);

/* Are mechanism and parameter good? CKR_MECHANISM_INVALID, CKR_MECHANISM_PARAM_INVALID */
CK_RV cipher_check(const CK_MECHANISM *mechanism);

/* AES-GCM, decryption, before cipher_final(): the tag, which is not at the end of the input then. */
void cipher_set_tag(struct cipher *cipher, const CK_BYTE *tag);

/*
 * How many bytes cipher_update() would write, exactly; changes nothing. Decryption by AES-GCM and key wrap
 * write nothing before the end, so that nothing unauthenticated is given out.
 * CKR_DATA_LEN_RANGE, CKR_ENCRYPTED_DATA_LEN_RANGE: more than the mode (a counter's width) or CIPHER_KEPT_MAX takes
 */
CK_RV cipher_update_size(const struct cipher *cipher, CK_ULONG len, CK_ULONG *need);

/* Take in a part. out: at least cipher_update_size() bytes, may be `in`; *out_len is set. */
CK_RV cipher_update(struct cipher *cipher, const CK_BYTE *in, CK_ULONG len, CK_BYTE *out, CK_ULONG *out_len);

/*
 * How many bytes cipher_final() would write, exactly; changes nothing that the caller could see.
 * in, len: as for cipher_final(). CKR_*DATA_LEN_RANGE: not a length of this mode; CKR_ENCRYPTED_DATA_INVALID.
 */
CK_RV cipher_final_size(struct cipher *cipher, const CK_BYTE *in, CK_ULONG len, CK_ULONG *need);

/*
 * The end: `in` is the whole input when nothing was taken in before, len 0 after updates.
 * out: at least cipher_final_size() bytes, may be `in`; *out_len is set. The cipher may only be freed after it.
 * CKR_ENCRYPTED_DATA_INVALID: wrong tag, padding or initial value; out has been wiped.
 */
CK_RV cipher_final(struct cipher *cipher, const CK_BYTE *in, CK_ULONG len, CK_BYTE *out, CK_ULONG *out_len);

/* Can these bytes have filled up the last block of a key that was wrapped: zeros, and less than a block of them? */
bool cipher_is_filling(const CK_BYTE *bytes, size_t len);

/*
 * All of it in one call.
 * out NULL: only *out_len, exactly; else *out_len is the room and becomes what was written.
 * CKR_BUFFER_TOO_SMALL (*out_len: what is needed) and whatever is named above.
 */
CK_RV cipher_once(const CK_MECHANISM *mechanism, const struct secret *key, bool encrypt, const CK_BYTE *in,
	CK_ULONG in_len, CK_BYTE *out, CK_ULONG *out_len);

#endif
