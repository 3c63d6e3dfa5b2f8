/*
 * tests/unit/swtpm.h: a TPM 2.0 of the test program's own, emulated by swtpm: private state in a scratch folder, a Unix
 * socket in it, no root. It ends with the program. It serves one connection at a time.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_UNIT_SWTPM_H
#define TESTS_UNIT_SWTPM_H

#include <stdbool.h>

/* A new TPM. MDOC_PKCS11_TCTI names it from now on. False: there is no swtpm. */
bool swtpm_start(void);

/* Gone, with all that it kept. */
void swtpm_stop(void);

/* A power cycle: what was loaded is forgotten, what is kept in NV stays, and so does the TCTI. Also after a kill. */
bool swtpm_restart(void);

/* End it where it stands; nobody listens until a restart. */
void swtpm_kill(void);

/* Another TPM takes its place, which knows nothing of what this one was told. Same TCTI. */
bool swtpm_replace(void);

/* As tpm2-tools take it. */
const char *swtpm_tcti(void);

/* Of the socket, for who stands between. */
const char *swtpm_path(void);

#endif
