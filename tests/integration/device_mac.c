/*
 * device_mac.c: a holder whose device key is in a PKCS#11 token answers with a deviceMac. A program of libmdoc's and
 * libmdoc-p11's public headers alone.
 *
 *   device_mac MODULE TOKEN PIN-FILE TRANSCRIPT DOCTYPE CURVE RESPONSE IACA
 *
 * A key pair on CURVE is made in the token and a record issued for it by an issuer in software, whose IACA certificate
 * is written to IACA. Where the token lists CKM_MDOC_DEVICE_MAC the key is a holder key and the record is stored.
 *
 * Exit code 1: the token or libmdoc refused, and the CK_RV is printed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <dlfcn.h>
#include <mdoc-pkcs11.h>
#include <mdoc/p11/p11.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY 86400
#define NS "org.iso.18013.5.1"
#define MONTGOMERY_GENERATOR 0x1056UL /* CKM_EC_MONTGOMERY_KEY_PAIR_GEN of PKCS#11 3.0 */
#define EDWARDS_GENERATOR 0x1055UL    /* which SoftHSM makes Montgomery keys with */

static CK_FUNCTION_LIST *p11;
static CK_SESSION_HANDLE session;
static CK_SLOT_ID slot;
static struct mdoc_p11_key key;
static struct mdoc_public_key device_key;
static char pin[256];

static void
need(int fine, const char *what)
{
	if (fine)
		return;
	fprintf(stderr, "device_mac: %s (0x%lx)\n", what, key.rv);
	exit(1);
}

static void
need_rv(CK_RV rv, const char *what)
{
	key.rv = rv;
	need(rv == CKR_OK, what);
}

static struct mdoc_bytes
read_file(const char *path)
{
	static uint8_t room[2][65536];
	static int used;
	FILE *file = fopen(path, "rb");
	size_t len;

	need(file != NULL && used < 2, path);
	len = fread(room[used], 1, sizeof(room[0]), file);
	fclose(file);
	return mdoc_bytes_of(room[used++], len);
}

static void
write_file(const char *path, const struct mdoc_buf *content)
{
	FILE *file = fopen(path, "wb");

	need(file != NULL && fwrite(content->ptr, 1, content->len, file) == content->len && fclose(file) == 0, path);
}

static CK_RV
login(void *arg, CK_FUNCTION_LIST *list, CK_SESSION_HANDLE at)
{
	(void)arg;
	return list->C_Login(at, CKU_CONTEXT_SPECIFIC, (CK_UTF8CHAR *)pin, strlen(pin));
}

static void
open_token(const char *module, const char *label)
{
	CK_C_GetFunctionList get = NULL;
	CK_SLOT_ID slots[16];
	CK_ULONG count = 16;
	CK_TOKEN_INFO info;
	void *library = dlopen(module, RTLD_NOW | RTLD_LOCAL);
	int found = 0;

	need(library != NULL, module);
	*(void **)&get = dlsym(library, "C_GetFunctionList");
	need(get != NULL, "C_GetFunctionList");
	need_rv(get(&p11), "C_GetFunctionList");
	need_rv(p11->C_Initialize(NULL), "C_Initialize");
	need_rv(p11->C_GetSlotList(CK_TRUE, slots, &count), "C_GetSlotList");
	for (CK_ULONG i = 0; !found && i < count; i++) {
		slot = slots[i];
		found = p11->C_GetTokenInfo(slot, &info) == CKR_OK && memcmp(info.label, label, strlen(label)) == 0 &&
			info.label[strlen(label)] == ' ';
	}
	need(found, "no such token");
	need_rv(p11->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session), "C_OpenSession");
	need_rv(p11->C_Login(session, CKU_USER, (CK_UTF8CHAR *)pin, strlen(pin)), "C_Login");
}

static void
make_device_key(enum mdoc_curve curve)
{
	const struct mdoc_bytes params = mdoc_p11_curve_params(curve);
	const int montgomery = curve == MDOC_CURVE_X25519 || curve == MDOC_CURVE_X448;
	CK_MECHANISM mechanism = { montgomery ? MONTGOMERY_GENERATOR : CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_BBOOL yes = CK_TRUE, sign = !montgomery;
	CK_BYTE id[6];
	CK_ATTRIBUTE public_template[] = { { CKA_TOKEN, &yes, 1 }, { CKA_EC_PARAMS, (void *)params.ptr, params.len },
		{ CKA_ID, id, 6 } };
	CK_ATTRIBUTE private_template[] = { { CKA_TOKEN, &yes, 1 }, { CKA_PRIVATE, &yes, 1 }, { CKA_DERIVE, &yes, 1 },
		{ CKA_SIGN, &sign, 1 }, { CKA_ID, id, 6 }, { CKA_MDOC_HOLDER_KEY, &yes, 1 } };
	CK_OBJECT_HANDLE public_key;
	CK_RV rv;

	need(RAND_bytes(id, sizeof(id)) == 1, "id");
	key.p11 = p11;
	key.session = session;
	key.login = login;
	key.offers = mdoc_p11_offers(p11, slot);
	for (;;) {
		rv = p11->C_GenerateKeyPair(session, &mechanism, public_template, 3, private_template,
			(key.offers & MDOC_P11_DEVICE_MAC) != 0 ? 6 : 5, &public_key, &key.private_key);
		if (rv != CKR_MECHANISM_INVALID || mechanism.mechanism != MONTGOMERY_GENERATOR)
			break;
		mechanism.mechanism = EDWARDS_GENERATOR;
	}
	need_rv(rv, "C_GenerateKeyPair");
	need_rv(mdoc_p11_public_key(NULL, p11, session, key.private_key, &device_key), "public key");
}

static void
certificate(enum mdoc_cert_profile profile, const struct mdoc_public_key *subject, const struct mdoc_buf *issuer,
	const struct mdoc_signer *signer, struct mdoc_buf *der)
{
	const struct mdoc_cert_spec spec = {
		.profile = profile,
		.country = mdoc_text("JP"),
		.common_name = mdoc_text(profile == MDOC_CERT_IACA ? "Test IACA" : "Test DS"),
		.issuer_cert = issuer != NULL ? mdoc_buf_bytes(issuer) : MDOC_NO_BYTES,
		.key = *subject,
		.not_before = (int64_t)time(NULL) - DAY,
		.not_after = (int64_t)time(NULL) + 300 * (int64_t)DAY,
		.issuer_alt_uri = "https://issuer.example/",
		.crl_uri = "https://issuer.example/crl",
		.signer = signer,
	};

	need(mdoc_cert_build(NULL, &spec, der, NULL) == MDOC_OK, "certificate");
}

static void
issue(const char *doc_type, struct mdoc_buf *record, struct mdoc_buf *iaca)
{
	EVP_PKEY *root = EVP_EC_gen("P-256"), *ds = EVP_EC_gen("P-256");
	const struct mdoc_claim claim = { mdoc_text(NS), mdoc_text("age_over_18"), mdoc_bytes_of("\xf5", 1) };
	struct mdoc_signer root_signer, ds_signer;
	struct mdoc_public_key root_key, ds_public;
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	const int64_t now = (int64_t)time(NULL);

	need(mdoc_signer_from_evp(NULL, root, &root_signer) == MDOC_OK &&
			mdoc_signer_from_evp(NULL, ds, &ds_signer) == MDOC_OK &&
			mdoc_key_from_evp(root, &root_key) == MDOC_OK && mdoc_key_from_evp(ds, &ds_public) == MDOC_OK,
		"issuer's keys");
	certificate(MDOC_CERT_IACA, &root_key, NULL, &root_signer, iaca);
	certificate(MDOC_CERT_DS, &ds_public, iaca, &root_signer, &der);
	const struct mdoc_bytes x5chain = mdoc_buf_bytes(&der);
	const struct mdoc_issue what = {
		.doc_type = mdoc_text(doc_type),
		.claims = &claim,
		.claim_count = 1,
		.device_key = device_key,
		.signed_ = now,
		.valid_from = now,
		.valid_until = now + 20 * (int64_t)DAY,
		.x5chain = &x5chain,
		.x5chain_count = 1,
		.signer = &ds_signer,
	};
	need(mdoc_issuer_signed_build(NULL, &what, record, NULL) == MDOC_OK, "record");
	mdoc_signer_clear(&root_signer);
	mdoc_signer_clear(&ds_signer);
	EVP_PKEY_free(root);
	EVP_PKEY_free(ds);
	mdoc_buf_clear(&der);
}

static void
store(const char *doc_type, const struct mdoc_buf *record)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BBOOL yes = CK_TRUE;
	CK_OBJECT_HANDLE object;
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof(class) }, { CKA_TOKEN, &yes, 1 },
		{ CKA_PRIVATE, &yes, 1 }, { CKA_APPLICATION, "mdoc", 4 },
		{ CKA_LABEL, (void *)doc_type, strlen(doc_type) }, { CKA_VALUE, record->ptr, record->len } };

	need_rv(p11->C_CreateObject(session, template, 6, &object), "C_CreateObject");
}

/* EReaderKey stands in the SessionTranscript: [DeviceEngagementBytes, EReaderKeyBytes, Handover]. */
static void
find_reader_key(struct mdoc_bytes transcript, struct mdoc_public_key *reader)
{
	struct mdoc_cbor *scan = NULL, *inner = NULL;
	struct mdoc_bytes bytes = MDOC_NO_BYTES;

	need(mdoc_cbor_scan(NULL, transcript, 0, &scan, NULL) == MDOC_OK, "transcript");
	need(mdoc_node_embedded(mdoc_node_at(mdoc_cbor_root(scan), 1), &bytes), "EReaderKeyBytes");
	need(mdoc_cbor_scan(NULL, bytes, 0, &inner, NULL) == MDOC_OK &&
			mdoc_key_parse(NULL, mdoc_cbor_root(inner), reader, NULL, NULL) == MDOC_OK,
		"EReaderKey");
	mdoc_cbor_free(inner);
	mdoc_cbor_free(scan);
}

static void
respond(const char *doc_type, struct mdoc_bytes transcript, const struct mdoc_buf *record, struct mdoc_buf *response)
{
	const struct mdoc_asked asked = { .ns = mdoc_text(NS), .element = mdoc_text("age_over_18") };
	const struct mdoc_ask ask = { .doc_type = mdoc_text(doc_type), .asked = &asked, .count = 1 };
	struct mdoc_public_key reader;
	struct mdoc_p11_device_signer state = { &key, device_key.curve, &reader };
	struct mdoc_device_signer device_signer;
	struct mdoc_agreement agreement;
	struct mdoc_device_key device = { 0 };
	const struct mdoc_response_options options = { .transcript = transcript,
		.keys = &device,
		.reader_key = &reader,
		.mac = true };
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;
	struct mdoc_request *request = NULL;
	struct mdoc_issuer_signed *parsed = NULL;
	struct mdoc_selection *selection = NULL;
	struct mdoc_error error = { 0 };
	struct mdoc_held held = { 0 };
	enum mdoc_result res;

	find_reader_key(transcript, &reader);
	need(mdoc_request_build(NULL, &ask, 1, NULL, &bytes, NULL) == MDOC_OK &&
			mdoc_request_parse(NULL, mdoc_buf_bytes(&bytes), &request, NULL) == MDOC_OK,
		"request");
	need(mdoc_issuer_signed_parse(NULL, mdoc_buf_bytes(record), &parsed, NULL) == MDOC_OK, "record");
	held.record = parsed;
	need(mdoc_select(NULL, request, &held, 1, NULL, &selection, NULL) == MDOC_OK, "selection");
	if ((key.offers & MDOC_P11_DEVICE_MAC) != 0) {
		mdoc_p11_device_signer(&state, &device_signer);
		device.device_signer = &device_signer;
	} else {
		mdoc_p11_agreement(&key, &device_key, &agreement);
		device.agreement = &agreement;
	}
	key.rv = CKR_OK;
	res = mdoc_response_build(NULL, selection, &options, response, &error);
	need(res == MDOC_OK, mdoc_result_name(res));
	mdoc_selection_free(selection);
	mdoc_issuer_signed_free(parsed);
	mdoc_request_free(request);
	mdoc_buf_clear(&bytes);
}

int
main(int argc, char **argv)
{
	struct mdoc_buf record = MDOC_BUF_EMPTY, iaca = MDOC_BUF_EMPTY, response = MDOC_BUF_EMPTY;
	enum mdoc_curve curve = MDOC_CURVE_NONE;
	struct mdoc_bytes text, transcript;

	need(argc == 9, "MODULE TOKEN PIN-FILE TRANSCRIPT DOCTYPE CURVE RESPONSE IACA");
	text = read_file(argv[3]);
	need(text.len < sizeof(pin), "PIN");
	memcpy(pin, text.ptr, text.len);
	pin[strcspn(pin, "\n")] = '\0';
	transcript = read_file(argv[4]);
	for (int c = 1; c < 300; c++)
		if (mdoc_curve_name((enum mdoc_curve)c) != NULL &&
			strcmp(mdoc_curve_name((enum mdoc_curve)c), argv[6]) == 0)
			curve = (enum mdoc_curve)c;
	open_token(argv[1], argv[2]);
	make_device_key(curve);
	issue(argv[5], &record, &iaca);
	if ((key.offers & MDOC_P11_DEVICE_MAC) != 0)
		store(argv[5], &record);
	respond(argv[5], transcript, &record, &response);
	write_file(argv[7], &response);
	write_file(argv[8], &iaca);
	p11->C_Finalize(NULL);
	mdoc_buf_clear(&record);
	mdoc_buf_clear(&iaca);
	mdoc_buf_clear(&response);
	return 0;
}
