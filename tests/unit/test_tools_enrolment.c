/*
 * test_tools_enrolment.c: enrolment of a TPM: its messages, the endorsement key with its certificate, and the secret
 * that only it gives back.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_mu.h>
#include "tests/unit/evidence_world.h"
#include "tests/unit/unit_issuer.h"
#include "tools/common/context.h"
#include "tools/issuer/attest_ca.h"
#include "tools/issuer/chain.h"
#include "tools/issuer/ek.h"
#include "tools/issuer/enrolment.h"

#define NOW ((int64_t)EVIDENCE_WORLD_NOW)
#define DAY 86400

/* ---- Endorsement keys of the three templates ---- */

enum kind { P256, P384, RSA2048, KINDS };

static EVP_PKEY *eks[KINDS], *maker_key, *middle_key;
static struct mdoc_buf maker, middle; /* a maker's certificate authorities: root, and one below it */

static void
unhex(const char *hex, uint8_t *out)
{
	unsigned value;

	for (; *hex != '\0'; hex += 2) {
		sscanf(hex, "%2x", &value);
		*out++ = (uint8_t)value;
	}
}

static void
set_modulus(EVP_PKEY *key, TPM2B_PUBLIC_KEY_RSA *out)
{
	BIGNUM *n = NULL;

	CU_ASSERT_EQUAL_FATAL(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n), 1);
	out->size = 256;
	CU_ASSERT_EQUAL(BN_bn2binpad(n, out->buffer, 256), 256);
	BN_free(n);
}

/* The public area of an endorsement key as the TCG's profile prints it: attributes 000300b2, with userWithAuth in the
 * high range, and the policies PolicyA by SHA-256 and PolicyB by SHA-384. */
static void
ek_area(enum kind kind, TPMT_PUBLIC *area)
{
	memset(area, 0, sizeof(*area));
	if (kind == RSA2048) {
		area->type = TPM2_ALG_RSA;
		area->parameters.rsaDetail.scheme.scheme = TPM2_ALG_NULL;
		area->parameters.rsaDetail.keyBits = 2048;
		set_modulus(eks[kind], &area->unique.rsa);
	} else {
		evidence_world_point(eks[kind], area);
	}
	area->nameAlg = kind == P384 ? TPM2_ALG_SHA384 : TPM2_ALG_SHA256;
	area->objectAttributes = kind == P384 ? 0x000300f2 : 0x000300b2;
	area->parameters.asymDetail.symmetric.algorithm = TPM2_ALG_AES;
	area->parameters.asymDetail.symmetric.keyBits.aes = kind == P384 ? 256 : 128;
	area->parameters.asymDetail.symmetric.mode.aes = TPM2_ALG_CFB;
	area->authPolicy.size = kind == P384 ? 48 : 32;
	unhex(kind == P384 ? "b26e7d28d11a50bc53d882bcf5fd3a1a074148bb35d3b4e4cb1c0ad9bde419cacb47ba09699646150f9fc000f"
			     "3f80e12"
			   : "837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa",
		area->authPolicy.buffer);
}

struct cert_choice {
	EVP_PKEY *key, *issuer_key;
	const char *eku, *san, *constraints;
	int64_t from, until;
};

static void
add_extension(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *extension;
	X509V3_CTX ctx;

	if (value == NULL)
		return;
	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (extension == NULL || X509_add_ext(cert, extension, -1) != 1)
		abort();
	X509_EXTENSION_free(extension);
}

/* A certificate as a maker of TPMs would issue it: no subject, the TPM's model in a critical alternative name. */
static void
certify(const struct cert_choice *choice, struct mdoc_buf *out)
{
	static long number = 1;
	X509 *cert = X509_new();
	unsigned char *der = NULL;
	const bool ca = strncmp(choice->constraints, "critical,CA:TRUE", 16) == 0;
	X509_NAME *name = X509_get_subject_name(cert);
	int len;

	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), number++);
	ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)choice->from);
	ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)choice->until);
	if (ca)
		X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
			(const unsigned char *)(choice->key == maker_key ? "Maker" : "Maker below"), -1, -1, 0);
	X509_NAME_add_entry_by_NID(X509_get_issuer_name(cert), NID_commonName, MBSTRING_UTF8,
		(const unsigned char *)(choice->issuer_key == maker_key ? "Maker" : "Maker below"), -1, -1, 0);
	X509_set_pubkey(cert, choice->key);
	add_extension(cert, NID_basic_constraints, choice->constraints);
	add_extension(cert, NID_key_usage, ca ? "critical,keyCertSign" : "critical,keyAgreement");
	add_extension(cert, NID_ext_key_usage, choice->eku);
	add_extension(cert, NID_subject_alt_name, choice->san);
	if (X509_sign(cert, choice->issuer_key, EVP_sha256()) <= 0)
		abort();
	len = i2d_X509(cert, &der);
	mdoc_buf_append(out, mdoc_bytes_of(der, (size_t)len));
	OPENSSL_free(der);
	X509_free(cert);
}

static int
begin(void)
{
	OSSL_LIB_CTX *libctx = mdoc_context_libctx(tool_context());

	eks[P256] = EVP_PKEY_Q_keygen(libctx, NULL, "EC", "P-256");
	eks[P384] = EVP_PKEY_Q_keygen(libctx, NULL, "EC", "P-384");
	eks[RSA2048] = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
	maker_key = EVP_PKEY_Q_keygen(libctx, NULL, "EC", "P-256");
	middle_key = EVP_PKEY_Q_keygen(libctx, NULL, "EC", "P-256");
	certify(&(struct cert_choice){ maker_key, maker_key, NULL, NULL, "critical,CA:TRUE", NOW - DAY, NOW + DAY },
		&maker);
	certify(&(struct cert_choice){ middle_key, maker_key, NULL, NULL, "critical,CA:TRUE", NOW - DAY, NOW + DAY },
		&middle);
	return eks[P256] == NULL || eks[P384] == NULL || eks[RSA2048] == NULL;
}

static int
end(void)
{
	for (size_t i = 0; i < KINDS; i++)
		EVP_PKEY_free(eks[i]);
	EVP_PKEY_free(maker_key);
	EVP_PKEY_free(middle_key);
	mdoc_buf_clear(&maker);
	mdoc_buf_clear(&middle);
	return 0;
}

static struct cert_choice
good_choice(enum kind kind)
{
	return (struct cert_choice){ eks[kind], middle_key, CHAIN_EKU_EK,
		"critical,otherName:2.23.133.2.1;UTF8:id:00001014", "critical,CA:FALSE", NOW - 100, NOW + 100 };
}

static enum ek_result
check_area(const TPMT_PUBLIC *area, struct mdoc_bytes certificate, bool with_root, bool with_middle)
{
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;
	struct mdoc_bytes anchors[2];
	TPMT_PUBLIC ek;
	enum ek_result res;
	size_t n = 0;

	if (with_middle)
		anchors[n++] = mdoc_buf_bytes(&middle);
	if (with_root)
		anchors[n++] = mdoc_buf_bytes(&maker);
	evidence_world_public(area, &bytes);
	res = ek_check(tool_context(), mdoc_buf_bytes(&bytes), certificate, anchors, n, NOW, &ek);
	mdoc_buf_clear(&bytes);
	return res;
}

static enum ek_result
check_choice(enum kind kind, const struct cert_choice *choice)
{
	struct mdoc_buf certificate = MDOC_BUF_EMPTY;
	TPMT_PUBLIC area;
	enum ek_result res;

	ek_area(kind, &area);
	certify(choice, &certificate);
	res = check_area(&area, mdoc_buf_bytes(&certificate), true, true);
	mdoc_buf_clear(&certificate);
	return res;
}

/* Otherwise genuine TPMs would be turned away, whose certificates look like no others. */
static void
test_genuine(void)
{
	for (enum kind kind = P256; kind < KINDS; kind++) {
		struct cert_choice choice = good_choice(kind);
		struct mdoc_buf certificate = MDOC_BUF_EMPTY;
		TPMT_PUBLIC area;

		CU_ASSERT_EQUAL(check_choice(kind, &choice), EK_OK);
		choice.san = NULL;
		CU_ASSERT_EQUAL(check_choice(kind, &choice), EK_OK);
		ek_area(kind, &area);
		certify(&choice, &certificate);
		CU_ASSERT_EQUAL(check_area(&area, mdoc_buf_bytes(&certificate), false, true), EK_OK);
		CU_ASSERT_EQUAL(check_area(&area, mdoc_buf_bytes(&certificate), true, false), EK_CHAIN);
		mdoc_buf_clear(&certificate);
	}
}

/* Otherwise a key in software would pass for a TPM's. */
static void
test_not_genuine(void)
{
	struct cert_choice choice = good_choice(P256);
	struct mdoc_buf certificate = MDOC_BUF_EMPTY;
	TPMT_PUBLIC area;

	choice.issuer_key = eks[P256]; /* by itself, in the maker's name */
	CU_ASSERT_EQUAL(check_choice(P256, &choice), EK_CHAIN);
	choice = good_choice(P256);
	choice.key = eks[P384];
	CU_ASSERT_EQUAL(check_choice(P256, &choice), EK_KEY);
	choice = good_choice(P256);
	choice.eku = CHAIN_EKU_AK;
	CU_ASSERT_EQUAL(check_choice(P256, &choice), EK_CERTIFICATE);
	choice.eku = "serverAuth";
	CU_ASSERT_EQUAL(check_choice(P256, &choice), EK_CERTIFICATE);
	choice.eku = NULL;
	CU_ASSERT_EQUAL(check_choice(P256, &choice), EK_CERTIFICATE);
	choice = good_choice(P256);
	choice.constraints = "critical,CA:TRUE";
	CU_ASSERT_EQUAL(check_choice(P256, &choice), EK_CERTIFICATE);
	choice = good_choice(P256);
	choice.until = NOW - 1;
	CU_ASSERT_EQUAL(check_choice(P256, &choice), EK_VALIDITY);
	choice = good_choice(P256);
	choice.from = NOW + 1;
	CU_ASSERT_EQUAL(check_choice(P256, &choice), EK_VALIDITY);
	ek_area(P256, &area);
	CU_ASSERT_EQUAL(check_area(&area, MDOC_NO_BYTES, true, true), EK_NO_CERTIFICATE);
	choice = good_choice(P256);
	certify(&choice, &certificate);
	CU_ASSERT_EQUAL(check_area(&area, mdoc_buf_bytes(&certificate), false, false), EK_CHAIN);
	mdoc_buf_append(&certificate, mdoc_bytes_of("", 1));
	CU_ASSERT_EQUAL(check_area(&area, mdoc_buf_bytes(&certificate), true, true), EK_CERTIFICATE);
	certificate.len -= 2;
	CU_ASSERT_EQUAL(check_area(&area, mdoc_buf_bytes(&certificate), true, true), EK_CERTIFICATE);
	mdoc_buf_clear(&certificate);
}

/* Otherwise a key that decrypts for anybody, and not only challenges, would pass for an endorsement key. */
static void
test_template(void)
{
	struct cert_choice choice;
	struct mdoc_buf certificate = MDOC_BUF_EMPTY;
	TPMT_PUBLIC area;

	for (enum kind kind = P256; kind < KINDS; kind++) {
		mdoc_buf_clear(&certificate);
		choice = good_choice(kind);
		certify(&choice, &certificate);
		for (int i = 0; i < 9; i++) {
			ek_area(kind, &area);
			switch (i) {
			case 0:
				area.objectAttributes &= ~TPMA_OBJECT_RESTRICTED;
				break;
			case 1:
				area.objectAttributes &= ~TPMA_OBJECT_FIXEDTPM;
				break;
			case 2:
				area.objectAttributes ^= TPMA_OBJECT_USERWITHAUTH;
				break;
			case 3:
				area.authPolicy.buffer[0] ^= 1;
				break;
			case 4:
				area.authPolicy.size = 0;
				break;
			case 5:
				area.parameters.asymDetail.symmetric.keyBits.aes = kind == P384 ? 128 : 256;
				break;
			case 6:
				area.parameters.asymDetail.symmetric.mode.aes = TPM2_ALG_CBC;
				break;
			case 7:
				area.nameAlg = kind == P384 ? TPM2_ALG_SHA256 : TPM2_ALG_SHA384;
				break;
			default:
				if (kind == RSA2048)
					area.parameters.rsaDetail.exponent = 3;
				else
					area.unique.ecc.x.buffer[3] ^= 1;
				break;
			}
			CU_ASSERT_EQUAL(check_area(&area, mdoc_buf_bytes(&certificate), true, true), EK_TEMPLATE);
		}
	}
	ek_area(RSA2048, &area);
	area.unique.rsa.size = 255;
	CU_ASSERT_EQUAL(check_area(&area, mdoc_buf_bytes(&certificate), true, true), EK_TEMPLATE);
	mdoc_buf_clear(&certificate);
	CU_ASSERT_EQUAL(ek_check(tool_context(), mdoc_bytes_of("\0\0", 2), MDOC_NO_BYTES, NULL, 0, NOW, &area),
		EK_STRUCTURE);
}

/* ---- The secret, opened as a TPM would, by what part 1 of the specification writes ---- */

static size_t
digest_of(enum kind kind)
{
	return kind == P384 ? 48 : 32;
}

static void
hash(enum kind kind, const struct mdoc_buf *in, uint8_t *out)
{
	CU_ASSERT_EQUAL(EVP_Digest(in->ptr, in->len, out, NULL, kind == P384 ? EVP_sha384() : EVP_sha256(), NULL), 1);
}

static void
hmac(enum kind kind, const uint8_t *key, const struct mdoc_buf *in, uint8_t *out)
{
	size_t len = 0;

	CU_ASSERT_PTR_NOT_NULL(EVP_Q_mac(NULL, "HMAC", NULL, kind == P384 ? "SHA384" : "SHA256", NULL, key,
		digest_of(kind), in->ptr, in->len, out, 64, &len));
}

/* K(1) = HMAC(key, 1 || label || 0 || context || bits) */
static void
kdfa(enum kind kind, const uint8_t *key, const char *label, struct mdoc_bytes context, size_t len, uint8_t *out)
{
	struct mdoc_buf text = MDOC_BUF_EMPTY;
	const uint8_t bits[] = { 0, 0, (uint8_t)((len * 8) >> 8), (uint8_t)(len * 8) };

	mdoc_buf_append(&text, mdoc_bytes_of("\0\0\0\1", 4));
	mdoc_buf_append(&text, mdoc_bytes_of(label, strlen(label) + 1));
	mdoc_buf_append(&text, context);
	mdoc_buf_append(&text, mdoc_bytes_of(bits, 4));
	hmac(kind, key, &text, out);
	mdoc_buf_clear(&text);
}

static bool
agree(enum kind kind, struct mdoc_bytes sent, uint8_t *seed)
{
	const size_t size = kind == P384 ? 48 : 32;
	struct mdoc_public_key theirs = { .curve = kind == P384 ? MDOC_CURVE_P384 : MDOC_CURVE_P256 }, ours;
	struct mdoc_buf text = MDOC_BUF_EMPTY;
	EVP_PKEY *peer = NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(eks[kind], NULL);
	uint8_t shared[66];
	size_t len = sizeof(shared);

	if (sent.len != 2 * (size + 2) || sent.ptr[1] != size || sent.ptr[size + 3] != size)
		return false;
	theirs.point[0] = 4;
	theirs.point_len = 1 + 2 * size;
	memcpy(theirs.point + 1, sent.ptr + 2, size);
	memcpy(theirs.point + 1 + size, sent.ptr + size + 4, size);
	CU_ASSERT_EQUAL_FATAL(mdoc_key_to_evp(NULL, &theirs, &peer), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_key_from_evp(eks[kind], &ours), MDOC_OK);
	CU_ASSERT(EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
		EVP_PKEY_derive(ctx, shared, &len) == 1);
	mdoc_buf_append(&text, mdoc_bytes_of("\0\0\0\1", 4));
	mdoc_buf_append(&text, mdoc_bytes_of(shared, len));
	mdoc_buf_append(&text, mdoc_bytes_of("IDENTITY", 9));
	mdoc_buf_append(&text, mdoc_bytes_of(theirs.point + 1, size));
	mdoc_buf_append(&text, mdoc_bytes_of(ours.point + 1, size));
	hash(kind, &text, seed);
	mdoc_buf_clear(&text);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
	return true;
}

static bool
decrypt_seed(struct mdoc_bytes sent, uint8_t *seed)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(eks[RSA2048], NULL);
	uint8_t room[256];
	size_t len = sizeof(room);
	bool done = EVP_PKEY_decrypt_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
		EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) == 1 &&
		EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, OPENSSL_memdup("IDENTITY", 9), 9) == 1 &&
		EVP_PKEY_decrypt(ctx, room, &len, sent.ptr, sent.len) == 1 && len == 32;

	if (done)
		memcpy(seed, room, 32);
	EVP_PKEY_CTX_free(ctx);
	return done;
}

/* false: the TPM would refuse it. */
static bool
open_credential(enum kind kind, const uint8_t *name, const struct mdoc_buf *blob, const struct mdoc_buf *sent,
	uint8_t secret[CREDENTIAL_LEN])
{
	const size_t size = digest_of(kind);
	uint8_t seed[48], key[64], mac[64], plain[2 + CREDENTIAL_LEN], iv[16] = { 0 };
	struct mdoc_buf covered = MDOC_BUF_EMPTY;
	EVP_CIPHER_CTX *ctx;
	int len = 0;
	bool same;

	if (blob->len != 2 + size + sizeof(plain) || blob->ptr[1] != size)
		return false;
	if (kind == RSA2048 ? !decrypt_seed(mdoc_buf_bytes(sent), seed) : !agree(kind, mdoc_buf_bytes(sent), seed))
		return false;
	kdfa(kind, seed, "INTEGRITY", MDOC_NO_BYTES, size, key);
	mdoc_buf_append(&covered, mdoc_bytes_of(blob->ptr + 2 + size, sizeof(plain)));
	mdoc_buf_append(&covered, mdoc_bytes_of(name, PART_NAME_LEN));
	hmac(kind, key, &covered, mac);
	same = memcmp(mac, blob->ptr + 2, size) == 0;
	mdoc_buf_clear(&covered);
	kdfa(kind, seed, "STORAGE", mdoc_bytes_of(name, PART_NAME_LEN), kind == P384 ? 32 : 16, key);
	ctx = EVP_CIPHER_CTX_new();
	EVP_DecryptInit_ex(ctx, kind == P384 ? EVP_aes_256_cfb128() : EVP_aes_128_cfb128(), NULL, key, iv);
	EVP_DecryptUpdate(ctx, plain, &len, blob->ptr + 2 + size, (int)sizeof(plain));
	EVP_CIPHER_CTX_free(ctx);
	memcpy(secret, plain + 2, CREDENTIAL_LEN);
	return same && plain[0] == 0 && plain[1] == CREDENTIAL_LEN;
}

/* Otherwise no TPM could answer, or one could that has the endorsement key and another attestation key. */
static void
test_credential(void)
{
	uint8_t name[PART_NAME_LEN] = { 0, 0x0b, 7 }, secret[CREDENTIAL_LEN], got[CREDENTIAL_LEN];

	for (size_t i = 0; i < sizeof(secret); i++)
		secret[i] = (uint8_t)(i + 1);
	for (enum kind kind = P256; kind < KINDS; kind++) {
		struct mdoc_buf blob = MDOC_BUF_EMPTY, seed = MDOC_BUF_EMPTY;
		TPMT_PUBLIC area;

		ek_area(kind, &area);
		CU_ASSERT_EQUAL(credential_make(tool_context(), &area, name, secret, &blob, &seed), MDOC_OK);
		memset(got, 0, sizeof(got));
		CU_ASSERT(open_credential(kind, name, &blob, &seed, got));
		CU_ASSERT(memcmp(got, secret, sizeof(got)) == 0);
		name[5] ^= 1;
		CU_ASSERT_FALSE(open_credential(kind, name, &blob, &seed, got));
		name[5] ^= 1;
		blob.ptr[blob.len - 1] ^= 1;
		CU_ASSERT_FALSE(open_credential(kind, name, &blob, &seed, got));
		area.nameAlg = TPM2_ALG_SHA1;
		CU_ASSERT_EQUAL(credential_make(tool_context(), &area, name, secret, &blob, &seed), MDOC_ERR_KEY);
		mdoc_buf_clear(&blob);
		mdoc_buf_clear(&seed);
	}
}

/* ---- Messages ---- */

static void
put_enrolment(struct mdoc_buf *out, const char *type, uint64_t version, const char *serial, const char *more)
{
	mdoc_buf_clear(out);
	mdoc_put_map(out, more != NULL ? 6 : 5);
	mdoc_put_text(out, "ver");
	mdoc_put_uint(out, version);
	mdoc_put_text(out, "type");
	mdoc_put_text(out, type);
	mdoc_put_text(out, "akPub");
	mdoc_put_bstr(out, mdoc_text("ak"));
	mdoc_put_text(out, "ekPub");
	mdoc_put_bstr(out, mdoc_text("ek"));
	if (more != NULL) {
		mdoc_put_text(out, more);
		mdoc_put_bstr(out, mdoc_text("der"));
	}
	mdoc_put_text(out, "serial");
	mdoc_put_text(out, serial);
}

static enum message_result
parse(const struct mdoc_buf *bytes, struct enrolment *out)
{
	const enum message_result res = enrolment_parse(tool_context(), mdoc_buf_bytes(bytes), out);

	if (res != MESSAGE_OK)
		enrolment_clear(out);
	return res;
}

/* Otherwise a message that somebody bent would be taken for what a token says. */
static void
test_enrolment(void)
{
	static const char type[] = "mdoc-tpm-enrolment";
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;
	struct enrolment made;
	char longest[ENROLMENT_SERIAL_MAX + 2];

	put_enrolment(&bytes, type, 1, "0123", "ekCert");
	CU_ASSERT_EQUAL_FATAL(parse(&bytes, &made), MESSAGE_OK);
	CU_ASSERT_STRING_EQUAL(made.serial, "0123");
	CU_ASSERT(mdoc_bytes_is_text(made.ek, "ek") && mdoc_bytes_is_text(made.ak, "ak") &&
		mdoc_bytes_is_text(made.ek_certificate, "der"));
	enrolment_clear(&made);
	put_enrolment(&bytes, type, 1, "0123", NULL);
	CU_ASSERT_EQUAL_FATAL(parse(&bytes, &made), MESSAGE_OK);
	CU_ASSERT_PTR_NULL(made.ek_certificate.ptr);
	enrolment_clear(&made);
	for (size_t len = 0; len < bytes.len; len++)
		CU_ASSERT_NOT_EQUAL(parse(&(struct mdoc_buf){ bytes.ptr, len, len, MDOC_OK, true }, &made), MESSAGE_OK);
	put_enrolment(&bytes, type, 1, "0123", NULL);
	mdoc_put_null(&bytes);
	CU_ASSERT_EQUAL(parse(&bytes, &made), MESSAGE_CBOR);
	put_enrolment(&bytes, type, 2, "0123", NULL);
	CU_ASSERT_EQUAL(parse(&bytes, &made), MESSAGE_OTHER);
	put_enrolment(&bytes, "mdoc-tpm-answer", 1, "0123", NULL);
	CU_ASSERT_EQUAL(parse(&bytes, &made), MESSAGE_OTHER);
	put_enrolment(&bytes, type, 1, "0123", "note");
	CU_ASSERT_EQUAL(parse(&bytes, &made), MESSAGE_STRUCTURE);
	put_enrolment(&bytes, type, 1, "", NULL);
	CU_ASSERT_EQUAL(parse(&bytes, &made), MESSAGE_STRUCTURE);
	put_enrolment(&bytes, type, 1, "a\x1b[2J", NULL);
	CU_ASSERT_EQUAL(parse(&bytes, &made), MESSAGE_STRUCTURE);
	memset(longest, 'a', sizeof(longest));
	longest[ENROLMENT_SERIAL_MAX + 1] = '\0';
	put_enrolment(&bytes, type, 1, longest, NULL);
	CU_ASSERT_EQUAL(parse(&bytes, &made), MESSAGE_STRUCTURE);
	put_enrolment(&bytes, type, 1, longest + 1, NULL);
	CU_ASSERT_EQUAL(parse(&bytes, &made), MESSAGE_OK);
	enrolment_clear(&made);
	mdoc_buf_clear(&bytes);
}

static void
put_answer(struct mdoc_buf *out, const char *type, size_t id_len, size_t credential_len)
{
	static const uint8_t room[64] = { 1, 2, 3 };

	mdoc_buf_clear(out);
	mdoc_put_map(out, 4);
	mdoc_put_text(out, "id");
	mdoc_put_bstr(out, mdoc_bytes_of(room, id_len));
	mdoc_put_text(out, "ver");
	mdoc_put_uint(out, 1);
	mdoc_put_text(out, "type");
	mdoc_put_text(out, type);
	mdoc_put_text(out, "credential");
	mdoc_put_bstr(out, mdoc_bytes_of(room, credential_len));
}

/* The same of the answer; and a challenge must be one that a token can read. */
static void
test_answer(void)
{
	static const uint8_t id[CHALLENGE_ID_LEN] = { 9 };
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;
	struct mdoc_cbor *scan = NULL;
	struct mdoc_bytes found;
	struct answer made;

	put_answer(&bytes, "mdoc-tpm-answer", CHALLENGE_ID_LEN, CREDENTIAL_LEN);
	CU_ASSERT_EQUAL(answer_parse(tool_context(), mdoc_buf_bytes(&bytes), &made), MESSAGE_OK);
	CU_ASSERT(made.id[1] == 2 && made.credential[2] == 3);
	for (size_t len = 0; len < bytes.len; len++)
		CU_ASSERT_NOT_EQUAL(answer_parse(tool_context(), mdoc_bytes_of(bytes.ptr, len), &made), MESSAGE_OK);
	put_answer(&bytes, "mdoc-tpm-answer", CHALLENGE_ID_LEN - 1, CREDENTIAL_LEN);
	CU_ASSERT_EQUAL(answer_parse(tool_context(), mdoc_buf_bytes(&bytes), &made), MESSAGE_STRUCTURE);
	put_answer(&bytes, "mdoc-tpm-answer", CHALLENGE_ID_LEN, CREDENTIAL_LEN + 1);
	CU_ASSERT_EQUAL(answer_parse(tool_context(), mdoc_buf_bytes(&bytes), &made), MESSAGE_STRUCTURE);
	put_answer(&bytes, "mdoc-tpm-challenge", CHALLENGE_ID_LEN, CREDENTIAL_LEN);
	CU_ASSERT_EQUAL(answer_parse(tool_context(), mdoc_buf_bytes(&bytes), &made), MESSAGE_OTHER);
	mdoc_buf_clear(&bytes);
	challenge_put(&bytes, id, mdoc_text("blob"), mdoc_text("seed"));
	CU_ASSERT_EQUAL_FATAL(mdoc_cbor_scan(tool_context(), mdoc_buf_bytes(&bytes), 0, &scan, NULL), MDOC_OK);
	CU_ASSERT(mdoc_node_bstr(mdoc_map_text(mdoc_cbor_root(scan), "credentialBlob"), &found) &&
		mdoc_bytes_is_text(found, "blob"));
	CU_ASSERT(mdoc_node_bstr(mdoc_map_text(mdoc_cbor_root(scan), "secret"), &found) &&
		mdoc_bytes_is_text(found, "seed"));
	mdoc_cbor_free(scan);
	mdoc_buf_clear(&bytes);
}

/* Otherwise an enrolment would end in a certificate that the issuer itself does not know again. */
static void
test_certificate(void)
{
	struct evidence_world world;
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	struct mdoc_public_key key, certified;
	uint8_t serial[EVIDENCE_SERIAL_MAX];
	struct mdoc_signer signer;
	struct attest_ca_spec spec = { .signer = &signer, .token = "", .not_before = NOW, .not_after = NOW + DAY };
	size_t len = 0;

	evidence_world_new(&world);
	evidence_world_certify(&world, world.ca_key, world.ak_key, NOW, NOW + DAY, &der);
	CU_ASSERT_EQUAL(attest_ca_check(tool_context(), mdoc_buf_bytes(&world.ca), mdoc_buf_bytes(&der), NOW,
				&certified, serial, &len),
		EVIDENCE_OK);
	CU_ASSERT_EQUAL(mdoc_key_from_evp(world.ak_key, &key), MDOC_OK);
	CU_ASSERT(mdoc_key_equal(&key, &certified));
	CU_ASSERT_EQUAL(attest_ca_check(tool_context(), mdoc_buf_bytes(&world.ca), mdoc_buf_bytes(&der), NOW + DAY + 1,
				&certified, serial, &len),
		EVIDENCE_VALIDITY);
	CU_ASSERT_EQUAL(attest_ca_check(tool_context(), mdoc_buf_bytes(&world.foreign_ca), mdoc_buf_bytes(&der), NOW,
				&certified, serial, &len),
		EVIDENCE_CHAIN);
	CU_ASSERT_EQUAL(mdoc_signer_from_evp(tool_context(), world.ca_key, &signer), MDOC_OK);
	spec.ca = mdoc_buf_bytes(&world.ca);
	spec.key = key;
	CU_ASSERT_EQUAL(attest_ca_certify(tool_context(), &spec, &der, serial), MDOC_ERR_VALUE);
	spec.token = "t";
	spec.ca = mdoc_text("not DER");
	CU_ASSERT_EQUAL(attest_ca_certify(tool_context(), &spec, &der, serial), MDOC_ERR_CERTIFICATE);
	mdoc_signer_clear(&signer);
	mdoc_buf_clear(&der);
	evidence_world_free(&world);
}

void
add_enrolment_tests(void)
{
	CU_pSuite suite = CU_add_suite("issuer enrolment", begin, end);

	CU_add_test(suite, "genuine", test_genuine);
	CU_add_test(suite, "not genuine", test_not_genuine);
	CU_add_test(suite, "template", test_template);
	CU_add_test(suite, "credential", test_credential);
	CU_add_test(suite, "enrolment", test_enrolment);
	CU_add_test(suite, "answer", test_answer);
	CU_add_test(suite, "certificate", test_certificate);
}
