/*
 * issuer.h: what the commands of mdoc-issuer share: the folder --dir with its configuration,
 * certificates and register, and the issuer's keys in a PKCS#11 token.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_ISSUER_H
#define ISSUER_ISSUER_H

#include <jansson.h>
#include "tools/common/context.h"
#include "tools/common/options.h"
#include "tools/common/p11.h"
#include "tools/issuer/register.h"

#define ISSUER_CONFIG_VERSION 1
#define ISSUER_BATCH_SIZE 100 /* copies at once, unless init says otherwise (R-EXH-02) */
#define ISSUER_BATCH_MAX 1000
#define ISSUER_KEY_ID_LEN 8      /* bytes of CKA_ID */
#define ISSUER_NONCE_LEN 16      /* bytes: 128 bits */
#define ISSUER_PIN_LIMIT_MAX 100 /* tries that an issuer may be told to allow a PIN at most */

int cmd_init(const struct command *command, int argc, char **argv);
int cmd_offer(const struct command *command, int argc, char **argv);
int cmd_issue(const struct command *command, int argc, char **argv);
int cmd_challenge(const struct command *command, int argc, char **argv);

/*
 * D/issuer.json. It holds no PIN and no key: only where they are.
 *
 * {"version": 1, "credential_issuer": URI, "credential_configuration_id": "org.iso.…",
 *  "doc_type": "org.iso.…", "country": "JP", "module": path, absent for the installed one,
 *  "token": label, "curve": "P-256", "iaca_key": CKA_ID in hex, "ds_key": CKA_ID in hex,
 *  "batch_size": 100, ? "require_attestation": true, ? "pin_limit": 10, ? "accept_shared_pin": true,
 *  ? "attestation_key": CKA_ID in hex}
 *
 * The last four: keys must be shown to be in a TPM; how many tries their PIN may have at most; also TPMs that
 * count them for all users together; and the attestation CA, once there is one.
 */
struct issuer {
	char *dir;
	json_t *config;
	const char *uri, *configuration_id, *doc_type, *country, *token; /* borrowed from config */
	const char *module;                                              /* the same; may be NULL */
	struct mdoc_bytes iaca_key, ds_key;                              /* CKA_ID, in id_room */
	struct mdoc_bytes attestation_key;                               /* the same; ptr NULL: no attestation CA yet */
	uint8_t id_room[2][ISSUER_KEY_ID_LEN], attestation_id[ISSUER_KEY_ID_LEN];
	size_t batch_size;
	bool require_attestation, accept_shared_pin;
	uint32_t pin_limit;       /* 0: the default */
	struct mdoc_buf iaca, ds; /* DER; empty before init */
	struct register_db *db;
};

/* Read the configuration, the certificates and open the register. issuer_close() in any case. */
enum exit_status issuer_open(const char *dir, struct issuer *issuer);
void issuer_close(struct issuer *issuer);

/* Read D/issuer.json again. */
enum exit_status issuer_read_config(struct issuer *issuer);

/* Write a certificate as PEM: as dir/name, or as it is said. */
enum exit_status issuer_write_pem(const char *dir, const char *name, struct mdoc_bytes der);
enum exit_status issuer_write_certificate(const char *path, struct mdoc_bytes der);

/* dir/name; free() by the caller; NULL: memory (said). */
char *issuer_path(const char *dir, const char *name);

/* A register result as a sentence and a status. */
enum exit_status issuer_register_error(const char *what, const struct register_db *db, enum register_result result);

/* Lower-case hexadecimal, NUL terminated: room for 2 * bytes.len + 1. */
void issuer_hex(struct mdoc_bytes bytes, char *text);

/* The bytes of such a text of exactly this length. */
bool issuer_unhex(const char *text, uint8_t *bytes, size_t len);

/* ---- keys.c ---- */

struct issuer_token {
	struct p11 p11;
	struct p11_token token;
};

/* Open the token and log in as its user. issuer_token_close() in any case. */
enum exit_status issuer_token_open(const char *module, const char *label, const struct pin_source *source,
	struct issuer_token *token);
void issuer_token_close(struct issuer_token *token);

/* A private key by CKA_ID. Refuses what is no elliptic curve key of 256 bits or more (R-CRY-01), and a key
 * that is not that of the certificate, when one is given (der.ptr not NULL). */
enum exit_status issuer_find_key(struct issuer_token *token, struct mdoc_bytes id, struct mdoc_bytes der,
	struct mdoc_p11_key *key, struct mdoc_public_key *public_key);

/* Destroy everything in the token that has this CKA_ID; for undoing. */
void issuer_destroy(struct issuer_token *token, struct mdoc_bytes id);

/* What a failed libmdoc call that signs over C_Sign has to say. */
enum exit_status issuer_sign_error(const char *what, const struct mdoc_error *error, const struct mdoc_p11_key *key);

#endif
