/*
 * mdoc/session/session_internal.h: the inside of a session. Not installed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_SESSION_INTERNAL_H
#define MDOC_SESSION_INTERNAL_H

#include <mdoc/session.h>
#include "mdoc/session/derive.h"
#include <openssl/evp.h>

#define MDOCI_GCM_IV 12
#define MDOCI_GCM_TAG 16
#define MDOCI_STATUS_MAX 16 /* bytes of a SessionData with a status alone */

/* One direction. ctx has the key; NULL once the session has ended. */
struct mdoci_direction {
	EVP_CIPHER_CTX *ctx;
	uint8_t identifier; /* last byte of the IV's first eight */
	uint32_t counter;   /* of the next message; 0: used up */
};

struct mdoc_session {
	const struct mdoc_context *context;
	enum mdoc_session_role role;
	struct mdoci_direction send, receive;
	bool alive;
	uint64_t peer_status;
	uint8_t answer[MDOCI_STATUS_MAX];
	size_t answer_len;
};

/* Encrypt with the direction's next counter value and append ciphertext and tag as a byte string's content. */
enum mdoc_result mdoci_direction_seal(struct mdoci_direction *direction, struct mdoc_bytes plain, struct mdoc_buf *out);

/* Decrypt and append. MDOC_ERR_SESSION: the tag does not hold; nothing was appended. MDOC_ERR_BUFFER: nothing has
 * happened, the counter stands where it stood. */
enum mdoc_result mdoci_direction_open(struct mdoci_direction *direction, struct mdoc_bytes sealed,
	struct mdoc_buf *plain);

/* Keyed and at counter 1; the key is the caller's to wipe. */
enum mdoc_result mdoci_direction_start(const struct mdoc_context *context, struct mdoci_direction *direction,
	uint8_t identifier, bool encrypt, const uint8_t key[MDOCI_KEY_LEN]);
void mdoci_direction_end(struct mdoci_direction *direction);

#endif
