/*
 * tokens/token.h: the contract of a token. What the module sees of tokens/ is here,
 * in arena.h, attrs.h, attr_index.h and result.h; which backend holds a key it sees only as a name.
 *
 * Everything is thread safe unless it says otherwise. Strings are UTF-8. Times are seconds since the epoch, UTC, and come
 * in as arguments, but for what an area notes of itself by the machine's clock: when it was made, its events, and the
 * latest time that it has seen.
 *
 * After fork the child calls token_env_abandon() on what it inherited and nothing else:
 * SQLite handles, locks and secrets of the parent are left alone.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_TOKEN_H
#define TOKENS_TOKEN_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tokens/arena.h"
#include "tokens/attrs.h"
#include "tokens/result.h"

#define TOKEN_VALUE_MAX ((size_t)16 * 1024 * 1024) /* bytes of one object's value */
#define TOKEN_SIG_MAX 160                          /* bytes of r||s, any curve */
#define TOKEN_POINT_MAX 133                        /* bytes of an uncompressed EC point */
#define TOKEN_INFO_MAX 192                         /* bytes of a SubjectPublicKeyInfo, any curve */
#define TOKEN_SERIAL_LEN 16                        /* characters of a serial number */
#define TOKEN_PRESET_MAX 16                        /* bytes of a preset's name */
#define TOKEN_CARD_MAX 32                          /* and of a card's */

/* ---- The environment: store folder and configuration -------------------------------- */

/* Where the configuration comes from. */
enum token_config_source {
	TOKEN_CONFIG_NONE,        /* there is no file */
	TOKEN_CONFIG_ENVIRONMENT, /* MDOC_PKCS11_CONF names it */
	TOKEN_CONFIG_USER,
	TOKEN_CONFIG_SYSTEM
};

/* What a TPM is to hold a PIN as; which of them an area has got is settled when it is made. */
enum token_tpm_pin {
	TOKEN_TPM_PIN_AUTO,  /* an index where the TPM has such, else an object */
	TOKEN_TPM_PIN_INDEX, /* which counts for this area alone */
	TOKEN_TPM_PIN_OBJECT /* the TPM's lockout counts for all that it protects */
};

struct token_config {
	char *store;            /* folder of slots.db and the areas */
	char *backend;          /* default backend, "vault" */
	unsigned min_pin;       /* user PIN floor of areas made by stock calls; 0: backend's own */
	bool allow_weak_so_pin; /* SO codes below 80 bits in areas made by stock calls */
	char *tcti;             /* how to reach the TPM, as tpm2-tools take it; NULL: the usual ways */
	char *tpm_owner_auth;   /* file with the authorisation of the TPM's owner; NULL: it is empty */
	enum token_tpm_pin tpm_pin;
	char *authenticator; /* program that opens areas whose PIN is disabled; NULL: none */
	bool no_threads;     /* the application allows none; not from the configuration */
	/* For people; token_env_new() takes no notice of them. */
	char *file; /* that counts, also when it is wrong; NULL: none */
	enum token_config_source source;
	bool store_from_environment;
};

/*
 * Read the configuration: $MDOC_PKCS11_CONF, else $XDG_CONFIG_HOME/mdoc-pkcs11/ (or
 * ~/.config/…), else sysconfdir; $MDOC_PKCS11_STORE goes before the file's store, and
 * $XDG_DATA_HOME/mdoc-pkcs11 (or ~/.local/share/…) is the last resort. The environment is
 * ignored in a set-id program. $MDOC_PKCS11_TCTI goes before the file's tcti. No file at all is fine.
 *
 * why     NULL, or up to why_len bytes: file, line and what is wrong, in English
 *
 * TOKEN_ERR_ARG  a line of the file is wrong (the defaults are in force)
 */
enum token_result token_config_load(struct token_config *config, char *why, size_t why_len);
void token_config_clear(struct token_config *config);

struct token_env;

/* libctx: borrowed for the environment's life. Touches no file. */
enum token_result token_env_new(const struct token_config *config, OSSL_LIB_CTX *libctx, struct token_env **env);

/* All tokens must have been closed. */
void token_env_free(struct token_env *env);

/* In a forked child: drop the inherited environment without closing anything of it. */
void token_env_abandon(struct token_env *env);

/* ---- Slots and areas ----------------------------------------------------------------- */

struct token_slot {
	uint64_t id;      /* for life; never given out twice */
	bool initialised; /* false for the one free slot, which is last */
};

/* All slots, malloc'ed, to be freed by the caller. An absent store has just the free slot;
 * nothing is created by looking. A damaged list of slots, or one that is missing, has no free one, but still those whose areas say their id. */
enum token_result token_slots(struct token_env *env, struct token_slot **slots, size_t *count);

/* What the listing was made from: another one, and the listing may be another. Costs no more than a look at a file. */
struct token_stamp {
	uint64_t file, counter; /* both 0: there is no store yet */
};
enum token_result token_slots_stamp(struct token_env *env, struct token_stamp *stamp);

enum token_pin_alphabet { TOKEN_PIN_ANY, TOKEN_PIN_DIGITS, TOKEN_PIN_ALNUM_UPPER };

struct token_pin_policy {
	unsigned min_len; /* code points */
	unsigned max_len;
	unsigned tries;
	enum token_pin_alphabet alphabet;
};

/* The life of an area. A blank one has nothing but its transport secret; a retired one takes nothing any more. */
enum token_life { TOKEN_LIFE_BLANK, TOKEN_LIFE_ACTIVE, TOKEN_LIFE_RETIRED };

/* The public half of a helper that can open an area whose PIN is disabled (R-FACE-*). */
struct token_authenticator {
	uint8_t sign[64]; /* x || y of its P-256 key: it signs its verdicts */
	uint8_t seal[32]; /* its X25519 key: the area's secret is in a box for it */
};

/* What an area is made from. Zero fields of a policy take the backend's default. */
struct token_area_spec {
	const char *label;   /* at most 32 bytes of UTF-8 */
	const char *backend; /* NULL: the configured one */
	struct token_pin_policy user;
	struct token_pin_policy so;
	bool allow_weak_pin;
	bool allow_weak_so_pin;
	bool raw_sign; /* design: raw ECDSA with bound keys too */
	/* PIN policy and flags of a preset (preset.h) come to what is said here. */
	const char *preset;  /* NULL: none */
	const char *card;    /* what the area is a part of, with others that say the same; NULL: nothing */
	bool must_change;    /* the holder's own PIN follows one that the SO has set (R-CARD-30) */
	bool identity_check; /* reset and disabling follow one that is recorded (R-CARD-47) */
	bool transport;      /* the SO PIN is a transport secret (R-CARD-06) */
	bool single_use;     /* no reusable record */
	const struct token_authenticator *authenticator; /* NULL: none */
};

/* The spec that the stock C_InitToken uses, from the configuration. label is borrowed. */
void token_area_spec_stock(const struct token_env *env, const char *label, struct token_area_spec *spec);

/*
 * Make an area in the free slot `slot`. Of two racing callers one gets TOKEN_ERR_EXISTS.
 * Nothing is left behind on an error.
 *
 * TOKEN_ERR_PIN_LENGTH, TOKEN_ERR_PIN_ALPHABET  the SO code is against the policy
 * TOKEN_ERR_PIN_LENGTH  also: a policy weaker than the backend's floor, without allow_weak_pin
 * TOKEN_ERR_ARG     unknown backend or preset, label or card too long, policy out of range or not the preset's
 * TOKEN_ERR_NOT_HERE  the card takes no such area, or no further one (R-CARD-60)
 * TOKEN_ERR_EXISTS  the slot holds an area (use token_area_reinit)
 */
enum token_result token_area_create(struct token_env *env, uint64_t slot, const struct token_area_spec *spec,
	struct secret so_pin);

/* C_InitToken on an initialised token: check the SO code (counted), then destroy all
 * objects and the user PIN, set the label; the SO code, the policy and the slot id stay. */
enum token_result token_area_reinit(struct token_env *env, uint64_t slot, const char *label, struct secret so_pin);

/* Check the SO code (counted), then erase the area and its files. The id is not reused. When the TPM that the area was
 * made with is another one or has been cleared nothing can check the code, and nothing can be opened: it is erased. */
enum token_result token_area_erase(struct token_env *env, uint64_t slot, struct secret so_pin);

/* ---- Tokens -------------------------------------------------------------------------- */

struct token;

/* One struct per slot and process, counted. A few closed ones are kept open for the next who asks, with nobody
 * logged in. TOKEN_ERR_NOT_FOUND: free or unknown slot. */
enum token_result token_open(struct token_env *env, uint64_t slot, struct token **token);
void token_close(struct token *token);

enum token_pin_state {  /* requirements.md, section P */
	TOKEN_PIN_NONE, /* NO_PIN */
	TOKEN_PIN_OPERATIONAL,
	TOKEN_PIN_LOCKED,
	TOKEN_PIN_DISABLED /* 顔認証 */
};

/* The serial number, the same for the token's life; borrowed. */
const char *token_serial(const struct token *token);

struct token_info {
	char label[33];
	char preset[TOKEN_PRESET_MAX + 1];
	char card[TOKEN_CARD_MAX + 1];
	bool no_pin; /* the preset has no user */
	char serial[TOKEN_SERIAL_LEN + 1];
	char backend[16];
	char model[17]; /* what that is, for people */
	bool hardware;  /* private keys exist in a device only */
	bool device_bound; /* without this device's TPM nothing opens the area, and it counts the user's tries (R-KEY-02) */
	bool shared_lockout; /* but for all keys of the TPM together: too many wrong PINs lock them all */
	bool read_only;
	bool suspended;
	bool raw_sign;
	enum token_life life;
	bool user_must_change, so_must_change; /* that PIN opens nothing but its own change */
	bool authenticator;                    /* made with one; it opens the area while the PIN is disabled */
	enum token_pin_state user_state;
	unsigned user_tries_left, so_tries_left;
	struct token_pin_policy user, so;
	uint64_t copies_unused; /* bound copies that can still be used */
	uint64_t copies_spent;  /* tombstones */
	uint64_t keys_unbound;  /* holder keys without a record */
};

/* Always the state on disk, whoever changed it last. */
enum token_result token_get_info(struct token *token, struct token_info *info);

/* The same, and of the user's tries what a device says that counts them, if it can be asked. Slow then. */
enum token_result token_ask_info(struct token *token, struct token_info *info);

/* Nothing can be written to the token's store by this process. */
bool token_is_read_only(const struct token *token);

/* Of the named users the provisioner is a role of its own; the others are TOKEN_NAMED and have rights. */
enum token_role { TOKEN_NOBODY, TOKEN_USER, TOKEN_SO, TOKEN_PROVISIONER, TOKEN_NAMED };

/* Who is logged in; never waits. */
enum token_role token_get_role(struct token *token);

#include "tokens/token_access.h"

/* See whether another process has initialised the area anew: then nobody is logged in any more. */
void token_notice(struct token *token);

/*
 * Log a role in for the whole process. The provisioner's PIN is its credential; it sees what everybody sees. The try is committed before the check and given back
 * after a right one. One check at a time for each token over all processes (bounded wait).
 *
 * TOKEN_ERR_PIN             wrong, counted
 * TOKEN_ERR_PIN_LOCKED      no tries left, also with the right PIN (R-CARD-05)
 * TOKEN_ERR_PIN_NOT_SET     user role before the first token_init_pin (R-MED-05)
 * TOKEN_ERR_LOGGED_IN, TOKEN_ERR_OTHER_LOGGED_IN
 * TOKEN_ERR_READ_ONLY       the try cannot be counted
 * TOKEN_ERR_DAMAGED         the PIN was right, the stored rows are not what was committed
 * TOKEN_ERR_ROLLED_BACK     the same, but they are an older commit than the TPM has counted
 * TOKEN_ERR_DEVICE, TOKEN_ERR_OTHER_DEVICE  no PIN has been judged
 * TOKEN_ERR_INDEX_LOST      what the area has in the TPM is gone; the SO can log in and mends it by token_init_pin()
 */
enum token_result token_login(struct token *token, enum token_role role, struct secret pin);
enum token_result token_logout(struct token *token);

/*
 * A context-specific login: check the PIN of the role that is logged in. A right PIN is
 * compared with a keyed digest in the arena and writes nothing; a wrong one is committed as
 * a try before the answer. Errors as token_login, and TOKEN_ERR_NOT_LOGGED_IN.
 */
enum token_result token_check_pin(struct token *token, struct secret pin);

#define TOKEN_CREDENTIAL_LEN 32 /* hexadecimal digits: 128 random bits */

/*
 * SO: make a provisioner's credential (design: Roles); one that was there is no longer good. It has ten tries of its
 * own. Revoke it: TOKEN_ERR_PIN_NOT_SET when there is none.
 *
 * credential  TOKEN_CREDENTIAL_LEN bytes, which nobody can get again
 *
 * TOKEN_ERR_NOT_LOGGED_IN, TOKEN_ERR_READ_ONLY
 */
enum token_result token_provisioner_make(struct token *token, struct secret *credential);
enum token_result token_provisioner_revoke(struct token *token);

#define TOKEN_NAME_MAX 32 /* bytes of a named user's name */

/*
 * SO: let a system of the access matrix in, or set a collation number; whoever had the name is let in no more.
 *
 * rights  0: those of the matrix; else they must be just those
 * tries   0: ten
 * number  of a gate: its digits, which are the credential. SECRET_NONE for a system, whose credential (as the
 *         provisioner's) is made and given out
 *
 * TOKEN_ERR_NO_RIGHT    the matrix has no such cell, or not with these rights
 * TOKEN_ERR_PIN_LENGTH, TOKEN_ERR_PIN_ALPHABET  no such number
 * TOKEN_ERR_NOT_LOGGED_IN, TOKEN_ERR_READ_ONLY
 */
struct token_grant_spec {
	const char *name;
	unsigned rights;
	unsigned tries;
	struct secret number;
};
enum token_result token_grant(struct token *token, const struct token_grant_spec *spec, struct secret *credential);

/* SO: TOKEN_ERR_PIN_NOT_SET: nobody has that name. */
enum token_result token_grant_revoke(struct token *token, const char *name);

/* As token_login(), for a named user who is not the provisioner. */
enum token_result token_login_named(struct token *token, const char *name, struct secret credential);

/* SO: set or reset the user PIN, tries restored, LOCKED and DISABLED left (R-FACE-05). What the area has lost in the
 * TPM is made again first. */
enum token_result token_init_pin(struct token *token, struct secret pin);

/* Change the PIN of the role that is logged in (nobody: the user's); old is checked and counted. */
enum token_result token_set_pin(struct token *token, struct secret old_pin, struct secret new_pin);

/* May a holder key be used now? Reads the state on disk: TOKEN_OK, TOKEN_ERR_NOT_LOGGED_IN,
 * TOKEN_ERR_PIN_LOCKED, TOKEN_ERR_SUSPENDED. */
enum token_result token_usable(struct token *token);

/* What is wrong, as JSON for C_MDOC_Diagnose; malloc'ed. Works on a damaged area too. */
enum token_result token_diagnose(struct token_env *env, uint64_t slot, char **json);

/* ---- Objects ------------------------------------------------------------------------- */

enum token_object_kind {
	TOKEN_OBJECT_ORDINARY,
	TOKEN_OBJECT_HOLDER_PRIVATE,
	TOKEN_OBJECT_HOLDER_PUBLIC,
	TOKEN_OBJECT_RECORD
};

/* One published object; immutable. Attributes never hold the value of a private key, a
 * secret key or a data object; certificates and public keys have all in attrs. */
struct token_object {
	uint64_t id;         /* unique in the area, never reused */
	uint64_t generation; /* changes with every change of the object */
	enum token_object_kind kind;
	bool private_;      /* CKA_PRIVATE: sealed, seen by the user only */
	bool authenticated; /* covered by the area's root; only then CKA_TRUSTED counts */
	bool reusable;      /* a record or bound key whose copy is not single-use */
	uint64_t copy;      /* the copy that it belongs to; 0: none, or an unbound key */
	uint64_t value_len; /* bytes of the separate value; 0: none */
	const struct token_attrs *attrs;
};

const struct token_object *token_object_ref(const struct token_object *object);
void token_object_unref(const struct token_object *object);

/* What this process may see now, in order of id: public objects, and private ones while the
 * user is logged in. Picks up other processes' changes first; costs nothing when there are
 * none. *objects is malloc'ed with one reference each: token_objects_free(). */
enum token_result token_objects(struct token *token, const struct token_object ***objects, size_t *count);

/*
 * The same, but only those that can have all the attributes wanted: by an index where one is
 * of a kind that it has (attr_index.h), so that the time does not grow with the number of
 * objects. What comes back is to be compared in full: some may have other attributes.
 */
enum token_result token_objects_match(struct token *token, const CK_ATTRIBUTE *wanted, size_t wanted_count,
	const struct token_object ***objects, size_t *count);
void token_objects_free(const struct token_object **objects, size_t count);

/* The current version of one object, with a reference; TOKEN_ERR_NOT_FOUND when it is gone
 * or not visible. */
enum token_result token_object_get(struct token *token, uint64_t id, const struct token_object **object);

/* The separate value of a data object or secret key, in the arena when it is private or a key.
 * TOKEN_ERR_NOT_LOGGED_IN: a key that anybody may see, but only who is logged in may use. */
struct token_value {
	uint8_t *ptr;
	size_t len;
	bool in_arena; /* else malloc'ed */
};
enum token_result token_object_value(struct token *token, const struct token_object *object, struct token_value *value);
void token_value_clear(struct token_value *value); /* wipes and frees */

/*
 * A few bytes that the caller has made of a reusable record's value, kept so that he need not read the value again.
 * They live in the arena and go when ready keys go (token_key_load()): with the record, at token_logout and when
 * the record changes, whichever process changed it. Best effort, bounded; of another record nothing is kept.
 *
 * record  as it was when the value was read; for another version of it nothing is kept or found
 * note    a copy, for token_value_clear(); false: there is none
 */
bool token_note_find(struct token *token, const struct token_object *record, struct token_value *note);
void token_note_keep(struct token *token, const struct token_object *record, const uint8_t *note, size_t len);

struct token_batch; /* objects staged for one commit; not thread safe */

struct token_object_spec {
	enum token_object_kind kind; /* ORDINARY or RECORD */
	bool private_;
	bool reusable;                   /* RECORD */
	uint64_t bind_key;               /* RECORD: id of the unbound holder private key */
	const struct token_attrs *attrs; /* copied */
	const uint8_t *value;            /* NULL: none. EC private key: the scalar, big endian, full length */
	size_t value_len;
};

/*
 * Create an object. With a batch it is staged and *object is provisional: attributes only,
 * unknown to the other calls. Without a user or SO login only public objects can be made,
 * and those are not authenticated. The value of a key is sealed also where it is public.
 *
 * TOKEN_ERR_NOT_LOGGED_IN  a private object without the user, a public key without user or SO
 * TOKEN_ERR_BOUND, TOKEN_ERR_NOT_FOUND  bind_key is bound already, or no unbound holder key
 * TOKEN_ERR_UNSUPPORTED    the backend takes no such key from outside
 */
enum token_result token_object_create(struct token *token, struct token_batch *batch,
	const struct token_object_spec *spec, const struct token_object **object);

/*
 * Replace the attributes (and, where value is not NULL, the value) of an object.
 * TOKEN_ERR_EXISTS  it is another version already: nothing was changed, and attrs are to be made anew
 */
enum token_result token_object_replace(struct token *token, const struct token_object *object,
	const struct token_attrs *attrs, const uint8_t *value, size_t value_len, const struct token_object **changed);

/* Destroy durably; any object of a copy takes the whole copy with it (no tombstone). */
enum token_result token_object_destroy(struct token *token, const struct token_object *object);

enum token_result token_batch_begin(struct token *token, struct token_batch **batch);
enum token_result token_batch_commit(struct token_batch *batch); /* frees it, also on an error: then nothing is there */
void token_batch_rollback(struct token_batch *batch);            /* frees it */

/* ---- Keys ---------------------------------------------------------------------------- */

enum token_curve {
	TOKEN_CURVE_NONE,
	TOKEN_P256, /* the first three are what a holder key may be on */
	TOKEN_P384,
	TOKEN_P521,
	TOKEN_BP256, /* brainpoolP256r1 and so on (RFC 5639) */
	TOKEN_BP320,
	TOKEN_BP384,
	TOKEN_BP512,
	TOKEN_ED25519, /* RFC 8032 */
	TOKEN_ED448,
	TOKEN_X25519, /* RFC 7748 */
	TOKEN_X448
};

/* What a curve is for: ECDSA and ECDH; EdDSA; X25519 and X448. */
enum token_curve_kind { TOKEN_KIND_NONE, TOKEN_KIND_EC, TOKEN_KIND_EDWARDS, TOKEN_KIND_MONTGOMERY };

enum token_curve_kind token_curve_kind(enum token_curve curve);

/* Bytes of a coordinate and of a private key (32, 48, 66; 57 for Ed448); 0 for TOKEN_CURVE_NONE. */
size_t token_curve_size(enum token_curve curve);

/* Bytes of a public key: of an uncompressed point, or of RFC 8032's or RFC 7748's encoding. */
size_t token_curve_point_size(enum token_curve curve);

/* Bytes of a signature; 0 where the curve makes none. */
size_t token_curve_sig_size(enum token_curve curve);

/* OpenSSL's name: of the group for TOKEN_KIND_EC, else of the key type; static. NULL: no such curve. */
const char *token_curve_group(enum token_curve curve);

/*
 * OpenSSL's EC key type, by object identifier. By the name "EC" OpenSSL would ask the ENGINE that an application
 * made its default for EC keys (`openssl -engine`, curl), also within a library context of our own.
 */
#define TOKEN_EC_TYPE "1.2.840.10045.2.1"

/* The curve that DER CKA_EC_PARAMS names (OID or PrintableString), else TOKEN_CURVE_NONE. */
enum token_curve token_curve_from_params(const uint8_t *der, size_t len);

/* DER of the curve's OID, static. */
void token_curve_params(enum token_curve curve, const uint8_t **der, size_t *len);

/*
 * Generate a key pair inside the backend and store both halves in one transaction. To both
 * attribute sets CKA_EC_PARAMS is the caller's; CKA_EC_POINT (DER OCTET STRING) and
 * CKA_PUBLIC_KEY_INFO are added to both. A pairwise consistency test is done (R-MED-02).
 *
 * holder  a holder key: both halves private objects, unbound
 */
enum token_result token_generate_pair(struct token *token, enum token_curve curve, bool holder,
	const struct token_object_spec *public_spec, const struct token_object_spec *private_spec,
	const struct token_object **public_object, const struct token_object **private_object);

/*
 * A private key ready for use; the backend's affair. Counted, and usable by many threads at a time.
 * Stays usable when its object is spent or destroyed meanwhile; after token_logout whoever still
 * has it must not use it.
 */
struct token_key;

/*
 * The key of a private key object as it is now. While the user is logged in a token keeps a bounded
 * number of them ready: a key is read and unsealed once, and is dropped with its object, at
 * token_logout and when the object changes, whichever process changed it. Single-use holder keys
 * are never kept.
 *
 * TOKEN_ERR_NOT_FOUND  the object is gone, or nobody may see it
 * TOKEN_ERR_SUSPENDED  an ordinary key of a suspended area (R-SUS-01, R-CARD-41); of holder keys token_usable() says it
 */
enum token_result token_key_load(struct token *token, const struct token_object *object, struct token_key **key);

/* Do private keys ever leave this token? False: they are in a device. */
bool token_exports_keys(const struct token *token);

/*
 * The private bytes of an ordinary key in the token, token_curve_size() of them, for wrapping it and
 * for copies. Whether the key's attributes allow that is the caller's to check.
 *
 * TOKEN_ERR_UNSUPPORTED  a holder key (R-KEY-02), or a backend that lets no key out
 * TOKEN_ERR_NOT_FOUND    the object is gone, or nobody may see it
 * TOKEN_ERR_SUSPENDED    as above
 */
enum token_result token_key_export(struct token *token, const struct token_object *object, struct secret *scalar);

/* Software keys for session objects. scalar: token_curve_size() private bytes; an EC scalar is big endian. */
enum token_result token_key_generate(struct token_env *env, enum token_curve curve, struct token_key **key);
enum token_result token_key_from_scalar(struct token_env *env, enum token_curve curve, const uint8_t *scalar,
	size_t len, struct token_key **key);

struct token_key *token_key_ref(struct token_key *key);
void token_key_free(struct token_key *key); /* drops one reference */

enum token_curve token_key_curve(const struct token_key *key);

/* The public key, token_curve_point_size() bytes: TOKEN_POINT_MAX at most. */
enum token_result token_key_point(const struct token_key *key, uint8_t *point, size_t *len);

/* The private bytes of a software session key; TOKEN_ERR_UNSUPPORTED for a token's key. */
enum token_result token_key_scalar(const struct token_key *key, struct secret *scalar);

/* ECDSA over a digest (truncated to the order's size as FIPS 186 says); r||s. */
enum token_result token_key_sign(struct token_key *key, const uint8_t *digest, size_t digest_len,
	uint8_t sig[TOKEN_SIG_MAX], size_t *sig_len);

/* Ed25519 or Ed448 (pure, empty context) over a message; TOKEN_ERR_UNSUPPORTED for other keys. */
enum token_result token_key_sign_message(struct token_key *key, const uint8_t *message, size_t len,
	uint8_t sig[TOKEN_SIG_MAX], size_t *sig_len);

/* ECDH (the x coordinate), X25519, X448. peer: a public key of the same curve; TOKEN_ERR_ARG when
 * it is none, or one that forces an all-zero result. */
enum token_result token_key_derive(struct token_key *key, const uint8_t *peer, size_t peer_len, struct secret *shared);

/* ---- Attestation: proof for an issuer that keys are in a device -------------------------- */

/*
 * Room for any message about this many keys, in bytes. 0: the backend's keys are in no device that could tell, and the
 * calls below answer TOKEN_ERR_UNSUPPORTED.
 */
size_t token_attest_room(const struct token *token, size_t keys);

/*
 * For the user, in CBOR; *message is malloc'ed.
 *
 * token_attest()              evidence about private keys of the token, for an issuer's nonce of any length
 * token_attest_enrol()        tell an issuer of the attestation key, which is made when there is none
 * token_attest_activate()     answer an issuer's challenge
 * token_attest_certificate()  keep the certificate (DER) that the issuer has given for the attestation key
 *
 * TOKEN_ERR_NOT_LOGGED_IN, TOKEN_ERR_READ_ONLY (enrol, certificate)
 * TOKEN_ERR_NOT_FOUND  no attestation key yet; of token_attest() also a key that is gone
 * TOKEN_ERR_ARG        no challenge, or for another device or key; no certificate of this key; no private key
 * TOKEN_ERR_DEVICE, TOKEN_ERR_OTHER_DEVICE, TOKEN_ERR_INDEX_LOST, TOKEN_ERR_OWNER_AUTH
 */
enum token_result token_attest(struct token *token, const struct token_object *const *objects, size_t count,
	const uint8_t *nonce, size_t nonce_len, uint8_t **message, size_t *len);
enum token_result token_attest_enrol(struct token *token, uint8_t **message, size_t *len);
enum token_result token_attest_activate(struct token *token, const uint8_t *challenge, size_t challenge_len,
	uint8_t **message, size_t *len);
enum token_result token_attest_certificate(struct token *token, const uint8_t *der, size_t len);

/* ---- Public keys: no token and no secret ----------------------------------------------- */

/*
 * A public key for OpenSSL; *pkey is freed with EVP_PKEY_free().
 *
 * TOKEN_ERR_CURVE  TOKEN_CURVE_NONE
 * TOKEN_ERR_ARG    not token_curve_point_size() bytes, or of EC not on the curve
 */
enum token_result token_public_key(OSSL_LIB_CTX *libctx, enum token_curve curve, const uint8_t *point, size_t len,
	EVP_PKEY **pkey);

/* SubjectPublicKeyInfo in DER (RFC 5480, RFC 8410), for CKA_PUBLIC_KEY_INFO; its length, 0 when the
 * point's length is not the curve's. */
size_t token_public_info(enum token_curve curve, const uint8_t *point, size_t len, uint8_t info[TOKEN_INFO_MAX]);

/* Check a signature: ECDSA (r||s) over a digest, EdDSA over a message. Errors as above, and
 * TOKEN_ERR_UNSUPPORTED for a curve that makes no signatures. */
enum token_result token_public_verify(OSSL_LIB_CTX *libctx, enum token_curve curve, const uint8_t *point, size_t len,
	const uint8_t *data, size_t data_len, const uint8_t *sig, size_t sig_len, bool *good);

/* ---- Copies ---------------------------------------------------------------------------- */

/*
 * Spend the copy of a bound single-use holder key (R-EXH-01): one committed transaction
 * removes key, public half and record for every process and leaves a tombstone. Only after
 * TOKEN_OK may a signature leave. A reusable copy: TOKEN_OK, nothing is written.
 *
 * TOKEN_ERR_SPENT      somebody else was first
 * TOKEN_ERR_SUSPENDED, TOKEN_ERR_PIN_LOCKED  read in the same transaction
 * TOKEN_ERR_IO, TOKEN_ERR_FULL, TOKEN_ERR_BUSY, TOKEN_ERR_READ_ONLY  not spent
 * TOKEN_ERR_ROLLED_BACK  not spent
 * TOKEN_ERR_DEVICE, TOKEN_ERR_OTHER_DEVICE, TOKEN_ERR_INDEX_LOST  not spent, or spent and not counted by the device;
 *                        either way nothing may be signed
 */
enum token_result token_copy_spend(struct token *token, const struct token_object *private_key, int64_t when);

/* The record of a bound holder key, with a reference. */
enum token_result token_copy_record(struct token *token, const struct token_object *private_key,
	const struct token_object **record);

#endif
