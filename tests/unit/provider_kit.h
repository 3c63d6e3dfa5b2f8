/*
 * tests/unit/provider_kit.h: pkcs11-provider (of latchset, now of openssl-projects) as a module sees it: its calls with
 * its flags, templates and buffers. Its releases differ in places; both ways are gone.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_UNIT_PROVIDER_KIT_H
#define TESTS_UNIT_PROVIDER_KIT_H

#include <openssl/evp.h>

#include "tests/unit/p11.h"

#define OF(X) &(X), sizeof(X)
#define COUNT(X) (sizeof(X) / sizeof((X)[0]))

extern CK_SLOT_ID prov_slot; /* the token: the first that may be logged in to */
extern int prov_notified;    /* calls of the callback */
extern CK_BYTE prov_message[100];
extern CK_MECHANISM prov_ecdsa, prov_ecdsa_sha256, prov_eddsa;

/* From C_Initialize to the login: once, and again in each forked child. *session: read-only, of the user. */
bool prov_begin(CK_SESSION_HANDLE *session);

/* A session of prov_slot with a callback; CK_INVALID_HANDLE: none, or not in that state or with just those flags. */
CK_SESSION_HANDLE prov_open(CK_FLAGS flags, CK_STATE state);

/* At most ten attributes into got, whose values last until the next call; ulValueLen CK_UNAVAILABLE_INFORMATION and no
 * value: there is none. */
void prov_fetch(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, const CK_ATTRIBUTE_TYPE *types, CK_ULONG count,
	CK_ATTRIBUTE *got);

bool prov_same(const void *one, CK_ULONG len, const CK_ATTRIBUTE *other);

struct prov_seen {
	CK_OBJECT_CLASS class_;
	CK_KEY_TYPE type;
	CK_BBOOL copyable, token;
};

/* What any object is asked first. */
struct prov_seen prov_look(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object);

#define PROV_PAIRS 9

extern const struct prov_pair {
	CK_MECHANISM_TYPE mechanism;
	const char *params; /* a DER object or name */
	const char *name;   /* OpenSSL's */
	bool older;         /* as older releases ask for it */
} prov_pairs[PROV_PAIRS];

/* A key pair in the token. id: 16 bytes; label "": none. */
void prov_generate(const struct prov_pair *pair, CK_BYTE id[16], const char *label, CK_OBJECT_HANDLE *pub,
	CK_OBJECT_HANDLE *priv);

/* OpenSSL's key of either half, after all of its attributes are looked at. */
EVP_PKEY *prov_load(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, const char *name, const CK_BYTE *id,
	const char *label);

/* How many there are of class, id and label, each NULL where it does not matter; CK_UNAVAILABLE_INFORMATION: failed. */
CK_ULONG prov_find(CK_SESSION_HANDLE session, CK_OBJECT_CLASS *class_, const CK_BYTE *id, const char *label,
	CK_OBJECT_HANDLE *found, CK_ULONG room);

/* prov_message signed; sig has room for 167 bytes. pin: for the context-specific login; NULL: none. */
CK_RV prov_sign(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, const char *pin, CK_BYTE *sig,
	CK_ULONG *len);

/* A signature by CKM_ECDSA_SHA256 of prov_message. */
CK_RV prov_verify(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, CK_BYTE *sig, CK_ULONG len);

#endif
