/*
 * tests/unit/tpm_relay.h: somebody on the line between the module and the test's TPM, who notes all that passes and
 * may cut it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_UNIT_TPM_RELAY_H
#define TESTS_UNIT_TPM_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Before the TPM of swtpm_start() is there: its TCTI. */
bool relay_start(void);
void relay_stop(void);
const char *relay_tcti(void);

/* Forget what has been noted. */
void relay_clear(void);

/* Has this passed, in either direction? */
bool relay_saw(const void *bytes, size_t len);
/* Has this command been sent? */
bool relay_saw_command(uint32_t code);
unsigned relay_commands(void);

/* Let the nth command from now on (1 is the next) reach the TPM, but not its answer the module: the line breaks. */
void relay_cut(unsigned nth);
bool relay_has_cut(void);

/* Let somebody else's commands (one after the other, borrowed) come in before the next command of this code. */
void relay_push_in(uint32_t code, const uint8_t *others, size_t len);

#endif
