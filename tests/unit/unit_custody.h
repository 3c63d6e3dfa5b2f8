/*
 * tests/unit/unit_custody.h: the suites of unit-custody.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_UNIT_CUSTODY_H
#define TESTS_UNIT_CUSTODY_H

#include <CUnit/CUnit.h>

extern CU_TestInfo tests_p11_pkey[], tests_cms[];

int cms_start(void);
int cms_stop(void);

#endif
