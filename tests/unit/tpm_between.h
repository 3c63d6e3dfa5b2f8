/*
 * tests/unit/tpm_between.h: somebody on the bus between a device and the swtpm of these tests, who listens, answers
 * instead of the TPM, or changes what it says.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_UNIT_TPM_BETWEEN_H
#define TESTS_UNIT_TPM_BETWEEN_H

#include <stddef.h>
#include <stdint.h>

#define BETWEEN_ROOM 4096
#define BETWEEN_HANG_UP SIZE_MAX

/* Called in the relay's thread, one after the other; NULL: nothing special. */
struct between_rules {
	/* A command. Length of the relay's own answer; 0: the TPM shall answer; or BETWEEN_HANG_UP. */
	size_t (*before)(void *arg, const uint8_t *command, size_t len, uint8_t *answer);

	/* The TPM's answer, to be changed in place. Its new length, or BETWEEN_HANG_UP. */
	size_t (*after)(void *arg, const uint8_t *command, size_t command_len, uint8_t *answer, size_t len);
	void *arg;
};

/* Begin to listen; the TCTI. The rules are borrowed until between_end(). */
const char *between_begin(const struct between_rules *rules);
void between_end(void);

/* An answer that is nothing but a code; its length. */
size_t between_code(uint8_t *answer, uint32_t code);

/* The command code. */
uint32_t between_command(const uint8_t *command);

#endif
