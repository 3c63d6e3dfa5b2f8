/*
 * notices.h: what must be shown to an applicant before a record is kept (R-NOT-01 to R-NOT-05).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_TOKEN_NOTICES_H
#define TOOLS_TOKEN_NOTICES_H

#include <stdio.h>

/* Changes whenever a word of the notices changes. */
#define NOTICES_VERSION "2025-02/1"

/* The four notices of the technical standard (4), verbatim in Japanese, each with an English
 * translation, whatever the language of the user. */
void notices_print(FILE *to);

#endif
