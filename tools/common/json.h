/*
 * json.h: reading and writing JSON files over jansson.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_JSON_H
#define TOOLS_JSON_H

#include <jansson.h>
#include <mdoc/bytes.h>
#include <sys/types.h>
#include "tools/common/exit.h"

/* From here on what jansson frees is wiped first: for a program that has secrets in JSON. First thing in main(). */
void json_wipe_memory(void);

/* Read a JSON object from a file or "-" (duplicate names are an error).
 * *object: json_decref() by the caller. EXIT_STATUS_INPUT (said, with line and column). */
enum exit_status json_read(const char *path, json_t **object);

/* Indented, with a line end, atomically. EXIT_STATUS_TROUBLE (said). */
enum exit_status json_write(const char *path, mode_t mode, const json_t *value);

/* To standard output, indented, with a line end. */
enum exit_status json_print(const json_t *value);

/* A member that must be there. NULL after saying what is missing in which file. */
const char *json_need_string(const json_t *object, const char *name, const char *path);
json_t *json_need_array(const json_t *object, const char *name, const char *path);  /* borrowed */
json_t *json_need_object(const json_t *object, const char *name, const char *path); /* borrowed */

/* New JSON string with the base64url of bytes; NULL: memory. */
json_t *json_base64url(struct mdoc_bytes bytes);

/* New JSON string from bytes that should be UTF-8 text; NULL: memory or not UTF-8. */
json_t *json_text(struct mdoc_bytes text);

#endif
