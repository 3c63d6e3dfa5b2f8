/* request.c: mdoc-token request: holder keys and an OpenID4VCI 1.0 Credential Request.
 * SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/sealed.h"
#include "tools/token/evidence.h"
#include "tools/token/proofs.h"
#include "tools/token/token.h"
#include "tools/common/json.h"
#include "tools/common/jwt.h"
#include "tools/common/message.h"
#include "tools/common/terminal.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NONCE_MEMBER "mdoc_pkcs11_nonce" /* ours: OpenID4VCI gives nonces by an HTTP endpoint */
#define COPIES_MAX 1000
#define ATTESTATION_LIFE 600 /* seconds: as long as an issuer takes a proof */

struct request_args {
	struct token_args token;
	const char *offer;
	const char *out;
	const char *curve_name;
	enum mdoc_curve curve;
	struct option_number count;
	bool attest, sealed;
};

struct offer {
	json_t *json;
	const char *issuer; /* borrowed from json, all three */
	const char *configuration;
	const char *nonce;
};

static enum exit_status
read_offer(const char *path, struct offer *offer)
{
	json_t *ids;
	enum exit_status status = json_read(path, &offer->json);

	if (status != EXIT_STATUS_OK)
		return status;
	offer->issuer = json_need_string(offer->json, "credential_issuer", path);
	ids = json_need_array(offer->json, "credential_configuration_ids", path);
	offer->nonce = json_need_string(offer->json, NONCE_MEMBER, path);
	if (offer->issuer == NULL || ids == NULL || offer->nonce == NULL)
		return EXIT_STATUS_INPUT;
	offer->configuration = json_string_value(json_array_get(ids, 0));
	if (offer->configuration == NULL) {
		tool_error(_("%s offers no credential"), path);
		return EXIT_STATUS_INPUT;
	}
	return EXIT_STATUS_OK;
}

/* Proofs of possession: a JWS over the issuer's nonce by each new key (R-ENR-01: public keys are all that leaves). The
 * first has what the token attests of them all, where there is such. */
static enum exit_status
make_proofs(struct p11_token *token, const struct offer *offer, const struct copy *made, size_t count, json_t *device,
	json_t *proofs)
{
	enum exit_status status = EXIT_STATUS_OK;

	for (size_t i = 0; status == EXIT_STATUS_OK && i < count; i++) {
		json_t *header = json_pack("{s:s, s:o, s:O*}", "typ", "openid4vci-proof+jwt", "jwk",
			jwk_from_key(&made[i].key), "key_attestation", i == 0 ? device : NULL);
		json_t *claims = json_pack("{s:s, s:I, s:s}", "aud", offer->issuer, "iat", (json_int_t)time(NULL),
			"nonce", offer->nonce);

		status = proofs_sign(token, &made[i], header, claims, proofs);
	}
	return status;
}

/*
 * One proof for all keys: a key attestation by the first of them with what the TPM says of all, and in its header what
 * the token attests of itself, where there is such. It rates itself by no scale; whoever wants a rating derives it from
 * the evidence.
 */
static enum exit_status
make_attestation(struct p11_token *token, const struct offer *offer, const struct copy *made, size_t count,
	json_t *device, json_t *proofs)
{
	const json_int_t now = (json_int_t)time(NULL);
	struct mdoc_buf evidence = MDOC_BUF_EMPTY;
	CK_OBJECT_HANDLE *handles = calloc(count, sizeof(*handles));
	json_t *keys = json_array(), *header, *claims;
	enum exit_status status;
	bool good = handles != NULL && keys != NULL;

	for (size_t i = 0; good && i < count; i++) {
		handles[i] = made[i].private_key;
		good = json_array_append_new(keys, jwk_from_key(&made[i].key)) == 0;
	}
	status = good ? evidence_get(token, handles, count, mdoc_text(offer->nonce), &evidence) : tool_no_memory();
	if (status == EXIT_STATUS_OK) {
		header = json_pack("{s:s, s:o, s:O*}", "typ", "key-attestation+jwt", "jwk", jwk_from_key(&made[0].key),
			"key_attestation", device);
		claims = json_pack("{s:I, s:I, s:s, s:O, s:o}", "iat", now, "exp", now + ATTESTATION_LIFE, "nonce",
			offer->nonce, "attested_keys", keys, EVIDENCE_CLAIM, json_base64url(mdoc_buf_bytes(&evidence)));
		status = proofs_sign(token, &made[0], header, claims, proofs);
	}
	json_decref(keys);
	free(handles);
	mdoc_buf_clear(&evidence);
	return status;
}

/* --attest: what the token's TPM says of the keys, or at least, with a provisioner, the token itself (R-KEY-02). */
static enum exit_status
attest(struct p11_token *token, const struct offer *offer, const struct copy *made, size_t count, const char **type,
	json_t *proofs)
{
	json_t *device = NULL;
	enum exit_status status = proofs_attest(token, made, count, offer->nonce, offer->issuer, &device);

	if (status != EXIT_STATUS_OK && status != EXIT_STATUS_GO_ON)
		return status;
	if (device != NULL && !evidence_possible(token, made[0].private_key)) {
		status = make_proofs(token, offer, made, count, device, proofs);
	} else {
		*type = "attestation";
		status = make_attestation(token, offer, made, count, device, proofs);
	}
	json_decref(device);
	return status;
}

/* R-COM-02: an answer that only this token can open. */
static enum exit_status
want_sealed(const struct p11_token *token, json_t **encryption)
{
	struct mdoc_public_key key;
	enum exit_status status = sealed_inbox_key(token, &key);

	if (status == EXIT_STATUS_OK)
		*encryption = sealed_encryption(&key);
	return status == EXIT_STATUS_OK && *encryption == NULL ? tool_no_memory() : status;
}

static enum exit_status
make_request(const struct request_args *args, struct p11_token *token, const struct offer *offer, struct copy *made)
{
	json_t *proofs = json_array();
	json_t *request = NULL, *encryption = NULL;
	const char *type = "jwt";
	enum exit_status status = EXIT_STATUS_OK;
	CK_RV rv;

	for (size_t i = 0; status == EXIT_STATUS_OK && i < args->count.value; i++) {
		rv = proofs_make_key(token, args->curve, &made[i]);
		if (rv != CKR_OK)
			status = tool_rv_error(_("cannot make a key"), rv);
		terminal_progress(_("keys"), i + 1, args->count.value);
	}
	if (status == EXIT_STATUS_OK)
		status = args->attest ? attest(token, offer, made, args->count.value, &type, proofs)
				      : make_proofs(token, offer, made, args->count.value, NULL, proofs);
	if (status == EXIT_STATUS_OK && args->sealed)
		status = want_sealed(token, &encryption);
	if (status == EXIT_STATUS_OK) {
		request = json_pack("{s:s, s:{s:O}, s:o*}", "credential_configuration_id", offer->configuration,
			"proofs", type, proofs, "credential_response_encryption", encryption);
		encryption = NULL;
		status = request != NULL ? json_write(args->out, 0600, request) : tool_no_memory();
	}
	json_decref(request);
	json_decref(proofs);
	return status;
}

static enum exit_status
run(const struct request_args *args, struct p11 *p11, struct p11_token *token)
{
	struct offer offer = { NULL, NULL, NULL, NULL };
	struct copy *made = NULL;
	enum exit_status status = read_offer(args->offer, &offer);

	if (status == EXIT_STATUS_OK)
		status = token_begin(&args->token, p11, token);
	if (status != EXIT_STATUS_OK)
		goto out;
	made = calloc(args->count.value, sizeof(*made));
	if (made == NULL) {
		status = tool_no_memory();
		goto out;
	}
	for (size_t i = 0; i < args->count.value; i++) {
		made[i].private_key = CK_INVALID_HANDLE;
		made[i].record = CK_INVALID_HANDLE;
	}
	status = make_request(args, token, &offer, made);
	if (status != EXIT_STATUS_OK)
		proofs_destroy(token, made, args->count.value);
	for (size_t i = 0; i < args->count.value; i++)
		mdoc_buf_clear(&made[i].id);
out:
	free(made);
	json_decref(offer.json);
	return status;
}

/* Those that both a proof (a JWT) and a deviceSignature can be made with. */
static bool
take_curve(struct request_args *args)
{
	static const enum mdoc_curve curves[] = { MDOC_CURVE_P256, MDOC_CURVE_P384, MDOC_CURVE_P521, MDOC_CURVE_ED25519,
		MDOC_CURVE_ED448 };

	args->curve = args->curve_name == NULL ? MDOC_CURVE_P256 : MDOC_CURVE_NONE;
	for (size_t i = 0; args->curve_name != NULL && i < sizeof(curves) / sizeof(curves[0]); i++)
		if (strcmp(mdoc_curve_name(curves[i]), args->curve_name) == 0)
			args->curve = curves[i];
	return args->curve != MDOC_CURVE_NONE;
}

int
cmd_request(const struct command *command, int argc, char **argv)
{
	struct request_args args = { .count = { .value = 1, .min = 1, .max = COPIES_MAX } };
	const struct option_row rows[] = {
		TOKEN_ROW(args.token),
		{ "offer", OPTION_TEXT, &args.offer, N_("FILE"), N_("the issuer's credential offer (JSON)"), true },
		{ "count", OPTION_NUMBER, &args.count, N_("N"), N_("how many copies, each good for one presentation"),
			false },
		{ "curve", OPTION_TEXT, &args.curve_name, N_("CURVE"),
			N_("of the keys: P-256 (default), P-384, P-521, Ed25519 or Ed448"), false },
		{ "attest", OPTION_FLAG, &args.attest, NULL,
			N_("show what holds the keys: the TPM, or what the token says itself"), false },
		{ "sealed", OPTION_FLAG, &args.sealed, NULL, N_("ask for an answer that only this token can open"),
			false },
		{ "out", OPTION_TEXT, &args.out, N_("FILE"), N_("write the credential request (JSON) here"), true },
		PIN_ROWS(args.token),
		END_ROW,
	};
	struct p11 p11 = { NULL, NULL, NULL };
	struct p11_token token = { .p11 = NULL };
	enum exit_status status;

	status = options_parse(command, rows, &args.token.common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return status;
	if (!take_curve(&args))
		return options_wrong(command, _("--curve knows P-256, P-384, P-521, Ed25519 and Ed448, not \"%s\""),
			args.curve_name);
	status = run(&args, &p11, &token);
	if (status == EXIT_STATUS_OK && args.token.common.json && strcmp(args.out, "-") != 0)
		printf("{\"keys\": %lu}\n", args.count.value);
	else if (status == EXIT_STATUS_OK && strcmp(args.out, "-") != 0) {
		printf(ngettext("%lu key was made; send %s to the issuer.",
			       "%lu keys were made; send %s to the issuer.", args.count.value),
			args.count.value, args.out);
		putchar('\n');
	}
	token_end(&p11, &token);
	return status;
}
