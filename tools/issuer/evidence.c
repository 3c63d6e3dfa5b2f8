/* evidence.c: attestation key, statements and keys of a holder's evidence. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include "tools/common/message.h"
#include "tools/issuer/attest_ca.h"
#include "tools/issuer/evidence.h"

#define AK_FIXED \
	(TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_RESTRICTED | \
		TPMA_OBJECT_SIGN_ENCRYPT)
#define KEY_FIXED \
	(TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_SIGN_ENCRYPT)

static const char *const sentences[] = {
	[EVIDENCE_OK] = N_("done"),
	[EVIDENCE_MEMORY] = N_("out of memory"),
	[EVIDENCE_CRYPTO] = N_("the cryptographic library failed"),
	[EVIDENCE_SIZE] = N_("the evidence is larger than any real one"),
	[EVIDENCE_CBOR] = N_("the evidence is not one item of CBOR"),
	[EVIDENCE_STRUCTURE] = N_("the evidence lacks a member, or has one that is unknown or of another type"),
	[EVIDENCE_FORMAT] = N_("the evidence is not of the format tpm, version 2.0, with ES256"),
	[EVIDENCE_COUNT] = N_("the evidence is for no key, or for more than are issued at once"),
	[EVIDENCE_TPM_STRUCTURE] = N_("a structure of the TPM is cut off, too long or another than expected"),
	[EVIDENCE_NOT_ENROLLED] = N_("the TPM has no certificate of this issuer: let the holder enrol it first"),
	[EVIDENCE_CERTIFICATE] = N_("the certificate in the evidence is not that of a TPM's attestation key"),
	[EVIDENCE_CHAIN] = N_("the attestation key was not certified by this issuer"),
	[EVIDENCE_VALIDITY] = N_("the certificate of the attestation key has expired or is not yet valid"),
	[EVIDENCE_AK_TYPE] = N_("the attestation key does not sign with ECDSA and SHA-256 on P-256"),
	[EVIDENCE_AK_ATTRIBUTES] = N_("the attestation key may sign other things than what the TPM says, or leave it"),
	[EVIDENCE_AK_KEY] = N_("the certificate in the evidence is for another attestation key"),
	[EVIDENCE_MAGIC] = N_("a statement was not made by a TPM"),
	[EVIDENCE_STATEMENT] = N_("a statement of the TPM is of another kind than it should be"),
	[EVIDENCE_NONCE] = N_("a statement of the TPM was made for another request"),
	[EVIDENCE_NAME] = N_("a statement of the TPM is about something else"),
	[EVIDENCE_SIGNATURE] = N_("a statement of the TPM was not signed by its attestation key"),
	[EVIDENCE_PIN_TYPE] = N_("the PIN is not one whose failures the TPM counts"),
	[EVIDENCE_PIN_OWNER] = N_("the owner of the machine may set the PIN's counter"),
	[EVIDENCE_PIN_AUTH] = N_("who knows the PIN may set its counter"),
	[EVIDENCE_PIN_UNWRITTEN] = N_("the PIN's counter was never set"),
	[EVIDENCE_PIN_ATTRIBUTES] = N_("the PIN's counter can be lost or locked, or is not the PIN's own"),
	[EVIDENCE_PIN_CONTENTS] = N_("the PIN's counter does not hold a count and a limit"),
	[EVIDENCE_PIN_LIMIT_HIGH] = N_("the PIN may be tried more often than this issuer allows"),
	[EVIDENCE_PIN_POLICY] = N_("others than the security officer may set the PIN, or it can be got round"),
	[EVIDENCE_PIN_SHARED] = N_("the TPM counts no failures of this PIN alone, which this issuer does not take"),
	[EVIDENCE_PIN_OBJECT] = N_("what stands for the PIN is not fixed to the TPM, or its failures do not count"),
	[EVIDENCE_SO] = N_("what stands for the security officer is not fixed to the TPM, or wants no code"),
	[EVIDENCE_AUTHORIZER] = N_("what approved the change of the PIN is not a key that signs"),
	[EVIDENCE_AUTHENTICATOR] = N_("the second secret that opens the keys is not guarded as the PIN is"),
	[EVIDENCE_KEY_TYPE] = N_("a key is not on P-256, P-384 or P-521, or has a fixed scheme"),
	[EVIDENCE_KEY_MOVABLE] = N_("a key may leave the TPM"),
	[EVIDENCE_KEY_IMPORTED] = N_("a key was not made in the TPM"),
	[EVIDENCE_KEY_PASSWORD] = N_("a key can be used without the PIN"),
	[EVIDENCE_KEY_PURPOSE] = N_("a key does not sign, or only what the TPM says"),
	[EVIDENCE_KEY_ATTRIBUTES] = N_("a key has an attribute that no holder key has"),
	[EVIDENCE_KEY_POLICY] = N_("a key does not obey the PIN that the TPM counts"),
	[EVIDENCE_KEY_DUPLICATE] = N_("a key stands twice in the evidence"),
};

const char *
evidence_sentence(enum evidence_result result)
{
	return (size_t)result < sizeof(sentences) / sizeof(sentences[0]) ? sentences[result] : "?";
}

enum evidence_result
evidence_part(enum mdoc_result res)
{
	switch (res) {
	case MDOC_OK:
		return EVIDENCE_OK;
	case MDOC_ERR_MEMORY:
		return EVIDENCE_MEMORY;
	case MDOC_ERR_CRYPTO:
		return EVIDENCE_CRYPTO;
	case MDOC_ERR_MISSING:
		return EVIDENCE_STRUCTURE;
	default:
		return EVIDENCE_TPM_STRUCTURE;
	}
}

bool
evidence_only(struct mdoc_node map, const char *const *names, size_t count)
{
	size_t known = 0;

	if (!mdoc_node_present(map) || mdoc_node_type(map) != MDOC_CBOR_MAP)
		return false;
	for (size_t i = 0; i < count; i++)
		if (mdoc_node_present(mdoc_map_text(map, names[i])))
			known++;
	return known == mdoc_node_count(map);
}

struct mdoc_bytes
evidence_bytes(struct mdoc_node map, const char *name)
{
	struct mdoc_bytes bytes;

	return mdoc_node_bstr(mdoc_map_text(map, name), &bytes) ? bytes : MDOC_NO_BYTES;
}

enum evidence_result
evidence_statement(const struct evidence_ak *ak, struct mdoc_node map, TPMI_ST_ATTEST kind, TPMS_ATTEST *attest)
{
	const struct mdoc_bytes info = evidence_bytes(map, "certInfo");
	uint8_t sig[2 * PART_DIGEST_LEN];
	EVP_PKEY *pkey = NULL;
	enum mdoc_result res;

	res = part_attest_parse(info, attest);
	if (res != MDOC_OK)
		return evidence_part(res);
	if (attest->magic != TPM2_GENERATED_VALUE)
		return EVIDENCE_MAGIC;
	if (attest->type != kind)
		return EVIDENCE_STATEMENT;
	if (!part_equal(attest->extraData.buffer, attest->extraData.size, ak->nonce, PART_DIGEST_LEN))
		return EVIDENCE_NONCE;
	res = part_signature_parse(evidence_bytes(map, "sig"), sig);
	if (res != MDOC_OK)
		return evidence_part(res);
	res = mdoc_key_to_evp(ak->context, &ak->key, &pkey);
	if (res == MDOC_OK)
		res = mdoc_signature_verify(ak->context, MDOC_ALG_ES256, MDOC_CURVE_P256, pkey, info,
			mdoc_bytes_of(sig, sizeof(sig)));
	EVP_PKEY_free(pkey);
	return res == MDOC_ERR_SIGNATURE ? EVIDENCE_SIGNATURE : evidence_part(res);
}

/* Not its attributes only: what is certified is the key, and a certificate is for one that was enrolled with them. */
static enum evidence_result
check_ak(const struct part_public *ak, const struct mdoc_public_key *certified, struct mdoc_public_key *key,
	const struct mdoc_context *context)
{
	const TPMS_ECC_PARMS *parms = &ak->area.parameters.eccDetail;
	enum mdoc_result res;

	if (ak->area.type != TPM2_ALG_ECC || parms->curveID != TPM2_ECC_NIST_P256 ||
		parms->scheme.scheme != TPM2_ALG_ECDSA || parms->scheme.details.ecdsa.hashAlg != TPM2_ALG_SHA256)
		return EVIDENCE_AK_TYPE;
	if ((ak->area.objectAttributes & (AK_FIXED | TPMA_OBJECT_DECRYPT)) != AK_FIXED)
		return EVIDENCE_AK_ATTRIBUTES;
	res = part_public_key(context, &ak->area, key);
	if (res == MDOC_ERR_KEY)
		return EVIDENCE_AK_TYPE;
	if (certified == NULL || res != MDOC_OK)
		return evidence_part(res);
	return mdoc_key_equal(certified, key) ? EVIDENCE_OK : EVIDENCE_AK_KEY;
}

enum evidence_result
evidence_ak_parse(const struct mdoc_context *context, struct mdoc_bytes bytes, struct part_public *ak,
	struct mdoc_public_key *key)
{
	const enum mdoc_result res = part_public_parse(context, bytes, ak);

	return res != MDOC_OK ? evidence_part(res) : check_ak(ak, NULL, key, context);
}

static enum evidence_result
read_ak(struct evidence_ak *ak, struct mdoc_node root, const struct evidence_rules *rules, struct evidence *out)
{
	const struct mdoc_node chain = mdoc_map_text(root, "x5c");
	struct mdoc_public_key certified;
	struct part_public area;
	struct mdoc_bytes der;
	enum evidence_result res;
	enum mdoc_result parsed;

	if (!mdoc_node_present(chain))
		return EVIDENCE_NOT_ENROLLED;
	if (mdoc_node_type(chain) != MDOC_CBOR_ARRAY || mdoc_node_count(chain) != 1 ||
		!mdoc_node_bstr(mdoc_node_first(chain), &der))
		return EVIDENCE_STRUCTURE;
	parsed = part_public_parse(ak->context, evidence_bytes(root, "akPub"), &area);
	if (parsed != MDOC_OK)
		return evidence_part(parsed);
	res = attest_ca_check(ak->context, rules->ca, der, rules->now, &certified, out->serial, &out->serial_len);
	if (res == EVIDENCE_OK)
		res = check_ak(&area, &certified, &ak->key, ak->context);
	if (res == EVIDENCE_OK)
		memcpy(out->ak_name, area.name, PART_NAME_LEN);
	return res;
}

/* What the attributes must be, where the mask is; the first that does not hold is the result. */
static const struct {
	TPMA_OBJECT mask, wanted;
	enum evidence_result result;
} key_rules[] = {
	{ TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT, TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT,
		EVIDENCE_KEY_MOVABLE },
	{ TPMA_OBJECT_SENSITIVEDATAORIGIN, TPMA_OBJECT_SENSITIVEDATAORIGIN, EVIDENCE_KEY_IMPORTED },
	{ TPMA_OBJECT_USERWITHAUTH, 0, EVIDENCE_KEY_PASSWORD },
	{ TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_RESTRICTED, TPMA_OBJECT_SIGN_ENCRYPT, EVIDENCE_KEY_PURPOSE },
	{ ~(TPMA_OBJECT_DECRYPT | TPMA_OBJECT_NODA | TPMA_OBJECT_ADMINWITHPOLICY), KEY_FIXED, EVIDENCE_KEY_ATTRIBUTES },
};

static enum evidence_result
check_key(const struct part_public *key, const struct part_policy *policy)
{
	const TPMS_ECC_PARMS *parms = &key->area.parameters.eccDetail;

	if (key->area.type != TPM2_ALG_ECC || parms->scheme.scheme != TPM2_ALG_NULL ||
		parms->symmetric.algorithm != TPM2_ALG_NULL || parms->kdf.scheme != TPM2_ALG_NULL)
		return EVIDENCE_KEY_TYPE;
	for (size_t i = 0; i < sizeof(key_rules) / sizeof(key_rules[0]); i++)
		if ((key->area.objectAttributes & key_rules[i].mask) != key_rules[i].wanted)
			return key_rules[i].result;
	return part_equal(key->area.authPolicy.buffer, key->area.authPolicy.size, policy->digest, PART_DIGEST_LEN)
		? EVIDENCE_OK
		: EVIDENCE_KEY_POLICY;
}

static enum evidence_result
read_key(const struct evidence_ak *ak, struct mdoc_node map, const struct part_policy *policy, struct evidence *out)
{
	static const char *const names[] = { "pubArea", "certInfo", "sig" };
	struct mdoc_public_key *key = &out->keys[out->count];
	struct part_public area;
	enum evidence_result res;
	enum mdoc_result parsed;
	TPMS_ATTEST attest;

	if (!evidence_only(map, names, sizeof(names) / sizeof(names[0])))
		return EVIDENCE_STRUCTURE;
	parsed = part_public_parse(ak->context, evidence_bytes(map, "pubArea"), &area);
	if (parsed != MDOC_OK)
		return evidence_part(parsed);
	res = check_key(&area, policy);
	if (res != EVIDENCE_OK)
		return res;
	parsed = part_public_key(ak->context, &area.area, key);
	if (parsed != MDOC_OK)
		return parsed == MDOC_ERR_KEY ? EVIDENCE_KEY_TYPE : evidence_part(parsed);
	for (size_t i = 0; i < out->count; i++)
		if (mdoc_key_equal(&out->keys[i], key))
			return EVIDENCE_KEY_DUPLICATE;
	res = evidence_statement(ak, map, TPM2_ST_ATTEST_CERTIFY, &attest);
	if (res != EVIDENCE_OK)
		return res;
	if (!part_equal(attest.attested.certify.name.name, attest.attested.certify.name.size, area.name, PART_NAME_LEN))
		return EVIDENCE_NAME;
	out->count++;
	return EVIDENCE_OK;
}

static enum evidence_result
read_keys(const struct evidence_ak *ak, struct mdoc_node keys, const struct part_policy *policy, struct evidence *out,
	struct evidence_place *place)
{
	const size_t n = mdoc_node_count(keys);
	enum evidence_result res = EVIDENCE_OK;

	out->keys = calloc(n, sizeof(*out->keys));
	if (out->keys == NULL)
		return EVIDENCE_MEMORY;
	for (struct mdoc_node key = mdoc_node_first(keys); mdoc_node_present(key) && res == EVIDENCE_OK;
		key = mdoc_node_next(key)) {
		place->key = out->count;
		res = read_key(ak, key, policy, out);
	}
	if (res == EVIDENCE_OK)
		place->key = SIZE_MAX;
	return res;
}

static enum evidence_result
check_format(struct mdoc_node root, size_t most)
{
	static const char *const names[] = { "fmt", "ver", "alg", "akPub", "x5c", "ek", "pin", "keys" };
	const struct mdoc_node keys = mdoc_map_text(root, "keys"), ek = mdoc_map_text(root, "ek");
	struct mdoc_bytes fmt, ver;
	int64_t alg;

	if (!evidence_only(root, names, sizeof(names) / sizeof(names[0])) ||
		!mdoc_node_tstr(mdoc_map_text(root, "fmt"), &fmt) ||
		!mdoc_node_tstr(mdoc_map_text(root, "ver"), &ver) || !mdoc_node_int(mdoc_map_text(root, "alg"), &alg) ||
		!mdoc_node_present(keys) || mdoc_node_type(keys) != MDOC_CBOR_ARRAY ||
		(mdoc_node_present(ek) && mdoc_node_type(ek) != MDOC_CBOR_ARRAY))
		return EVIDENCE_STRUCTURE;
	if (!mdoc_bytes_is_text(fmt, "tpm") || !mdoc_bytes_is_text(ver, "2.0") || alg != MDOC_ALG_ES256)
		return EVIDENCE_FORMAT;
	return mdoc_node_count(keys) > 0 && mdoc_node_count(keys) <= most ? EVIDENCE_OK : EVIDENCE_COUNT;
}

static enum evidence_result
verify_root(struct evidence_ak *ak, struct mdoc_node root, const struct evidence_rules *rules, struct evidence *out,
	struct evidence_place *place)
{
	struct part_policy policy;
	uint8_t digest[MDOC_DIGEST_MAX];
	enum evidence_result res;
	size_t len;

	res = check_format(root, rules->keys);
	if (res == EVIDENCE_OK)
		res = evidence_part(mdoc_digest(ak->context, MDOC_SHA256, rules->nonce, digest, &len));
	if (res != EVIDENCE_OK)
		return res;
	memcpy(ak->nonce, digest, PART_DIGEST_LEN);
	res = read_ak(ak, root, rules, out);
	if (res == EVIDENCE_OK)
		res = evidence_pin(ak, mdoc_map_text(root, "pin"), rules, &policy, out);
	if (res == EVIDENCE_OK)
		res = read_keys(ak, mdoc_map_text(root, "keys"), &policy, out, place);
	return res;
}

enum evidence_result
evidence_verify(const struct mdoc_context *context, struct mdoc_bytes input, const struct evidence_rules *rules,
	struct evidence *out, struct evidence_place *place)
{
	struct evidence_ak ak = { .context = context };
	struct mdoc_cbor *scan = NULL;
	enum evidence_result res;
	enum mdoc_result scanned;

	memset(out, 0, sizeof(*out));
	place->key = SIZE_MAX;
	if (input.len > EVIDENCE_BYTES_MAX)
		return EVIDENCE_SIZE;
	scanned = mdoc_cbor_scan(context, input, 0, &scan, NULL);
	if (scanned != MDOC_OK)
		return scanned == MDOC_ERR_MEMORY ? EVIDENCE_MEMORY : EVIDENCE_CBOR;
	res = verify_root(&ak, mdoc_cbor_root(scan), rules, out, place);
	if (res != EVIDENCE_OK)
		evidence_clear(out);
	mdoc_cbor_free(scan);
	return res;
}

void
evidence_clear(struct evidence *evidence)
{
	free(evidence->keys);
	memset(evidence, 0, sizeof(*evidence));
}
