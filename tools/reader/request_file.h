/*
 * request_file.h: a DeviceRequest described in JSON, for requests that options cannot say.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef READER_REQUEST_FILE_H
#define READER_REQUEST_FILE_H

#include <jansson.h>
#include <mdoc/mdoc.h>
#include "tools/common/exit.h"

/* Zeroed, then read; what it points to lives until request_file_clear(). */
struct request_file {
	struct mdoc_ask *docs; /* without a signer */
	size_t count;
	struct mdoc_use_case *use_cases;
	size_t use_case_count;
	bool second; /* has something that only the second edition knows */
	json_t *json;
	void **blocks;
	size_t block_count;
};

/*
 * Read {"docRequests": [{"docType", "nameSpaces": {ns: {element: retain}}, "requestInfo"}], "deviceRequestInfo":
 * {"useCases": [{"mandatory", "documentSets", "purposeHints"}]}}, the names of ISO/IEC 18013-5; issuerIdentifiers in
 * hexadecimal. Whether it makes sense is for mdoc_request_build() to say.
 *
 * EXIT_STATUS_INPUT (said): not JSON, an unknown or missing member, or one of another type
 */
enum exit_status request_file_read(const char *path, struct request_file *file);
/* Says so: EXIT_STATUS_INPUT. */
enum exit_status request_file_wrong(const char *path, const char *what, const char *expected);
void request_file_clear(struct request_file *file);

#endif
