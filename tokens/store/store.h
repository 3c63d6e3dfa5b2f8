/*
 * tokens/store/store.h: one area's database: its rows as structs. What is sealed here and
 * what it means is the caller's affair.
 *
 * All but open and close happen between store_begin() and store_end(), which hold the store's
 * lock; it is the last in the order of locks. In a forked child a store is left alone.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_STORE_STORE_H
#define TOKENS_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tokens/backend.h"
#include "tokens/store/watch.h"
#include "tokens/life.h"
#include "tokens/token.h"
#include "tokens/vault/box.h"

struct store;

/* Make area.db in `folder`, which exists and is empty. */
enum token_result store_create(const char *folder);

/* TOKEN_ERR_NOT_FOUND, TOKEN_ERR_NEWER, TOKEN_ERR_DAMAGED, TOKEN_ERR_IO: as db_open(). */
enum token_result store_open(const char *folder, struct store **store);
void store_close(struct store *store); /* NULL is fine */
bool store_is_read_only(const struct store *store);

/* Are version and tables still what store_open() found? Errors as there. No transaction may be open. */
enum token_result store_check(struct store *store);

/*
 * Lock the store and begin a transaction. A transaction for writing has the database to
 * itself from the start. On an error nothing is held.
 *
 * TOKEN_ERR_READ_ONLY, TOKEN_ERR_BUSY, TOKEN_ERR_IO
 */
enum token_result store_begin(struct store *store, bool write);

/*
 * Commit when res is TOKEN_OK, else roll back; unlock. The result is res, or why the commit
 * failed: then nothing was changed.
 */
enum token_result store_end(struct store *store, enum token_result res);

/* Fold the log into the database, so that old content is overwritten there too. No transaction may be open. */
void store_checkpoint(struct store *store);

/* Changes when another process has committed something. */
enum token_result store_version(struct store *store, int64_t *version);

/*
 * The same without a transaction, a lock or a system call: the mark of the open transaction,
 * which is not newer than what that one reads, and whether the database is still at a mark.
 * False also where that cannot be told (a read-only store), and after a commit of one's own.
 */
const struct watch_mark *store_mark(const struct store *store);
bool store_is_at(const struct store *store, const struct watch_mark *mark);

/* ---- The area row ---- */

#define STORE_AREA_RAW_SIGN 0x1u
#define STORE_AREA_MUST_CHANGE 0x2u
#define STORE_AREA_DISABLE_ALLOWED 0x4u
#define STORE_AREA_WEAK_PIN 0x8u
#define STORE_AREA_WEAK_SO_PIN 0x10u
#define STORE_AREA_IDENTITY_CHECK 0x20u
#define STORE_AREA_TRANSPORT 0x40u
#define STORE_AREA_SINGLE_USE 0x80u

/*
 * What opens the area when its PIN is disabled: r||s verification key of the helper (x || y, P-256), its X25519 key, and
 * the secret in a box for that.
 */
#define STORE_AUTHENTICATOR_SECRET 32
#define STORE_AUTHENTICATOR_BOX (64 + VAULT_BOX_KEY_LEN) /* where the box begins */
#define STORE_AUTHENTICATOR_LEN (STORE_AUTHENTICATOR_BOX + STORE_AUTHENTICATOR_SECRET + VAULT_BOX_OVERHEAD)

struct store_area {
	char serial[TOKEN_SERIAL_LEN + 1];
	char label[33];
	char backend[16];
	int64_t created;
	uint64_t epoch;
	uint32_t flags;
	uint32_t low_water;
	struct token_pin_policy user, so;
	uint8_t seal_public[VAULT_BOX_KEY_LEN];
	uint8_t seal_private[VAULT_BOX_PRIVATE_LEN];
	bool suspended;
	char preset[TOKEN_PRESET_MAX + 1], card[TOKEN_CARD_MAX + 1];
	enum token_life life;
	int64_t latest;
	bool has_authenticator;
	uint8_t authenticator[STORE_AUTHENTICATOR_LEN];
	uint64_t checked;
};

/* TOKEN_ERR_GONE: the area has been erased. TOKEN_ERR_DAMAGED: impossible content. */
enum token_result store_area_read(struct store *store, struct store_area *area);
enum token_result store_area_write(struct store *store, const struct store_area *area);

/* The counts of a token_info. */
enum token_result store_counts(struct store *store, struct token_info *info);

/* Delete all objects, tombstones, PINs but the SO's, what renewal left, and a backend's data but the guard's. With
 * everything: those, the SO's PIN and the area row too, after which the area is no more for anybody. */
enum token_result store_empty(struct store *store, bool everything);

/* ---- What a backend must know beside the wraps ---- */

#define STORE_DATA_GUARD "guard" /* the guard's own; under the MAC of the root, when there is any */
#define STORE_DATA_MAX 65536     /* bytes */

/* TOKEN_OK with ptr NULL when there is none. */
enum token_result store_data_read(struct store *store, const char *name, struct backend_bytes *data);
enum token_result store_data_write(struct store *store, const char *name, const uint8_t *bytes, size_t len);

/* ---- PIN rows ---- */

struct store_pin {
	enum backend_role role;
	enum token_pin_state state;
	unsigned tries_left;
	uint64_t generation;
	bool must_change;
	uint8_t *wrap; /* malloc'ed; NULL: none */
	size_t wrap_len;
};

/* TOKEN_OK with state TOKEN_PIN_NONE when there is no row. */
enum token_result store_pin_read(struct store *store, enum backend_role role, struct store_pin *pin);
enum token_result store_pin_write(struct store *store, const struct store_pin *pin);
void store_pin_clear(struct store_pin *pin);

/* The area's life has ended: what opens it goes, but for the SO's; the user's PIN is locked. */
enum token_result store_end_of_life(struct store *store);

/* ---- The log ---- */

struct store_event {
	struct token_event event;
	uint8_t hash[32];
};

/* The newest, id 0 when there is none; given: the highest id ever given out. */
enum token_result store_event_last(struct store *store, struct store_event *event, uint64_t *given);
enum token_result store_event_add(struct store *store, const struct store_event *event);

/* All, malloc'ed, in order of id; one that is no row of a log has a hash of zeros. given: the highest id ever given out. */
enum token_result store_events(struct store *store, struct store_event **events, size_t *count, uint64_t *given);

/* The area has seen this time. */
enum token_result store_latest(struct store *store, int64_t when);

/* ---- Named users ---- */

/* The provisioner's name, which nobody else can have; its rights are none of these. */
#define STORE_PROVISIONER "provisioner"

struct store_named {
	uint64_t id; /* never given out again */
	char name[TOKEN_NAME_MAX + 1];
	unsigned rights; /* also in what the wrap authenticates */
	enum token_pin_state state;
	unsigned tries_left, tries_max;
	uint64_t generation;
	uint8_t *wrap; /* malloc'ed; NULL: none */
	size_t wrap_len;
};

/* TOKEN_OK with state TOKEN_PIN_NONE when there is none. */
enum token_result store_named_read(struct store *store, const char *name, struct store_named *named);

/* All but the provisioner, without their wraps; malloc'ed. */
enum token_result store_named_list(struct store *store, struct store_named **list, size_t *count);

/* Put a new one in the place of any of its name, whose keys go too; its id is set. */
enum token_result store_named_replace(struct store *store, struct store_named *named);

/* State, tries and wrap of the one with this id. */
enum token_result store_named_write(struct store *store, const struct store_named *named);

/* TOKEN_ERR_NOT_FOUND: there was none. */
enum token_result store_named_delete(struct store *store, const char *name);
void store_named_clear(struct store_named *named);

/* ---- The root row ---- */

struct store_root {
	uint64_t generation;
	uint8_t hash[32];
	uint8_t mac[SEAL_MAC_LEN];
};

enum token_result store_root_read(struct store *store, struct store_root *root);
enum token_result store_root_write(struct store *store, const struct store_root *root);

/* ---- Object rows ---- */

#define STORE_PRIVATE 0x1u
#define STORE_AUTHENTICATED 0x2u
#define STORE_REUSABLE 0x4u
#define STORE_SEALED 0x8u /* the value is sealed, though the attributes are public: a key with CKA_PRIVATE false */

enum store_state { STORE_PLAIN = 0, STORE_UNBOUND = 1, STORE_BOUND = 2 };

/* What a row says in clear; all of it is authenticated with the blobs and in the root. */
struct store_row {
	uint64_t id;
	uint64_t generation;
	uint64_t copy;
	uint64_t value_len;
	uint8_t kind;
	uint8_t flags;
	uint8_t state;
};

struct store_blob {
	const uint8_t *ptr; /* NULL: none */
	size_t len;
};

enum store_blob_kind { STORE_ATTRS = 1, STORE_VALUE = 2 };

/* Rows in order of id. Blobs are borrowed until the next step. */
struct store_cursor;
enum token_result store_rows(struct store *store, struct store_cursor **cursor);
enum token_result store_rows_next(struct store_cursor *cursor,
	struct store_row *row); /* TOKEN_ERR_NOT_FOUND: no more */
void store_rows_attrs(struct store_cursor *cursor, struct store_blob *attrs, struct store_blob *tag);
void store_rows_end(struct store *store, struct store_cursor *cursor); /* NULL is fine */

/* One row's blobs, borrowed until store_rows_end(). */
enum token_result store_row_blobs(struct store *store, uint64_t id, struct store_cursor **cursor,
	struct store_blob *attrs, struct store_blob *value, struct store_blob *value_tag);

/* The id of the next row; ids only grow. */
enum token_result store_next_id(struct store *store, uint64_t *id);

/* Insert, or replace, with all blobs. */
enum token_result store_row_write(struct store *store, const struct store_row *row, struct store_blob attrs,
	struct store_blob attrs_tag, struct store_blob value, struct store_blob value_tag);
enum token_result store_row_delete(struct store *store, uint64_t id);
enum token_result store_tombstone(struct store *store, uint64_t copy, int64_t when);

#endif
