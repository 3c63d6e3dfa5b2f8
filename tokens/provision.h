/*
 * tokens/provision.h: the part of a token's contract that renewal needs: the provisioner's keys, the inbox and the key
 * that it is sealed to (design: Roles, Renewal). Rules of token.h apply.
 *
 * The provisioner's key, a random one that its credential opens, seals its three key pairs and authenticates what it
 * puts into the inbox. The area key opens it too, so that the holder knows what his provisioner has brought from what
 * somebody has written into the file. What it brings is in boxes for the area (vault/box.h), which it can't open.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_PROVISION_H
#define TOKENS_PROVISION_H

#include "tokens/token.h"

/* Each key is for one thing. All are on P-256, in software on every backend. */
enum token_purpose {
	TOKEN_PURPOSE_ATTESTATION = 1, /* token_attestation_sign() */
	TOKEN_PURPOSE_TLS = 2,         /* ECDSA */
	TOKEN_PURPOSE_NOTICES = 3      /* ECDH */
};
#define TOKEN_PURPOSES 3

#define TOKEN_PURPOSE_POINT 65
#define TOKEN_INBOX_KEY_LEN 32 /* X25519 */

/* What an issuer is to know of an area; for the user and the provisioner. */
struct token_provision {
	uint8_t points[TOKEN_PURPOSES][TOKEN_PURPOSE_POINT]; /* by purpose - 1 */
	uint8_t inbox[TOKEN_INBOX_KEY_LEN];
};

/* TOKEN_ERR_NOT_LOGGED_IN, TOKEN_ERR_PIN_NOT_SET (there is no provisioner, or one from before it had keys),
 * TOKEN_ERR_DAMAGED. */
enum token_result token_provision_read(struct token *token, struct token_provision *provision);

/* The private half of a key of the provisioner's, for the provisioner; never of TOKEN_PURPOSE_ATTESTATION
 * (TOKEN_ERR_UNSUPPORTED). */
enum token_result token_provisioner_key(struct token *token, enum token_purpose purpose, struct secret *scalar);

/* ECDSA by the attestation key, for the user and the provisioner. Only what the module has written itself may be
 * signed so. */
enum token_result token_attestation_sign(struct token *token, const uint8_t digest[32], uint8_t sig[TOKEN_SIG_MAX],
	size_t *sig_len);

/* The public half of the area's seal pair, for everybody; and the private half, for the user. */
enum token_result token_inbox_public(struct token *token, uint8_t key[TOKEN_INBOX_KEY_LEN]);
enum token_result token_inbox_private(struct token *token, struct secret *key);

/* ---- The inbox -------------------------------------------------------------------------- */

enum token_inbox_kind {
	TOKEN_INBOX_KEY = 1,      /* a holder key that nobody can use yet */
	TOKEN_INBOX_RESPONSE = 2, /* bytes, from the issuer */
	TOKEN_INBOX_NOTICE = 3
};

/* Bounds, so that who has the credential can't fill the disk. */
#define TOKEN_INBOX_KEYS_MAX 2000
#define TOKEN_INBOX_ENTRIES_MAX 1000 /* of the other kinds, each */
#define TOKEN_INBOX_BYTES_MAX ((uint64_t)64 * 1024 * 1024)

struct token_inbox_entry {
	uint64_t id; /* never given out again in this area */
	enum token_inbox_kind kind;
	int64_t received;
	uint64_t len; /* bytes that token_inbox_get() gives; 0 for a key */
};

/*
 * Provisioner: put bytes into the inbox, durably (TOKEN_VALUE_MAX at most, one at least).
 *
 * TOKEN_ERR_INBOX_FULL, TOKEN_ERR_TOO_LARGE, TOKEN_ERR_NOT_LOGGED_IN, TOKEN_ERR_FULL, TOKEN_ERR_READ_ONLY
 * TOKEN_ERR_ARG  TOKEN_INBOX_KEY, or no kind at all
 */
enum token_result token_inbox_put(struct token *token, enum token_inbox_kind kind, const uint8_t *bytes, size_t len,
	int64_t when, uint64_t *id);

/* User, provisioner: all entries in order of id; malloc'ed, the caller frees it. */
enum token_result token_inbox_list(struct token *token, struct token_inbox_entry **entries, size_t *count);

/* How many wait for the user: of each kind, by kind - 1. For everybody. */
enum token_result token_inbox_counts(struct token *token, uint64_t counts[3]);

/* User: the bytes of a response or notice. TOKEN_ERR_ARG: it is a key. TOKEN_ERR_NOT_FOUND, TOKEN_ERR_DAMAGED. */
enum token_result token_inbox_get(struct token *token, uint64_t id, struct token_value *value);

/* User; provisioner: a key. TOKEN_ERR_NOT_FOUND, TOKEN_ERR_NOT_LOGGED_IN. */
enum token_result token_inbox_remove(struct token *token, uint64_t id);

/*
 * Provisioner: generate a holder key inside the backend, under the PIN that this caller does not know, and put it
 * into the inbox. The attributes are those of the pair that the user will have; CKA_EC_POINT and
 * CKA_PUBLIC_KEY_INFO are added to both, in place.
 *
 * TOKEN_ERR_INBOX_FULL and the others of token_inbox_put(); TOKEN_ERR_CURVE, TOKEN_ERR_DEVICE, TOKEN_ERR_OTHER_DEVICE
 */
enum token_result token_inbox_generate(struct token *token, enum token_curve curve, struct token_attrs *public_attrs,
	struct token_attrs *private_attrs, int64_t when, uint64_t *id);

/* Provisioner: what it has said of such a key, the caller's to free. TOKEN_ERR_NOT_FOUND: gone, or no key. */
enum token_result token_inbox_key(struct token *token, uint64_t id, struct token_attrs **public_attrs,
	struct token_attrs **private_attrs);

/* Provisioner: keys have ids from *first to *last; both 0: there are none. */
enum token_result token_inbox_range(struct token *token, uint64_t *first, uint64_t *last);

/*
 * User: let all keys of the inbox become unbound holder keys, all or none, in one transaction; *opened says how
 * many. Each is tested again first, since where the PIN guards it nobody could sign before (R-MED-02).
 *
 * TOKEN_ERR_DAMAGED  one of them the provisioner has not put there, or it is not the key that it is said to be
 */
enum token_result token_inbox_open(struct token *token, size_t *opened);

#endif
