/*
 * tests/unit/evidence_world.c: evidence of a TPM without a TPM.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_mu.h>
#include <mdoc/x509.h>
#include "tests/unit/evidence_world.h"
#include "tools/common/context.h"
#include "tools/issuer/attest_ca.h"

#define DAY ((int64_t)86400)
#define ROOM 4096

static void
need(bool fine, const char *what)
{
	if (fine)
		return;
	fprintf(stderr, "evidence_world: %s failed\n", what);
	exit(EXIT_FAILURE);
}

/* The key with a small number as its scalar. */
static EVP_PKEY *
new_key(const char *curve, unsigned number)
{
	OSSL_LIB_CTX *libctx = mdoc_context_libctx(tool_context());
	EC_GROUP *group = EC_GROUP_new_by_curve_name_ex(libctx, NULL, EC_curve_nist2nid(curve));
	EC_POINT *point = group != NULL ? EC_POINT_new(group) : NULL;
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(libctx, "EC", NULL);
	BIGNUM *scalar = BN_new();
	uint8_t bytes[MDOC_POINT_MAX];
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;
	size_t len;

	need(point != NULL && build != NULL && ctx != NULL && scalar != NULL && BN_set_word(scalar, number) == 1 &&
			EC_POINT_mul(group, point, scalar, NULL, NULL, NULL) == 1,
		"EC_POINT_mul");
	len = EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, bytes, sizeof(bytes), NULL);
	need(OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0) == 1 &&
			OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, scalar) == 1 &&
			OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, bytes, len) == 1,
		"OSSL_PARAM_BLD");
	params = OSSL_PARAM_BLD_to_param(build);
	need(EVP_PKEY_fromdata_init(ctx) == 1 && EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) == 1,
		"EVP_PKEY_fromdata");
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	EC_POINT_free(point);
	EC_GROUP_free(group);
	BN_free(scalar);
	return key;
}

static void
make_ca(struct evidence_world *world, EVP_PKEY *key, const char *name, struct mdoc_buf *out)
{
	struct mdoc_signer signer;
	struct mdoc_cert_spec spec = {
		.profile = MDOC_CERT_LIST_CA,
		.country = mdoc_text("JP"),
		.common_name = mdoc_text(name),
		.not_before = EVIDENCE_WORLD_NOW - 100 * DAY,
		.not_after = EVIDENCE_WORLD_NOW + 3000 * DAY,
		.signer = &signer,
	};

	need(mdoc_signer_from_evp(world->context, key, &signer) == MDOC_OK &&
			mdoc_key_from_evp(key, &spec.key) == MDOC_OK &&
			mdoc_cert_build(world->context, &spec, out, NULL) == MDOC_OK,
		"mdoc_cert_build");
	mdoc_signer_clear(&signer);
}

void
evidence_world_new(struct evidence_world *world)
{
	memset(world, 0, sizeof(*world));
	(void)setenv("TSS2_LOG", "all+NONE", 0);
	world->context = tool_context();
	world->ca_key = new_key("P-256", 1001);
	world->foreign_ca_key = new_key("P-256", 1002);
	world->ak_key = new_key("P-256", 1003);
	world->other_ak_key = new_key("P-256", 1004);
	world->authorizer_key = new_key("P-256", 1005);
	for (size_t i = 0; i < EVIDENCE_WORLD_KEYS; i++)
		world->keys_[i] = new_key(i == 2 ? "P-384" : "P-256", 2001 + (unsigned)i);
	make_ca(world, world->ca_key, "Attestation CA", &world->ca);
	make_ca(world, world->foreign_ca_key, "Attestation CA", &world->foreign_ca);
}

static void
clear_made(struct evidence_world *world)
{
	mdoc_buf_clear(&world->certificate);
	mdoc_buf_clear(&world->cbor);
	mdoc_buf_clear(&world->pin.info);
	mdoc_buf_clear(&world->pin.sig);
	for (size_t i = 0; i < EVIDENCE_WORLD_KEYS; i++) {
		mdoc_buf_clear(&world->of_keys[i].info);
		mdoc_buf_clear(&world->of_keys[i].sig);
	}
}

void
evidence_world_free(struct evidence_world *world)
{
	clear_made(world);
	mdoc_buf_clear(&world->ca);
	mdoc_buf_clear(&world->foreign_ca);
	EVP_PKEY_free(world->ca_key);
	EVP_PKEY_free(world->foreign_ca_key);
	EVP_PKEY_free(world->ak_key);
	EVP_PKEY_free(world->other_ak_key);
	EVP_PKEY_free(world->authorizer_key);
	for (size_t i = 0; i < EVIDENCE_WORLD_KEYS; i++)
		EVP_PKEY_free(world->keys_[i]);
}

void
evidence_world_certify(struct evidence_world *world, EVP_PKEY *certifier, EVP_PKEY *key, int64_t from, int64_t until,
	struct mdoc_buf *out)
{
	struct mdoc_signer signer;
	uint8_t serial[EVIDENCE_SERIAL_MAX];
	struct attest_ca_spec spec = {
		.ca = mdoc_buf_bytes(certifier == world->ca_key ? &world->ca : &world->foreign_ca),
		.signer = &signer,
		.token = "0123456789abcdef",
		.not_before = from,
		.not_after = until,
	};

	need(mdoc_signer_from_evp(world->context, certifier, &signer) == MDOC_OK &&
			mdoc_key_from_evp(key, &spec.key) == MDOC_OK &&
			attest_ca_certify(world->context, &spec, out, serial) == MDOC_OK,
		"attest_ca_certify");
	mdoc_signer_clear(&signer);
}

/* ---- Structures ---- */

void
evidence_world_point(EVP_PKEY *key, TPMT_PUBLIC *area)
{
	struct mdoc_public_key point;
	size_t size;

	need(mdoc_key_from_evp(key, &point) == MDOC_OK, "mdoc_key_from_evp");
	size = mdoc_curve_size(point.curve);
	area->type = TPM2_ALG_ECC;
	area->nameAlg = TPM2_ALG_SHA256;
	area->parameters.eccDetail.curveID = point.curve == MDOC_CURVE_P256 ? TPM2_ECC_NIST_P256 : TPM2_ECC_NIST_P384;
	area->parameters.eccDetail.symmetric.algorithm = TPM2_ALG_NULL;
	area->parameters.eccDetail.scheme.scheme = TPM2_ALG_NULL;
	area->parameters.eccDetail.kdf.scheme = TPM2_ALG_NULL;
	area->unique.ecc.x.size = area->unique.ecc.y.size = (UINT16)size;
	memcpy(area->unique.ecc.x.buffer, point.point + 1, size);
	memcpy(area->unique.ecc.y.buffer, point.point + 1 + size, size);
}

static void
sealed(TPMT_PUBLIC *area, const char *unique)
{
	area->type = TPM2_ALG_KEYEDHASH;
	area->nameAlg = TPM2_ALG_SHA256;
	area->objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_USERWITHAUTH;
	area->parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL;
	area->unique.keyedHash.size = (UINT16)strlen(unique);
	memcpy(area->unique.keyedHash.buffer, unique, strlen(unique));
}

static void
counter(TPMS_NV_PUBLIC *index, TPMI_RH_NV_INDEX handle)
{
	index->nvIndex = handle;
	index->nameAlg = TPM2_ALG_SHA256;
	index->attributes = TPMA_NV_POLICYWRITE | TPMA_NV_POLICYREAD | TPMA_NV_AUTHREAD | TPMA_NV_NO_DA |
		TPMA_NV_WRITTEN | (TPMA_NV)TPM2_NT_PIN_FAIL << TPMA_NV_TPM2_NT_SHIFT;
	index->dataSize = 8;
}

static void
set_parts(struct evidence_world *world)
{
	const TPMA_OBJECT made = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |
		TPMA_OBJECT_SIGN_ENCRYPT;

	memset(&world->ak, 0, sizeof(world->ak));
	memset(&world->officer, 0, sizeof(world->officer));
	memset(&world->authorizer, 0, sizeof(world->authorizer));
	memset(&world->object, 0, sizeof(world->object));
	memset(world->keys, 0, sizeof(world->keys));
	memset(&world->index, 0, sizeof(world->index));
	memset(&world->second, 0, sizeof(world->second));
	evidence_world_point(world->ak_key, &world->ak);
	world->ak.parameters.eccDetail.scheme.scheme = TPM2_ALG_ECDSA;
	world->ak.parameters.eccDetail.scheme.details.ecdsa.hashAlg = TPM2_ALG_SHA256;
	world->ak.objectAttributes = made | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA;
	sealed(&world->officer, "the officer's object");
	sealed(&world->object, "the PIN's object");
	evidence_world_point(world->authorizer_key, &world->authorizer);
	world->authorizer.objectAttributes = TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_USERWITHAUTH;
	for (size_t i = 0; i < EVIDENCE_WORLD_KEYS; i++) {
		evidence_world_point(world->keys_[i], &world->keys[i]);
		world->keys[i].objectAttributes = made | TPMA_OBJECT_DECRYPT;
	}
	counter(&world->index, 0x01800123);
	counter(&world->second, 0x01800124);
}

static void
set_choices(struct evidence_world *world)
{
	static const TPM2_CC commands[] = { TPM2_CC_NV_Write, TPM2_CC_NV_ChangeAuth, TPM2_CC_NV_Read,
		TPM2_CC_NV_Certify };

	world->nonce = "n-1";
	world->certified_from = EVIDENCE_WORLD_NOW - DAY;
	world->certified_until = EVIDENCE_WORLD_NOW + DAY;
	world->certifier = world->ca_key;
	world->certified = world->signer = world->ak_key;
	world->shared = world->with_second = world->with_auth_value = world->swapped_branches = false;
	world->second_changeable = false;
	memcpy(world->branch, commands, sizeof(commands));
	world->count = EVIDENCE_WORLD_KEYS;
	world->chain = 1;
	world->pin_count = 0;
	world->pin_limit = 5;
	world->fmt = "tpm";
	world->ver = "2.0";
	world->alg = -7;
	world->omit = world->extra = NULL;
}

void
evidence_world_public(const TPMT_PUBLIC *area, struct mdoc_buf *out)
{
	uint8_t bytes[ROOM];
	size_t len = 0;

	need(Tss2_MU_TPMT_PUBLIC_Marshal(area, bytes, sizeof(bytes), &len) == TSS2_RC_SUCCESS, "TPMT_PUBLIC");
	mdoc_buf_append(out, mdoc_bytes_of(bytes, len));
}

void
evidence_world_index(const TPMS_NV_PUBLIC *index, struct mdoc_buf *out)
{
	uint8_t bytes[ROOM];
	size_t len = 0;

	need(Tss2_MU_TPMS_NV_PUBLIC_Marshal(index, bytes, sizeof(bytes), &len) == TSS2_RC_SUCCESS, "TPMS_NV_PUBLIC");
	mdoc_buf_append(out, mdoc_bytes_of(bytes, len));
}

/* Algorithm and digest: what the checks compute again. */
static void
name_of(const struct mdoc_buf *area, uint8_t name[PART_NAME_LEN])
{
	name[0] = TPM2_ALG_SHA256 >> 8;
	name[1] = TPM2_ALG_SHA256 & 0xFF;
	need(EVP_Digest(area->ptr, area->len, name + 2, NULL, EVP_sha256(), NULL) == 1, "EVP_Digest");
}

static void
name_of_public(const TPMT_PUBLIC *area, uint8_t name[PART_NAME_LEN])
{
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;

	evidence_world_public(area, &bytes);
	name_of(&bytes, name);
	mdoc_buf_clear(&bytes);
}

static void
name_of_index(const TPMS_NV_PUBLIC *index, uint8_t name[PART_NAME_LEN])
{
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;

	evidence_world_index(index, &bytes);
	name_of(&bytes, name);
	mdoc_buf_clear(&bytes);
}

/* ---- Policies ---- */

static void
set_policy(const struct part_policy *policy, TPM2B_DIGEST *out)
{
	out->size = PART_DIGEST_LEN;
	memcpy(out->buffer, policy->digest, PART_DIGEST_LEN);
}

static void
set_index_policy(struct evidence_world *world)
{
	uint8_t officer[PART_NAME_LEN], authorizer[PART_NAME_LEN];
	struct part_policy branches[6], policy;
	static const uint8_t auth_value[PART_DIGEST_LEN + 4] = { [PART_DIGEST_LEN + 2] = 0x01,
		[PART_DIGEST_LEN + 3] = 0x6B }; /* TPM_CC_PolicyAuthValue */
	bool good = true;

	memset(branches, 0, sizeof(branches));
	name_of_public(&world->officer, officer);
	name_of_public(&world->authorizer, authorizer);
	for (size_t i = 0; i < 4; i++)
		good = good && (i >= 2 || part_policy_secret(world->context, &branches[i], officer) == MDOC_OK) &&
			part_policy_command(world->context, &branches[i], world->branch[i]) == MDOC_OK;
	good = good && part_policy_authorize(world->context, &branches[4], authorizer) == MDOC_OK;
	if (world->swapped_branches) {
		policy = branches[3];
		branches[3] = branches[4];
		branches[4] = policy;
	}
	good = good && EVP_Digest(auth_value, sizeof(auth_value), branches[5].digest, NULL, EVP_sha256(), NULL) == 1 &&
		part_policy_command(world->context, &branches[5], TPM2_CC_NV_ChangeAuth) == MDOC_OK &&
		part_policy_or(world->context, &policy, branches, world->with_auth_value ? 6 : 5) == MDOC_OK;
	need(good, "the index's policy");
	set_policy(&policy, &world->index.authPolicy);
	need(part_policy_or(world->context, &policy, branches, world->second_changeable ? 5 : 4) == MDOC_OK,
		"PolicyOR");
	set_policy(&policy, &world->second.authPolicy);
	memset(&policy, 0, sizeof(policy));
	need(part_policy_secret(world->context, &policy, officer) == MDOC_OK &&
			part_policy_command(world->context, &policy, TPM2_CC_ObjectChangeAuth) == MDOC_OK,
		"the object's policy");
	set_policy(&policy, &world->object.authPolicy);
}

static void
set_keys_policy(struct evidence_world *world)
{
	uint8_t pin[PART_NAME_LEN], second[PART_NAME_LEN];
	struct part_policy branches[2], policy;

	memset(branches, 0, sizeof(branches));
	if (world->shared)
		name_of_public(&world->object, pin);
	else
		name_of_index(&world->index, pin);
	name_of_index(&world->second, second);
	need(part_policy_secret(world->context, &branches[0], pin) == MDOC_OK &&
			part_policy_secret(world->context, &branches[1], second) == MDOC_OK &&
			part_policy_or(world->context, &policy, branches, 2) == MDOC_OK,
		"the keys' policy");
	if (!world->with_second)
		policy = branches[0];
	for (size_t i = 0; i < EVIDENCE_WORLD_KEYS; i++)
		set_policy(&policy, &world->keys[i].authPolicy);
}

/* ---- Statements ---- */

static void
begin_statement(const struct evidence_world *world, TPMI_ST_ATTEST kind, TPMS_ATTEST *attest)
{
	memset(attest, 0, sizeof(*attest));
	attest->magic = TPM2_GENERATED_VALUE;
	attest->type = kind;
	attest->qualifiedSigner.size = PART_NAME_LEN;
	attest->extraData.size = PART_DIGEST_LEN;
	need(EVP_Digest(world->nonce, strlen(world->nonce), attest->extraData.buffer, NULL, EVP_sha256(), NULL) == 1,
		"EVP_Digest");
	attest->clockInfo.clock = 1000;
	attest->clockInfo.safe = TPM2_YES;
	attest->firmwareVersion = 1;
}

static void
certify(const struct evidence_world *world, const TPMT_PUBLIC *area, TPMS_ATTEST *attest)
{
	begin_statement(world, TPM2_ST_ATTEST_CERTIFY, attest);
	attest->attested.certify.name.size = PART_NAME_LEN;
	name_of_public(area, attest->attested.certify.name.name);
	attest->attested.certify.qualifiedName.size = PART_NAME_LEN;
}

static void
set_number(BYTE *at, UINT32 number)
{
	for (int i = 0; i < 4; i++)
		at[i] = (BYTE)(number >> (24 - 8 * i));
}

static void
certify_index(const struct evidence_world *world, TPMS_ATTEST *attest)
{
	TPMS_NV_CERTIFY_INFO *nv = &attest->attested.nv;

	begin_statement(world, TPM2_ST_ATTEST_NV, attest);
	nv->indexName.size = PART_NAME_LEN;
	name_of_index(&world->index, nv->indexName.name);
	nv->nvContents.size = 8;
	set_number(nv->nvContents.buffer, world->pin_count);
	set_number(nv->nvContents.buffer + 4, world->pin_limit);
}

static void
sign_statement(struct evidence_world *world, struct evidence_statement_made *made)
{
	struct mdoc_signer signer;
	TPMT_SIGNATURE signature;
	uint8_t raw[MDOC_SIG_MAX], bytes[ROOM];
	size_t len = 0;

	memset(&signature, 0, sizeof(signature));
	need(Tss2_MU_TPMS_ATTEST_Marshal(&made->attest, bytes, sizeof(bytes), &len) == TSS2_RC_SUCCESS, "TPMS_ATTEST");
	mdoc_buf_append(&made->info, mdoc_bytes_of(bytes, len));
	need(mdoc_signer_from_evp(world->context, world->signer, &signer) == MDOC_OK &&
			mdoc_sign(&signer, mdoc_buf_bytes(&made->info), raw, &len) == MDOC_OK,
		"mdoc_sign");
	mdoc_signer_clear(&signer);
	signature.sigAlg = TPM2_ALG_ECDSA;
	signature.signature.ecdsa.hash = TPM2_ALG_SHA256;
	signature.signature.ecdsa.signatureR.size = signature.signature.ecdsa.signatureS.size = 32;
	memcpy(signature.signature.ecdsa.signatureR.buffer, raw, 32);
	memcpy(signature.signature.ecdsa.signatureS.buffer, raw + 32, 32);
	len = 0;
	need(Tss2_MU_TPMT_SIGNATURE_Marshal(&signature, bytes, sizeof(bytes), &len) == TSS2_RC_SUCCESS,
		"TPMT_SIGNATURE");
	mdoc_buf_append(&made->sig, mdoc_bytes_of(bytes, len));
}

/* ---- CBOR ---- */

static bool
wanted(const struct evidence_world *world, const char *name)
{
	return world->omit == NULL || strcmp(world->omit, name) != 0;
}

/* Members of a map, of which one may be left out and one be too many. */
struct member {
	const char *name;
	struct mdoc_bytes bytes;
};

static void
put_members(const struct evidence_world *world, const struct member *members, size_t count, struct mdoc_buf *out)
{
	size_t n = world->extra != NULL;

	for (size_t i = 0; i < count; i++)
		n += wanted(world, members[i].name);
	mdoc_put_map(out, n);
	for (size_t i = 0; i < count; i++) {
		if (!wanted(world, members[i].name))
			continue;
		mdoc_put_text(out, members[i].name);
		mdoc_put_bstr(out, members[i].bytes);
	}
	if (world->extra != NULL) {
		mdoc_put_text(out, world->extra);
		mdoc_put_null(out);
	}
}

static void
put_pin(struct evidence_world *world, struct mdoc_buf *out)
{
	struct mdoc_buf index = MDOC_BUF_EMPTY, second = MDOC_BUF_EMPTY, officer = MDOC_BUF_EMPTY;
	struct mdoc_buf authorizer = MDOC_BUF_EMPTY, object = MDOC_BUF_EMPTY, made = MDOC_BUF_EMPTY;

	evidence_world_index(&world->index, &index);
	evidence_world_index(&world->second, &second);
	evidence_world_public(&world->officer, &officer);
	evidence_world_public(&world->authorizer, &authorizer);
	evidence_world_public(&world->object, &object);
	const struct member rows[] = {
		{ "certInfo", mdoc_buf_bytes(&world->pin.info) },
		{ "sig", mdoc_buf_bytes(&world->pin.sig) },
		{ "soPub", mdoc_buf_bytes(&officer) },
		{ world->shared ? "pubArea" : "nvPublic", mdoc_buf_bytes(world->shared ? &object : &index) },
		{ "authorizePub", mdoc_buf_bytes(&authorizer) },
	};
	put_members(world, rows, world->shared ? 4 : 5, &made);
	if (world->with_second) {
		/* The head of a map with one member more. */
		made.ptr[0]++;
		mdoc_put_text(&made, "authenticator");
		mdoc_put_map(&made, 1);
		mdoc_put_text(&made, "nvPublic");
		mdoc_put_bstr(&made, mdoc_buf_bytes(&second));
	}
	mdoc_put_raw(out, mdoc_buf_bytes(&made));
	mdoc_buf_clear(&made);
	mdoc_buf_clear(&index);
	mdoc_buf_clear(&second);
	mdoc_buf_clear(&officer);
	mdoc_buf_clear(&authorizer);
	mdoc_buf_clear(&object);
}

static void
put_keys(struct evidence_world *world, struct mdoc_buf *out)
{
	mdoc_put_array(out, world->count);
	for (size_t i = 0; i < world->count; i++) {
		struct mdoc_buf area = MDOC_BUF_EMPTY;

		evidence_world_public(&world->keys[i], &area);
		const struct member rows[] = {
			{ "pubArea", mdoc_buf_bytes(&area) },
			{ "certInfo", mdoc_buf_bytes(&world->of_keys[i].info) },
			{ "sig", mdoc_buf_bytes(&world->of_keys[i].sig) },
		};
		put_members(world, rows, 3, out);
		mdoc_buf_clear(&area);
	}
}

static void
put_all(struct evidence_world *world)
{
	static const char *const names[] = { "alg", "fmt", "ver", "akPub", "x5c", "pin", "keys" };
	struct mdoc_buf *out = &world->cbor, ak = MDOC_BUF_EMPTY;
	size_t n = world->extra != NULL;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		n += wanted(world, names[i]);
	evidence_world_public(&world->ak, &ak);
	mdoc_put_map(out, n);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!wanted(world, names[i]))
			continue;
		mdoc_put_text(out, names[i]);
		switch (i) {
		case 0:
			mdoc_put_int(out, world->alg);
			break;
		case 1:
		case 2:
			mdoc_put_text(out, i == 1 ? world->fmt : world->ver);
			break;
		case 3:
			mdoc_put_bstr(out, mdoc_buf_bytes(&ak));
			break;
		case 4:
			mdoc_put_array(out, world->chain);
			for (size_t c = 0; c < world->chain; c++)
				mdoc_put_bstr(out, mdoc_buf_bytes(&world->certificate));
			break;
		case 5:
			put_pin(world, out);
			break;
		default:
			put_keys(world, out);
			break;
		}
	}
	if (world->extra != NULL) {
		mdoc_put_text(out, world->extra);
		mdoc_put_null(out);
	}
	need(out->err == MDOC_OK, "CBOR");
	mdoc_buf_clear(&ak);
}

static void
bend_nothing(struct evidence_world *world, enum bend when)
{
	(void)world;
	(void)when;
}

void
evidence_world_make(struct evidence_world *world, evidence_bend *bend)
{
	if (bend == NULL)
		bend = bend_nothing;
	clear_made(world);
	set_choices(world);
	set_parts(world);
	bend(world, BEND_PARTS);
	set_index_policy(world);
	bend(world, BEND_INDEX);
	set_keys_policy(world);
	bend(world, BEND_KEYS);
	if (world->certified != NULL)
		evidence_world_certify(world, world->certifier, world->certified, world->certified_from,
			world->certified_until, &world->certificate);
	if (world->shared)
		certify(world, &world->object, &world->pin.attest);
	else
		certify_index(world, &world->pin.attest);
	for (size_t i = 0; i < EVIDENCE_WORLD_KEYS; i++)
		certify(world, &world->keys[i], &world->of_keys[i].attest);
	bend(world, BEND_STATEMENTS);
	sign_statement(world, &world->pin);
	for (size_t i = 0; i < EVIDENCE_WORLD_KEYS; i++)
		sign_statement(world, &world->of_keys[i]);
	bend(world, BEND_SIGNED);
	put_all(world);
	bend(world, BEND_CBOR);
}

struct evidence_rules
evidence_world_rules(const struct evidence_world *world)
{
	return (struct evidence_rules){
		.nonce = mdoc_text("n-1"),
		.now = EVIDENCE_WORLD_NOW,
		.ca = mdoc_buf_bytes(&world->ca),
		.keys = EVIDENCE_WORLD_KEYS,
	};
}
