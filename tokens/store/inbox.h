/*
 * tokens/store/inbox.h: the rows of renewal: the provisioner's keys, and what it has brought and nobody has fetched.
 * None of them is under the area's root, for they are written by one who has no key of the area; what authenticates
 * them is in their blobs (tokens/provision.h).
 *
 * Called between store_begin() and store_end().
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_STORE_INBOX_H
#define TOKENS_STORE_INBOX_H

#include "tokens/store/store.h"

/* ---- The provisioner's keys ---- */

struct store_provisioner_key {
	unsigned purpose;
	struct backend_bytes attrs;  /* in clear */
	struct backend_bytes sealed; /* malloc'ed both when read */
};

enum token_result store_provisioner_key_add(struct store *store, uint64_t provisioner,
	const struct store_provisioner_key *key);

/* TOKEN_ERR_NOT_FOUND; clear it in any case. */
enum token_result store_provisioner_key_read(struct store *store, uint64_t provisioner, unsigned purpose,
	struct store_provisioner_key *key);
void store_provisioner_key_clear(struct store_provisioner_key *key);

/* Take all keys away and empty the inbox: they are nobody's any more. */
enum token_result store_provision_empty(struct store *store);

/* ---- The inbox ---- */

struct store_inbox {
	uint64_t id; /* never given out again */
	unsigned kind;
	int64_t received;
	struct backend_bytes attrs, box; /* malloc'ed when read */
};

enum token_result store_inbox_add(struct store *store, struct store_inbox *entry); /* sets the id */

/* TOKEN_ERR_NOT_FOUND; clear it in any case. */
enum token_result store_inbox_read(struct store *store, uint64_t id, struct store_inbox *entry);
void store_inbox_clear(struct store_inbox *entry);

/* What a list says of each, in order of id; malloc'ed. kind 0: all. */
struct store_inbox_line {
	uint64_t id;
	unsigned kind;
	int64_t received;
	uint64_t box_len;
};
enum token_result store_inbox_list(struct store *store, unsigned kind, struct store_inbox_line **lines, size_t *count);

/* TOKEN_ERR_NOT_FOUND: there is no such entry. */
enum token_result store_inbox_delete(struct store *store, uint64_t id);

/* How many entries of this kind, and of how many bytes all together; first and last id where there is any. */
struct store_inbox_sum {
	uint64_t count, bytes;
	uint64_t first, last;
};
enum token_result store_inbox_sum(struct store *store, unsigned kind, struct store_inbox_sum *sum);

#endif
