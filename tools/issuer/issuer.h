/*
 * issuer.h: what the commands of mdoc-issuer share: the folder --dir with its configuration,
 * certificates and register, and the issuer's keys in a PKCS#11 token.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_ISSUER_H
#define ISSUER_ISSUER_H

#include <jansson.h>
#include <sys/types.h>
#include "tools/common/context.h"
#include "tools/common/options.h"
#include <mdoc/x509.h>
#include "tools/common/p11.h"
#include "tools/issuer/register/register.h"

#define ISSUER_CONFIG_VERSION 2
#define ISSUER_BATCH_SIZE 100 /* copies at once, unless init says otherwise (R-EXH-02) */
#define ISSUER_BATCH_MAX 1000
#define ISSUER_KEY_ID_LEN 8      /* bytes of CKA_ID */
#define ISSUER_SERIAL_TEXT 41    /* characters of a certificate's serial number, with the NUL */
#define ISSUER_NONCE_LEN 16      /* bytes: 128 bits */
#define ISSUER_PIN_LIMIT_MAX 100 /* tries that an issuer may be told to allow a PIN at most */

int cmd_init(const struct command *command, int argc, char **argv);
int cmd_offer(const struct command *command, int argc, char **argv);
int cmd_issue(const struct command *command, int argc, char **argv);
int cmd_renew(const struct command *command, int argc, char **argv);
int cmd_serve(const struct command *command, int argc, char **argv);
int cmd_challenge(const struct command *command, int argc, char **argv);
int cmd_notify(const struct command *command, int argc, char **argv);
int cmd_keys(const struct command *command, int argc, char **argv);

/* The issuer's keys, each for one thing. */
enum issuer_role {
	ISSUER_IACA,     /* certificates and their revocation lists */
	ISSUER_DS,       /* records, and nothing else */
	ISSUER_STATUS,   /* status lists */
	ISSUER_MESSAGES, /* what is sent: sealed responses, notices, bundles; always on P-256, which JWS and CMS know */
	ISSUER_ROLE_COUNT
};

/*
 * D/issuer.json. It holds no PIN and no key: only where they are.
 *
 * {"version": 2, "credential_issuer": URI, "credential_configuration_id": "org.iso.…",
 *  "doc_type": "org.iso.…", "country": "JP", "module": path, absent for the installed one,
 *  "token": label, "curve": "P-256", "iaca_key": CKA_ID in hex, "ds_key": CKA_ID in hex,
 *  "status_key", "messages_key": the same, absent in version 1 until "mdoc-issuer keys add";
 *  "batch_size": 100, ? "require_attestation": true, ? "pin_limit": 10, ? "accept_shared_pin": true,
 *  ? "attestation_key": CKA_ID in hex, ? "register": "postgresql://…", ? "status_list_size": 1048576,
 *  ? "retention": {"issue": days, …}}
 *
 * Of the last seven: keys must be shown to be in a TPM; how many tries their PIN may have at most; also TPMs that
 * count them for all users together; the attestation CA, once there is one; where the register is, D/register.db
 * unless it is said; entries of a status list; and how long events are kept, by the categories of register.h.
 */
struct issuer {
	char *dir;
	json_t *config;
	const char *uri, *configuration_id, *doc_type, *country, *token; /* borrowed from config */
	const char *module;                                              /* the same; may be NULL */
	struct mdoc_bytes iaca_key, ds_key;                              /* CKA_ID, in id_room */
	struct mdoc_bytes status_key, messages_key;                      /* the same; ptr NULL: not made yet */
	struct mdoc_bytes attestation_key;                               /* the same; ptr NULL: no attestation CA yet */
	uint8_t id_room[ISSUER_ROLE_COUNT][ISSUER_KEY_ID_LEN], attestation_id[ISSUER_KEY_ID_LEN];
	size_t batch_size;
	int64_t list_size; /* entries of a new status list */
	bool require_attestation, accept_shared_pin;
	uint32_t pin_limit;               /* 0: the default */
	struct mdoc_buf iaca, ds;         /* DER; empty before init */
	struct mdoc_buf status, messages; /* the same; empty before the key is made */
	struct register_db *db;
};

/* Read the configuration, the certificates and open the register. issuer_close() in any case. */
enum exit_status issuer_open(const char *dir, struct issuer *issuer);
void issuer_close(struct issuer *issuer);

/* CKA_ID and certificate of a key; both empty before it is made. */
struct mdoc_bytes issuer_key_id(const struct issuer *issuer, enum issuer_role role);
struct mdoc_bytes issuer_key_certificate(const struct issuer *issuer, enum issuer_role role);

/* The serial number as the register has it: lower-case hexadecimal without the sign's byte. False: no certificate. */
bool issuer_certificate_serial(struct mdoc_bytes der, char serial[ISSUER_SERIAL_TEXT]);

/* Read D/issuer.json again. */
enum exit_status issuer_read_config(struct issuer *issuer);

/* Wait for others that change issuer.json, and keep them out until the descriptor is closed. Negative: said. */
int issuer_lock(const char *dir);

/* Write a certificate as PEM: as dir/name, or as it is said. */
enum exit_status issuer_write_pem(const char *dir, const char *name, struct mdoc_bytes der);
enum exit_status issuer_write_certificate(const char *path, struct mdoc_bytes der);

/* dir/name; free() by the caller; NULL: memory (said). */
char *issuer_path(const char *dir, const char *name);

/* Where its register is: a file or a URI; free() by the caller. NULL: memory (said). */
char *issuer_register_place(const char *dir, const json_t *config);

/* A folder that may be there already. EXIT_STATUS_TROUBLE (said). */
enum exit_status issuer_make_folder(const char *path, mode_t mode);

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

/* Another session with the token that `open` is logged in to, for another thread; closed before that one. */
enum exit_status issuer_token_again(struct issuer_token *open, struct issuer_token *another);

/* A private key by CKA_ID. Refuses what is no elliptic curve key of 256 bits or more (R-CRY-01), and a key
 * that is not that of the certificate, when one is given (der.ptr not NULL). */
enum exit_status issuer_find_key(struct issuer_token *token, struct mdoc_bytes id, struct mdoc_bytes der,
	struct mdoc_p11_key *key, struct mdoc_public_key *public_key);

/* ---- key_make.c ---- */

/* The key for one thing and its public half. EXIT_STATUS_NO (said): it has not been made. */
enum exit_status issuer_role_key(const struct issuer *issuer, struct issuer_token *token, enum issuer_role role,
	struct mdoc_p11_key *key, struct mdoc_public_key *public_key);

struct issuer_role_row {
	const char *name, *label, *common_name; /* "messages", CKA_LABEL, end of the certificate's common name */
	const char *member, *file;              /* of issuer.json, and in D */
	enum mdoc_cert_profile profile;
	size_t key_offset, certificate_offset; /* in struct issuer */
};
extern const struct issuer_role_row issuer_roles[ISSUER_ROLE_COUNT];

/* What all its certificates say. */
struct issuer_names {
	const char *country, *name, *uri, *crl_uri; /* name: how common names begin */
	int64_t now;
	int64_t days; /* of the certificates below the IACA */
};

/* The curve of a role's key, when the issuer's is this one. */
enum mdoc_curve issuer_role_curve(enum issuer_role role, enum mdoc_curve curve);

/* A new key pair in the token under a new id. fixed: it can never leave the token, and so not be backed up. */
enum exit_status issuer_make_key(struct issuer_token *token, enum issuer_role role, enum mdoc_curve curve, bool fixed,
	uint8_t id[ISSUER_KEY_ID_LEN]);

/*
 * The certificate of the key with this id, signed in the token by the IACA's key, and stored there too.
 *
 * iaca     DER; not looked at for ISSUER_IACA
 * iaca_id  CKA_ID of the IACA's key: the same as id for ISSUER_IACA
 * der      appended to
 */
enum exit_status issuer_make_certificate(struct issuer_token *token, enum issuer_role role,
	const struct issuer_names *names, struct mdoc_bytes id, struct mdoc_bytes iaca_id, struct mdoc_bytes iaca,
	struct mdoc_buf *der);

/* Destroy everything in the token that has this CKA_ID; for undoing. */
void issuer_destroy(struct issuer_token *token, struct mdoc_bytes id);

/* What a failed libmdoc call that signs over C_Sign has to say. */
enum exit_status issuer_sign_error(const char *what, const struct mdoc_error *error, const struct mdoc_p11_key *key);

#endif
