/*
 * keep.h: --store FILE: what a reader may keep of a response.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef READER_KEEP_H
#define READER_KEEP_H

#include "tools/reader/reader.h"

/*
 * Write to a file, 0600, as JSON what may be kept, and nothing else: the elements of a verified response that the
 * request asked for by their own name with the intent to keep them. {"conclusion", "checkedAt", "documents":
 * [{"docType", "issuer", "validFrom", "validUntil", "elements"}]}
 *
 * request  what was asked for; its intents are what the holder agreed to
 *
 * EXIT_STATUS_OK: written; or there is nothing that may be kept, which is said, and no file was touched.
 * EXIT_STATUS_TROUBLE (said)
 */
enum exit_status keep_result(const struct reader_result *result, const struct mdoc_request *request, const char *path);

#endif
