/*
 * tests/unit/holder_kit.h: a scratch store with one area, its user logged in, through C_* alone.
 * What a test does not look at ends the test program when it fails.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_HOLDER_KIT_H
#define TESTS_HOLDER_KIT_H

#include <mdoc/mdoc.h>
#include <stdbool.h>

#include "mdoc-pkcs11.h"

#define KIT_PIN "himitsu-2026"
#define KIT_SO_PIN "kit-so-pin-of-the-counter-0123456789"

struct holder_kit {
	char dir[32];
	CK_FUNCTION_LIST *p11;
	const CK_MDOC_FUNCTION_LIST *vendor;
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session; /* R/W, CKU_USER logged in */
};

/* area_flags: CKF_MDOC_AREA_* */
void holder_kit_new(struct holder_kit *kit, CK_FLAGS area_flags);
void holder_kit_free(struct holder_kit *kit);

CK_SESSION_HANDLE holder_kit_session(struct holder_kit *kit, CK_FLAGS flags);

/* A P-256 key pair; holder: with CKA_MDOC_HOLDER_KEY. public_key may be NULL. */
CK_OBJECT_HANDLE holder_kit_pair(struct holder_kit *kit, bool holder, struct mdoc_public_key *public_key,
	CK_OBJECT_HANDLE *public_handle);

/* C_CreateObject of a record. */
CK_RV holder_kit_bind(struct holder_kit *kit, const struct mdoc_buf *record, bool reusable, CK_OBJECT_HANDLE *handle);

/* The context-specific login of a session. */
CK_RV holder_kit_authorise(struct holder_kit *kit, CK_SESSION_HANDLE session);

/* A count of the status object ("unused", "spent", "unbound"); -1: not there. */
long holder_kit_count(struct holder_kit *kit, const char *member);

/* The status object's JSON, NUL terminated, to be freed. */
char *holder_kit_status(struct holder_kit *kit);

#endif
