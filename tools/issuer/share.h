/*
 * share.h: the secret of a backup in two shares, each of which one operator alone can open (R-IKC-03): sealed with his
 * passphrase (argon2id, AES-256-GCM) or to his certificate (CMS).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_SHARE_H
#define ISSUER_SHARE_H

#include <jansson.h>
#include <mdoc/context.h>
#include "tools/common/exit.h"
#include "tools/common/pin.h"

#define SHARE_LEN 32  /* bytes of one */
#define SHARE_COUNT 2 /* both are needed */
#define SHARE_NAME_MAX 64

enum share_kind { SHARE_PASSPHRASE, SHARE_CERTIFICATE, SHARE_KEY };

/* "NAME=passphrase:FILE", "NAME=certificate:FILE" (to seal), "NAME=key:FILE|URI" (to open). */
struct share_source {
	char name[SHARE_NAME_MAX + 1];
	enum share_kind kind;
	const char *path; /* borrowed */
};

/* False: none of these. */
bool share_source_from(const char *text, struct share_source *source);

/*
 * Seal a share.
 *
 * salt   of the backup, that it belongs to; authenticated with it
 * *out   new JSON object, json_decref() by the caller: {"operator": NAME, "passphrase": {…} | "certificate": {…}}
 *
 * EXIT_STATUS_INPUT: the file; EXIT_STATUS_NO: a passphrase of less than 12 bytes; all said
 */
enum exit_status share_seal(const struct share_source *source, struct mdoc_bytes salt, const uint8_t share[SHARE_LEN],
	json_t **out);

/*
 * Open one.
 *
 * key_module, key_pin  for a key in a token
 *
 * EXIT_STATUS_NO (said): this passphrase or key does not open it, or it was changed
 */
enum exit_status share_open(const struct share_source *source, const json_t *sealed, struct mdoc_bytes salt,
	const char *key_module, const struct pin_source *key_pin, uint8_t share[SHARE_LEN]);

/* HKDF-SHA256 over both shares, one after the other: SHARE_COUNT * SHARE_LEN bytes. info: what the key is for */
enum exit_status share_derive(const uint8_t *both, struct mdoc_bytes salt, const char *info, uint8_t key[32]);

/* Of a member in base64url, exactly len bytes. */
bool share_member(const json_t *object, const char *name, uint8_t *bytes, size_t len);

#endif
