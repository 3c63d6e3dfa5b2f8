/*
 * tests/unit/test_device_mac.c: deviceMac from the holder's agreement to the reader's, over every curve.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/mdoc_test.h"
#include <string.h>

extern CU_TestInfo device_mac_tests[];

static const uint8_t transcript_bytes[] = { 0x83, 0xf6, 0xf6, 0xf6 };
static const uint8_t other_transcript[] = { 0x83, 0xf6, 0xf6, 0x00 };
static const uint8_t no_namespaces[] = { 0xd8, 0x18, 0x41, 0xa0 };
static const uint8_t some_namespaces[] = { 0xd8, 0x18, 0x44, 0xa1, 0x61, 'n', 0xa0 };

/* A record of a type that takes a MAC, its device key, and a reader's. */
struct meeting {
	struct kit kit;
	struct soft_key reader;
	struct mdoc_issuer_signed *record;
	struct mdoc_buf request_bytes;
	struct mdoc_request *request;
	struct mdoc_selection *selection;
	struct mdoc_buf out;
};

static void
meeting_make(struct meeting *m, const char *doc_type, const char *device, const char *reader)
{
	const struct mdoc_asked asked = { mdoc_text(KIT_JP), mdoc_text("portrait"), false };
	const struct mdoc_ask doc = { .doc_type = mdoc_text(doc_type), .asked = &asked, .count = 1 };
	struct mdoc_held held = { .record = NULL };

	memset(m, 0, sizeof(*m));
	kit_make(&m->kit, "P-256");
	CU_ASSERT_TRUE_FATAL(soft_key_make(&m->reader, reader));
	soft_key_clear(&m->kit.device);
	CU_ASSERT_TRUE_FATAL(soft_key_make(&m->kit.device, device));
	mdoc_buf_clear(&m->kit.record);
	m->kit.issue.doc_type = doc.doc_type;
	m->kit.issue.device_key = m->kit.device.pub;
	CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_build(NULL, &m->kit.issue, &m->kit.record, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_parse(NULL, mdoc_buf_bytes(&m->kit.record), &m->record, NULL),
		MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_request_build(NULL, &doc, 1, NULL, &m->request_bytes, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_request_parse(NULL, mdoc_buf_bytes(&m->request_bytes), &m->request, NULL), MDOC_OK);
	held.record = m->record;
	CU_ASSERT_EQUAL_FATAL(mdoc_select(NULL, m->request, &held, 1, NULL, &m->selection, NULL), MDOC_OK);
}

static void
meeting_clear(struct meeting *m)
{
	mdoc_buf_clear(&m->out);
	mdoc_selection_free(m->selection);
	mdoc_request_free(m->request);
	mdoc_buf_clear(&m->request_bytes);
	mdoc_issuer_signed_free(m->record);
	soft_key_clear(&m->reader);
	kit_clear(&m->kit);
}

static enum mdoc_result
respond(struct meeting *m, const struct mdoc_device_key *key, bool mac)
{
	const struct mdoc_response_options options = { .transcript = mdoc_bytes_of(transcript_bytes,
							       sizeof(transcript_bytes)),
		.keys = key,
		.reader_key = &m->reader.pub,
		.mac = mac };
	enum mdoc_result res;
	size_t size = 0;

	mdoc_buf_clear(&m->out);
	res = mdoc_response_build(NULL, m->selection, &options, &m->out, NULL);
	CU_ASSERT_EQUAL(res == MDOC_OK, m->out.len > 0);
	if (res == MDOC_OK) {
		CU_ASSERT_EQUAL(mdoc_response_size(m->selection, &options, &size), MDOC_OK);
		CU_ASSERT_EQUAL(size, m->out.len);
	}
	return res;
}

/* What a reader with this key and transcript finds of device authentication. */
static enum mdoc_outcome
checked(const struct meeting *m, const struct mdoc_agreement *reader, struct mdoc_bytes transcript, bool *mac)
{
	const struct mdoc_verify_options options = { .transcript = transcript, .reader = reader, .mac_allowed = true };
	struct mdoc_check_row row = { .outcome = MDOC_NOT_DONE };
	struct mdoc_verdict *verdict = NULL;
	const struct mdoc_document *doc;

	(void)mdoc_verify(NULL, mdoc_buf_bytes(&m->out), &options, &verdict);
	CU_ASSERT_PTR_NOT_NULL_FATAL(verdict);
	CU_ASSERT_TRUE(mdoc_verdict_find(verdict, MDOC_CHECK_DEVICE_AUTH, 0, &row));
	doc = mdoc_response_document(mdoc_verdict_response(verdict), 0);
	*mac = mdoc_device_signed_signature(mdoc_document_device_signed(doc)) == NULL;
	mdoc_verdict_free(verdict);
	return row.outcome;
}

static const char *const curves[] = { "P-256", "P-384", "P-521", "X25519", "X448", "brainpoolP256r1", "brainpoolP320r1",
	"brainpoolP384r1", "brainpoolP512r1" };

/* A holder and a reader who met over one of the standard's curves would not understand each other, or a reader take
 * the tag of another session or for another reader. */
static void
every_curve(void)
{
	const struct mdoc_bytes here = mdoc_bytes_of(transcript_bytes, sizeof(transcript_bytes));

	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		struct soft_key stranger;
		struct mdoc_device_key key = { .signer = NULL };
		struct meeting m;
		bool mac = false;

		meeting_make(&m, "x", curves[i], curves[i]);
		CU_ASSERT_TRUE_FATAL(soft_key_make(&stranger, curves[i]));
		key.agreement = &m.kit.device.agreement;
		CU_ASSERT_EQUAL(respond(&m, &key, false), MDOC_OK);
		CU_ASSERT_EQUAL(checked(&m, &stranger.agreement, here, &mac), MDOC_FAILED);
		CU_ASSERT_EQUAL(checked(&m, &m.reader.agreement,
					mdoc_bytes_of(other_transcript, sizeof(other_transcript)), &mac),
			MDOC_FAILED);
		CU_ASSERT_EQUAL(checked(&m, &m.reader.agreement, here, &mac), MDOC_PASSED);
		CU_ASSERT_TRUE(mac);
		soft_key_clear(&stranger);
		meeting_clear(&m);
	}
}

static bool
refuse(void *arg, const struct mdoc_public_key *peer, uint8_t shared[MDOC_SHARED_MAX], size_t *len)
{
	(void)arg;
	(void)peer;
	(void)shared;
	(void)len;
	return false;
}

/* A response would go out that no reader can check, and the copy be spent for it. */
static void
other_keys_are_refused(void)
{
	const struct mdoc_agreement refusing = { .derive = refuse };
	struct mdoc_agreement broken;
	struct mdoc_device_key key = { .agreement = &refusing };
	struct soft_key other, wider;
	struct meeting m;
	bool mac = true;

	CU_ASSERT_TRUE_FATAL(soft_key_make(&other, "P-256") && soft_key_make(&wider, "P-384"));
	meeting_make(&m, "x", "P-256", "P-256");
	broken = m.kit.device.agreement;
	broken.derive = refuse;
	CU_ASSERT_EQUAL(respond(&m, &key, true), MDOC_ERR_KEY); /* has no public key */
	key.agreement = &broken;
	CU_ASSERT_EQUAL(respond(&m, &key, true), MDOC_ERR_CALLBACK);
	key.agreement = &other.agreement;
	CU_ASSERT_EQUAL(respond(&m, &key, true), MDOC_ERR_KEY);
	key.agreement = NULL;
	key.signer = &wider.signer;
	CU_ASSERT_EQUAL(respond(&m, &key, true), MDOC_ERR_ALGORITHM);
	meeting_clear(&m);
	/* A reader's key on another curve: a MAC is impossible, a signature is not. */
	meeting_make(&m, "x", "P-256", "X25519");
	key = (struct mdoc_device_key){ .agreement = &m.kit.device.agreement };
	CU_ASSERT_EQUAL(respond(&m, &key, true), MDOC_ERR_KEY);
	key.signer = &m.kit.device.signer;
	CU_ASSERT_EQUAL(respond(&m, &key, true), MDOC_OK);
	CU_ASSERT_EQUAL(checked(&m, NULL, mdoc_bytes_of(transcript_bytes, sizeof(transcript_bytes)), &mac),
		MDOC_PASSED);
	CU_ASSERT_FALSE(mac);
	meeting_clear(&m);
	soft_key_clear(&other);
	soft_key_clear(&wider);
}

/* A device that makes DeviceSigned itself, with a MAC and these names. */
struct maker {
	struct meeting *m;
	struct mdoc_bytes namespaces;
};

static bool
make(void *arg, struct mdoc_bytes device_authentication_bytes, struct mdoc_buf *device_signed)
{
	const struct maker *maker = arg;

	return mdoc_device_mac_agree(NULL, device_signed, device_authentication_bytes, maker->namespaces,
		       mdoc_bytes_of(transcript_bytes, sizeof(transcript_bytes)), &maker->m->kit.device.agreement,
		       &maker->m->reader.pub) == MDOC_OK;
}

/* A device would add what nobody consented to, or answer for the law's record without a signature (R-TX-01). */
static void
a_device_adds_nothing(void)
{
	static const struct {
		const char *doc_type;
		bool more;
		enum mdoc_result res;
	} rows[] = {
		{ "x", true, MDOC_ERR_CALLBACK },
		{ KIT_DOCTYPE, false, MDOC_ERR_CALLBACK },
		{ "x", false, MDOC_OK },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct meeting m;
		struct maker maker = { &m,
			rows[i].more ? mdoc_bytes_of(some_namespaces, sizeof(some_namespaces))
				     : mdoc_bytes_of(no_namespaces, sizeof(no_namespaces)) };
		const struct mdoc_device_signer signer = { make, &maker };
		const struct mdoc_device_key key = { .device_signer = &signer };
		const struct mdoc_response_options options = { .transcript = mdoc_bytes_of(transcript_bytes,
								       sizeof(transcript_bytes)),
			.keys = &key };

		meeting_make(&m, rows[i].doc_type, "P-256", "P-256");
		CU_ASSERT_EQUAL(mdoc_response_build(NULL, m.selection, &options, &m.out, NULL), rows[i].res);
		CU_ASSERT_EQUAL(m.out.len > 0, rows[i].res == MDOC_OK);
		meeting_clear(&m);
	}
}

/* A failed callback would leave half a DeviceSigned behind. */
static void
failures_append_nothing(void)
{
	const struct mdoc_bytes input = mdoc_bytes_of(no_namespaces, sizeof(no_namespaces));
	struct mdoc_signer signer;
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	struct meeting m;

	meeting_make(&m, "x", "P-256", "P-384");
	signer = m.kit.device.signer;
	signer.alg = MDOC_ALG_ES384;
	CU_ASSERT_EQUAL(mdoc_device_signed_put(&out, input, input, &signer), MDOC_ERR_ALGORITHM);
	CU_ASSERT_EQUAL(out.len, 0);
	CU_ASSERT_EQUAL(mdoc_device_mac_agree(NULL, &out, input, input, input, &m.kit.device.agreement, &m.reader.pub),
		MDOC_ERR_KEY);
	CU_ASSERT_EQUAL(out.len, 0);
	mdoc_buf_clear(&out);
	meeting_clear(&m);
}

CU_TestInfo device_mac_tests[] = {
	{ "other keys are refused", other_keys_are_refused },
	{ "a device adds nothing", a_device_adds_nothing },
	{ "failures append nothing", failures_append_nothing },
	{ "every curve", every_curve },
	CU_TEST_INFO_NULL,
};
