/*
 * tokens/provision_priv.h: what the files of renewal share.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_PROVISION_PRIV_H
#define TOKENS_PROVISION_PRIV_H

#include "tokens/provision.h"
#include "tokens/store/inbox.h"
#include "tokens/token_priv.h"

/* ---- token_provision.c ---- */

#define PROVISION_ROWS (TOKEN_PURPOSES + 1)

/* The rows of a new provisioner: its keys under its key, and that under the area key. */
struct provision_rows {
	struct store_provisioner_key rows[PROVISION_ROWS];
};

/* TOKEN_ERR_NOT_LOGGED_IN: the area key is had by the SO alone here. To be cleared in any case. */
enum token_result provision_make(struct token *token, struct secret key, struct provision_rows *made);
void provision_rows_clear(struct provision_rows *made);

/* Inside a change: in the place of those of any other. */
enum token_result provision_write(struct token *token, uint64_t provisioner, const struct provision_rows *made);

/* Who is at work on the inbox, and with what. */
struct provision_view {
	enum token_role role; /* TOKEN_USER or TOKEN_PROVISIONER */
	uint64_t provisioner; /* the row; 0: none (user) */
	struct secret key;    /* the provisioner's; NONE: there is no provisioner (user) */
	struct secret area;   /* the area key; user only */
	struct store_area row;
	uint8_t seal_public[VAULT_BOX_KEY_LEN]; /* the true one */
};
#define PROVISION_VIEW_NONE ((struct provision_view){ .key = SECRET_NONE, .area = SECRET_NONE })

/*
 * Take the token's lock and begin a transaction in which somebody who may is still logged in; end it, commit when res is
 * TOKEN_OK and it was for writing, and unlock. On an error of begin nothing is held.
 *
 * TOKEN_ERR_NOT_LOGGED_IN, TOKEN_ERR_READ_ONLY
 */
enum token_result provision_begin(struct token *token, bool write, enum token_role *role);
enum token_result provision_end(struct token *token, enum token_result res);

/* TOKEN_ERR_NOT_LOGGED_IN, TOKEN_ERR_DAMAGED. To be cleared in any case. */
enum token_result provision_view(struct token *token, struct provision_view *view);
void provision_view_clear(struct provision_view *view);

/* ---- token_inbox.c ---- */

/* An entry sealed for the area and authenticated; attrs: what the provisioner itself is to read again. Its blobs are
 * the caller's to clear. */
enum token_result inbox_seal(const struct token *token, const struct provision_view *view, struct store_inbox *entry,
	const uint8_t *attrs, size_t attrs_len, const uint8_t *bytes, size_t len);

/* The attributes again, malloc'ed; the box is that which was sealed with them. TOKEN_ERR_DAMAGED. */
enum token_result inbox_open_attrs(const struct token *token, const struct provision_view *view,
	const struct store_inbox *entry, uint8_t **attrs, size_t *len);

/* What is in the box, for the user. seal_private: of the area. */
enum token_result inbox_open_box(const struct token *token, const struct provision_view *view,
	struct secret seal_private, const struct store_inbox *entry, struct secret *bytes);

/* The private half of the seal pair, from the user's view. */
enum token_result inbox_private(const struct token *token, const struct provision_view *view, struct secret *key);

/* Commit an entry within the bounds. */
enum token_result inbox_add(struct token *token, const struct provision_view *view, struct store_inbox *entry);

#endif
