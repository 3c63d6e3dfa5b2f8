/*
 * tokens/tpm/line.c: send, wait, send again.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/tpm/line.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <tss2/tss2_tpm2_types.h>
#include <unistd.h>

#define HEADER 10
#define TAG_NO_SESSIONS 0x8001
#define ANSWER_WAIT_MS 60000 /* a key of another program, or another program's turn */
#define BUSY_WAIT_MS 5000    /* in all, for a TPM that says "later" */
#define BUSY_STEP_MS 500
#define ROOM_ROUNDS 24

uint32_t
line_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void
put_u32(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 24);
	at[1] = (uint8_t)(value >> 16);
	at[2] = (uint8_t)(value >> 8);
	at[3] = (uint8_t)value;
}

static int64_t
now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- One exchange ------------------------------------------------------------------------ */

/* Whoever writes to a TPM that is gone must not end the application: libtss2 writes without MSG_NOSIGNAL. */
static TSS2_RC
transmit_quietly(struct line *line, const uint8_t *command, size_t len)
{
	const struct timespec at_once = { 0, 0 };
	sigset_t pipes, before, waiting;
	TSS2_RC rc;

	(void)sigemptyset(&pipes);
	(void)sigaddset(&pipes, SIGPIPE);
	(void)pthread_sigmask(SIG_BLOCK, &pipes, &before);
	(void)sigpending(&waiting);
	rc = Tss2_Tcti_Transmit(line->real, len, command);
	if (rc != TSS2_RC_SUCCESS && !sigismember(&waiting, SIGPIPE))
		(void)sigtimedwait(&pipes, NULL, &at_once);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}

static TSS2_RC
socket_transmit(struct line *line, const uint8_t *command, size_t len)
{
	ssize_t sent;

	while (len > 0) {
		sent = send(line->socket, command, len, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return TSS2_TCTI_RC_IO_ERROR;
		command += sent;
		len -= (size_t)sent;
	}
	return TSS2_RC_SUCCESS;
}

/* Until something can be read. */
static TSS2_RC
wait_for_answer(struct line *line, int64_t until)
{
	int64_t left;
	int ready;

	if (line->fd_count == 0)
		return TSS2_RC_SUCCESS;
	do {
		left = until - now_ms();
		ready = left > 0 ? poll(line->fds, line->fd_count, (int)left) : 0;
	} while (ready < 0 && errno == EINTR);
	line->silent = ready == 0;
	return ready > 0 ? TSS2_RC_SUCCESS : TSS2_TCTI_RC_IO_ERROR;
}

static TSS2_RC
socket_receive(struct line *line, uint8_t *answer, size_t *len, int64_t until)
{
	size_t want = HEADER, have = 0;
	ssize_t got;

	while (have < want) {
		if (wait_for_answer(line, until) != TSS2_RC_SUCCESS)
			return TSS2_TCTI_RC_IO_ERROR;
		/* More than a header in one call, as a rule: the TPM says nothing that was not asked for. */
		got = recv(line->socket, answer + have, LINE_BUFFER - have, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return TSS2_TCTI_RC_IO_ERROR;
		have += (size_t)got;
		if (have >= HEADER)
			want = line_u32(answer + 2);
		if (want < HEADER || want > LINE_BUFFER)
			return TSS2_TCTI_RC_MALFORMED_RESPONSE;
	}
	*len = have;
	return TSS2_RC_SUCCESS;
}

/* A resource manager says whose error it is; it's all the same to us. */
static void
drop_layer(uint8_t *answer)
{
	const TSS2_RC code = line_u32(answer + 6), layer = code & TSS2_RC_LAYER_MASK;

	if ((layer == TSS2_RESMGR_RC_LAYER || layer == TSS2_RESMGR_TPM_RC_LAYER) &&
		(code & (TPM2_RC_VER1 | TPM2_RC_FMT1)) != 0)
		put_u32(answer + 6, code & ~TSS2_RC_LAYER_MASK);
}

static TSS2_RC
exchange_once(struct line *line, const uint8_t *command, size_t len, uint8_t *answer, size_t *answer_len)
{
	const int64_t until = now_ms() + line->patience_ms;
	unsigned hushed;
	TSS2_RC rc;

	atomic_fetch_add_explicit(&line->commands, 1, memory_order_relaxed);
	*answer_len = LINE_BUFFER;
	if (line->socket >= 0) {
		rc = socket_transmit(line, command, len);
		if (rc == TSS2_RC_SUCCESS)
			rc = socket_receive(line, answer, answer_len, until);
	} else {
		hushed = line_hush(line);
		rc = transmit_quietly(line, command, len);
		if (rc == TSS2_RC_SUCCESS)
			rc = wait_for_answer(line, until);
		if (rc == TSS2_RC_SUCCESS)
			rc = Tss2_Tcti_Receive(line->real, answer_len, answer, TSS2_TCTI_TIMEOUT_BLOCK);
		line_unhush(line, hushed);
	}
	if (rc == TSS2_RC_SUCCESS && (*answer_len < HEADER || line_u32(answer + 2) != *answer_len))
		rc = TSS2_TCTI_RC_MALFORMED_RESPONSE;
	if (rc == TSS2_RC_SUCCESS) {
		drop_layer(answer);
		/* tabrmd's own line to the TPM */
		if ((line_u32(answer + 6) & TSS2_RC_LAYER_MASK) == TSS2_TCTI_RC_LAYER)
			rc = TSS2_TCTI_RC_IO_ERROR;
	}
	return rc;
}

static bool
is_busy(TSS2_RC code)
{
	return code == TPM2_RC_RETRY || code == TPM2_RC_YIELDED || code == TPM2_RC_TESTING ||
		code == TPM2_RC_CANCELED || code == TPM2_RC_NV_RATE || code == TPM2_RC_NV_UNAVAILABLE;
}

static void
sleep_ms(int64_t ms)
{
	struct timespec left = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		;
}

/* Until the TPM has done it or refused it. */
static TSS2_RC
exchange(struct line *line, const uint8_t *command, size_t len, uint8_t *answer, size_t *answer_len)
{
	int64_t step = 1, waited = 0;
	TSS2_RC rc;

	if (line->broken)
		return TSS2_TCTI_RC_IO_ERROR;
	for (;;) {
		rc = exchange_once(line, command, len, answer, answer_len);
		if (rc != TSS2_RC_SUCCESS)
			line->broken = true;
		if (rc != TSS2_RC_SUCCESS || !is_busy(line_u32(answer + 6)) || waited >= BUSY_WAIT_MS)
			return rc;
		sleep_ms(step);
		waited += step;
		step = step * 2 < BUSY_STEP_MS ? step * 2 : BUSY_STEP_MS;
	}
}

/* ---- What is left in the TPM -------------------------------------------------------------- */

bool
line_gives_handle(const uint8_t *command)
{
	const TPM2_CC code = line_u32(command + 6);

	return code == TPM2_CC_CreatePrimary || code == TPM2_CC_Load || code == TPM2_CC_LoadExternal ||
		code == TPM2_CC_CreateLoaded || code == TPM2_CC_ContextLoad || code == TPM2_CC_StartAuthSession ||
		code == TPM2_CC_HashSequenceStart || code == TPM2_CC_HMAC_Start;
}

static void
forget_handle(struct line *line, TPM2_HANDLE handle)
{
	size_t i;

	for (i = 0; i < line->handle_count; i++) {
		if (line->handles[i] == handle)
			line->handles[i--] = line->handles[--line->handle_count];
	}
}

/* After a command that went well. */
static void
note_handle(struct line *line, const uint8_t *command, size_t len, const uint8_t *answer, size_t answer_len)
{
	const TPM2_CC code = line_u32(command + 6);
	TPM2_HANDLE handle;

	if (code == TPM2_CC_FlushContext && len >= HEADER + 4) {
		forget_handle(line, line_u32(command + HEADER));
	} else if (line_gives_handle(command) && answer_len >= HEADER + 4) {
		handle = line_u32(answer + HEADER);
		forget_handle(line, handle);
		if (line->handle_count < LINE_HANDLES)
			line->handles[line->handle_count++] = handle;
	}
}

static bool
is_ours(const struct line *line, TPM2_HANDLE handle)
{
	size_t i;

	for (i = 0; i < line->handle_count; i++) {
		if (line->handles[i] == handle)
			return true;
	}
	return false;
}

static size_t
begin_command(uint8_t *command, TPM2_CC code, const uint32_t *words, size_t count)
{
	const size_t len = HEADER + 4 * count;
	size_t i;

	put_u32(command, (uint32_t)TAG_NO_SESSIONS << 16);
	put_u32(command + 2, (uint32_t)len);
	put_u32(command + 6, code);
	for (i = 0; i < count; i++)
		put_u32(command + HEADER + 4 * i, words[i]);
	return len;
}

TSS2_RC
line_flush(struct line *line, TPM2_HANDLE handle)
{
	uint8_t command[HEADER + 4], answer[LINE_BUFFER];
	size_t answer_len;
	TSS2_RC rc;

	forget_handle(line, handle);
	(void)begin_command(command, TPM2_CC_FlushContext, &handle, 1);
	rc = exchange(line, command, sizeof(command), answer, &answer_len);
	return rc == TSS2_RC_SUCCESS ? line_u32(answer + 6) : rc;
}

/* Those of one kind, from `first` on, that are in the TPM and not ours. */
static size_t
sweep_kind(struct line *line, TPM2_HANDLE first)
{
	const uint32_t words[] = { TPM2_CAP_HANDLES, first, LINE_HANDLES };
	uint8_t command[HEADER + sizeof(words)], answer[LINE_BUFFER];
	size_t answer_len, count, i, flushed = 0;
	TPM2_HANDLE handle;

	(void)begin_command(command, TPM2_CC_GetCapability, words, 3);
	if (exchange(line, command, sizeof(command), answer, &answer_len) != TSS2_RC_SUCCESS ||
		line_u32(answer + 6) != TPM2_RC_SUCCESS || answer_len < HEADER + 9)
		return 0;
	count = line_u32(answer + HEADER + 5);
	for (i = 0; i < count && HEADER + 9 + 4 * i + 4 <= answer_len; i++) {
		handle = line_u32(answer + HEADER + 9 + 4 * i);
		if (!is_ours(line, handle) && line_flush(line, handle) == TPM2_RC_SUCCESS)
			flushed++;
	}
	return flushed;
}

size_t
line_sweep(struct line *line)
{
	if (!line->exclusive)
		return 0;
	return sweep_kind(line, LINE_TRANSIENT) + sweep_kind(line, LINE_LOADED_SESSION);
}

bool
line_names(const uint8_t *command, size_t len, TPM2_HANDLE handle)
{
	size_t at;

	for (at = HEADER; at < HEADER + 12 && at + 4 <= len; at += 4) {
		if (line_u32(command + at) == handle)
			return true;
	}
	return false;
}

/* ---- What SAPI sees ------------------------------------------------------------------------ */

static struct line *
line_of(TSS2_TCTI_CONTEXT *tcti)
{
	return (struct line *)(void *)tcti;
}

static TSS2_RC
tcti_transmit(TSS2_TCTI_CONTEXT *tcti, size_t size, const uint8_t *command)
{
	struct line *line = line_of(tcti);

	if (size < HEADER || size > LINE_BUFFER)
		return TSS2_TCTI_RC_BAD_VALUE;
	memcpy(line->command, command, size);
	line->command_len = size;
	line->answered = false;
	return TSS2_RC_SUCCESS;
}

/* A TPM that nobody has started yet, as a bare simulator is. */
static bool
start_up(struct line *line)
{
	uint8_t command[HEADER + 4], answer[LINE_BUFFER];
	const uint32_t word = (uint32_t)TPM2_SU_CLEAR << 16;
	size_t answer_len;

	(void)begin_command(command, TPM2_CC_Startup, &word, 1);
	put_u32(command + 2, HEADER + 2);
	return exchange(line, command, HEADER + 2, answer, &answer_len) == TSS2_RC_SUCCESS &&
		line_u32(answer + 6) == TPM2_RC_SUCCESS;
}

static bool
can_do_something(struct line *line, TSS2_RC code)
{
	switch (code) {
	case TPM2_RC_INITIALIZE:
		return line->exclusive && start_up(line);
	case TPM2_RC_OBJECT_MEMORY:
	case TPM2_RC_SESSION_MEMORY:
	case TPM2_RC_MEMORY:
	case TPM2_RC_OBJECT_HANDLES:
	case TPM2_RC_SESSION_HANDLES:
		return line->room(line->room_arg, code, line->command, line->command_len);
	default:
		return false;
	}
}

static TSS2_RC
final_answer(struct line *line)
{
	unsigned rounds = 0;
	TSS2_RC rc, code;

	do {
		rc = exchange(line, line->command, line->command_len, line->answer, &line->answer_len);
		if (rc != TSS2_RC_SUCCESS)
			return rc;
		code = line_u32(line->answer + 6);
	} while (code != TPM2_RC_SUCCESS && rounds++ < ROOM_ROUNDS && can_do_something(line, code));
	if (code == TPM2_RC_SUCCESS)
		note_handle(line, line->command, line->command_len, line->answer, line->answer_len);
	return TSS2_RC_SUCCESS;
}

static TSS2_RC
tcti_receive(TSS2_TCTI_CONTEXT *tcti, size_t *size, uint8_t *answer, int32_t timeout)
{
	struct line *line = line_of(tcti);
	const size_t room = *size;
	TSS2_RC rc;

	(void)timeout;
	if (!line->answered) {
		rc = final_answer(line);
		if (rc != TSS2_RC_SUCCESS)
			return rc;
		line->answered = true;
	}
	*size = line->answer_len;
	if (answer == NULL)
		return TSS2_RC_SUCCESS;
	if (room < line->answer_len)
		return TSS2_TCTI_RC_INSUFFICIENT_BUFFER;
	memcpy(answer, line->answer, line->answer_len);
	return TSS2_RC_SUCCESS;
}

void
line_begin(struct line *line, line_room *room, void *arg)
{
	memset(line, 0, sizeof(*line));
	line->tcti.version = 1;
	line->tcti.transmit = tcti_transmit;
	line->tcti.receive = tcti_receive;
	line->socket = -1;
	line->patience_ms = ANSWER_WAIT_MS;
	line->room = room;
	line->room_arg = arg;
	atomic_init(&line->commands, 0);
}
