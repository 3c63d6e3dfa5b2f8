/*
 * tokens/tpm/line.h: the way to a TPM, as a TCTI over a TCTI. It remembers the command that it sent, so that a busy
 * TPM can be asked again and room can be made for objects; what is above it sees final answers only. It knows which
 * objects and sessions its commands have left in the TPM.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_TPM_LINE_H
#define TOKENS_TPM_LINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <tss2/tss2_tcti.h>

#include "tokens/result.h"

#define LINE_BUFFER 4096
#define LINE_HANDLES 32
#define LINE_FDS 4

/* The first handles of these kinds: libtss2's TPM2_TRANSIENT_FIRST shifts a bit out of an int. */
#define LINE_TRANSIENT ((TPM2_HANDLE)TPM2_HT_TRANSIENT << TPM2_HR_SHIFT)
#define LINE_LOADED_SESSION ((TPM2_HANDLE)TPM2_HT_LOADED_SESSION << TPM2_HR_SHIFT)

struct line;

/* The TPM has no room (code says of what) for this command: true when there is some now, and it shall be sent again.
 * May call line_flush() and line_sweep(). */
typedef bool line_room(void *arg, TSS2_RC code, const uint8_t *command, size_t len);

/* g_log_set_handler() and g_log_remove_handler() */
typedef void line_log(const char *domain, int level, const char *text, void *arg);
typedef unsigned line_log_set(const char *domain, int levels, line_log *handler, void *arg);
typedef void line_log_unset(const char *domain, unsigned id);

struct line {
	TSS2_TCTI_CONTEXT_COMMON_V1 tcti; /* what SAPI is given; must be the first */
	TSS2_TCTI_CONTEXT *real;          /* NULL: a socket of our own, or closed */
	int socket;                       /* -1: none */
	line_log_set *log_set;            /* GLib's, where the TCTI brings that; or NULL */
	line_log_unset *log_unset;
	struct pollfd fds[LINE_FDS];
	size_t fd_count;
	bool open;
	bool exclusive; /* serves one at a time, and what we leave in the TPM is in others' way */
	bool few_slots; /* the manager of resources has three for us */
	bool broken;    /* an exchange has failed: nobody knows what the TPM has done */
	bool silent;    /* for it had no answer in time: another would have none, either */
	bool swept;
	int64_t patience_ms; /* for an answer */
	line_room *room;
	void *room_arg;
	atomic_ullong commands; /* sent, also again */
	TPM2_HANDLE handles[LINE_HANDLES];
	size_t handle_count;
	uint8_t command[LINE_BUFFER];
	size_t command_len;
	bool answered;
	uint8_t answer[LINE_BUFFER];
	size_t answer_len;
};

/* Once, before line_open(). */
void line_begin(struct line *line, line_room *room, void *arg);

/* tcti: as tpm2-tools take it; NULL: /dev/tpmrm0, else tabrmd. TOKEN_ERR_DEVICE. Waits for a device that somebody else
 * has open. */
enum token_result line_open(struct line *line, const char *tcti);

/* Flushes all that is left in the TPM, unless the line is broken. */
void line_close(struct line *line);

/* Inside a room function and between commands. */
TSS2_RC line_flush(struct line *line, TPM2_HANDLE handle);

/* Exclusive lines: flush objects and sessions that are not of this connection, which a killed process left. How many. */
size_t line_sweep(struct line *line);

/* Does the command name this handle among its first? Says yes rather too often. */
bool line_names(const uint8_t *command, size_t len, TPM2_HANDLE handle);

/* Does its answer begin with the handle of something that is in the TPM from then on? */
bool line_gives_handle(const uint8_t *command);

/* Around calls of a TCTI that may print by GLib. */
unsigned line_hush(const struct line *line);
void line_unhush(const struct line *line, unsigned id);

uint32_t line_u32(const uint8_t *at);

/* A connection to an swtpm of our own, because libtss2's makes one for each command: then nothing keeps other programs'
 * commands from coming between. conf: "host=…,port=…" or "path=…", with libtss2's defaults. -1: refused. */
int line_connect(const char *conf);

#endif
