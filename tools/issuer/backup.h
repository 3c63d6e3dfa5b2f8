/*
 * backup.h: the issuer's keys outside its token: wrapped with AES key wrap (RFC 5649) by the token itself, under a key
 * that two operators' shares make together (R-IKC-03, R-IKC-04). At no time are they in this process.
 *
 * The file: {"type": "mdoc-issuer-backup", "version": 1, "made": seconds since the epoch, "salt": base64url, "shares": [two of
 * share.h], "keys": [{"name": "iaca", "id": CKA_ID in hex, "certificate": DER in base64url, "wrapped": base64url}],
 * "mac": HMAC-SHA256 over all the rest by a key of both shares}.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_BACKUP_H
#define ISSUER_BACKUP_H

#include "tools/issuer/issuer.h"
#include "tools/issuer/share.h"

/* What both shares make; wiped by backup_secrets_clear(). */
struct backup_secrets {
	uint8_t shares[SHARE_COUNT * SHARE_LEN], wrap[32], mac[32];
};
void backup_secrets_clear(struct backup_secrets *secrets);

/* New shares, sealed to both operators, in a file to be: json_decref() by the caller. */
enum exit_status backup_begin(const struct share_source *sources, int64_t now, struct backup_secrets *secrets,
	json_t **file);

/*
 * Open a file with both shares and check it. EXIT_STATUS_NO (said): a share does not open, or something was changed.
 * *file  json_decref() by the caller
 */
enum exit_status backup_open(const char *path, const struct share_source *sources, const char *key_module,
	const struct pin_source *key_pin, struct backup_secrets *secrets, json_t **file);

/* Close a file with its MAC and write it, once. */
enum exit_status backup_write(const char *path, const struct backup_secrets *secrets, json_t *file);

/*
 * The key that wraps, in the token until its session ends: it cannot be read, and opens nothing.
 * token  its SO logged in, since it is marked as trusted
 */
enum exit_status backup_wrapping_key(const struct p11_token *token, const struct backup_secrets *secrets,
	CK_OBJECT_HANDLE *key);

/* Wrap one key of the issuer into the file. token: its user logged in */
enum exit_status backup_wrap(const struct issuer *issuer, struct issuer_token *token, enum issuer_role role,
	CK_OBJECT_HANDLE wrapping_key, json_t *file);

/* What became of a key that was unwrapped. */
struct backup_key {
	enum issuer_role role;
	uint8_t id[ISSUER_KEY_ID_LEN];
	struct mdoc_buf certificate; /* DER */
};

/*
 * Unwrap key i of the file into a token, with its public half and certificate, and let it sign something that is then
 * verified with the certificate. permanent: as objects of the token; otherwise they end with the session.
 *
 * key  certificate cleared by the caller
 *
 * EXIT_STATUS_NO (said): the token refuses it, has a key with this id already, or it is not the certificate's
 */
enum exit_status backup_unwrap(struct issuer_token *token, const struct backup_secrets *secrets, const json_t *file,
	size_t i, bool permanent, struct backup_key *key);

/* Keys in a file that backup_open() checked. */
size_t backup_count(const json_t *file);

#endif
