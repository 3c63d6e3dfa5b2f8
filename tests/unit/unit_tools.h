/*
 * tests/unit/unit_tools.h: the suites of what the programs are made of.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef UNIT_TOOLS_H
#define UNIT_TOOLS_H

#include <CUnit/Basic.h>
#include <stdio.h>

/* A folder for files, removed at the end. */
extern char unit_tools_folder[];
const char *unit_tools_path(const char *name); /* in a static buffer */

/* Run without the noise that a refusal makes on stdout and stderr. */
void unit_tools_hush(void);
void unit_tools_speak(void);

extern CU_TestInfo base64url_tests[], jwt_tests[], file_tests[], options_tests[], pin_tests[], terminal_tests[],
	batch_tests[], value_tests[], stream_tests[], trace_tests[], card_plan_tests[];

#endif
