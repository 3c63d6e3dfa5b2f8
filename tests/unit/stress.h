/*
 * tests/unit/stress.h: what the stress tests share. Each of them prints one line, "ok - …" or "not ok - …".
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_UNIT_STRESS_H
#define TESTS_UNIT_STRESS_H

#include "tests/unit/conduct.h"

#define STRESS_THREADS 16
#define STRESS_PROCESSES 8

/* Sanitizers cannot fork amid calls, and do not know what memory costs. */
#if defined(__SANITIZE_THREAD__)
#define STRESS_TSAN 1
#endif
#ifndef STRESS_TSAN
#define STRESS_TSAN 0
#endif
#if defined(__SANITIZE_ADDRESS__)
#define STRESS_ASAN 1
#else
#define STRESS_ASAN 0
#endif

/* Seconds that one test takes: STRESS_SECONDS in the environment, else 1. */
unsigned stress_seconds(void);

/* When the test that starts now is to end; and is it time? */
void stress_start(void);
bool stress_is_over(void);

/* One more answer that should not have been; the first few are printed. */
void stress_failure(const char *what, CK_RV rv);

/* Print the test's line, and begin to count anew. count: what it did how often. */
void stress_done(const char *claim, unsigned long count, const char *what);

extern int stress_not_ok;

/* Objects on the token that the session sees. */
CK_ULONG stress_count(CK_SESSION_HANDLE session);

/* Generate, sign, verify, find and destroy once in a logged-in session; true: all of it was right. */
bool stress_round(CK_SESSION_HANDLE session);

void stress_threads(void);   /* stress_threads.c */
void stress_processes(void); /* stress_processes.c */

/* `unit-stress --child MODE` of stress_processes(). */
int stress_child(const char *mode);

#endif
