/*
 * tests/unit/conduct_world.h: a token with one object of each kind, and arguments that make sense in it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_UNIT_CONDUCT_WORLD_H
#define TESTS_UNIT_CONDUCT_WORLD_H

#include "tests/unit/conduct.h"

#define CONDUCT_ROOM 12288 /* bytes behind every output pointer */

/* Objects of the world. Those of the token were made by its user and have handles that are valid as
 * long as that user's login; the others are made anew for each call, in the session that makes it. */
enum conduct_object {
	OBJECT_NONE,
	OBJECT_POSTER,      /* token, public: data */
	OBJECT_DIARY,       /* token, private: data */
	OBJECT_PUBLIC,      /* token, public: EC public key */
	OBJECT_PRIVATE,     /* token, private: EC private key that signs and derives */
	OBJECT_ALWAYS,      /* token, private: the same, and CKA_ALWAYS_AUTHENTICATE */
	OBJECT_AES,         /* token, private: AES key for everything */
	OBJECT_NOTE,        /* session, public: data */
	OBJECT_SESSION_AES, /* session, public: AES key for everything, extractable */
	OBJECT_SECRET,      /* session, public: generic secret for everything, extractable */
	OBJECTS
};

struct conduct_world {
	CK_SLOT_ID slot;
	const char *so_pin, *user_pin;
	CK_SESSION_HANDLE session; /* the calls' own */
	bool as_so;                /* that session is the SO's */
	CK_OBJECT_HANDLE object[OBJECTS];
	CK_BYTE wrapped[64]; /* OBJECT_SECRET under OBJECT_SESSION_AES */
	CK_ULONG wrapped_len;
};

/* Templates by name; the arrays are shared, nobody writes to them. */
struct conduct_template {
	CK_ATTRIBUTE *attrs;
	CK_ULONG count;
};

extern const struct conduct_template conduct_no_template, conduct_new_label, conduct_read_label, conduct_note,
	conduct_poster, conduct_diary, conduct_ec_public, conduct_ec_public_token, conduct_ec_session, conduct_ec_token,
	conduct_aes_session, conduct_aes_token, conduct_secret_session, conduct_unwrapped, conduct_derived,
	conduct_generated, conduct_generated_token;

/* What a call takes beyond its session: whatever its kinds ask for. */
struct conduct_sane {
	CK_MECHANISM *mechanism;
	enum conduct_object key, other_key;
	const struct conduct_template *template, *other_template;
	CK_ULONG number; /* user type, flags */
	bool wrapped;    /* the input is what the world has wrapped */
};

extern CK_MECHANISM conduct_ecdsa, conduct_sha256, conduct_ec_pair, conduct_aes_gen, conduct_aes_ecb, conduct_aes_cbc,
	conduct_aes_gcm, conduct_aes_wrap, conduct_ecdh, conduct_hmac, conduct_message_gcm;

/* A token with a user PIN and the token objects; its sessions are closed. */
void conduct_world_new(struct conduct_world *w, const char *label);

/* Handles of the token objects as `session` sees them now; those that it cannot see stay as they are. */
void conduct_world_look(struct conduct_world *w, CK_SESSION_HANDLE session);

/* The session objects, in w->session. */
void conduct_world_session_objects(struct conduct_world *w);

/* Arguments for a call. Outputs point into one buffer for each, filled with 0xa5 up to CONDUCT_ROOM. */
void conduct_arguments(const struct conduct_world *w, const struct conduct_call *call, const struct conduct_sane *sane,
	struct conduct_arg *a);

/* The last object handles that a call gave back through its arguments. */
CK_OBJECT_HANDLE conduct_result(const struct conduct_call *call, const struct conduct_arg *a);

/* How many objects the session sees. */
CK_ULONG conduct_count_objects(CK_SESSION_HANDLE session);

/* The standard's way to find out whether any operation is left: every kind can be begun. True: none is. */
bool conduct_is_idle(const struct conduct_world *w);

#endif
