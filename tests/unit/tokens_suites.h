/*
 * tests/unit/tokens_suites.h: the suites of unit-tokens; each adds itself, non-zero when it cannot.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_UNIT_TOKENS_SUITES_H
#define TESTS_UNIT_TOKENS_SUITES_H

int add_store_suite(void);
int add_token_suite(void);
int add_login_suite(void);
int add_faults_suite(void);
int add_watch_suite(void);
int add_gate_suite(void);
int add_ready_suite(void);
int add_provisioner_suite(void);
int add_migrate_suite(void);

#endif
