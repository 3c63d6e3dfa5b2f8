/*
 * tokens/token_priv.h: the inside of an environment and of a token, for the files token*.c
 * and area.c.
 *
 * Order of locks: the gate of forks (gate.h), environment, login lock, counter lock (both pin/lock.h), token, store,
 * an area's auth (backend.h). PIN checks (KDF) run under the login lock alone, and a device's counter is stepped under
 * those two alone. A device's own lock (tpm/device.h) is taken with none of token and store; jobs take only the auth's.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_TOKEN_PRIV_H
#define TOKENS_TOKEN_PRIV_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "tokens/access.h"
#include "tokens/attr_index.h"
#include "tokens/backend.h"
#include "tokens/pin/lock.h"
#include "tokens/store/slots.h"
#include "tokens/store/store.h"
#include "tokens/life.h"
#include "tokens/token.h"

struct token_env {
	struct token_config config;
	OSSL_LIB_CTX *libctx;
	struct seal_ctx *seal;
	struct backend_env backend;
	pthread_mutex_t lock; /* of the lists, and of the watch */
	struct token *tokens;
	struct token *idle; /* closed ones that are kept for a while, the last closed first */
	struct slots_watch watch;
	struct token_env *next; /* of the abandoned ones */
};

/* Keys of an area while a role is logged in; all in the arena. */
struct area_keys {
	struct secret area;
	struct secret seal; /* blobs of objects */
	struct secret root; /* MAC of the root row */
	struct secret rows; /* terms of the multiset hash */
	struct secret auth; /* the SO's, for its guard (backend.h); a user's is in struct backend_area */
};

#define ROOT_HASH_LEN 32

/* One row of this process's picture of the area. */
struct cached {
	struct store_row row;
	const struct token_object *object; /* NULL: private and nobody may see it. Beside the id: a search needs both */
	uint8_t term[ROOT_HASH_LEN];
	bool has_term; /* computed, and added to the hash */
	bool checked;  /* the tag of a public object's attributes has been verified */
};

/*
 * Who has the area's counter (token_counter.c): the lock, and what it takes to step the device's. All empty where no
 * device counts the commits.
 */
struct counter {
	struct pin_lock lock;
	struct backend_area *area; /* a reference; NULL: nobody is logged in who could step it */
	struct secret key;         /* the area key */
	uint64_t generation;       /* of the root, which the device's counter had reached */
};
#define COUNTER_NONE ((struct counter){ .lock = PIN_LOCK_NONE, .key = SECRET_NONE })

/* What the PIN row of a role said at a mark: good as long as nobody has committed since. */
struct pin_seen {
	struct watch_mark mark;
	enum token_role role; /* TOKEN_NOBODY: nothing has been seen */
	bool suspended;       /* the area */
	int64_t latest;       /* time that it has seen */
	bool must_change;
	uint64_t epoch, generation;
	enum token_pin_state state;
	unsigned tries_left, tries_max;
};

struct token {
	struct token_env *env; /* borrowed */
	struct token *next;
	unsigned users;   /* under the environment's lock */
	bool erased;      /* so is this: never to be opened again */
	struct stat file; /* area.db when it was put with the idle ones */
	uint64_t slot;
	char serial[TOKEN_SERIAL_LEN + 1];
	char *folder;
	const struct token_backend *backend;
	struct store *store;

	const struct token_preset *preset; /* the area's for life */

	_Atomic(enum token_role) shown; /* who is logged in, for those who only ask; written with the lock held */
	_Atomic(unsigned) rights;       /* so are these, a named user's; written before who it is */
	pthread_mutex_t lock;           /* of all that follows, and held while the disk is waited for */
	enum token_role role;           /* never TOKEN_PROVISIONER, who has no keys of the area: */
	uint64_t provisioner;           /* the row of who is logged in as that; 0: nobody is */
	struct store_named named;       /* of TOKEN_NAMED: the row, without its wrap */
	struct secret provisioner_key;  /* what its credential has opened */
	uint8_t provisioner_seal[VAULT_BOX_KEY_LEN]; /* the area's public half that the credential vouches for */
	struct area_keys keys;
	uint64_t epoch;
	uint64_t forgotten;      /* how often a role has been forgotten */
	enum backend_role by;    /* what the user has logged in with: his PIN, or the authenticator */
	uint64_t pin_generation; /* of the PIN that logged in; of a later one the auth is no good */
	bool pin_auth;           /* the device gave the user's area an auth then */
	uint64_t checked;        /* the event of an identity check of this login; 0: none */
	struct pin_digest digest;
	struct pin_seen seen;
	struct ready *ready; /* token_ready.c; NULL: no key is ready */
	struct backend_area *area;
	struct backend_bytes guard_data; /* that area was opened from */

	bool loaded; /* what follows is what the database held at data version `version` */
	int64_t version;
	struct watch_mark mark; /* when nothing at all had been committed after that; for token_lock_fresh() */
	struct store_root root;
	uint8_t settings[32]; /* digest of the area row */
	enum token_life life;
	uint32_t flags;      /* STORE_AREA_* */
	struct cached *rows; /* in order of id */
	size_t count, room;
	bool searched;            /* since then */
	struct attr_index *index; /* of the objects in rows; NULL: not asked for since they came or went all at once */

	/* During a change (token_change.c). */
	struct counter counter;
	bool changed; /* rows differ from what was loaded */
	bool root_changed;
	struct seal_many *rows_key; /* NULL: not needed yet */
	uint64_t generation;
	uint64_t next_id;
};

/* ---- token_access.c: the access table and the preset's list, with the token's lock held ---- */

struct access_who token_who(const struct token *token);
bool access_object(const struct token *token, const struct token_object *object, unsigned operations);

/* May an object with these attributes be made? TOKEN_ERR_NOT_LOGGED_IN. */
enum token_result access_make(const struct token *token, const struct token_attrs *attrs, enum token_object_kind kind,
	bool private_);

/*
 * Is it on the list, with this value (NULL: not looked at), and are there fewer than the list has, not counting the one
 * whose place it takes (0: none)? TOKEN_ERR_NOT_HERE.
 */
enum token_result access_admit(const struct token *token, const struct token_attrs *attrs, enum token_object_kind kind,
	bool private_, const uint8_t *value, size_t len, uint64_t instead);

/* ---- token_root.c: keys and the hash over all rows ---- */

enum token_result area_keys_derive(const struct seal_ctx *ctx, struct secret area_key, struct area_keys *keys);
void area_keys_wipe(struct area_keys *keys);

#define ROW_AAD_LEN 52

/* What authenticates a row: serial, id, blob (0 in the root), generation and all else that it says. */
void row_aad(const char *serial, const struct store_row *row, unsigned blob, uint8_t aad[ROW_AAD_LEN]);

/* The row's term, by the key for rows, and the sum modulo 2^256 with it or without it. */
enum token_result root_term(struct seal_many *rows_key, const char *serial, const struct store_row *row,
	uint8_t term[ROOT_HASH_LEN]);
void root_add(uint8_t hash[ROOT_HASH_LEN], const uint8_t term[ROOT_HASH_LEN]);
void root_subtract(uint8_t hash[ROOT_HASH_LEN], const uint8_t term[ROOT_HASH_LEN]);

/* A digest of what the area row says, but for label and suspension, and of the guard's data. */
enum token_result root_settings(const struct seal_ctx *ctx, const struct store_area *area,
	const struct backend_bytes *guard_data, uint8_t digest[32]);

enum token_result root_mac(const struct seal_ctx *ctx, const struct area_keys *keys, const char *serial,
	const uint8_t settings[32], const struct store_root *root, uint8_t mac[SEAL_MAC_LEN]);

/* ---- token_blob.c: attributes and values of rows ---- */

/* A private or secret key: its value is sealed whether it is a private object or not. */
bool object_is_key(const struct token_attrs *attrs);

/* A new object with one reference; attrs become its own, also on an error. */
enum token_result object_new(const struct store_row *row, struct token_attrs *attrs,
	const struct token_object **object);

struct blob {
	uint8_t *bytes; /* malloc'ed; NULL: none */
	size_t len;
	uint8_t *tag;
	size_t tag_len;
};

void blob_clear(struct blob *blob);

/* The bytes of a blob as they are stored for this row: sealed, with a tag, or in clear. */
enum token_result blob_make(const struct token *token, const struct store_row *row, enum store_blob_kind kind,
	const uint8_t *plain, size_t len, struct blob *blob);

/* Attributes from stored bytes, by the key for blobs. *checked says whether they are authentic; without the key
 * (NULL: nobody is logged in) a public object's are not checked. */
enum token_result blob_attrs(const struct token *token, struct seal_many *seal_key, const struct store_row *row,
	struct store_blob bytes, struct store_blob tag, struct token_attrs **attrs, bool *checked);

/* The value of a row, read in the transaction that is open. */
enum token_result blob_value(const struct token *token, const struct store_row *row, struct token_value *value);

/* ---- token_cache.c: this process's picture ---- */

/*
 * Bring the picture up to date; token lock and a store transaction are held. When the area
 * was initialised anew meanwhile nobody is logged in afterwards.
 *
 * TOKEN_ERR_DAMAGED   the rows are not what was committed
 * TOKEN_ERR_GONE      the area has been erased
 */
enum token_result cache_refresh(struct token *token);
struct cached *cache_find(struct token *token, uint64_t id);
bool cache_visible(const struct token *token, const struct store_row *row);
void cache_clear(struct token *token);

/* The index follows what happens to one object. */
void cache_index_add(struct token *token, const struct token_object *object);
void cache_index_remove(struct token *token, const struct token_object *object);

/* Take out what only a logged-in role may have: private objects, terms, keys, digest. */
void token_forget_role(struct token *token);

/* Lock the token and refresh in a transaction of its own. The lock is held whatever the result. */
enum token_result token_lock_fresh(struct token *token);

/* ---- token_ready.c: keys ready for use; the token's lock is held ---- */

#define READY_VALUE_MAX 128 /* bytes of a secret key, or of a note, that is kept */

/* The key of this row, with a reference; NULL: it has to be loaded. */
struct token_key *ready_find(const struct token *token, const struct store_row *row);

/* Keep a key for the next use. Best effort. */
void ready_keep(struct token *token, const struct store_row *row, struct token_key *key);

/* The same for the value of a secret key and for a record's note; false: there is none. What is long or not in the
 * arena is not kept. */
bool ready_value(const struct token *token, const struct store_row *row, struct token_value *value);
void ready_keep_value(struct token *token, const struct store_row *row, const struct token_value *value);

/* Let go of keys whose rows have changed or are no more; of all. */
void ready_sweep(struct token *token);
void ready_clear(struct token *token);

/* ---- token_backend.c: the area as its backend sees it ---- */

/* Open it, or open it anew when the stored data are others; then nobody is logged in any more. Token lock (or nobody
 * else has the token) and a store transaction are held. */
enum token_result backend_follow(struct token *token);

/* Open it anew from these data, which become the token's; roles stay. Token lock held. */
enum token_result backend_switch(struct token *token, struct backend_bytes *data);

/* A reference, after a look at what is stored; and one without. They take the token's lock. */
enum token_result backend_current(struct token *token, struct backend_area **area);
struct backend_area *backend_ref(struct token *token);
void backend_close(struct token *token);

/* ---- token_counter.c: the device's count of commits ---- */

/*
 * Take the counter lock, so that nobody else commits a root, and let the device's counter reach the generation of the
 * root that is committed: a commit whose process died before the device had counted it is caught up with. No token or
 * store lock is held. counter_end() always follows.
 *
 * TOKEN_ERR_ROLLED_BACK, TOKEN_ERR_INDEX_LOST, TOKEN_ERR_DEVICE, TOKEN_ERR_OTHER_DEVICE
 */
enum token_result counter_begin(struct token *token, struct counter *counter);

/* The lock alone; the device is not asked. */
enum token_result counter_take(struct token *token, struct counter *counter);

/* Let the device's counter reach this generation. */
enum token_result counter_reach(const struct counter *counter, uint64_t generation);
void counter_end(struct counter *counter);

/* ---- token_change.c: changing rows ---- */

/*
 * Take the counter (counter_begin()), lock the token, begin a transaction for writing, refresh, and check that `role`
 * is still logged in when it is not TOKEN_NOBODY. On an error nothing is held.
 */
enum token_result change_begin(struct token *token, enum token_role role);

/* The same without the counter, for who has it and steps it himself. */
enum token_result change_begin_uncounted(struct token *token, enum token_role role);

/*
 * Write the root and commit when res is TOKEN_OK, else roll back; unlock all, and let the device count the commit.
 * What it answers counts for change_end_counted() only: the next who takes the counter catches up.
 */
enum token_result change_end(struct token *token, enum token_result res);
enum token_result change_end_counted(struct token *token, enum token_result res);

/* row: id and generation are filled in; copy COPY_SELF is the new id. *object is borrowed (NULL: not wanted). */
#define COPY_SELF UINT64_MAX
enum token_result change_insert(struct token *token, struct store_row *row, const struct token_attrs *attrs,
	const uint8_t *value, size_t value_len, const struct token_object **object);

/* Give the row at `at` new flags, copy and state, and attributes and value where not NULL. */
enum token_result change_update(struct token *token, struct cached *at, const struct store_row *to,
	const struct token_attrs *attrs, const uint8_t *value, size_t value_len);
enum token_result change_delete(struct token *token, struct cached *at);

/* Delete all rows of a copy (or of an unbound pair). */
enum token_result change_delete_copy(struct token *token, uint64_t copy);

/* ---- token_pin.c ---- */

enum backend_role token_backend_role(enum token_role role);

/*
 * One counted check; the caller holds the login lock and no other. The area key (in the
 * arena) and what was read of area and PIN are given out.
 */
struct pin_checked {
	struct secret area_key;
	struct secret auth; /* backend.h */
	uint64_t generation;
	bool must_change;
	struct store_area area;
	struct backend_area *backend;    /* a reference */
	const struct store_named *named; /* whose credential it was; NULL: a PIN or the provisioner's */
};
#define PIN_CHECKED_NONE ((struct pin_checked){ .area_key = SECRET_NONE, .auth = SECRET_NONE })
enum token_result pin_check(struct token *token, enum backend_role role, struct secret pin,
	struct pin_checked *checked);
void pin_checked_clear(struct pin_checked *checked);

/* Does a device count this role's tries? */
bool pin_is_devices(const struct token *token, enum backend_role role);
unsigned pin_max_tries(const struct store_area *area, enum backend_role role);

/* The rows of area and PIN, in a transaction of its own; the wrap is the caller's. */
enum token_result pin_rows(struct token *token, enum backend_role role, struct store_area *area, struct store_pin *pin);

/* What the role that is logged in keeps of a right PIN: a digest, its generation, and the device's auth. The token's
 * lock is held. */
enum token_result pin_take_login(struct token *token, struct secret pin, const struct pin_checked *checked);

/*
 * Is the auth that a device is to be given still that of the user's PIN? When another process has set another, the user
 * is logged out, so that no try is spent with the old one; and so it is when the device has refused it and it was
 * forgotten, for then nothing but a login gives another. The token's lock is held.
 */
enum token_result pin_follow(struct token *token);

/* Count one wrong try and, with none left, lock; a store transaction for writing is open. */
enum token_result pin_count_wrong(struct token *token, enum backend_role role);

/* May the holder's PIN open anything now, as the one that logged in? Token lock and a store transaction are held. */
enum token_result pin_state_usable(struct token *token);

/* Bring token->seen up to date for this role; without a transaction while nobody has committed. The token's lock is
 * held. */
enum token_result pin_look(struct token *token, enum token_role role);

/* The same question of what has been seen for TOKEN_USER. */
enum token_result pin_seen_usable(const struct pin_seen *seen);

/*
 * Does the PIN that logged the user in open anything still (requirements, section P)? A lock that another process has
 * set closes the area to those who are logged in, too; a suspension does not. TOKEN_OK for everybody but the user. The
 * token's lock is held; pin_opens_inside(): and a store transaction.
 *
 * TOKEN_ERR_PIN_LOCKED, TOKEN_ERR_PIN_NOT_SET, TOKEN_ERR_NOT_LOGGED_IN
 */
enum token_result pin_opens(struct token *token);
enum token_result pin_opens_inside(struct token *token);

/* Log the user out whose PIN the security officer has disabled, or replaced by one that must be changed; token lock and
 * a store transaction are held. */
enum token_result pin_recheck(struct token *token);

#define AUTHENTICATOR_TRIES 10

/* ---- token_life.c ---- */

/* May this role do anything in the area at all? TOKEN_ERR_BLANK, TOKEN_ERR_RETIRED. */
enum token_result life_admits(const struct store_area *area, enum token_role role);

/* ---- token_events.c ---- */

/* A line for the log, in the transaction for writing that is open; its id, where wanted. */
enum token_result event_add(struct token *token, const char *what, const char *detail, uint64_t *id);

/* Of copies and their keys: for the holder alone (struct token_event). */
#define EVENT_IMPORTED "copies-imported"
#define EVENT_SPENT "copy-spent"
#define EVENT_DESTROYED "copy-destroyed"
#define EVENT_OPENED "inbox-opened"

/*
 * The same of what comes into an area and leaves it (R-CARD-37): so many copies, or so many of something else; a copy,
 * by its number; a named user; and what was done ("written") with a thing of this class in an area of a card, and by
 * whom; event_item() says nothing of other areas. No value, no label and no name of a person is ever in it.
 */
enum token_result event_imported(struct token *token, size_t copies);
enum token_result event_count(struct token *token, const char *what, size_t count, const char *one, const char *more);
enum token_result event_copy(struct token *token, const char *what, uint64_t copy, int64_t when);
enum token_result event_name(struct token *token, const char *what, const char *name);
enum token_result event_item(struct token *token, const struct token_attrs *attrs, const char *done);

/* ---- token_login.c ---- */

/* A right PIN becomes a role, and its rights, when the rows are what was committed. The login lock is held. */
enum token_result login_enter(struct token *token, enum token_role role, struct secret pin,
	const struct pin_checked *checked);

/* Take the login lock for who wants to be logged in as that, while nobody is. Release it whatever the answer. */
enum token_result login_begin(struct token *token, enum token_role role, struct pin_lock *lock);

/* ---- token_named.c ---- */

/* The area row without a look at the root, in a transaction of its own. */
enum token_result named_read_area(struct token *token, struct store_area *area);

/*
 * Count a try of this name's, the provisioner's too, before anything is looked at; the login lock is held. Row and area
 * are as they were then; the row's wrap is the caller's to clear.
 *
 * TOKEN_ERR_PIN_NOT_SET, TOKEN_ERR_PIN_LOCKED
 */
enum token_result named_begin_try(struct token *token, const char *name, struct store_area *area,
	struct store_named *row);

/* Give a right one's tries back, or lock after the last wrong one; what was not judged costs nothing. */
enum token_result named_end_try(struct token *token, struct store_named *row, enum token_result checked);

/* Log a named user out whose right has been taken away; token lock and a store transaction are held. */
enum token_result named_recheck(struct token *token);

/* ---- token_provisioner.c ---- */

/* 128 random bits as TOKEN_CREDENTIAL_LEN hexadecimal digits. */
enum token_result credential_new(const struct token *token, struct secret *credential);

/* As token_login(); the login lock is held, and nobody is logged in. */
enum token_result provisioner_login(struct token *token, struct secret credential);

/* Log the provisioner out when it has been revoked; token lock and a store transaction are held. */
enum token_result provisioner_recheck(struct token *token);

#endif
