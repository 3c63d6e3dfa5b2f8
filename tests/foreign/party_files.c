/* party_files.c: files and keys of the parties. SPDX-License-Identifier: BSD-2-Clause */
#include "party.h"
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_MAX (1024 * 1024)

void
fail(const char *what, const struct mdoc_error *error)
{
	fprintf(stderr, "party: %s", what);
	if (error != NULL && error->code != MDOC_OK)
		fprintf(stderr, ": %s at %s, byte %zu: %s", mdoc_result_name(error->code), error->path, error->offset,
			error->expected);
	fputc('\n', stderr);
	exit(1);
}

struct mdoc_bytes
read_file(const char *path)
{
	uint8_t *content = malloc(FILE_MAX);
	FILE *file = fopen(path, "rb");
	size_t len;

	if (content == NULL || file == NULL)
		fail(path, NULL);
	len = fread(content, 1, FILE_MAX, file);
	fclose(file);
	return mdoc_bytes_of(content, len);
}

void
write_file(const char *path, const struct mdoc_buf *content)
{
	FILE *file = fopen(path, "wb");

	if (file == NULL || fwrite(content->ptr, 1, content->len, file) != content->len || fclose(file) != 0)
		fail(path, NULL);
}

/* A private key, or where that will do a public one. */
EVP_PKEY *
read_key(const char *path)
{
	FILE *file = fopen(path, "r");
	EVP_PKEY *key;

	if (file == NULL)
		fail(path, NULL);
	key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	if (key == NULL) {
		rewind(file);
		key = PEM_read_PUBKEY(file, NULL, NULL, NULL);
	}
	fclose(file);
	if (key == NULL)
		fail(path, NULL);
	return key;
}

struct mdoc_public_key
read_public(const char *path)
{
	struct mdoc_public_key key;
	EVP_PKEY *pkey = read_key(path);

	if (mdoc_key_from_evp(pkey, &key) != MDOC_OK)
		fail(path, NULL);
	EVP_PKEY_free(pkey);
	return key;
}

struct mdoc_signer
read_signer(const char *path)
{
	struct mdoc_signer signer;
	EVP_PKEY *pkey = read_key(path);

	if (mdoc_signer_from_evp(NULL, pkey, &signer) != MDOC_OK)
		fail(path, NULL);
	EVP_PKEY_free(pkey);
	return signer;
}

/* DER of the first certificate of a PEM file. */
struct mdoc_bytes
read_certificate(const char *path)
{
	char *name = NULL, *header = NULL;
	unsigned char *der = NULL;
	FILE *file = fopen(path, "r");
	long len = 0;

	if (file == NULL || PEM_read(file, &name, &header, &der, &len) != 1)
		fail(path, NULL);
	fclose(file);
	OPENSSL_free(name);
	OPENSSL_free(header);
	return mdoc_bytes_of(der, (size_t)len);
}
