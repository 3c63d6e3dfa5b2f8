#!/usr/bin/env bash
# If this failed, libmdoc would be good for our own programs only: a program that is built with
# nothing but the installed headers and pkg-config reads a published response.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$scratch" || exit 1
export PKG_CONFIG_PATH=$MDOC_PREFIX/lib/pkgconfig

cat > reader.c <<'C'
#include <mdoc/mdoc.h>
#include <mdoc/p11/p11.h>
#include <stdio.h>

int
main(int argc, char **argv)
{
	static uint8_t bytes[65536];
	struct mdoc_error error = { MDOC_OK, 0, "", "" };
	struct mdoc_response *response = NULL;
	FILE *file = argc > 1 ? fopen(argv[1], "rb") : NULL;
	size_t len;

	if (file == NULL)
		return 2;
	len = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	if (mdoc_response_parse(NULL, mdoc_bytes_of(bytes, len), &response, &error) != MDOC_OK) {
		printf("%s at byte %zu: %s\n", mdoc_result_name(error.code), error.offset, error.expected);
		return 1;
	}
	for (size_t i = 0; i < mdoc_response_count(response); i++) {
		const struct mdoc_document *document = mdoc_response_document(response, i);
		const struct mdoc_bytes type = mdoc_document_doc_type(document);

		printf("%.*s: digests %s\n", (int)type.len, (const char *)type.ptr,
			mdoc_result_name(mdoc_issuer_signed_check_digests(NULL, mdoc_document_issuer_signed(document), &error)));
	}
	mdoc_response_free(response);
	return sizeof(struct mdoc_p11_key) > 0 ? 0 : 1;
}
C
read -ra flags < <(pkg-config --cflags --libs libmdoc libmdoc-p11)
must "a program builds with the installed headers alone" cc -std=c17 -Wall -Wextra -Werror -o reader reader.c "${flags[@]}"
says "org.iso.18013.5.1.mDL: digests MDOC_OK" "it reads the response of ISO/IEC 18013-5 Annex D" \
	./reader "$here/../vectors/annexD/device_response.cbor"
head -c 1000 "$here/../vectors/annexD/device_response.cbor" > short.cbor
exits 1 "a truncated one is an error with its place" ./reader short.cbor
must "the header of the vendor interface stands alone" \
	cc -std=c17 -Wall -Werror -fsyntax-only -x c "$MDOC_PREFIX/include/mdoc-pkcs11.h" "${flags[@]}"
done_testing
