/*
 * tokens/tpm/wire.h: what a guard keeps in the store, as a CBOR map with small numbers for keys, ascending, from one
 * table of fields. Key 1 is the version.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_TPM_WIRE_H
#define TOKENS_TPM_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tokens/backend.h"

#define WIRE_VERSION 1
#define WIRE_BYTES_MAX 1536 /* of one field; a public and a private area */
#define WIRE_MAX 8192       /* of a map */

enum wire_type { WIRE_UINT, WIRE_BYTES };

/* offset: of a uint64_t or a struct wire_bytes in the record. An optional field is left out when it is zero or empty. */
struct wire_field {
	uint8_t key;
	enum wire_type type;
	bool optional;
	size_t offset;
};

struct wire_bytes {
	size_t len;
	uint8_t bytes[WIRE_BYTES_MAX];
};

/* out->ptr: the caller's to free. TOKEN_ERR_MEMORY, TOKEN_ERR_ARG: longer than WIRE_MAX. */
enum token_result wire_encode(const struct wire_field *fields, size_t count, const void *record,
	struct backend_bytes *out);

/*
 * The record is zero before. Only what wire_encode() would write is read.
 *
 * TOKEN_ERR_NEWER    another version
 * TOKEN_ERR_DAMAGED  anything else that is not such a map
 */
enum token_result wire_decode(const struct wire_field *fields, size_t count, const uint8_t *bytes, size_t len,
	void *record);

#endif
