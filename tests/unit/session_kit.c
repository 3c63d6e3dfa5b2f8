/*
 * tests/unit/session_kit.c: keys that agree on secrets.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/session_kit.h"
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
need(bool ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "test: no %s\n", what);
	abort();
}

void
agreeing_make(struct agreeing *key, enum mdoc_curve curve)
{
	const char *name = mdoc_curve_name(curve);

	if (curve == MDOC_CURVE_X25519 || curve == MDOC_CURVE_X448)
		key->pkey = EVP_PKEY_Q_keygen(NULL, NULL, name);
	else
		key->pkey = EVP_EC_gen(name);
	need(key->pkey != NULL, name);
	need(mdoc_agreement_from_evp(NULL, key->pkey, &key->agreement) == MDOC_OK, "agreement");
}

void
agreeing_p256(struct agreeing *key, const char *d, const char *x, const char *y)
{
	struct mdoc_bytes parts[3] = { hex_load(d), hex_load(x), hex_load(y) };
	uint8_t point[65] = { 0x04 };
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	BIGNUM *scalar = BN_bin2bn(parts[0].ptr, (int)parts[0].len, NULL);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM *params = NULL;

	need(parts[1].len == 32 && parts[2].len == 32, "coordinates");
	memcpy(point + 1, parts[1].ptr, 32);
	memcpy(point + 33, parts[2].ptr, 32);
	need(OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
			OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)) == 1 &&
			OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, scalar) == 1,
		"parameters");
	params = OSSL_PARAM_BLD_to_param(builder);
	key->pkey = NULL;
	need(EVP_PKEY_fromdata_init(ctx) == 1 && EVP_PKEY_fromdata(ctx, &key->pkey, EVP_PKEY_KEYPAIR, params) == 1,
		"key");
	need(mdoc_agreement_from_evp(NULL, key->pkey, &key->agreement) == MDOC_OK, "agreement");
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(builder);
	EVP_PKEY_CTX_free(ctx);
	BN_free(scalar);
	for (size_t i = 0; i < 3; i++)
		bytes_free(parts[i]);
}

static void
hex_file(const char *folder, const char *name, const char *tail, char text[8192])
{
	char path[128];
	struct mdoc_bytes file;

	(void)snprintf(path, sizeof(path), "%s%s%s", folder, name, tail);
	file = vector_load(path);
	need(file.len < 8192, "short file");
	memcpy(text, file.ptr, file.len);
	text[file.len] = '\0';
	text[strcspn(text, "\r\n")] = '\0';
	bytes_free(file);
}

void
agreeing_vector(struct agreeing *key, const char *name)
{
	static const char *const tails[3] = { "_key_d.hex", "_key_x.hex", "_key_y.hex" };
	char texts[3][8192];

	for (size_t i = 0; i < 3; i++)
		hex_file("annexD/", name, tails[i], texts[i]);
	agreeing_p256(key, texts[0], texts[1], texts[2]);
}

void
agreeing_clear(struct agreeing *key)
{
	mdoc_agreement_clear(&key->agreement);
	EVP_PKEY_free(key->pkey);
	key->pkey = NULL;
}

struct mdoc_bytes
vector_hex(const char *name)
{
	char text[8192];

	hex_file("", name, "", text);
	return hex_load(text);
}
