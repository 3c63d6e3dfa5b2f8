/*
 * tokens/backend.h: what a token is made of, as two tables. A guard decides how a PIN opens the area key, who counts
 * the wrong ones, and whether an older store is noticed; a keymaker decides what private keys are. A backend is one of
 * each and a line in backends.c.
 *
 * Rows, copies and PIN states are the same for all. A guard's hooks that say so may be NULL.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_BACKEND_H
#define TOKENS_BACKEND_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tokens/key.h"
#include "tokens/pin/policy.h"
#include "tokens/seal.h"

#define BACKEND_AREA_KEY_LEN SEAL_KEY_LEN

/* Whose PIN; the numbers are those of the pin table. */
enum backend_role { BACKEND_USER = 1, BACKEND_SO = 2, BACKEND_AUTHENTICATOR = 3 };

struct tpm;

/* What all areas of an environment have in common; borrowed for its life. */
struct backend_env {
	const struct seal_ctx *seal;
	struct tpm *tpm;            /* connects when it is first needed (tpm/device.h) */
	enum token_tpm_pin tpm_pin; /* of new areas, as configured */
};

struct token_backend;

/*
 * An open area, as its backend sees it. Counted, because keys keep it.
 *
 * auth    what a device wants with each use of a key, while its role is logged in; only the guard knows what is in it.
 *         Kept in the arena, wiped at logout, when another process has changed the PIN, and after the first refusal
 * guard   the guard's own, from its open()
 */
struct backend_area {
	atomic_uint references;
	const struct backend_env *env;
	const struct token_backend *backend;
	char serial[TOKEN_SERIAL_LEN + 1];
	pthread_mutex_t lock; /* of auth */
	struct secret auth;
	void *guard;
};

/* data: what the guard's make() left for the store (NULL: nothing). One reference. */
enum token_result backend_area_open(const struct backend_env *env, const struct token_backend *backend,
	const char *serial, const uint8_t *data, size_t data_len, struct backend_area **area);
struct backend_area *backend_area_ref(struct backend_area *area);
void backend_area_free(struct backend_area *area); /* drops one reference */

/* auth is copied into the arena; SECRET_NONE: forget. */
enum token_result backend_area_set_auth(struct backend_area *area, struct secret auth);

/* TOKEN_ERR_NOT_LOGGED_IN: there is none. The copy is the caller's, with secret_wipe(). */
enum token_result backend_area_auth(struct backend_area *area, struct secret *copy);
bool backend_area_has_auth(struct backend_area *area);

/* What a wrap is bound to. */
struct backend_pin {
	enum backend_role role;
	const char *serial;  /* of the area */
	uint64_t generation; /* of this role's PIN */
};

/* malloc'ed bytes, the holder's to free; ptr NULL: none. */
struct backend_bytes {
	uint8_t *ptr;
	size_t len;
};

struct guard_spec {
	const char *serial;
	uint64_t so_generation;
	unsigned user_tries;
	bool weak_so;                /* the SO code may be one that can be guessed */
	struct secret authenticator; /* another way to open the area, for one whose PIN can be disabled; SECRET_NONE */
	uint64_t generation;         /* that the store's root begins with: where the counter starts */
};

struct guard_made {
	struct backend_bytes so_wrap; /* for the SO's PIN row */
	struct backend_bytes data;    /* for the store's backend data; also under the area's MAC */
};

struct token_guard {
	const struct pin_limits *user; /* defaults and floors of an area's policy */
	const struct pin_limits *so;

	/* The device counts the user's tries and locks; the store's numbers are a mirror for those who only look, and
	 * the user's wrap stays with the last try. */
	bool counts;

	/*
	 * All for a new area of this area key, with no user PIN: nothing opens it but the SO's. Nothing is left
	 * behind on an error. Slow; called without token and store locks, as all that follows.
	 */
	enum token_result (*make)(const struct backend_env *env, const struct guard_spec *spec, struct secret so_pin,
		struct secret area_key, struct guard_made *made);

	/* The same for an area that is emptied: another area key, the same SO PIN, just checked (auth is what unwrap
	 * gave), no user PIN any more. made->data replaces the old, when it is not NULL. */
	enum token_result (*remake)(struct backend_area *area, const struct guard_spec *spec, struct secret auth,
		struct secret so_pin, struct secret area_key, struct guard_made *made);

	/* Take away what make() has left outside the store. Best effort. NULL: nothing. */
	void (*drop)(struct backend_area *area);

	/* The guard's view of an area, from what is stored; touches no device. NULL: area->guard stays NULL. */
	enum token_result (*open)(struct backend_area *area, const uint8_t *data, size_t len);
	void (*close)(struct backend_area *area);

	/*
	 * Check a PIN and open the area key. For a role whose tries the store counts the try has been counted.
	 *
	 * wrap  of the PIN row; NULL where the guard needs none
	 * auth  see struct backend_area; SECRET_NONE where none is needed
	 *
	 * TOKEN_ERR_PIN, TOKEN_ERR_PIN_LOCKED (only where the guard counts)
	 * TOKEN_ERR_DEVICE, TOKEN_ERR_OTHER_DEVICE, TOKEN_ERR_INDEX_LOST  no PIN has been judged
	 */
	enum token_result (*unwrap)(struct backend_area *area, const struct backend_pin *id, const uint8_t *wrap,
		size_t wrap_len, struct secret pin, struct secret *area_key, struct secret *auth);

	/*
	 * Make `pin` the PIN of id->role, all tries given back.
	 *
	 * by    whose auth it is: the role itself (change), or the SO (a user's new PIN)
	 * id    with the generation that the PIN will have
	 * wrap  for the PIN row; may stay empty
	 */
	enum token_result (*set_pin)(struct backend_area *area, const struct backend_pin *id, enum backend_role by,
		struct secret auth, struct secret pin, struct secret area_key, struct backend_bytes *wrap);

	/*
	 * Bind a named user's credential to the device: `bound` is what goes into the store, `secret` what only the
	 * device gives for that and the credential. NULL: there is no device, and the credential is the secret.
	 *
	 * unbind: TOKEN_ERR_PIN: another credential; no try is counted by the device
	 */
	enum token_result (*bind)(struct backend_area *area, struct secret credential, struct secret *secret,
		struct backend_bytes *bound);
	enum token_result (*unbind)(struct backend_area *area, struct secret credential, const uint8_t *bound,
		size_t len, struct secret *secret);

	/* The tries that the device has left for the user; also for one whom nobody knows. More than the area's policy
	 * grants: none are missing. NULL: the store counts. */
	enum token_result (*tries)(struct backend_area *area, unsigned *left);

	/* Does the device lock for everybody who uses it when too many tries were wrong, not for this area alone? Asks no
	 * device. NULL: no. */
	bool (*shares_lockout)(struct backend_area *area);

	/*
	 * Is all there that the area has in the device? Judges no PIN; also for one whom nobody knows. NULL: nothing can
	 * be missing. TOKEN_ERR_DEVICE, TOKEN_ERR_OTHER_DEVICE, TOKEN_ERR_INDEX_LOST
	 */
	enum token_result (*check)(struct backend_area *area);

	/*
	 * Make the device's counter say `generation`: nothing to do, or one step from the one before. Idempotent. The
	 * caller holds the area's counter lock. NULL: an older store is not noticed.
	 *
	 * TOKEN_ERR_ROLLED_BACK  the counter is ahead: the store is an older one
	 * TOKEN_ERR_INDEX_LOST   there is no such counter any more
	 */
	enum token_result (*reach)(struct backend_area *area, struct secret area_key, uint64_t generation);

	/*
	 * SO: make again what a device's owner has taken away, for a store of this generation; data stays empty when
	 * nothing was missing, else it replaces the old and `area` is good for nothing but closing. NULL: nothing can be lost.
	 */
	enum token_result (*repair)(struct backend_area *area, struct secret auth, struct secret area_key,
		uint64_t generation, struct backend_bytes *data);
};

struct token_keymaker {
	bool hardware; /* private keys exist in a device only */
	bool exports;  /* the stored bytes of an ordinary key are its private bytes, and may be given out */

	/* A new private key, tested as far as that can be done now, and the bytes that are sealed as its object's
	 * value. TOKEN_ERR_CURVE. */
	enum token_result (*generate)(struct backend_area *area, enum token_curve curve, struct token_key **key,
		struct secret *value);

	/* The bytes for a private key from outside. */
	enum token_result (*import)(struct backend_area *area, enum token_curve curve, const uint8_t *scalar,
		size_t len, struct secret *value);

	/* The key that such bytes make; the device is not asked yet. */
	enum token_result (*load)(struct backend_area *area, enum token_curve curve, const uint8_t *value, size_t len,
		struct token_key **key);
};

/*
 * Proof for an issuer that keys are in a device. The messages are CBOR maps whose content is the attester's affair.
 *
 * key  the attestation key as enrol() has made it; ptr NULL: there is none yet
 *
 * TOKEN_ERR_DEVICE, TOKEN_ERR_OTHER_DEVICE, TOKEN_ERR_OWNER_AUTH
 * TOKEN_ERR_DAMAGED  the key's bytes are none
 */
struct token_attester {
	/* The message that tells an issuer of the attestation key and its device. Where there is no key, or a damaged
	 * one, it is made, and *made are its bytes for the store. */
	enum token_result (*enrol)(struct backend_area *area, const struct backend_bytes *key,
		struct backend_bytes *made, struct backend_bytes *message);

	/* The answer to an issuer's challenge. TOKEN_ERR_ARG: it is none, or for another device or key. */
	enum token_result (*activate)(struct backend_area *area, const struct backend_bytes *key,
		const uint8_t *challenge, size_t len, struct backend_bytes *answer);

	/* Is this a certificate (X.509, DER) of the attestation key? TOKEN_ERR_ARG: no. Asks no device. */
	enum token_result (
		*check)(struct backend_area *area, const struct backend_bytes *key, const uint8_t *der, size_t len);

	/* Evidence about keys that this backend has loaded. certificate: goes with it, when it is one of the key's. */
	enum token_result (*attest)(struct backend_area *area, const struct backend_bytes *key,
		const struct backend_bytes *certificate, struct token_key *const *keys, size_t count,
		const uint8_t *nonce, size_t nonce_len, struct backend_bytes *evidence);
};

struct token_backend {
	const char *name;         /* in the store; at most 15 characters */
	const char *model;        /* for people; at most 16 bytes */
	const char *model_shared; /* where the guard shares its lockout; NULL: as model */
	const struct token_guard *guard;
	const struct token_keymaker *keys;
	const struct token_attester *attester; /* NULL: nothing can be proven */
};

/* NULL: no such backend. */
const struct token_backend *token_backend_find(const char *name);

extern const struct token_guard vault_guard, tpm_guard;
extern const struct token_keymaker vault_keymaker, tpm_keymaker;
extern const struct token_attester tpm_attester;

#endif
