/*
 * form.h: application/x-www-form-urlencoded: queries of URIs and bodies of POST requests.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_FORM_H
#define TOOLS_FORM_H

#include <mdoc/bytes.h>

/* Append "name=value", encoded, after an "&" unless `form` is empty. */
void form_put(struct mdoc_buf *form, const char *name, struct mdoc_bytes value);

/*
 * The value of a name.
 *
 * value  appended to, decoded; a NUL follows that is not counted
 *
 * MDOC_ERR_MISSING: there is no such name; MDOC_ERR_DUPLICATE_KEY: it is there twice; MDOC_ERR_MALFORMED: an escape
 * that is none, or a NUL; MDOC_ERR_MEMORY
 */
enum mdoc_result form_get(struct mdoc_bytes form, const char *name, struct mdoc_buf *value);

#endif
