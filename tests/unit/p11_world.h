/*
 * tests/unit/p11_world.h: a real token for the tests of libmdoc-p11: ours, or SoftHSM 2's, each loaded as an
 * application loads it, with a store of its own.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_P11_WORLD_H
#define TESTS_P11_WORLD_H

#include <CUnit/CUnit.h>
#include <mdoc/p11/p11.h>

#include "mdoc-pkcs11.h"
#include "pkcs11-3.h"

extern CU_TestInfo tests_p11_tokens[], tests_p11_device[];

struct p11_world {
	const char *name;
	bool ours;
	CK_FUNCTION_LIST *p11; /* NULL: it is not installed */
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session; /* R/W, its user logged in */
	char *pin;
	char dir[32];
};

#define P11_WORLDS 2
extern struct p11_world p11_worlds[P11_WORLDS]; /* ours first */

/* Make a token in each; false: ours could not be made. */
bool p11_worlds_open(void);
void p11_worlds_close(void);

/* What a private key is for. */
#define PAIR_SIGN 0x1u
#define PAIR_DERIVE 0x2u
#define PAIR_ALWAYS 0x4u /* CKA_ALWAYS_AUTHENTICATE */
#define PAIR_HOLDER 0x8u /* ours: CKA_MDOC_HOLDER_KEY */

/*
 * A key pair in the token. *key is filled in, with the context-specific login of this token.
 * public_key: may be NULL. What the module answered.
 */
CK_RV p11_world_pair(struct p11_world *world, enum mdoc_curve curve, unsigned what, struct mdoc_p11_key *key,
	CK_OBJECT_HANDLE *public_key);

/* The context-specific login with a PIN; arg: the PIN as char *. */
CK_RV p11_world_login(void *arg, CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE session);

/* A data object of the mdoc application: a record. */
CK_RV p11_world_record(struct p11_world *world, struct mdoc_bytes doc_type, const struct mdoc_buf *value);

/* How many objects of a class this session sees. */
size_t p11_world_count(struct p11_world *world, CK_OBJECT_CLASS class);

#endif
