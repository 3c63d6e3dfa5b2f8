/*
 * tokens/authenticator_run.h: run a helper program for one line in and one line out.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_AUTHENTICATOR_RUN_H
#define TOKENS_AUTHENTICATOR_RUN_H

#include <stddef.h>

#include "tokens/arena.h"
#include "tokens/result.h"

#define AUTHENTICATOR_LINE_MAX 4096

/*
 * The program has the environment PATH and LC_ALL only, a process group of its own, and no descriptor but 0 and 1 (the
 * line to us) and 2 (/dev/null). It is killed with its group as soon as it has answered, and after wait_ms.
 *
 * line  its answer in the arena, without the newline: *len bytes
 *
 * TOKEN_ERR_AUTHENTICATOR  it cannot be run, ended without a line, was too slow, or said too much
 */
enum token_result authenticator_run(const char *path, const char *question, size_t question_len, int wait_ms,
	struct secret *line, size_t *len);

#endif
