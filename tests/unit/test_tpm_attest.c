/*
 * tests/unit/test_tpm_attest.c: if these failed, an issuer would refuse the keys of an honest TPM, or take what is in
 * none for one of them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <cbor.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_mu.h>

#include "tests/unit/swtpm.h"
#include "tests/unit/tpm_key_kit.h"
#include "tokens/tpm/attest_cbor.h"
#include "tokens/vault/key.h"

#define EK_CERTIFICATE 0x01c0000a
#define NONCE "nonce of an issuer"
#define NONCE_LEN (sizeof(NONCE) - 1)

static const struct guard_setup plain = { .place = TOKEN_TPM_PIN_INDEX };
static const struct guard_setup with_second = { .place = TOKEN_TPM_PIN_INDEX, .authenticator = "the other secret" };
static const struct guard_setup without_index = { .place = TOKEN_TPM_PIN_OBJECT };

static const struct backend_bytes nothing;

/* ---- Reading messages by other means than they were written ----------------------------- */

static cbor_item_t *
parse(const struct backend_bytes *message)
{
	struct cbor_load_result loaded;
	cbor_item_t *item = cbor_load(message->ptr, message->len, &loaded);

	CU_ASSERT_PTR_NOT_NULL_FATAL(item);
	CU_ASSERT_EQUAL(loaded.read, message->len);
	return item;
}

/* Borrowed; NULL: no such member. Keys have to be in the order of RFC 8949, 4.2.1. */
static cbor_item_t *
member(const cbor_item_t *map, const char *key)
{
	const struct cbor_pair *pairs = cbor_map_handle(map);
	cbor_item_t *found = NULL;

	for (size_t i = 0; i < cbor_map_size(map); i++) {
		const size_t len = cbor_string_length(pairs[i].key);

		if (i > 0) {
			const size_t before = cbor_string_length(pairs[i - 1].key);

			CU_ASSERT_TRUE(before < len ||
				(before == len &&
					memcmp(cbor_string_handle(pairs[i - 1].key), cbor_string_handle(pairs[i].key),
						len) < 0));
		}
		if (len == strlen(key) && memcmp(cbor_string_handle(pairs[i].key), key, len) == 0)
			found = pairs[i].value;
	}
	return found;
}

static bool
is_text(const cbor_item_t *item, const char *text)
{
	return item != NULL && cbor_isa_string(item) && cbor_string_length(item) == strlen(text) &&
		memcmp(cbor_string_handle(item), text, strlen(text)) == 0;
}

static TPMT_PUBLIC
public_at(const cbor_item_t *map, const char *key)
{
	const cbor_item_t *item = member(map, key);
	TPMT_PUBLIC area = { 0 };
	size_t at = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(item);
	CU_ASSERT_EQUAL(Tss2_MU_TPMT_PUBLIC_Unmarshal(cbor_bytestring_handle(item), cbor_bytestring_length(item), &at,
				&area),
		TSS2_RC_SUCCESS);
	CU_ASSERT_EQUAL(at, cbor_bytestring_length(item));
	return area;
}

static EVP_PKEY *
pkey_of(struct guard_world *w, const TPMT_PUBLIC *area)
{
	uint8_t point[65] = { 4 };
	EVP_PKEY *pkey = NULL;

	memcpy(point + 33 - area->unique.ecc.x.size, area->unique.ecc.x.buffer, area->unique.ecc.x.size);
	memcpy(point + 65 - area->unique.ecc.y.size, area->unique.ecc.y.buffer, area->unique.ecc.y.size);
	CU_ASSERT_EQUAL_FATAL(token_public_key(w->libctx, TOKEN_P256, point, sizeof(point), &pkey), TOKEN_OK);
	return pkey;
}

/* What the TPM says in a map with certInfo and sig, when its signature and the nonce are right. */
static TPMS_ATTEST
statement(struct guard_world *w, const cbor_item_t *map, const TPMT_PUBLIC *ak)
{
	const cbor_item_t *info = member(map, "certInfo"), *sig = member(map, "sig");
	const EVP_MD *md = EVP_get_digestbyname("SHA256");
	uint8_t point[65] = { 4 }, digest[32], raw[64] = { 0 }, nonce[32];
	TPMT_SIGNATURE signature = { 0 };
	const TPMS_SIGNATURE_ECC *ecc = &signature.signature.ecdsa;
	TPMS_ATTEST attest = { 0 };
	size_t at = 0;
	bool good = false;

	CU_ASSERT_FATAL(info != NULL && sig != NULL);
	CU_ASSERT_EQUAL(Tss2_MU_TPMT_SIGNATURE_Unmarshal(cbor_bytestring_handle(sig), cbor_bytestring_length(sig), &at,
				&signature),
		TSS2_RC_SUCCESS);
	CU_ASSERT_EQUAL_FATAL(signature.sigAlg, TPM2_ALG_ECDSA);
	memcpy(raw + 32 - ecc->signatureR.size, ecc->signatureR.buffer, ecc->signatureR.size);
	memcpy(raw + 64 - ecc->signatureS.size, ecc->signatureS.buffer, ecc->signatureS.size);
	memcpy(point + 33 - ak->unique.ecc.x.size, ak->unique.ecc.x.buffer, ak->unique.ecc.x.size);
	memcpy(point + 65 - ak->unique.ecc.y.size, ak->unique.ecc.y.buffer, ak->unique.ecc.y.size);
	CU_ASSERT_EQUAL(EVP_Digest(cbor_bytestring_handle(info), cbor_bytestring_length(info), digest, NULL, md, NULL),
		1);
	CU_ASSERT_EQUAL(token_public_verify(w->libctx, TOKEN_P256, point, sizeof(point), digest, sizeof(digest), raw,
				sizeof(raw), &good),
		TOKEN_OK);
	CU_ASSERT_TRUE(good);
	at = 0;
	CU_ASSERT_EQUAL(Tss2_MU_TPMS_ATTEST_Unmarshal(cbor_bytestring_handle(info), cbor_bytestring_length(info), &at,
				&attest),
		TSS2_RC_SUCCESS);
	CU_ASSERT_EQUAL(attest.magic, TPM2_GENERATED_VALUE);
	CU_ASSERT_EQUAL(EVP_Digest(NONCE, NONCE_LEN, nonce, NULL, md, NULL), 1);
	CU_ASSERT_EQUAL(attest.extraData.size, sizeof(nonce));
	CU_ASSERT_EQUAL(memcmp(attest.extraData.buffer, nonce, sizeof(nonce)), 0);
	return attest;
}

static bool
same_name(const TPM2B_NAME *a, const TPM2B_NAME *b)
{
	return a->size == b->size && memcmp(a->name, b->name, a->size) == 0;
}

/* ---- Certificates ------------------------------------------------------------------------ */

/* DER of a certificate for this key, to be freed with OPENSSL_free(); signed by whom is nobody's matter here. */
static int
certify(struct guard_world *w, EVP_PKEY *subject, unsigned char **der)
{
	EVP_PKEY *issuer = EVP_PKEY_Q_keygen(w->libctx, NULL, "EC", "P-256");
	X509 *certificate = X509_new_ex(w->libctx, NULL);
	int len = -1;

	*der = NULL;
	if (issuer != NULL && certificate != NULL && X509_set_pubkey(certificate, subject) == 1 &&
		X509_gmtime_adj(X509_getm_notBefore(certificate), 0) != NULL &&
		X509_gmtime_adj(X509_getm_notAfter(certificate), 3600) != NULL &&
		X509_sign(certificate, issuer, EVP_sha256()) > 0)
		len = i2d_X509(certificate, der);
	X509_free(certificate);
	EVP_PKEY_free(issuer);
	CU_ASSERT_TRUE_FATAL(len > 0);
	return len;
}

/* The maker of the TPM leaves these bytes where an endorsement certificate belongs. */
static bool
provision(struct guard_world *w, const unsigned char *bytes, size_t len, size_t room)
{
	TPMS_NV_PUBLIC index = { .nvIndex = EK_CERTIFICATE,
		.nameAlg = TPM2_ALG_SHA256,
		.attributes = TPMA_NV_OWNERWRITE | TPMA_NV_OWNERREAD | TPMA_NV_AUTHREAD | TPMA_NV_NO_DA,
		.dataSize = (UINT16)room };
	uint8_t padded[4096];

	memset(padded, 0xff, sizeof(padded));
	memcpy(padded, bytes, len);
	(void)guard_undefine(w, EK_CERTIFICATE);
	return guard_define(w, &index, NULL) == TSS2_RC_SUCCESS &&
		guard_write(w, EK_CERTIFICATE, true, NULL, padded, (uint16_t)room) == TSS2_RC_SUCCESS;
}

/* ---- Enrolment --------------------------------------------------------------------------- */

static struct backend_bytes
enrol(struct guard_world *w, const struct backend_bytes *key, struct backend_bytes *made)
{
	struct backend_bytes message = { NULL, 0 };

	*made = nothing;
	CU_ASSERT_EQUAL_FATAL(tpm_attester.enrol(w->area, key, made, &message), TOKEN_OK);
	return message;
}

static void
test_enrolment(void)
{
	const TPMA_OBJECT attributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
		TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED |
		TPMA_OBJECT_SIGN_ENCRYPT;
	struct backend_bytes key, again, first, second;
	struct guard_world w;
	cbor_item_t *map;
	TPMT_PUBLIC area;

	CU_ASSERT_TRUE_FATAL(key_world(&w, &plain));
	first = enrol(&w, &nothing, &key);
	CU_ASSERT_PTR_NOT_NULL_FATAL(key.ptr);
	map = parse(&first);
	CU_ASSERT_EQUAL(cbor_map_size(map), 5);
	CU_ASSERT_TRUE(is_text(member(map, "type"), "mdoc-tpm-enrolment"));
	CU_ASSERT_EQUAL(cbor_get_int(member(map, "ver")), 1);
	CU_ASSERT_TRUE(is_text(member(map, "serial"), GUARD_SERIAL));
	area = public_at(map, "akPub");
	CU_ASSERT_EQUAL(area.objectAttributes, attributes);
	area = public_at(map, "ekPub");
	CU_ASSERT_EQUAL(area.parameters.eccDetail.curveID, TPM2_ECC_NIST_P256);
	cbor_decref(&map);
	/* The same key again; a damaged one is replaced. */
	second = enrol(&w, &key, &again);
	CU_ASSERT_PTR_NULL(again.ptr);
	CU_ASSERT_EQUAL(first.len, second.len);
	CU_ASSERT_EQUAL(memcmp(first.ptr, second.ptr, first.len), 0);
	free(second.ptr);
	key.ptr[20] ^= 1;
	second = enrol(&w, &key, &again);
	CU_ASSERT_PTR_NOT_NULL(again.ptr);
	free(again.ptr);
	free(second.ptr);
	free(first.ptr);
	free(key.ptr);
	guard_end(&w);
}

/* A certificate goes along when it is the endorsement key's own, however long the index is. */
static void
test_endorsement_certificate(void)
{
	struct backend_bytes key = { NULL, 0 }, made, message;
	EVP_PKEY *ek, *other;
	unsigned char *der, *foreign;
	struct guard_world w;
	int len, foreign_len;
	cbor_item_t *map;
	TPMT_PUBLIC area;

	CU_ASSERT_TRUE_FATAL(key_world(&w, &plain));
	message = enrol(&w, &nothing, &key);
	map = parse(&message);
	area = public_at(map, "ekPub");
	CU_ASSERT_PTR_NULL(member(map, "ekCert"));
	cbor_decref(&map);
	free(message.ptr);
	ek = pkey_of(&w, &area);
	other = EVP_PKEY_Q_keygen(w.libctx, NULL, "EC", "P-256");
	len = certify(&w, ek, &der);
	foreign_len = certify(&w, other, &foreign);
	for (int i = 0; i < 4; i++) {
		static const bool wanted[] = { false, true, true, false };

		if (i == 0)
			CU_ASSERT_TRUE_FATAL(provision(&w, foreign, (size_t)foreign_len, (size_t)foreign_len));
		if (i == 1)
			CU_ASSERT_TRUE_FATAL(provision(&w, der, (size_t)len, (size_t)len));
		if (i == 2)
			CU_ASSERT_TRUE_FATAL(provision(&w, der, (size_t)len, 1024));
		if (i == 3)
			CU_ASSERT_TRUE_FATAL(provision(&w, (const unsigned char *)"\x30\x82\xff", 3, 600));
		message = enrol(&w, &key, &made);
		map = parse(&message);
		if (wanted[i] && member(map, "ekCert") != NULL) {
			CU_ASSERT_EQUAL(cbor_bytestring_length(member(map, "ekCert")), (size_t)len);
			CU_ASSERT_EQUAL(memcmp(cbor_bytestring_handle(member(map, "ekCert")), der, (size_t)len), 0);
		}
		CU_ASSERT_EQUAL(member(map, "ekCert") != NULL, wanted[i]);
		cbor_decref(&map);
		free(message.ptr);
	}
	CU_ASSERT_EQUAL(guard_undefine(&w, EK_CERTIFICATE), TSS2_RC_SUCCESS);
	OPENSSL_free(der);
	OPENSSL_free(foreign);
	EVP_PKEY_free(ek);
	EVP_PKEY_free(other);
	free(key.ptr);
	guard_end(&w);
}

/* What an issuer's MakeCredential gives; the TPM's own command does the same and needs no secret. */
struct making {
	TPM2B_PUBLIC ek;
	TPM2B_NAME ak;
	TPM2B_DIGEST secret;
	TPM2B_ID_OBJECT credential;
	TPM2B_ENCRYPTED_SECRET seed;
};

static enum token_result
make_credential(struct tpm *tpm, void *arg)
{
	struct making *making = arg;
	TPM2B_NAME name = { 0 };
	TPM2_HANDLE handle = 0;
	TSS2_RC rc;

	making->credential = (TPM2B_ID_OBJECT){ 0 };
	making->seed = (TPM2B_ENCRYPTED_SECRET){ 0 };
	rc = Tss2_Sys_LoadExternal(tpm_sys(tpm), NULL, NULL, &making->ek, TPM2_RH_NULL, &handle, &name, NULL);
	if (rc == TSS2_RC_SUCCESS) {
		rc = Tss2_Sys_MakeCredential(tpm_sys(tpm), handle, NULL, &making->secret, &making->ak,
			&making->credential, &making->seed, NULL);
		(void)Tss2_Sys_FlushContext(tpm_sys(tpm), handle);
	}
	return tpm_result(rc);
}

static struct backend_bytes
challenge_of(const struct making *making)
{
	struct cbor_writer to = { 0 };
	struct backend_bytes bytes = { NULL, 0 };

	put_map(&to, 5);
	put_bytes_at(&to, "id", "number 1", 8);
	put_text(&to, "ver");
	put_number(&to, 1);
	put_text_at(&to, "type", "mdoc-tpm-challenge");
	put_bytes_at(&to, "secret", making->seed.secret, making->seed.size);
	put_bytes_at(&to, "credentialBlob", making->credential.credential, making->credential.size);
	CU_ASSERT_EQUAL_FATAL(put_end(&to, &bytes), TOKEN_OK);
	return bytes;
}

static enum token_result
activate(struct guard_world *w, const struct backend_bytes *key, const struct making *making,
	struct backend_bytes *answer)
{
	struct backend_bytes challenge = challenge_of(making);
	enum token_result res;

	*answer = nothing;
	res = tpm_attester.activate(w->area, key, challenge.ptr, challenge.len, answer);
	free(challenge.ptr);
	return res;
}

static void
test_activation(void)
{
	struct making making = { .secret = { .size = 32, .buffer = "a secret of the issuer, 32 bytes" } }, bad;
	struct backend_bytes key = { NULL, 0 }, message, answer;
	struct guard_world w;
	cbor_item_t *map;
	TPMT_PUBLIC ak;

	CU_ASSERT_TRUE_FATAL(key_world(&w, &plain));
	message = enrol(&w, &nothing, &key);
	map = parse(&message);
	making.ek.publicArea = public_at(map, "ekPub");
	ak = public_at(map, "akPub");
	cbor_decref(&map);
	free(message.ptr);
	CU_ASSERT_EQUAL(tpm_public_name(w.env.seal, &ak, &making.ak), TSS2_RC_SUCCESS);
	CU_ASSERT_EQUAL_FATAL(tpm_do(w.env.tpm, make_credential, &making), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(activate(&w, &key, &making, &answer), TOKEN_OK);
	map = parse(&answer);
	CU_ASSERT_EQUAL(cbor_map_size(map), 4);
	CU_ASSERT_TRUE(is_text(member(map, "type"), "mdoc-tpm-answer"));
	CU_ASSERT_EQUAL(cbor_get_int(member(map, "ver")), 1);
	CU_ASSERT_EQUAL(cbor_bytestring_length(member(map, "id")), 8);
	CU_ASSERT_EQUAL(cbor_bytestring_length(member(map, "credential")), 32);
	CU_ASSERT_EQUAL(memcmp(cbor_bytestring_handle(member(map, "credential")), making.secret.buffer, 32), 0);
	cbor_decref(&map);
	free(answer.ptr);
	/* Changed on the way, or for another attestation key. */
	bad = making;
	bad.credential.credential[bad.credential.size - 1] ^= 1;
	CU_ASSERT_EQUAL(activate(&w, &key, &bad, &answer), TOKEN_ERR_ARG);
	bad = making;
	bad.seed.secret[10] ^= 1;
	CU_ASSERT_EQUAL(activate(&w, &key, &bad, &answer), TOKEN_ERR_ARG);
	bad = making;
	bad.seed.size = 5;
	CU_ASSERT_EQUAL(activate(&w, &key, &bad, &answer), TOKEN_ERR_ARG);
	bad = making;
	bad.credential.size = 3;
	CU_ASSERT_EQUAL(activate(&w, &key, &bad, &answer), TOKEN_ERR_ARG);
	bad = making;
	bad.ak.name[5] ^= 1;
	CU_ASSERT_EQUAL_FATAL(tpm_do(w.env.tpm, make_credential, &bad), TOKEN_OK);
	CU_ASSERT_EQUAL(activate(&w, &key, &bad, &answer), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(tpm_attester.activate(w.area, &key, (const uint8_t *)"\xa0", 1, &answer), TOKEN_ERR_ARG);
	CU_ASSERT_PTR_NULL(answer.ptr);
	free(key.ptr);
	guard_end(&w);
}

/* ---- Evidence ---------------------------------------------------------------------------- */

static struct backend_bytes
attest(struct guard_world *w, const struct backend_bytes *ak, const struct backend_bytes *certificate,
	struct token_key *const *keys, size_t count)
{
	struct backend_bytes evidence = { NULL, 0 };

	CU_ASSERT_EQUAL_FATAL(tpm_attester.attest(w->area, ak, certificate, keys, count, (const uint8_t *)NONCE,
				      NONCE_LEN, &evidence),
		TOKEN_OK);
	return evidence;
}

/* A statement about each key, which is one of this PIN and nobody else's. */
static void
check_keys(struct guard_world *w, const cbor_item_t *root, const TPMT_PUBLIC *ak, struct token_key *const *keys,
	size_t count)
{
	const TPM2B_DIGEST *policy = tpm_guard_policy(guard_of(w));
	const cbor_item_t *list = member(root, "keys");

	CU_ASSERT_FATAL(list != NULL && cbor_array_size(list) == count);
	for (size_t i = 0; i < count; i++) {
		const cbor_item_t *map = cbor_array_handle(list)[i];
		const TPMT_PUBLIC area = public_at(map, "pubArea");
		const TPMS_ATTEST attest = statement(w, map, ak);
		TPM2B_NAME name = { 0 };

		CU_ASSERT_EQUAL(cbor_map_size(map), 3);
		CU_ASSERT_EQUAL(attest.type, TPM2_ST_ATTEST_CERTIFY);
		CU_ASSERT_EQUAL(tpm_public_name(w->env.seal, &area, &name), TSS2_RC_SUCCESS);
		CU_ASSERT_TRUE(same_name(&attest.attested.certify.name, &name));
		CU_ASSERT_TRUE(same_name(&tpm_key_blob(keys[i])->name, &name));
		CU_ASSERT_EQUAL(memcmp(area.authPolicy.buffer, policy->buffer, policy->size), 0);
	}
}

/* The counter of the PIN: no try used, and the limit. */
static void
check_index(struct guard_world *w, const cbor_item_t *pin, const TPMT_PUBLIC *ak)
{
	static const uint8_t contents[] = { 0, 0, 0, 0, 0, 0, 0, GUARD_LIMIT };
	const TPMS_ATTEST attest = statement(w, pin, ak);
	const TPMS_NV_CERTIFY_INFO *nv = &attest.attested.nv;
	const cbor_item_t *item = member(pin, "nvPublic");
	TPMS_NV_PUBLIC index = { 0 };
	TPM2B_NAME name = { 0 };
	size_t at = 0;

	CU_ASSERT_EQUAL(attest.type, TPM2_ST_ATTEST_NV);
	CU_ASSERT_EQUAL(nv->nvContents.size, sizeof(contents));
	CU_ASSERT_EQUAL(memcmp(nv->nvContents.buffer, contents, sizeof(contents)), 0);
	CU_ASSERT_EQUAL(Tss2_MU_TPMS_NV_PUBLIC_Unmarshal(cbor_bytestring_handle(item), cbor_bytestring_length(item),
				&at, &index),
		TSS2_RC_SUCCESS);
	CU_ASSERT_EQUAL(tpm_nv_name(w->env.seal, &index, &name), TSS2_RC_SUCCESS);
	CU_ASSERT_TRUE(same_name(&nv->indexName, &name));
	(void)public_at(pin, "soPub");
	(void)public_at(pin, "authorizePub");
}

static void
check_object(struct guard_world *w, const cbor_item_t *pin, const TPMT_PUBLIC *ak)
{
	const TPMT_PUBLIC area = public_at(pin, "pubArea");
	const TPMS_ATTEST attest = statement(w, pin, ak);
	TPM2B_NAME name = { 0 };

	CU_ASSERT_EQUAL(attest.type, TPM2_ST_ATTEST_CERTIFY);
	CU_ASSERT_EQUAL(tpm_public_name(w->env.seal, &area, &name), TSS2_RC_SUCCESS);
	CU_ASSERT_TRUE(same_name(&attest.attested.certify.name, &name));
	(void)public_at(pin, "soPub");
}

static void
evidence_in(const struct guard_setup *setup, bool index, size_t pin_members)
{
	static const enum token_curve curves[] = { TOKEN_P256, TOKEN_P521, TOKEN_P384, TOKEN_P256, TOKEN_P256 };
	enum { COUNT = sizeof(curves) / sizeof(curves[0]) };
	struct token_key *keys[COUNT] = { NULL };
	struct backend_bytes ak = { NULL, 0 }, message;
	struct secret value = SECRET_NONE;
	struct guard_world w;
	TPMT_PUBLIC ak_area;
	cbor_item_t *root;

	CU_ASSERT_TRUE_FATAL(key_world(&w, setup));
	for (size_t i = 0; i < COUNT; i++) {
		CU_ASSERT_TRUE_FATAL(key_new(&w, curves[i], &keys[i], &value));
		secret_wipe(&value);
	}
	message = enrol(&w, &nothing, &ak);
	free(message.ptr);
	message = attest(&w, &ak, &nothing, keys, COUNT);
	root = parse(&message);
	CU_ASSERT_EQUAL(cbor_map_size(root), 6);
	CU_ASSERT_TRUE(is_text(member(root, "fmt"), "tpm"));
	CU_ASSERT_TRUE(is_text(member(root, "ver"), "2.0"));
	CU_ASSERT_TRUE(cbor_isa_negint(member(root, "alg")) && cbor_get_int(member(root, "alg")) == 6);
	ak_area = public_at(root, "akPub");
	CU_ASSERT_EQUAL(cbor_map_size(member(root, "pin")), pin_members);
	if (index)
		check_index(&w, member(root, "pin"), &ak_area);
	else
		check_object(&w, member(root, "pin"), &ak_area);
	check_keys(&w, root, &ak_area, keys, COUNT);
	CU_ASSERT_TRUE(message.len < 16384 + 512 * (size_t)COUNT);
	cbor_decref(&root);
	free(message.ptr);
	free(ak.ptr);
	for (size_t i = 0; i < COUNT; i++)
		token_key_free(keys[i]);
	guard_end(&w);
}

static void
test_evidence(void)
{
	evidence_in(&plain, true, 5);
}

static void
test_evidence_of_other_areas(void)
{
	evidence_in(&with_second, true, 6);
	evidence_in(&without_index, false, 4);
}

/* A certificate of the attestation key goes along, another's does not. */
static void
test_certificate(void)
{
	struct backend_bytes ak = { NULL, 0 }, message, certificate = { NULL, 0 }, foreign = { NULL, 0 };
	EVP_PKEY *other, *own;
	struct guard_world w;
	uint8_t *longer;
	TPMT_PUBLIC area;
	cbor_item_t *map;

	CU_ASSERT_TRUE_FATAL(key_world(&w, &plain));
	message = enrol(&w, &nothing, &ak);
	map = parse(&message);
	area = public_at(map, "akPub");
	cbor_decref(&map);
	free(message.ptr);
	own = pkey_of(&w, &area);
	other = EVP_PKEY_Q_keygen(w.libctx, NULL, "EC", "P-256");
	certificate.len = (size_t)certify(&w, own, &certificate.ptr);
	foreign.len = (size_t)certify(&w, other, &foreign.ptr);
	CU_ASSERT_EQUAL(tpm_attester.check(w.area, &ak, certificate.ptr, certificate.len), TOKEN_OK);
	CU_ASSERT_EQUAL(tpm_attester.check(w.area, &ak, foreign.ptr, foreign.len), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(tpm_attester.check(w.area, &ak, certificate.ptr, certificate.len - 1), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(tpm_attester.check(w.area, &ak, (const uint8_t *)"\x30", 1), TOKEN_ERR_ARG);
	longer = malloc(certificate.len + 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(longer);
	memcpy(longer, certificate.ptr, certificate.len);
	longer[certificate.len] = 0;
	CU_ASSERT_EQUAL(tpm_attester.check(w.area, &ak, longer, certificate.len + 1), TOKEN_ERR_ARG);
	free(longer);
	message = attest(&w, &ak, &certificate, NULL, 0);
	map = parse(&message);
	CU_ASSERT_FATAL(member(map, "x5c") != NULL && cbor_array_size(member(map, "x5c")) == 1);
	CU_ASSERT_EQUAL(cbor_bytestring_length(cbor_array_handle(member(map, "x5c"))[0]), certificate.len);
	cbor_decref(&map);
	free(message.ptr);
	message = attest(&w, &ak, &foreign, NULL, 0);
	map = parse(&message);
	CU_ASSERT_PTR_NULL(member(map, "x5c"));
	cbor_decref(&map);
	free(message.ptr);
	OPENSSL_free(certificate.ptr);
	OPENSSL_free(foreign.ptr);
	EVP_PKEY_free(own);
	EVP_PKEY_free(other);
	free(ak.ptr);
	guard_end(&w);
}

/* A key of another backend, an attestation key that is none, another TPM. */
static void
test_refusals(void)
{
	struct backend_bytes ak = { NULL, 0 }, message, bad, made = { NULL, 0 }, evidence = { NULL, 0 };
	const uint8_t *nonce = (const uint8_t *)NONCE;
	struct token_key *soft = NULL, *key = NULL;
	struct secret value = SECRET_NONE;
	struct guard_world w;

	CU_ASSERT_TRUE_FATAL(key_world(&w, &plain));
	CU_ASSERT_TRUE_FATAL(key_new(&w, TOKEN_P256, &key, &value));
	message = enrol(&w, &nothing, &ak);
	free(message.ptr);
	CU_ASSERT_EQUAL_FATAL(vault_key_generate(w.libctx, TOKEN_P256, &soft), TOKEN_OK);
	CU_ASSERT_EQUAL(tpm_attester.attest(w.area, &ak, &nothing, &soft, 1, nonce, NONCE_LEN, &evidence),
		TOKEN_ERR_ARG);
	bad = (struct backend_bytes){ value.ptr, value.len }; /* an ordinary key in the place of the restricted one */
	CU_ASSERT_EQUAL(tpm_attester.attest(w.area, &bad, &nothing, &key, 1, nonce, NONCE_LEN, &evidence),
		TOKEN_ERR_DAMAGED);
	CU_ASSERT_EQUAL(tpm_attester.check(w.area, &bad, nonce, NONCE_LEN), TOKEN_ERR_DAMAGED);
	CU_ASSERT_EQUAL(guard_undefine(&w, guard_of(&w)->pin.index.nvIndex), TSS2_RC_SUCCESS);
	CU_ASSERT_EQUAL(tpm_attester.attest(w.area, &ak, &nothing, &key, 1, nonce, NONCE_LEN, &evidence),
		TOKEN_ERR_INDEX_LOST);
	CU_ASSERT_TRUE_FATAL(swtpm_replace());
	CU_ASSERT_EQUAL(tpm_attester.attest(w.area, &ak, &nothing, &key, 1, nonce, NONCE_LEN, &evidence),
		TOKEN_ERR_OTHER_DEVICE);
	message = nothing;
	CU_ASSERT_EQUAL(tpm_attester.enrol(w.area, &nothing, &made, &message), TOKEN_ERR_OTHER_DEVICE);
	CU_ASSERT_PTR_NULL(made.ptr);
	CU_ASSERT_PTR_NULL(message.ptr);
	CU_ASSERT_PTR_NULL(evidence.ptr);
	secret_wipe(&value);
	token_key_free(key);
	token_key_free(soft);
	free(ak.ptr);
	guard_end(&w);
}

static enum token_result
set_endorsement_auth(struct tpm *tpm, void *arg)
{
	const TSS2L_SYS_AUTH_COMMAND by = { .count = 1, .auths[0].sessionHandle = TPM2_RS_PW };
	const TPM2B_AUTH value = { .size = 4, .buffer = "mine" };

	(void)arg;
	return tpm_result(Tss2_Sys_HierarchyChangeAuth(tpm_sys(tpm), TPM2_RH_ENDORSEMENT, &by, &value, NULL));
}

/* Whoever owns the TPM may keep its endorsement key to himself; he is told, and the keys go on. */
static void
test_endorsement_auth(void)
{
	struct backend_bytes made = { NULL, 0 }, message = { NULL, 0 };
	struct secret value = SECRET_NONE;
	struct token_key *key = NULL;
	struct guard_world w;

	CU_ASSERT_TRUE_FATAL(key_world(&w, &plain));
	CU_ASSERT_TRUE_FATAL(key_new(&w, TOKEN_P256, &key, &value));
	CU_ASSERT_EQUAL(tpm_do(w.env.tpm, set_endorsement_auth, NULL), TOKEN_OK);
	CU_ASSERT_EQUAL(tpm_attester.enrol(w.area, &nothing, &made, &message), TOKEN_ERR_OWNER_AUTH);
	CU_ASSERT_PTR_NULL(made.ptr);
	CU_ASSERT_EQUAL(key_signs(&w, key, 32, 1), TOKEN_OK);
	secret_wipe(&value);
	token_key_free(key);
	guard_end(&w);
}

CU_TestInfo tests_tpm_attest[] = {
	{ "enrolment", test_enrolment },
	{ "endorsement certificates", test_endorsement_certificate },
	{ "challenges", test_activation },
	{ "evidence", test_evidence },
	{ "evidence of areas of other kinds", test_evidence_of_other_areas },
	{ "the attestation key's certificate", test_certificate },
	{ "what is refused", test_refusals },
	{ "an endorsement hierarchy of somebody's own", test_endorsement_auth },
	CU_TEST_INFO_NULL,
};
