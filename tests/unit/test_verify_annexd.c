/*
 * tests/unit/test_verify_annexd.c: the DeviceResponse of ISO/IEC 18013-5 Annex D, as it is and changed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"

#include "mdoc/issuer/issuer_signed_internal.h"
#include "tests/unit/verify_expect.h"
#include "mdoc/response/response_internal.h"

#include <CUnit/Basic.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <stdio.h>
#include <string.h>

#define ANNEX_D_TIME 1603843200 /* 2020-10-28T00:00:00Z */
#define MNC "org.iso.23220.1.jp.mnc"

static struct mdoc_buf annex_response, annex_transcript_bytes;
static struct mdoc_trust *annex_trust;
static EVP_PKEY *reader_key;
static struct mdoc_agreement reader;

static EVP_PKEY *
private_key(const char *d_file, const char *x_file, const char *y_file)
{
	const char *names[] = { d_file, x_file, y_file };
	unsigned char bytes[3][32];
	unsigned char point[65] = { 4 };
	BIGNUM *d = NULL;
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *pkey = NULL;

	for (size_t i = 0; i < 3; i++) {
		struct mdoc_buf hex = MDOC_BUF_EMPTY;
		size_t len = 0;

		if (!soft_vector(names[i], &hex))
			return NULL;
		mdoc_buf_append(&hex, mdoc_bytes_of("", 1));
		hex.ptr[64] = '\0';
		OPENSSL_hexstr2buf_ex(bytes[i], sizeof(bytes[i]), &len, (const char *)hex.ptr, '\0');
		mdoc_buf_clear(&hex);
	}
	memcpy(point + 1, bytes[1], 32);
	memcpy(point + 33, bytes[2], 32);
	d = BN_bin2bn(bytes[0], 32, NULL);
	OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
	OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, d);
	OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point));
	params = OSSL_PARAM_BLD_to_param(builder);
	if (EVP_PKEY_fromdata_init(ctx) != 1 || EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) != 1)
		pkey = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(builder);
	EVP_PKEY_CTX_free(ctx);
	BN_free(d);
	return pkey;
}

static struct mdoc_verify_options
annex_options(void)
{
	struct mdoc_verify_options options = {
		.trust = annex_trust,
		.now = ANNEX_D_TIME,
		.relax = MDOC_RELAX_CRL_DP,
		.reader = &reader,
		.mac_allowed = true,
	};

	CU_ASSERT_EQUAL_FATAL(mdoc_cbor_unwrap(NULL, mdoc_buf_bytes(&annex_transcript_bytes), &options.transcript,
				      NULL),
		MDOC_OK);
	return options;
}

static void
copy(struct mdoc_buf *out)
{
	mdoc_buf_clear(out);
	mdoc_buf_append(out, mdoc_buf_bytes(&annex_response));
}

/* If this failed, we would refuse the standard's own example. */
static void
test_annex_d(void)
{
	struct mdoc_verify_options options = annex_options();
	const struct mdoc_bytes input = mdoc_buf_bytes(&annex_response);

	expect("annex D", input, &options, 0, 0, MDOC_OK);
	options.relax = 0;
	expect("strict", input, &options, BIT(DS_PROFILE), 0, MDOC_ERR_CERTIFICATE);
}

/* If this failed, a changed response would be shown as the issuer's word. */
static void
test_annex_d_changed(void)
{
	struct mdoc_verify_options options = annex_options();
	struct mdoc_buf buf = MDOC_BUF_EMPTY;

	copy(&buf);
	buf.ptr[find_text(&buf, "Doe") + 2] = 'f';
	expect("digest", mdoc_buf_bytes(&buf), &options, BIT(DIGESTS), 0, MDOC_ERR_DIGEST);
	copy(&buf);
	buf.ptr[find_text(&buf, "deviceSigned") - 2] ^= 1; /* the last byte of issuerAuth */
	expect("signature", mdoc_buf_bytes(&buf), &options, BIT(ISSUER_SIGNATURE), 0, MDOC_ERR_SIGNATURE);
	copy(&buf);
	buf.ptr[find_text(&buf, "status") - 2] ^= 1; /* the last byte of the MAC */
	expect("mac", mdoc_buf_bytes(&buf), &options, BIT(DEVICE_AUTH), 0, MDOC_ERR_SIGNATURE);
	copy(&buf);
	buf.ptr[find_text(&buf, "version") + 8] = '2';
	expect("version", mdoc_buf_bytes(&buf), &options, BIT(VERSION), 0, MDOC_ERR_VERSION);
	copy(&buf);
	buf.ptr[buf.len - 1] = 10;
	expect("status", mdoc_buf_bytes(&buf), &options, BIT(STATUS), 0, MDOC_ERR_STATUS);
	copy(&buf);
	buf.ptr[find_text(&buf, "5.1.mDL") + 6] = 'K'; /* device authentication covers it too */
	expect("docType", mdoc_buf_bytes(&buf), &options, BIT(DOCTYPE) | BIT(DEVICE_AUTH), 0, MDOC_ERR_DOCTYPE);
	mdoc_buf_clear(&buf);
}

/* If this failed, an item could stand twice, and two readers would read two things. */
static void
test_annex_d_duplicate(void)
{
	const struct mdoc_verify_options options = annex_options();
	struct mdoc_buf buf = MDOC_BUF_EMPTY;
	const size_t name = find_text(&annex_response, "org.iso.18013.5.1");
	size_t array = 0;
	size_t item = 0;

	/* The name of the namespace follows "nameSpaces", then an array of 6 items; the first
	 * has 4 + 99 bytes. */
	CU_ASSERT_FATAL(name > 0);
	array = find_text(&annex_response, "nameSpaces") + 10 + 1 + 1 + 17;
	item = array + 1;
	CU_ASSERT_EQUAL_FATAL(annex_response.ptr[array], 0x86);
	mdoc_buf_append(&buf, mdoc_bytes_of(annex_response.ptr, item));
	buf.ptr[array] = 0x87;
	mdoc_buf_append(&buf, mdoc_bytes_of(annex_response.ptr + item, 4 + 99));
	mdoc_buf_append(&buf, mdoc_bytes_of(annex_response.ptr + item, annex_response.len - item));
	CU_ASSERT_EQUAL(annex_response.ptr[item + 3], 99);
	expect("duplicate", mdoc_buf_bytes(&buf), &options, BIT(DUPLICATES), 0, MDOC_ERR_VALUE);
	mdoc_buf_clear(&buf);
}

/* If this failed, what the sender calls indispensable would be passed over in a MAC (RFC 9052, 3.1). */
static void
test_critical_header_of_mac(void)
{
	static const uint8_t critical[] = { 0x45, 0xa2, 0x01, 0x05, 0x02, 0x80 };
	const struct mdoc_verify_options options = annex_options();
	const size_t protected_ = find_text(&annex_response, "deviceMac") + 9 + 1;
	struct mdoc_buf buf = MDOC_BUF_EMPTY;

	CU_ASSERT_EQUAL_FATAL(memcmp(annex_response.ptr + protected_, "\x43\xa1\x01\x05", 4), 0);
	mdoc_buf_append(&buf, mdoc_bytes_of(annex_response.ptr, protected_));
	mdoc_buf_append(&buf, mdoc_bytes_of(critical, sizeof(critical)));
	mdoc_buf_append(&buf, mdoc_bytes_of(annex_response.ptr + protected_ + 4, annex_response.len - protected_ - 4));
	expect("critical", mdoc_buf_bytes(&buf), &options, BIT(DEVICE_AUTH_FORM),
		BIT(DEVICE_AUTH_ALGORITHM) | BIT(DEVICE_AUTH), MDOC_ERR_VALUE);
	mdoc_buf_clear(&buf);
}

/* If this failed, a response to another reader, at another time or of a stranger would pass. */
static void
test_annex_d_elsewhere(void)
{
	static const uint8_t other[] = { 0x83, 0xf6, 0xf6, 0xf6 };
	struct mdoc_verify_options options = annex_options();
	const struct mdoc_bytes input = mdoc_buf_bytes(&annex_response);
	struct soft_key p256, p384;
	struct mdoc_agreement other_reader;
	struct mdoc_trust *stranger = mdoc_trust_new();

	options.transcript = mdoc_bytes_of(other, sizeof(other));
	expect("transcript", input, &options, BIT(DEVICE_AUTH), 0, MDOC_ERR_SIGNATURE);
	options = annex_options();
	options.trust = stranger;
	expect("untrusted", input, &options, BIT(CHAIN), BIT(CERTIFICATE_VALIDITY) | BIT(CRL) | BIT(ANCHOR_DOCTYPE),
		MDOC_ERR_CHAIN);
	options.trust = NULL;
	expect("no trust", input, &options, BIT(CHAIN), BIT(CERTIFICATE_VALIDITY) | BIT(CRL) | BIT(ANCHOR_DOCTYPE),
		MDOC_ERR_CHAIN);
	options = annex_options();
	options.now = 1633095003; /* 2021-10-01T13:30:03Z */
	expect("expired", input, &options, BIT(CERTIFICATE_VALIDITY) | BIT(VALIDITY), 0, MDOC_ERR_VALIDITY);
	options.now = 1601559001; /* 2020-10-01T13:30:01Z */
	expect("too early", input, &options, BIT(VALIDITY), 0, MDOC_ERR_VALIDITY);
	options.clock_skew = 1;
	expect("skew", input, &options, 0, 0, MDOC_OK);
	options = annex_options();
	options.mac_allowed = false;
	expect("mac refused", input, &options, BIT(DEVICE_AUTH_FORM), BIT(DEVICE_AUTH_ALGORITHM) | BIT(DEVICE_AUTH),
		MDOC_ERR_ALGORITHM);
	options.mac_allowed = true;
	options.reader = NULL;
	expect("no reader key", input, &options, BIT(DEVICE_AUTH), 0, MDOC_ERR_KEY);
	CU_ASSERT_FATAL(soft_key_make(&p384, "P-384") && soft_key_make(&p256, "P-256"));
	CU_ASSERT_EQUAL(mdoc_agreement_from_evp(NULL, p384.pkey, &other_reader), MDOC_OK);
	options.reader = &other_reader;
	expect("other curve", input, &options, BIT(DEVICE_AUTH), 0, MDOC_ERR_KEY);
	mdoc_agreement_clear(&other_reader);
	CU_ASSERT_EQUAL(mdoc_agreement_from_evp(NULL, p256.pkey, &other_reader), MDOC_OK);
	expect("other reader", input, &options, BIT(DEVICE_AUTH), 0, MDOC_ERR_SIGNATURE);
	mdoc_agreement_clear(&other_reader);
	soft_key_clear(&p384);
	soft_key_clear(&p256);
	mdoc_trust_free(stranger);
}

/* If this failed, rubbish would crash a reader, or have a verdict other than "no". */
static void
test_not_a_response(void)
{
	static const uint8_t none[] = { 0xa2, 0x67, 'v', 'e', 'r', 's', 'i', 'o', 'n', 0x63, '1', '.', '0', 0x66, 's',
		't', 'a', 't', 'u', 's', 0x00 };
	struct mdoc_verify_options options = annex_options();
	struct mdoc_verdict *verdict = NULL;
	struct mdoc_buf buf = MDOC_BUF_EMPTY;

	expect("no documents", mdoc_bytes_of(none, sizeof(none)), &options, BIT(DOCUMENTS), ALL_AFTER(DOCUMENTS),
		MDOC_ERR_MISSING);
	copy(&buf);
	mdoc_buf_append(&buf, mdoc_text("x"));
	expect("trailing", mdoc_buf_bytes(&buf), &options, BIT(STRUCTURE), ALL_AFTER(STRUCTURE), MDOC_ERR_TRAILING);
	expect("nothing", MDOC_NO_BYTES, &options, BIT(STRUCTURE), ALL_AFTER(STRUCTURE), MDOC_ERR_TRUNCATED);
	for (size_t len = 1; len < annex_response.len; len += 41)
		expect("cut", mdoc_bytes_of(annex_response.ptr, len), &options, BIT(STRUCTURE), ALL_AFTER(STRUCTURE),
			MDOC_ERR_TRUNCATED);
	CU_ASSERT_EQUAL(mdoc_verify(NULL, mdoc_buf_bytes(&annex_response), NULL, &verdict), MDOC_ERR_ARG);
	options.transcript = MDOC_NO_BYTES;
	CU_ASSERT_EQUAL(mdoc_verify(NULL, mdoc_buf_bytes(&annex_response), &options, &verdict), MDOC_ERR_ARG);
	options = annex_options();
	options.clock_skew = -1;
	CU_ASSERT_EQUAL(mdoc_verify(NULL, mdoc_buf_bytes(&annex_response), &options, &verdict), MDOC_ERR_ARG);
	mdoc_buf_clear(&buf);
}

/* If this failed, a single changed byte anywhere could pass. */
static void
test_every_byte(void)
{
	const struct mdoc_verify_options options = annex_options();
	struct mdoc_buf buf = MDOC_BUF_EMPTY;
	struct mdoc_verdict *verdict = NULL;

	copy(&buf);
	for (size_t i = 0; i < buf.len; i += 3) {
		enum mdoc_result res;
		bool disclosed;

		buf.ptr[i] ^= 0x01;
		res = mdoc_verify(NULL, mdoc_buf_bytes(&buf), &options, &verdict);
		/* What nobody signs: the minor version, and whether anything is disclosed at all. */
		disclosed = mdoc_verdict_response(verdict) != NULL && mdoc_verdict_documents(verdict) > 0 &&
			mdoc_verdict_response(verdict)->documents[0].issuer_signed->count > 0;
		if (res == MDOC_OK && disclosed && memcmp(buf.ptr + 9, "c1.1", 4) != 0)
			printf("byte %zu changed, and passed\n", i);
		CU_ASSERT(res != MDOC_OK || !disclosed || memcmp(buf.ptr + 9, "c1.1", 4) == 0);
		mdoc_verdict_free(verdict);
		buf.ptr[i] ^= 0x01;
	}
	mdoc_buf_clear(&buf);
}

/* If this failed, a MAC would be taken for the signature that the law asks for (R-TX-01). */
static void
test_no_mac_under_the_law(void)
{
	struct mdoc_verify_options options = annex_options();
	struct mdoc_buf buf = MDOC_BUF_EMPTY;
	struct mdoc_verdict *verdict = NULL;
	struct mdoc_check_row row;
	const size_t at = find_text(&annex_response, "docTypeuorg.iso.18013.5.1.mDL") + 7;

	/* The document calls itself the Japanese one; its text head grows from 21 to 22. */
	mdoc_buf_append(&buf, mdoc_bytes_of(annex_response.ptr, at));
	mdoc_put_text(&buf, MNC);
	mdoc_buf_append(&buf, mdoc_bytes_of(annex_response.ptr + at + 22, annex_response.len - at - 22));
	CU_ASSERT_EQUAL(mdoc_verify(NULL, mdoc_buf_bytes(&buf), &options, &verdict), MDOC_ERR_DOCTYPE);
	CU_ASSERT_TRUE(mdoc_verdict_find(verdict, MDOC_CHECK_DEVICE_AUTH_FORM, 0, &row));
	CU_ASSERT_PTR_NOT_NULL(strstr(row.error.expected, "R-TX-01"));
	mdoc_verdict_free(verdict);
	mdoc_buf_clear(&buf);
}

/* ECDH of our private key and another's public one. */
static size_t
agree(EVP_PKEY *own, const struct mdoc_public_key *other, uint8_t secret[66])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
	EVP_PKEY *peer = NULL;
	size_t len = 66;

	CU_ASSERT_EQUAL_FATAL(mdoc_key_to_evp(NULL, other, &peer), MDOC_OK);
	CU_ASSERT(EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
		EVP_PKEY_derive(ctx, secret, &len) == 1);
	EVP_PKEY_free(peer);
	EVP_PKEY_CTX_free(ctx);
	return len;
}

/* A reader that follows the standard would find our deviceMac wrong. */
static void
test_mac_is_reproduced(void)
{
	struct mdoc_response *response = NULL;
	struct mdoc_bytes transcript, namespaces;
	struct mdoc_buf dab = MDOC_BUF_EMPTY, made = MDOC_BUF_EMPTY;
	uint8_t secret[66];
	size_t len;

	CU_ASSERT_EQUAL_FATAL(mdoc_response_parse(NULL, mdoc_buf_bytes(&annex_response), &response, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_cbor_unwrap(NULL, mdoc_buf_bytes(&annex_transcript_bytes), &transcript, NULL),
		MDOC_OK);
	namespaces = response->documents[0].device_signed.namespaces_bytes;
	len = agree(reader_key, &response->documents[0].issuer_signed->mso.device_key, secret);
	mdoc_put_device_authentication_bytes(&dab, transcript, response->documents[0].doc_type, namespaces);
	CU_ASSERT_EQUAL(mdoc_device_mac_put(NULL, &made, mdoc_buf_bytes(&dab), namespaces, transcript,
				mdoc_bytes_of(secret, len)),
		MDOC_OK);
	CU_ASSERT_EQUAL(made.len, mdoc_device_mac_size(namespaces));
	CU_ASSERT_PTR_NOT_NULL(memmem(annex_response.ptr, annex_response.len, made.ptr, made.len));
	CU_ASSERT_TRUE(mdoc_doc_type_takes_mac(response->documents[0].doc_type));
	CU_ASSERT_FALSE(mdoc_doc_type_takes_mac(mdoc_text("org.iso.23220.1.jp.mnc")));
	mdoc_buf_clear(&made);
	mdoc_buf_clear(&dab);
	mdoc_response_free(response);
}

static int
suite_init(void)
{
	struct mdoc_buf root = MDOC_BUF_EMPTY;
	bool ok;

	annex_trust = mdoc_trust_new();
	reader_key = private_key("annexD/ephemeral_reader_key_d.hex", "annexD/ephemeral_reader_key_x.hex",
		"annexD/ephemeral_reader_key_y.hex");
	ok = reader_key != NULL && mdoc_agreement_from_evp(NULL, reader_key, &reader) == MDOC_OK &&
		soft_vector("annexD/device_response.cbor", &annex_response) &&
		soft_vector("annexD/session_transcript_bytes.cbor", &annex_transcript_bytes) &&
		soft_vector("annexD/iaca_cert.der", &root) &&
		mdoc_trust_add(NULL, annex_trust, mdoc_buf_bytes(&root), MDOC_CERT_IACA, MDOC_RELAX_CRL_DP, NULL) ==
			MDOC_OK;
	mdoc_buf_clear(&root);
	return ok ? 0 : 1;
}

static int
suite_clean(void)
{
	mdoc_trust_free(annex_trust);
	mdoc_agreement_clear(&reader);
	EVP_PKEY_free(reader_key);
	mdoc_buf_clear(&annex_response);
	mdoc_buf_clear(&annex_transcript_bytes);
	return 0;
}

void
verify_annexd_tests(void)
{
	CU_pSuite suite = CU_add_suite("verify Annex D", suite_init, suite_clean);

	CU_ADD_TEST(suite, test_not_a_response);
	CU_ADD_TEST(suite, test_annex_d_changed);
	CU_ADD_TEST(suite, test_annex_d_duplicate);
	CU_ADD_TEST(suite, test_annex_d_elsewhere);
	CU_ADD_TEST(suite, test_critical_header_of_mac);
	CU_ADD_TEST(suite, test_every_byte);
	CU_ADD_TEST(suite, test_no_mac_under_the_law);
	CU_ADD_TEST(suite, test_annex_d);
	CU_ADD_TEST(suite, test_mac_is_reproduced);
}
