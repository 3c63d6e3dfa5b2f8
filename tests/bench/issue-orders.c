/*
 * tests/bench/issue-orders.c: an issuer of a benchmark's own, and orders for it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"

#include <fcntl.h>
#include <mdoc/base64url.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/issue-orders.h"
#include "tests/unit/issuer_kit.h"
#include "tools/common/json.h"
#include "tools/common/jwt.h"
#include "tools/issuer/db/db.h"
#include "tools/issuer/proof.h"

void
orders_issuer(const struct bench_options *options, const char *place, const char **folder, const char **pin)
{
	static char dir[128], pin_path[128], module[512];
	static char register_[512];
	char *arguments[] = { "init", "--dir", dir, "--token", "benchmark 1", "--pin-file", pin_path, "--module",
		module, place != NULL ? "--register" : NULL, register_, NULL };
	const struct command command = { "init", "", "", cmd_init };
	struct bench_module m;
	int saved, quiet;
	FILE *file;

	bench_need(bench_load(options->module, &m), "no module");
	bench_token(&m);
	bench_ok(m.f->C_Finalize(NULL), "C_Finalize");
	snprintf(dir, sizeof(dir), "%s/issuer", bench_folder());
	snprintf(pin_path, sizeof(pin_path), "%s/pin", bench_folder());
	snprintf(module, sizeof(module), "%s", options->module);
	snprintf(register_, sizeof(register_), "%s", place != NULL ? place : "");
	file = fopen(pin_path, "w");
	bench_need(file != NULL && fputs(BENCH_USER_PIN "\n", file) >= 0 && fclose(file) == 0, "no PIN file");
	saved = dup(STDOUT_FILENO); /* init says where the issuer is */
	quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);
	bench_need(saved >= 0 && quiet >= 0 && fflush(stdout) == 0 && dup2(quiet, STDOUT_FILENO) >= 0, "/dev/null");
	bench_need(cmd_init(&command, place != NULL ? 11 : 9, arguments) == 0, "the issuer cannot be made");
	bench_need(fflush(stdout) == 0 && dup2(saved, STDOUT_FILENO) >= 0, "standard output");
	(void)close(saved);
	(void)close(quiet);
	*folder = dir;
	*pin = pin_path;
}

json_t *
orders_claims(void)
{
	static uint8_t portrait[ORDERS_PORTRAIT];
	json_t *claims, *bytes;

	bench_need(RAND_bytes(portrait, (int)sizeof(portrait)) == 1, "random bytes");
	bytes = json_base64url(mdoc_bytes_of(portrait, sizeof(portrait)));
	claims = json_pack("{s:{s:s, s:s, s:s, s:s, s:{s:o}}, s:{s:i, s:s, s:i, s:b, s:b}}", "org.iso.23220.1.jp",
		"full_name_unicode", "番号　花子", "resident_address_unicode", "〇〇県△△市□□町１－２－３",
		"local_gov_code_unicode", "12345", "individual_number_unicode", "123456789012", "portrait", "base64url",
		bytes, "org.iso.23220.1", "sex", 2, "birth_date", "1971-09-01", "age_in_years", 55, "age_over_20", 1,
		"age_over_65", 0);
	bench_need(claims != NULL, "memory");
	return claims;
}

static json_t *
proof(const struct issuer *issuer, const char *nonce)
{
	struct mdoc_public_key public_key;
	EVP_PKEY *key = kit_key(&public_key);
	const struct mdoc_signer signer = kit_signer(key);
	json_t *header = json_pack("{s:s, s:o}", "typ", PROOF_TYPE, "jwk", jwk_from_key(&public_key));
	json_t *claims =
		json_pack("{s:s, s:I, s:s}", "aud", issuer->uri, "iat", (json_int_t)time(NULL), "nonce", nonce);
	struct mdoc_buf jws = MDOC_BUF_EMPTY;
	json_t *text;

	bench_need(header != NULL && claims != NULL && jwt_sign(header, claims, &signer, &jws) == MDOC_OK, "a proof");
	text = json_stringn((const char *)jws.ptr, jws.len);
	mdoc_buf_clear(&jws);
	json_decref(header);
	json_decref(claims);
	EVP_PKEY_free(key);
	return text;
}

json_t *
orders_request(const struct issuer *issuer, const char *nonce, size_t copies)
{
	json_t *jwts = json_array(), *request;

	for (size_t i = 0; i < copies; i++)
		bench_need(json_array_append_new(jwts, proof(issuer, nonce)) == 0, "memory");
	request = json_pack("{s:s, s:{s:o}}", "credential_configuration_id", issuer->configuration_id, "proofs", "jwt",
		jwts);
	bench_need(request != NULL, "memory");
	return request;
}

void
orders_nonce(size_t i, char nonce[32])
{
	snprintf(nonce, 32, "bench%017zu", i);
}

void
orders_offer(const char *folder, size_t first, size_t count)
{
	struct issuer issuer;
	struct db *db = NULL;
	char nonce[32], *place;

	bench_need(issuer_open(folder, &issuer) == EXIT_STATUS_OK, "the issuer");
	place = issuer_register_place(folder, issuer.config);
	bench_need(place != NULL && db_open(place, false, &db) == DB_OK && db_begin(db, true) == DB_OK,
		"the register cannot be opened");
	for (size_t i = first; i < first + count; i++) {
		const struct db_value values[] = { DB_TEXT(nonce) };

		orders_nonce(i, nonce);
		bench_need(db_execute(db, "INSERT INTO offers (nonce, created) VALUES ($1, 1)", values, 1, NULL) ==
				DB_OK,
			"an offer");
	}
	bench_need(db_commit(db) == DB_OK, "the offers");
	db_close(db);
	free(place);
	issuer_close(&issuer);
}
