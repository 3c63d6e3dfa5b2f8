/*
 * test_tools_evidence.c: what an issuer believes of a TPM. Each row bends one thing of evidence that is good otherwise,
 * Names, policies and signatures included.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/unit/evidence_world.h"
#include "tests/unit/unit_issuer.h"
#include "tools/common/context.h"

static struct evidence_world world;

static int
begin(void)
{
	evidence_world_new(&world);
	return 0;
}

static int
end(void)
{
	evidence_world_free(&world);
	return 0;
}

static enum evidence_result
check(const struct evidence_rules *rules, struct evidence *out, size_t *key)
{
	struct evidence_place place = { 0 };
	const enum evidence_result res =
		evidence_verify(world.context, mdoc_buf_bytes(&world.cbor), rules, out, &place);

	if (key != NULL)
		*key = place.key;
	return res;
}

struct row {
	const char *what;
	evidence_bend *bend;
	enum evidence_result expected;
};

/* A function that does one thing at one time. */
#define BEND(name, at, does) \
	static void name(struct evidence_world *w, enum bend when) \
	{ \
		if (when == (at)) { \
			does; \
		} \
	}

static void
run(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct evidence_rules rules;
		struct evidence made;
		enum evidence_result res;

		evidence_world_make(&world, rows[i].bend);
		rules = evidence_world_rules(&world);
		res = check(&rules, &made, NULL);
		if (res != rows[i].expected)
			printf("\n    %s: %s", rows[i].what, evidence_sentence(res));
		CU_ASSERT_EQUAL(res, rows[i].expected);
		CU_ASSERT(res == EVIDENCE_OK ? made.count > 0 : made.keys == NULL && made.count == 0);
		evidence_clear(&made);
	}
}
#define RUN(rows) run(rows, sizeof(rows) / sizeof((rows)[0]))

/* ---- Good evidence ---- */

BEND(second, BEND_PARTS, w->with_second = true)
BEND(shared, BEND_PARTS, w->shared = true)
BEND(no_da, BEND_PARTS, w->officer.objectAttributes |= TPMA_OBJECT_NODA;
	w->keys[0].objectAttributes |= TPMA_OBJECT_NODA)
BEND(most_tries, BEND_PARTS, w->pin_limit = EVIDENCE_PIN_LIMIT)
BEND(sign_only, BEND_PARTS, w->keys[0].objectAttributes &= ~TPMA_OBJECT_DECRYPT)

/* Otherwise holders with a good TPM would be turned away. */
static void
test_good(void)
{
	static const struct row rows[] = {
		{ "as it is", NULL, EVIDENCE_OK },
		{ "an authenticator", second, EVIDENCE_OK },
		{ "a strong officer's code", no_da, EVIDENCE_OK },
		{ "as many tries as are allowed", most_tries, EVIDENCE_OK },
		{ "a key that only signs", sign_only, EVIDENCE_OK },
	};
	struct evidence_rules rules;
	struct evidence made;
	struct mdoc_public_key key;
	size_t place;

	RUN(rows);
	evidence_world_make(&world, second);
	rules = evidence_world_rules(&world);
	CU_ASSERT_EQUAL(check(&rules, &made, &place), EVIDENCE_OK);
	CU_ASSERT_EQUAL(place, SIZE_MAX);
	CU_ASSERT_EQUAL(made.pin_limit, 5);
	CU_ASSERT_EQUAL(made.serial_len, EVIDENCE_SERIAL_MAX);
	CU_ASSERT(made.authenticator);
	CU_ASSERT_EQUAL_FATAL(made.count, EVIDENCE_WORLD_KEYS);
	for (size_t i = 0; i < made.count; i++) {
		CU_ASSERT_EQUAL(mdoc_key_from_evp(world.keys_[i], &key), MDOC_OK);
		CU_ASSERT(mdoc_key_equal(&key, &made.keys[i]));
	}
	evidence_clear(&made);
}

/* Otherwise an issuer that wants each PIN counted by itself would take one that shares its counter; or no issuer at
 * all could take the TPMs that have nothing better. */
static void
test_shared(void)
{
	struct evidence_rules rules;
	struct evidence made;

	evidence_world_make(&world, shared);
	rules = evidence_world_rules(&world);
	CU_ASSERT_EQUAL(check(&rules, &made, NULL), EVIDENCE_PIN_SHARED);
	rules.take_shared = true;
	CU_ASSERT_EQUAL(check(&rules, &made, NULL), EVIDENCE_OK);
	CU_ASSERT_EQUAL(made.pin_limit, 0);
	evidence_clear(&made);
}

/* ---- The whole ---- */

BEND(other_fmt, BEND_PARTS, w->fmt = "packed")
BEND(other_ver, BEND_PARTS, w->ver = "1.2")
BEND(other_alg, BEND_PARTS, w->alg = -35)
BEND(no_key, BEND_PARTS, w->count = 0)
BEND(no_certificate, BEND_PARTS, w->omit = "x5c")
BEND(no_keys_member, BEND_PARTS, w->omit = "keys")
BEND(no_ak, BEND_PARTS, w->omit = "akPub")
BEND(no_pin, BEND_PARTS, w->omit = "pin")
BEND(no_index, BEND_PARTS, w->omit = "nvPublic")
BEND(no_officer, BEND_PARTS, w->omit = "soPub")
BEND(no_authorizer, BEND_PARTS, w->omit = "authorizePub")
BEND(no_statement, BEND_PARTS, w->omit = "certInfo")
BEND(no_signature, BEND_PARTS, w->omit = "sig")
BEND(no_area, BEND_PARTS, w->omit = "pubArea")
BEND(one_more, BEND_PARTS, w->extra = "note")
BEND(cut, BEND_CBOR, w->cbor.len--)
BEND(trailing, BEND_CBOR, mdoc_put_null(&w->cbor))
BEND(empty, BEND_CBOR, w->cbor.len = 0)
BEND(no_map, BEND_CBOR, w->cbor.len = 0; mdoc_put_array(&w->cbor, 0))
BEND(huge_array, BEND_CBOR, w->cbor.len = 0;
	mdoc_buf_append(&w->cbor, mdoc_bytes_of("\xa1\x64keys\x9b\xff\xff\xff\xff\xff\xff\xff\xff\xf6", 16)))
BEND(twice, BEND_CBOR, w->cbor.len = 0; mdoc_put_map(&w->cbor, 2); mdoc_put_text(&w->cbor, "fmt");
	mdoc_put_text(&w->cbor, "tpm"); mdoc_put_text(&w->cbor, "fmt"); mdoc_put_text(&w->cbor, "tpm"))

/* Otherwise evidence of another form could be taken for ours, with parts that nobody looked at. */
static void
test_form(void)
{
	static const struct row rows[] = {
		{ "another format", other_fmt, EVIDENCE_FORMAT },
		{ "another version", other_ver, EVIDENCE_FORMAT },
		{ "another algorithm", other_alg, EVIDENCE_FORMAT },
		{ "no key", no_key, EVIDENCE_COUNT },
		{ "no certificate", no_certificate, EVIDENCE_NOT_ENROLLED },
		{ "no member keys", no_keys_member, EVIDENCE_STRUCTURE },
		{ "no member akPub", no_ak, EVIDENCE_STRUCTURE },
		{ "no member pin", no_pin, EVIDENCE_STRUCTURE },
		{ "no member nvPublic", no_index, EVIDENCE_STRUCTURE },
		{ "no member soPub", no_officer, EVIDENCE_STRUCTURE },
		{ "no member authorizePub", no_authorizer, EVIDENCE_STRUCTURE },
		{ "no member certInfo", no_statement, EVIDENCE_STRUCTURE },
		{ "no member sig", no_signature, EVIDENCE_STRUCTURE },
		{ "no member pubArea", no_area, EVIDENCE_STRUCTURE },
		{ "an unknown member", one_more, EVIDENCE_STRUCTURE },
		{ "cut off", cut, EVIDENCE_CBOR },
		{ "bytes behind it", trailing, EVIDENCE_CBOR },
		{ "nothing", empty, EVIDENCE_CBOR },
		{ "no map", no_map, EVIDENCE_STRUCTURE },
		{ "an array of 2^64 - 1 keys", huge_array, EVIDENCE_CBOR },
		{ "a member twice", twice, EVIDENCE_CBOR },
	};
	struct evidence_rules rules;
	struct evidence made;
	uint8_t *large = calloc(1, EVIDENCE_BYTES_MAX + 1);
	struct evidence_place place;

	RUN(rows);
	evidence_world_make(&world, NULL);
	rules = evidence_world_rules(&world);
	rules.keys--;
	CU_ASSERT_EQUAL(check(&rules, &made, NULL), EVIDENCE_COUNT);
	CU_ASSERT_EQUAL(evidence_verify(world.context, mdoc_bytes_of(large, EVIDENCE_BYTES_MAX + 1), &rules, &made,
				&place),
		EVIDENCE_SIZE);
	free(large);
}

/* ---- The attestation key ---- */

BEND(foreign_ca, BEND_PARTS, w->certifier = w->foreign_ca_key)
BEND(expired, BEND_PARTS, w->certified_from = EVIDENCE_WORLD_NOW - 200; w->certified_until = EVIDENCE_WORLD_NOW - 100)
BEND(not_yet, BEND_PARTS, w->certified_from = EVIDENCE_WORLD_NOW + 100; w->certified_until = EVIDENCE_WORLD_NOW + 200)
BEND(other_key, BEND_PARTS, w->certified = w->other_ak_key)
BEND(a_ca, BEND_STATEMENTS, mdoc_buf_clear(&w->certificate); mdoc_buf_append(&w->certificate, mdoc_buf_bytes(&w->ca)))
BEND(cut_certificate, BEND_STATEMENTS, w->certificate.len--)
BEND(long_certificate, BEND_STATEMENTS, mdoc_buf_append(&w->certificate, mdoc_bytes_of("", 1)))
BEND(touched_certificate, BEND_STATEMENTS, w->certificate.ptr[w->certificate.len - 1] ^= 1)
BEND(ak_unrestricted, BEND_PARTS, w->ak.objectAttributes &= ~TPMA_OBJECT_RESTRICTED)
BEND(ak_movable, BEND_PARTS, w->ak.objectAttributes &= ~TPMA_OBJECT_FIXEDTPM)
BEND(ak_parent, BEND_PARTS, w->ak.objectAttributes &= ~TPMA_OBJECT_FIXEDPARENT)
BEND(ak_imported, BEND_PARTS, w->ak.objectAttributes &= ~TPMA_OBJECT_SENSITIVEDATAORIGIN)
BEND(ak_decrypts, BEND_PARTS, w->ak.objectAttributes |= TPMA_OBJECT_DECRYPT)
BEND(ak_no_sign, BEND_PARTS, w->ak.objectAttributes &= ~TPMA_OBJECT_SIGN_ENCRYPT)
BEND(ak_no_scheme, BEND_PARTS, w->ak.parameters.eccDetail.scheme.scheme = TPM2_ALG_NULL)
BEND(ak_sha384, BEND_PARTS, w->ak.parameters.eccDetail.scheme.details.ecdsa.hashAlg = TPM2_ALG_SHA384)
BEND(ak_schnorr, BEND_PARTS, w->ak.parameters.eccDetail.scheme.scheme = TPM2_ALG_ECSCHNORR)
BEND(ak_p384, BEND_PARTS, evidence_world_point(w->keys_[2], &w->ak); w->certified = w->keys_[2];
	w->ak.parameters.eccDetail.scheme.scheme = TPM2_ALG_ECDSA;
	w->ak.parameters.eccDetail.scheme.details.ecdsa.hashAlg = TPM2_ALG_SHA256)
BEND(two_certificates, BEND_PARTS, w->chain = 2)
BEND(empty_chain, BEND_PARTS, w->chain = 0)
BEND(ak_no_point, BEND_PARTS, w->ak.unique.ecc.y.buffer[5] ^= 1)
BEND(ak_keyedhash, BEND_PARTS, w->ak = w->officer)
BEND(ak_sha1, BEND_PARTS, w->ak.nameAlg = TPM2_ALG_SHA1)

/* Otherwise statements that no TPM made would count: a key in software signs anything. */
static void
test_ak(void)
{
	static const struct row rows[] = {
		{ "a foreign CA", foreign_ca, EVIDENCE_CHAIN },
		{ "an expired certificate", expired, EVIDENCE_VALIDITY },
		{ "one that is not yet valid", not_yet, EVIDENCE_VALIDITY },
		{ "the certificate of another key", other_key, EVIDENCE_AK_KEY },
		{ "the CA's own certificate", a_ca, EVIDENCE_CERTIFICATE },
		{ "a certificate that is cut off", cut_certificate, EVIDENCE_CERTIFICATE },
		{ "a byte behind the certificate", long_certificate, EVIDENCE_CERTIFICATE },
		{ "a certificate whose signature was touched", touched_certificate, EVIDENCE_CHAIN },
		{ "not restricted", ak_unrestricted, EVIDENCE_AK_ATTRIBUTES },
		{ "fixedTPM clear", ak_movable, EVIDENCE_AK_ATTRIBUTES },
		{ "fixedParent clear", ak_parent, EVIDENCE_AK_ATTRIBUTES },
		{ "sensitiveDataOrigin clear", ak_imported, EVIDENCE_AK_ATTRIBUTES },
		{ "decrypt", ak_decrypts, EVIDENCE_AK_ATTRIBUTES },
		{ "sign clear", ak_no_sign, EVIDENCE_AK_ATTRIBUTES },
		{ "no scheme", ak_no_scheme, EVIDENCE_AK_TYPE },
		{ "SHA-384", ak_sha384, EVIDENCE_AK_TYPE },
		{ "Schnorr", ak_schnorr, EVIDENCE_AK_TYPE },
		{ "another curve", ak_p384, EVIDENCE_AK_TYPE },
		{ "two certificates", two_certificates, EVIDENCE_STRUCTURE },
		{ "an empty chain", empty_chain, EVIDENCE_STRUCTURE },
		{ "no point of the curve", ak_no_point, EVIDENCE_AK_TYPE },
		{ "no key", ak_keyedhash, EVIDENCE_AK_TYPE },
		{ "a Name by SHA-1", ak_sha1, EVIDENCE_TPM_STRUCTURE },
	};
	struct evidence_rules rules;
	struct evidence made;

	RUN(rows);
	evidence_world_make(&world, NULL);
	rules = evidence_world_rules(&world);
	rules.ca = mdoc_buf_bytes(&world.foreign_ca);
	CU_ASSERT_EQUAL(check(&rules, &made, NULL), EVIDENCE_CHAIN);
	rules = evidence_world_rules(&world);
	rules.now += (int64_t)10 * 365 * 86400;
	CU_ASSERT_EQUAL(check(&rules, &made, NULL), EVIDENCE_VALIDITY);
}

/* ---- Statements ---- */

BEND(pin_magic, BEND_STATEMENTS, w->pin.attest.magic = 0xff544348)
BEND(key_magic, BEND_STATEMENTS, w->of_keys[1].attest.magic = 0)
BEND(pin_kind, BEND_STATEMENTS, w->pin.attest = w->of_keys[0].attest)
BEND(key_kind, BEND_STATEMENTS, w->of_keys[1].attest.type = TPM2_ST_ATTEST_CREATION)
BEND(pin_nonce, BEND_STATEMENTS, w->pin.attest.extraData.buffer[0] ^= 1)
BEND(key_nonce, BEND_STATEMENTS, w->of_keys[2].attest.extraData.size = 31)
BEND(other_nonce, BEND_PARTS, w->nonce = "n-2")
BEND(pin_name, BEND_STATEMENTS, w->pin.attest.attested.nv.indexName.name[9] ^= 1)
BEND(key_name, BEND_STATEMENTS, w->of_keys[0].attest = w->of_keys[1].attest)
BEND(no_name, BEND_STATEMENTS, w->of_keys[0].attest.attested.certify.name.size = 0)
BEND(other_signer, BEND_PARTS, w->signer = w->other_ak_key)
BEND(pin_signature, BEND_SIGNED, w->pin.sig.ptr[20] ^= 1)
BEND(key_signature, BEND_SIGNED, w->of_keys[1].sig.ptr[60] ^= 1)
BEND(pin_signed, BEND_SIGNED, w->pin.info.ptr[w->pin.info.len - 1] ^= 1)
BEND(cut_statement, BEND_SIGNED, w->of_keys[1].info.len--)
BEND(long_statement, BEND_SIGNED, mdoc_buf_append(&w->of_keys[1].info, mdoc_bytes_of("", 1)))
BEND(cut_signature, BEND_SIGNED, w->of_keys[1].sig.len--)
BEND(long_signature, BEND_SIGNED, mdoc_buf_append(&w->pin.sig, mdoc_bytes_of("", 1)))
BEND(sha384_signature, BEND_SIGNED, w->pin.sig.ptr[3] = TPM2_ALG_SHA384)
BEND(schnorr_signature, BEND_SIGNED, w->pin.sig.ptr[1] = TPM2_ALG_ECSCHNORR)

/* Otherwise what was said elsewhere, at another time, of another thing or by somebody else would count here. */
static void
test_statements(void)
{
	static const struct row rows[] = {
		{ "another magic of the PIN", pin_magic, EVIDENCE_MAGIC },
		{ "another magic of a key", key_magic, EVIDENCE_MAGIC },
		{ "a statement of a key for the PIN", pin_kind, EVIDENCE_STATEMENT },
		{ "a statement of creation for a key", key_kind, EVIDENCE_STATEMENT },
		{ "another nonce of the PIN", pin_nonce, EVIDENCE_NONCE },
		{ "a shorter nonce of a key", key_nonce, EVIDENCE_NONCE },
		{ "another nonce", other_nonce, EVIDENCE_NONCE },
		{ "another index", pin_name, EVIDENCE_NAME },
		{ "another key", key_name, EVIDENCE_NAME },
		{ "no Name", no_name, EVIDENCE_NAME },
		{ "another signer", other_signer, EVIDENCE_SIGNATURE },
		{ "the PIN's signature touched", pin_signature, EVIDENCE_SIGNATURE },
		{ "a key's signature touched", key_signature, EVIDENCE_SIGNATURE },
		{ "what was signed touched", pin_signed, EVIDENCE_SIGNATURE },
		{ "a statement cut off", cut_statement, EVIDENCE_TPM_STRUCTURE },
		{ "a byte behind a statement", long_statement, EVIDENCE_TPM_STRUCTURE },
		{ "a signature cut off", cut_signature, EVIDENCE_TPM_STRUCTURE },
		{ "a byte behind a signature", long_signature, EVIDENCE_TPM_STRUCTURE },
		{ "a signature over SHA-384", sha384_signature, EVIDENCE_TPM_STRUCTURE },
		{ "another kind of signature", schnorr_signature, EVIDENCE_TPM_STRUCTURE },
	};
	struct evidence_rules rules;
	struct evidence made;
	size_t key;

	RUN(rows);
	evidence_world_make(&world, key_signature);
	rules = evidence_world_rules(&world);
	CU_ASSERT_EQUAL(check(&rules, &made, &key), EVIDENCE_SIGNATURE);
	CU_ASSERT_EQUAL(key, 1);
	evidence_world_make(&world, pin_signature);
	CU_ASSERT_EQUAL(check(&rules, &made, &key), EVIDENCE_SIGNATURE);
	CU_ASSERT_EQUAL(key, SIZE_MAX);
}

/* ---- The PIN ---- */

#define NV(name, does) BEND(name, BEND_PARTS, w->index.attributes does)
#define NV_TYPE(type) \
	&= ~TPMA_NV_TPM2_NT_MASK; \
	w->index.attributes |= (TPMA_NV)(type) << TPMA_NV_TPM2_NT_SHIFT

NV(nv_ordinary, NV_TYPE(TPM2_NT_ORDINARY))
NV(nv_counter, NV_TYPE(TPM2_NT_COUNTER))
NV(nv_pin_pass, NV_TYPE(TPM2_NT_PIN_PASS))
NV(nv_ownerwrite, |= TPMA_NV_OWNERWRITE)
NV(nv_ppwrite, |= TPMA_NV_PPWRITE)
NV(nv_authwrite, |= TPMA_NV_AUTHWRITE)
NV(nv_unwritten, &= ~TPMA_NV_WRITTEN)
NV(nv_no_policy, &= ~TPMA_NV_POLICYWRITE)
NV(nv_da, &= ~TPMA_NV_NO_DA)
NV(nv_orderly, |= TPMA_NV_ORDERLY)
NV(nv_stclear, |= TPMA_NV_CLEAR_STCLEAR)
NV(nv_delete, |= TPMA_NV_POLICY_DELETE)
NV(nv_platform, |= TPMA_NV_PLATFORMCREATE)
NV(nv_locked, |= TPMA_NV_WRITELOCKED)
NV(nv_lockable, |= TPMA_NV_WRITEDEFINE)
NV(nv_global, |= TPMA_NV_GLOBALLOCK)
NV(nv_reserved, |= 0x00100000)
NV(nv_owner_reads, |= TPMA_NV_OWNERREAD)
BEND(nv_large, BEND_PARTS, w->index.dataSize = 16)
BEND(nv_sha1, BEND_PARTS, w->index.nameAlg = TPM2_ALG_SHA1)
BEND(offset, BEND_STATEMENTS, w->pin.attest.attested.nv.offset = 4)
BEND(few_contents, BEND_STATEMENTS, w->pin.attest.attested.nv.nvContents.size = 4)
BEND(many_contents, BEND_STATEMENTS, w->pin.attest.attested.nv.nvContents.size = 9)
BEND(too_many_tries, BEND_PARTS, w->pin_limit = EVIDENCE_PIN_LIMIT + 1)
BEND(all_tries, BEND_PARTS, w->pin_limit = 0xFFFFFFFF)
BEND(no_tries, BEND_PARTS, w->pin_limit = 0)
BEND(auth_value, BEND_PARTS, w->with_auth_value = true)
BEND(swapped, BEND_PARTS, w->swapped_branches = true)
BEND(no_policy, BEND_INDEX, w->index.authPolicy.size = 0)
BEND(touched_policy, BEND_INDEX, w->index.authPolicy.buffer[3] ^= 1)
BEND(write_all, BEND_PARTS, w->branch[2] = TPM2_CC_NV_Write)
BEND(extend, BEND_PARTS, w->branch[3] = TPM2_CC_NV_Increment)
BEND(other_first, BEND_PARTS, w->branch[0] = TPM2_CC_NV_ChangeAuth)
BEND(other_second, BEND_PARTS, w->branch[1] = TPM2_CC_NV_Write)
BEND(other_officer, BEND_INDEX, w->officer.unique.keyedHash.buffer[0] ^= 1)
BEND(other_authorizer, BEND_INDEX, evidence_world_point(w->other_ak_key, &w->authorizer))

/* Otherwise a PIN of four digits could be tried without end, or be set by who has the machine and not the PIN. */
static void
test_pin(void)
{
	static const struct row rows[] = {
		{ "an ordinary index", nv_ordinary, EVIDENCE_PIN_TYPE },
		{ "a counter", nv_counter, EVIDENCE_PIN_TYPE },
		{ "PIN_PASS", nv_pin_pass, EVIDENCE_PIN_TYPE },
		{ "OWNERWRITE", nv_ownerwrite, EVIDENCE_PIN_OWNER },
		{ "PPWRITE", nv_ppwrite, EVIDENCE_PIN_OWNER },
		{ "AUTHWRITE", nv_authwrite, EVIDENCE_PIN_AUTH },
		{ "WRITTEN clear", nv_unwritten, EVIDENCE_PIN_UNWRITTEN },
		{ "POLICYWRITE clear", nv_no_policy, EVIDENCE_PIN_ATTRIBUTES },
		{ "NO_DA clear", nv_da, EVIDENCE_PIN_ATTRIBUTES },
		{ "ORDERLY", nv_orderly, EVIDENCE_PIN_ATTRIBUTES },
		{ "CLEAR_STCLEAR", nv_stclear, EVIDENCE_PIN_ATTRIBUTES },
		{ "POLICY_DELETE", nv_delete, EVIDENCE_PIN_ATTRIBUTES },
		{ "PLATFORMCREATE", nv_platform, EVIDENCE_PIN_ATTRIBUTES },
		{ "WRITELOCKED", nv_locked, EVIDENCE_PIN_ATTRIBUTES },
		{ "WRITEDEFINE", nv_lockable, EVIDENCE_PIN_ATTRIBUTES },
		{ "GLOBALLOCK", nv_global, EVIDENCE_PIN_ATTRIBUTES },
		{ "a reserved bit", nv_reserved, EVIDENCE_PIN_ATTRIBUTES },
		{ "OWNERREAD", nv_owner_reads, EVIDENCE_OK },
		{ "another size", nv_large, EVIDENCE_PIN_CONTENTS },
		{ "a Name by SHA-1", nv_sha1, EVIDENCE_TPM_STRUCTURE },
		{ "contents from the middle", offset, EVIDENCE_PIN_CONTENTS },
		{ "the count alone", few_contents, EVIDENCE_PIN_CONTENTS },
		{ "more than count and limit", many_contents, EVIDENCE_PIN_CONTENTS },
		{ "one try too many", too_many_tries, EVIDENCE_PIN_LIMIT_HIGH },
		{ "any number of tries", all_tries, EVIDENCE_PIN_LIMIT_HIGH },
		{ "no tries", no_tries, EVIDENCE_PIN_LIMIT_HIGH },
		{ "PolicyAuthValue", auth_value, EVIDENCE_PIN_POLICY },
		{ "branches in another order", swapped, EVIDENCE_PIN_POLICY },
		{ "no policy", no_policy, EVIDENCE_PIN_POLICY },
		{ "another policy", touched_policy, EVIDENCE_PIN_POLICY },
		{ "anybody writes", write_all, EVIDENCE_PIN_POLICY },
		{ "anybody increments", extend, EVIDENCE_PIN_POLICY },
		{ "another first branch", other_first, EVIDENCE_PIN_POLICY },
		{ "another second branch", other_second, EVIDENCE_PIN_POLICY },
		{ "another officer", other_officer, EVIDENCE_PIN_POLICY },
		{ "another authorizer", other_authorizer, EVIDENCE_PIN_POLICY },
	};
	struct evidence_rules rules;
	struct evidence made;

	RUN(rows);
	evidence_world_make(&world, NULL);
	rules = evidence_world_rules(&world);
	rules.pin_limit = 4;
	CU_ASSERT_EQUAL(check(&rules, &made, NULL), EVIDENCE_PIN_LIMIT_HIGH);
	rules.pin_limit = 5;
	CU_ASSERT_EQUAL(check(&rules, &made, NULL), EVIDENCE_OK);
	evidence_clear(&made);
}

#define SO(name, does) BEND(name, BEND_PARTS, w->officer does)

SO(so_movable, .objectAttributes &= ~TPMA_OBJECT_FIXEDTPM)
SO(so_parent, .objectAttributes &= ~TPMA_OBJECT_FIXEDPARENT)
SO(so_no_auth, .objectAttributes &= ~TPMA_OBJECT_USERWITHAUTH)
SO(so_origin, .objectAttributes |= TPMA_OBJECT_SENSITIVEDATAORIGIN)
SO(so_signs, .objectAttributes |= TPMA_OBJECT_SIGN_ENCRYPT)
SO(so_stclear, .objectAttributes |= TPMA_OBJECT_STCLEAR)
SO(so_scheme, .parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_HMAC;
	w->officer.parameters.keyedHashDetail.scheme.details.hmac.hashAlg = TPM2_ALG_SHA256)
SO(so_policy, .authPolicy.size = 32)
SO(so_sha1, .nameAlg = TPM2_ALG_SHA1)
BEND(so_key, BEND_PARTS, w->officer = w->authorizer)
BEND(authorizer_sealed, BEND_PARTS, w->authorizer = w->officer;
	w->authorizer.objectAttributes = TPMA_OBJECT_SIGN_ENCRYPT)
BEND(authorizer_decrypts, BEND_PARTS, w->authorizer.objectAttributes |= TPMA_OBJECT_DECRYPT)
BEND(authorizer_no_sign, BEND_PARTS, w->authorizer.objectAttributes &= ~TPMA_OBJECT_SIGN_ENCRYPT)
BEND(authorizer_no_point, BEND_PARTS, w->authorizer.unique.ecc.x.buffer[8] ^= 1)
BEND(second_type, BEND_PARTS, w->with_second = true; w->second.attributes &= ~TPMA_NV_TPM2_NT_MASK)
BEND(second_owner, BEND_PARTS, w->with_second = true; w->second.attributes |= TPMA_NV_OWNERWRITE)
BEND(second_size, BEND_PARTS, w->with_second = true; w->second.dataSize = 9)
BEND(second_changeable, BEND_PARTS, w->with_second = true; w->second_changeable = true)
BEND(second_unused, BEND_KEYS, w->with_second = true)

static void
second_policy(struct evidence_world *w, enum bend when)
{
	w->with_second = true;
	if (when == BEND_INDEX)
		w->second.authPolicy.buffer[0] ^= 1;
}

/* Otherwise who set the token up could have left a second door in it that no check shows. */
static void
test_around_the_pin(void)
{
	static const struct row rows[] = {
		{ "officer: fixedTPM clear", so_movable, EVIDENCE_SO },
		{ "officer: fixedParent clear", so_parent, EVIDENCE_SO },
		{ "officer: userWithAuth clear", so_no_auth, EVIDENCE_SO },
		{ "officer: sensitiveDataOrigin", so_origin, EVIDENCE_SO },
		{ "officer: signs", so_signs, EVIDENCE_SO },
		{ "officer: stClear", so_stclear, EVIDENCE_SO },
		{ "officer: a scheme", so_scheme, EVIDENCE_SO },
		{ "officer: a policy", so_policy, EVIDENCE_SO },
		{ "officer: a Name by SHA-1", so_sha1, EVIDENCE_TPM_STRUCTURE },
		{ "officer: a key", so_key, EVIDENCE_SO },
		{ "authorizer: no key", authorizer_sealed, EVIDENCE_AUTHORIZER },
		{ "authorizer: decrypts", authorizer_decrypts, EVIDENCE_AUTHORIZER },
		{ "authorizer: does not sign", authorizer_no_sign, EVIDENCE_AUTHORIZER },
		{ "authorizer: no point", authorizer_no_point, EVIDENCE_AUTHORIZER },
		{ "authenticator: another type", second_type, EVIDENCE_AUTHENTICATOR },
		{ "authenticator: OWNERWRITE", second_owner, EVIDENCE_AUTHENTICATOR },
		{ "authenticator: another size", second_size, EVIDENCE_AUTHENTICATOR },
		{ "authenticator: another policy", second_policy, EVIDENCE_AUTHENTICATOR },
		{ "authenticator: others change it", second_changeable, EVIDENCE_AUTHENTICATOR },
		{ "authenticator: not in the keys' policy", second_unused, EVIDENCE_KEY_POLICY },
	};

	RUN(rows);
}

#define OBJECT(name, at, does) \
	static void name(struct evidence_world *w, enum bend when) \
	{ \
		w->shared = true; \
		if (when == (at)) { \
			does; \
		} \
	}

OBJECT(object_good, BEND_PARTS, (void)0)
OBJECT(object_no_da, BEND_PARTS, w->object.objectAttributes |= TPMA_OBJECT_NODA)
OBJECT(object_movable, BEND_PARTS, w->object.objectAttributes &= ~TPMA_OBJECT_FIXEDTPM)
OBJECT(object_policy_only, BEND_PARTS, w->object.objectAttributes &= ~TPMA_OBJECT_USERWITHAUTH)
OBJECT(object_key, BEND_PARTS, w->object = w->authorizer)
OBJECT(object_policy, BEND_INDEX, w->object.authPolicy.buffer[0] ^= 1)
OBJECT(object_no_policy, BEND_INDEX, w->object.authPolicy.size = 0)
OBJECT(object_officer, BEND_PARTS, w->officer.objectAttributes &= ~TPMA_OBJECT_FIXEDTPM)
OBJECT(object_name, BEND_STATEMENTS, w->pin.attest = w->of_keys[0].attest)
OBJECT(object_kind, BEND_STATEMENTS, w->pin.attest.type = TPM2_ST_ATTEST_CREATION)
OBJECT(object_keys, BEND_KEYS, w->keys[0].authPolicy.buffer[0] ^= 1)
OBJECT(object_extra, BEND_PARTS, w->with_second = true)

/* Otherwise the PIN of a TPM without PIN indices could be one that nothing counts at all. */
static void
test_object(void)
{
	static const struct row rows[] = {
		{ "as it is", object_good, EVIDENCE_OK },
		{ "noDA", object_no_da, EVIDENCE_PIN_OBJECT },
		{ "fixedTPM clear", object_movable, EVIDENCE_PIN_OBJECT },
		{ "userWithAuth clear", object_policy_only, EVIDENCE_PIN_OBJECT },
		{ "a key", object_key, EVIDENCE_PIN_OBJECT },
		{ "another policy", object_policy, EVIDENCE_PIN_POLICY },
		{ "no policy", object_no_policy, EVIDENCE_PIN_POLICY },
		{ "another officer", object_officer, EVIDENCE_SO },
		{ "a statement of something else", object_name, EVIDENCE_NAME },
		{ "another kind of statement", object_kind, EVIDENCE_STATEMENT },
		{ "keys that do not obey it", object_keys, EVIDENCE_KEY_POLICY },
		{ "an authenticator", object_extra, EVIDENCE_STRUCTURE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct evidence_rules rules;
		struct evidence made;
		enum evidence_result res;

		evidence_world_make(&world, rows[i].bend);
		rules = evidence_world_rules(&world);
		rules.take_shared = true;
		res = check(&rules, &made, NULL);
		if (res != rows[i].expected)
			printf("\n    %s: %s", rows[i].what, evidence_sentence(res));
		CU_ASSERT_EQUAL(res, rows[i].expected);
		evidence_clear(&made);
	}
}

/* ---- The keys ---- */

#define KEY(name, does) BEND(name, BEND_PARTS, w->keys[1] does)

KEY(key_movable, .objectAttributes &= ~TPMA_OBJECT_FIXEDTPM)
KEY(key_parent, .objectAttributes &= ~TPMA_OBJECT_FIXEDPARENT)
KEY(key_imported, .objectAttributes &= ~TPMA_OBJECT_SENSITIVEDATAORIGIN)
KEY(key_password, .objectAttributes |= TPMA_OBJECT_USERWITHAUTH)
KEY(key_restricted, .objectAttributes |= TPMA_OBJECT_RESTRICTED)
KEY(key_no_sign, .objectAttributes &= ~TPMA_OBJECT_SIGN_ENCRYPT)
KEY(key_stclear, .objectAttributes |= TPMA_OBJECT_STCLEAR)
KEY(key_duplication, .objectAttributes |= TPMA_OBJECT_ENCRYPTEDDUPLICATION)
KEY(key_x509, .objectAttributes |= TPMA_OBJECT_X509SIGN)
KEY(key_scheme, .parameters.eccDetail.scheme.scheme = TPM2_ALG_ECDSA;
	w->keys[1].parameters.eccDetail.scheme.details.ecdsa.hashAlg = TPM2_ALG_SHA256)
KEY(key_curve, .parameters.eccDetail.curveID = TPM2_ECC_BN_P256)
KEY(key_no_point, .unique.ecc.y.buffer[31] ^= 1)
KEY(key_long_point, .unique.ecc.x.size = 33)
BEND(key_sealed, BEND_PARTS, w->keys[1] = w->officer)
BEND(key_sha1, BEND_PARTS, w->keys[1].nameAlg = TPM2_ALG_SHA1)
BEND(key_policy, BEND_KEYS, w->keys[1].authPolicy.buffer[31] ^= 1)
BEND(key_no_policy, BEND_KEYS, w->keys[1].authPolicy.size = 0)
BEND(key_other_pin, BEND_KEYS, w->index.nvIndex++)
BEND(key_twice, BEND_KEYS, w->keys[1] = w->keys[0])
BEND(key_twice_otherwise, BEND_KEYS, w->keys[1] = w->keys[0]; w->keys[1].objectAttributes &= ~TPMA_OBJECT_DECRYPT)

/* Otherwise a record could be bound to a key that leaves the TPM, or that works without the PIN. */
static void
test_keys(void)
{
	static const struct row rows[] = {
		{ "fixedTPM clear", key_movable, EVIDENCE_KEY_MOVABLE },
		{ "fixedParent clear", key_parent, EVIDENCE_KEY_MOVABLE },
		{ "sensitiveDataOrigin clear", key_imported, EVIDENCE_KEY_IMPORTED },
		{ "userWithAuth", key_password, EVIDENCE_KEY_PASSWORD },
		{ "restricted", key_restricted, EVIDENCE_KEY_PURPOSE },
		{ "sign clear", key_no_sign, EVIDENCE_KEY_PURPOSE },
		{ "stClear", key_stclear, EVIDENCE_KEY_ATTRIBUTES },
		{ "encryptedDuplication", key_duplication, EVIDENCE_KEY_ATTRIBUTES },
		{ "x509sign", key_x509, EVIDENCE_KEY_ATTRIBUTES },
		{ "a scheme", key_scheme, EVIDENCE_KEY_TYPE },
		{ "another curve", key_curve, EVIDENCE_KEY_TYPE },
		{ "no point of the curve", key_no_point, EVIDENCE_KEY_TYPE },
		{ "a coordinate that is too long", key_long_point, EVIDENCE_KEY_TYPE },
		{ "no key", key_sealed, EVIDENCE_KEY_TYPE },
		{ "a Name by SHA-1", key_sha1, EVIDENCE_TPM_STRUCTURE },
		{ "another policy", key_policy, EVIDENCE_KEY_POLICY },
		{ "no policy", key_no_policy, EVIDENCE_KEY_POLICY },
		{ "the policy of another PIN", key_other_pin, EVIDENCE_KEY_POLICY },
		{ "a key twice", key_twice, EVIDENCE_KEY_DUPLICATE },
		{ "a key twice under two Names", key_twice_otherwise, EVIDENCE_KEY_DUPLICATE },
	};
	struct evidence_rules rules;
	struct evidence made;
	size_t key;

	RUN(rows);
	evidence_world_make(&world, key_twice);
	rules = evidence_world_rules(&world);
	CU_ASSERT_EQUAL(check(&rules, &made, &key), EVIDENCE_KEY_DUPLICATE);
	CU_ASSERT_EQUAL(key, 1);
}

static void
is_digest(const struct part_policy *policy, const char *hex)
{
	char text[2 * PART_DIGEST_LEN + 1];

	for (size_t i = 0; i < PART_DIGEST_LEN; i++)
		snprintf(text + 2 * i, 3, "%02x", policy->digest[i]);
	CU_ASSERT_STRING_EQUAL(text, hex);
}

/* Otherwise our evidence and our checks could agree on policies that no TPM has. The digests are a TPM's own, from trial
 * sessions; the last one, which such a session would need the thing itself for, was computed apart. */
static void
test_policies(void)
{
	struct part_policy branches[2], policy;
	uint8_t name[PART_NAME_LEN] = { 0x00, 0x0b };

	for (size_t i = 0; i < PART_DIGEST_LEN; i++)
		name[2 + i] = (uint8_t)i;
	memset(branches, 0, sizeof(branches));
	memset(&policy, 0, sizeof(policy));
	CU_ASSERT_EQUAL(part_policy_command(world.context, &branches[0], TPM2_CC_NV_Read), MDOC_OK);
	is_digest(&branches[0], "47ce3032d8bad1f3089cb0c09088de43501491d460402b90cd1b7fc0b68ca92f");
	CU_ASSERT_EQUAL(part_policy_command(world.context, &branches[1], TPM2_CC_NV_Certify), MDOC_OK);
	is_digest(&branches[1], "260f357a1d2d8607b355caa57dad7136e82d21a137d6f4b9c65aff129f5fb646");
	CU_ASSERT_EQUAL(part_policy_or(world.context, &policy, branches, 2), MDOC_OK);
	is_digest(&policy, "86817e7af1d319d7439bd61e021373f406ba9e4d7afa646b9b065a38d3d15a39");
	CU_ASSERT_EQUAL(part_policy_authorize(world.context, &policy, name), MDOC_OK);
	is_digest(&policy, "3c2dab7276081bc296d40691314626af563749e6640a111387d7b1e402a8a2c0");
	memset(&policy, 0, sizeof(policy));
	CU_ASSERT_EQUAL(part_policy_secret(world.context, &policy, name), MDOC_OK);
	is_digest(&policy, "f4644163827e379c0376c37ef6a6d8265c6658f94fdad477a8992bc606d3219b");
}

/* Otherwise a person would be told nothing, or the same, of what was wrong. */
static void
test_sentences(void)
{
	for (unsigned i = 0; i <= EVIDENCE_KEY_DUPLICATE; i++) {
		CU_ASSERT_STRING_NOT_EQUAL(evidence_sentence((enum evidence_result)i), "?");
		for (unsigned j = 0; j < i; j++)
			CU_ASSERT_STRING_NOT_EQUAL(evidence_sentence((enum evidence_result)i),
				evidence_sentence((enum evidence_result)j));
	}
	CU_ASSERT_STRING_EQUAL(evidence_sentence((enum evidence_result)9999), "?");
}

void
add_evidence_tests(void)
{
	CU_pSuite suite = CU_add_suite("issuer evidence", begin, end);

	CU_add_test(suite, "good", test_good);
	CU_add_test(suite, "a shared counter", test_shared);
	CU_add_test(suite, "form", test_form);
	CU_add_test(suite, "attestation key", test_ak);
	CU_add_test(suite, "statements", test_statements);
	CU_add_test(suite, "PIN", test_pin);
	CU_add_test(suite, "around the PIN", test_around_the_pin);
	CU_add_test(suite, "PIN object", test_object);
	CU_add_test(suite, "keys", test_keys);
	CU_add_test(suite, "policies", test_policies);
	CU_add_test(suite, "sentences", test_sentences);
}
