/*
 * lists_build.c: the lists of revocation and of trust that libmdoc builds, one file each, for lists_world.py to read.
 * Built with the installed headers alone.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <mdoc/mdoc.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <time.h>

static struct mdoc_buf
load(const char *name)
{
	struct mdoc_buf content = MDOC_BUF_EMPTY;
	static uint8_t block[65536];
	FILE *file = fopen(name, "rb");

	if (file != NULL) {
		mdoc_buf_append(&content, mdoc_bytes_of(block, fread(block, 1, sizeof(block), file)));
		fclose(file);
	}
	return content;
}

static int
save(const char *name, enum mdoc_result res, struct mdoc_buf *content)
{
	FILE *file = fopen(name, "wb");
	int failed = file == NULL || res != MDOC_OK;

	if (file != NULL) {
		failed |= fwrite(content->ptr, 1, content->len, file) != content->len;
		failed |= fclose(file) != 0;
	}
	printf("%s: %s, %zu bytes\n", name, mdoc_result_name(res), content->len);
	mdoc_buf_clear(content);
	return failed;
}

int
main(void)
{
	struct mdoc_buf iaca = load("iaca.der"), cert = load("build.der"), out = MDOC_BUF_EMPTY;
	const struct mdoc_bytes x5chain = mdoc_buf_bytes(&cert);
	const struct mdoc_bytes ids[] = { mdoc_text("other"), mdoc_text("mine") };
	const struct mdoc_bytes types[] = { mdoc_text("org.iso.18013.5.1.mDL"), mdoc_text(MDOC_JP_DOCTYPE) };
	const int64_t now = (int64_t)time(NULL);
	struct mdoc_signer signer = { .arg = NULL };
	uint8_t packed[1000] = { 0 };
	FILE *key_file = fopen("build.pem", "r");
	EVP_PKEY *key = key_file != NULL ? PEM_read_PrivateKey(key_file, NULL, NULL, NULL) : NULL;
	struct mdoc_trust_entry_spec entry = { .certificate = mdoc_buf_bytes(&iaca),
		.doc_types = types,
		.doc_type_count = 2 };
	struct mdoc_list_spec list = { .uri = mdoc_text("https://issuer.example/list"),
		.issued = now - 3600,
		.expires = now + 3600,
		.ttl = 60,
		.x5chain = &x5chain,
		.x5chain_count = 1,
		.signer = &signer };
	struct mdoc_trust_list_spec trust = { .kind = MDOC_VICAL,
		.provider = mdoc_text("Provider"),
		.date = now - 3600,
		.has_id = true,
		.id = 7,
		.entries = &entry,
		.entry_count = 1,
		.x5chain = &x5chain,
		.x5chain_count = 1,
		.signer = &signer };
	int failed = 0;

	if (key_file != NULL)
		fclose(key_file);
	if (key == NULL || mdoc_signer_from_evp(NULL, key, &signer) != MDOC_OK)
		return 2;
	mdoc_status_set(packed, sizeof(packed), 1, 5, 1);
	mdoc_status_set(packed, sizeof(packed), 1, 7999, 1);
	failed |= save("built-status.cbor",
		mdoc_status_list_build(NULL, &list, 1, mdoc_bytes_of(packed, sizeof(packed)), &out), &out);
	failed |= save("built-identifiers.cbor", mdoc_identifier_list_build(NULL, &list, ids, 2, &out), &out);
	failed |= save("built-vical.cbor", mdoc_trust_list_build(NULL, &trust, &out, NULL), &out);
	trust.kind = MDOC_RICAL;
	trust.type = mdoc_text("reader");
	entry.doc_types = NULL;
	entry.doc_type_count = 0;
	failed |= save("built-rical.cbor", mdoc_trust_list_build(NULL, &trust, &out, NULL), &out);
	mdoc_signer_clear(&signer);
	EVP_PKEY_free(key);
	mdoc_buf_clear(&iaca);
	mdoc_buf_clear(&cert);
	return failed;
}
