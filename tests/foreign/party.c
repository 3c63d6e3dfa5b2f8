/*
 * party.c: issuer and holder of mobile driving licences with keys in PEM files or, for a deviceMac, in a token, for
 * tests against other people's libraries: built with nothing but installed headers.
 *
 *	party certify PROFILE KEY OUT [CA-CERT CA-KEY]  iaca, reader-ca, or ds or reader below it
 *	party issue DEVICE-KEY DS-CERT DS-KEY OUT [FROM UNTIL]
 *	party present RECORD REQUEST TRANSCRIPT DEVICE-KEY OUT [READER-KEY]
 *	party engage KEY OUT OUT-TEXT                   a DeviceEngagement, and the text of its QR code
 *	party token-key MODULE LABEL PIN-FILE OUT       the public half of a new holder key, which may agree on secrets
 *	party token-present MODULE LABEL PIN-FILE RECORD REQUEST TRANSCRIPT OUT READER-KEY
 *
 * Keys and certificates are PEM, the rest is CBOR. FROM and UNTIL are seconds from now. With READER-KEY, which may
 * be public only, the response has a deviceMac instead of a deviceSignature. Exit 1 with a reason when it fails.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "party.h"
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY 86400
#define DEVICE_NAMESPACE "example.device" /* which the device signs */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static enum mdoc_cert_profile
profile_of(const char *name)
{
	enum mdoc_cert_profile profile = 0;

	while (profile < MDOC_CERT_PROFILE_COUNT && strcmp(mdoc_cert_profile_name(profile), name) != 0)
		profile++;
	if (profile == MDOC_CERT_PROFILE_COUNT)
		fail(name, NULL);
	return profile;
}

static int
certify(int argc, char **argv)
{
	struct mdoc_error error = { MDOC_OK, 0, "", "" };
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	const bool root = argc == 5;
	struct mdoc_signer signer = read_signer(argv[root ? 3 : 6]);
	const int64_t now = (int64_t)time(NULL);
	const struct mdoc_cert_spec spec = {
		.profile = profile_of(argv[2]),
		.country = mdoc_text("UT"),
		.common_name = mdoc_text(argv[2]),
		.issuer_cert = root ? MDOC_NO_BYTES : read_certificate(argv[5]),
		.key = read_public(argv[3]),
		.not_before = now - (root ? 500 : 400) * DAY,
		.not_after = now + (root ? 500 : 50) * DAY,
		.issuer_alt_uri = "https://ca.example/",
		.crl_uri = "https://ca.example/ca.crl",
		.signer = &signer,
	};
	FILE *file = fopen(argv[4], "w");

	if (mdoc_cert_build(NULL, &spec, &der, &error) != MDOC_OK)
		fail("no certificate", &error);
	if (file == NULL || PEM_write(file, "CERTIFICATE", "", der.ptr, (long)der.len) <= 0 || fclose(file) != 0)
		fail(argv[4], NULL);
	mdoc_buf_clear(&der);
	mdoc_signer_clear(&signer);
	return 0;
}

/* What every licence here says, as encoded CBOR: text, full-date, bytes, bool, number, and a nested list. */
static const struct {
	const char *element;
	const char *value;
	size_t len;
} licence[] = {
#define VALUE(text) (text), sizeof(text) - 1
	{ "family_name", VALUE("\x67\xe7\x95\xaa\xf0\xa9\xb8\xbd") },
	{ "given_name", VALUE("\x66Hanako") },
	{ "birth_date",
		VALUE("\xd9\x03\xec\x6a"
		      "1971-09-01") },
	{ "issue_date",
		VALUE("\xc0\x74"
		      "2026-01-01T00:00:00Z") },
	{ "expiry_date",
		VALUE("\xd9\x03\xec\x6a"
		      "2031-01-01") },
	{ "issuing_country", VALUE("\x62UT") },
	{ "portrait", VALUE("\x44\xff\xd8\xff\xe0") },
	{ "age_over_18", VALUE("\xf5") },
	{ "age_over_65", VALUE("\xf4") },
	{ "height", VALUE("\x18\xa0") },
	{ "driving_privileges",
		VALUE("\x81\xa2\x75vehicle_category_code\x61"
		      "B\x6aissue_date\xd9\x03\xec\x6a"
		      "2026-01-01") },
#undef VALUE
};

static int
issue(int argc, char **argv)
{
	struct mdoc_error error = { MDOC_OK, 0, "", "" };
	struct mdoc_claim claims[COUNT(licence)];
	struct mdoc_buf record = MDOC_BUF_EMPTY;
	const struct mdoc_bytes ds = read_certificate(argv[3]);
	struct mdoc_signer signer = read_signer(argv[4]);
	const int64_t now = (int64_t)time(NULL);
	const int64_t from = now + (argc > 6 ? atol(argv[6]) : 0), until = now + (argc > 7 ? atol(argv[7]) : 20 * DAY);
	const struct mdoc_key_authorization device = { .ns = mdoc_text(DEVICE_NAMESPACE) };
	const struct mdoc_issue wanted = {
		.doc_type = mdoc_text("org.iso.18013.5.1.mDL"),
		.claims = claims,
		.claim_count = COUNT(claims),
		.device_key = read_public(argv[2]),
		.digest_alg = signer.curve == MDOC_CURVE_P256 ? MDOC_SHA256 : MDOC_SHA384,
		.signed_ = from,
		.valid_from = from,
		.valid_until = until,
		.authorizations = &device,
		.authorization_count = 1,
		.x5chain = &ds,
		.x5chain_count = 1,
		.signer = &signer,
	};

	for (size_t i = 0; i < COUNT(claims); i++)
		claims[i] = (struct mdoc_claim){ mdoc_text("org.iso.18013.5.1"), mdoc_text(licence[i].element),
			mdoc_bytes_of(licence[i].value, licence[i].len) };
	if (mdoc_issuer_signed_build(NULL, &wanted, &record, &error) != MDOC_OK)
		fail("no record", &error);
	write_file(argv[5], &record);
	mdoc_buf_clear(&record);
	mdoc_signer_clear(&signer);
	return 0;
}

/* The response of one record to a request. */
void
answer(struct mdoc_bytes record_file, const char *request_path, const struct mdoc_response_options *options,
	const char *out_path)
{
	struct mdoc_error error = { MDOC_OK, 0, "", "" };
	struct mdoc_issuer_signed *record = NULL;
	struct mdoc_selection *selection = NULL;
	struct mdoc_request *request = NULL;
	struct mdoc_buf response = MDOC_BUF_EMPTY;
	const struct mdoc_claim seen = { mdoc_text(DEVICE_NAMESPACE), mdoc_text("seen"), mdoc_text("\xf5") };
	struct mdoc_held held;

	if (mdoc_issuer_signed_parse(NULL, record_file, &record, &error) != MDOC_OK)
		fail("no record", &error);
	if (mdoc_request_parse(NULL, read_file(request_path), &request, &error) != MDOC_OK)
		fail(request_path, &error);
	held = (struct mdoc_held){ record, &seen,
		mdoc_node_present(mdoc_mso_key_authorizations(mdoc_issuer_signed_mso(record))) ? 1 : 0 };
	if (mdoc_select(NULL, request, &held, 1, NULL, &selection, &error) != MDOC_OK)
		fail("nothing to present", &error);
	if (mdoc_response_build(NULL, selection, options, &response, &error) != MDOC_OK)
		fail("no response", &error);
	write_file(out_path, &response);
	mdoc_buf_clear(&response);
	mdoc_selection_free(selection);
	mdoc_request_free(request);
	mdoc_issuer_signed_free(record);
}

static int
present(int argc, char **argv)
{
	const bool mac = argc > 7;
	const struct mdoc_public_key reader = mac ? read_public(argv[7]) : (struct mdoc_public_key){ .point_len = 0 };
	struct mdoc_signer signer = read_signer(argv[5]);
	struct mdoc_agreement agreement = { .arg = NULL };
	EVP_PKEY *pkey = read_key(argv[5]);
	const struct mdoc_device_key key = { .signer = &signer, .agreement = mac ? &agreement : NULL };
	const struct mdoc_response_options options = { .transcript = read_file(argv[4]),
		.keys = &key,
		.reader_key = mac ? &reader : NULL,
		.mac = mac };

	if (mac && mdoc_agreement_from_evp(NULL, pkey, &agreement) != MDOC_OK)
		fail(argv[5], NULL);
	answer(read_file(argv[2]), argv[3], &options, argv[6]);
	mdoc_agreement_clear(&agreement);
	mdoc_signer_clear(&signer);
	EVP_PKEY_free(pkey);
	return 0;
}

static int
engage(char **argv)
{
	static const uint8_t uuid[MDOC_UUID_SIZE] = { 0x45, 0xef, 0xef, 0x74 };
	struct mdoc_error error = { MDOC_OK, 0, "", "" };
	struct mdoc_buf engagement = MDOC_BUF_EMPTY, text = MDOC_BUF_EMPTY;
	const struct mdoc_public_key key = read_public(argv[2]);
	const struct mdoc_retrieval retrievals[] = {
		{ .type = MDOC_RETRIEVAL_NFC, .nfc = { .command_max = 65535, .response_max = 65536 } },
		{ .type = MDOC_RETRIEVAL_BLE,
			.ble = { .client = true, .client_uuid = mdoc_bytes_of(uuid, sizeof(uuid)) } },
	};
	const struct mdoc_engagement_spec spec = { .key = &key,
		.retrievals = retrievals,
		.retrieval_count = COUNT(retrievals) };

	if (mdoc_engagement_build(NULL, &spec, &engagement, &error) != MDOC_OK ||
		mdoc_engagement_to_qr(mdoc_buf_bytes(&engagement), &text) != MDOC_OK)
		fail("no engagement", &error);
	write_file(argv[3], &engagement);
	write_file(argv[4], &text);
	mdoc_buf_clear(&engagement);
	mdoc_buf_clear(&text);
	return 0;
}

int
main(int argc, char **argv)
{
	if ((argc == 5 || argc == 7) && strcmp(argv[1], "certify") == 0)
		return certify(argc, argv);
	if ((argc == 6 || argc == 8) && strcmp(argv[1], "issue") == 0)
		return issue(argc, argv);
	if ((argc == 7 || argc == 8) && strcmp(argv[1], "present") == 0)
		return present(argc, argv);
	if (argc == 5 && strcmp(argv[1], "engage") == 0)
		return engage(argv);
	if (argc == 6 && strcmp(argv[1], "token-key") == 0)
		return token_key(argv);
	if (argc == 10 && strcmp(argv[1], "token-present") == 0)
		return token_present(argv);
	fprintf(stderr, "usage: party certify|issue|present|engage|token-key|token-present ARGUMENTS\n");
	return 2;
}
