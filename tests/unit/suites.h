/*
 * tests/unit/suites.h: a program that runs suites and does nothing else says which, and links suites.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_SUITES_H
#define TESTS_SUITES_H

#include <CUnit/Basic.h>

extern CU_SuiteInfo suites[];

#endif
