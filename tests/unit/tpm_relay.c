/*
 * tests/unit/tpm_relay.c: one connection at a time, as the TPM behind it serves them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/tpm_relay.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/swtpm.h"

#define NOTE_MAX (4u << 20)
#define MESSAGE_MAX 8192
#define CODES_MAX 65536

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_t thread;
static int listener = -1;
static char path[40], tcti[60];
static uint8_t *note;
static size_t note_len;
static uint32_t codes[CODES_MAX];
static unsigned commands, cut_at;
static bool has_cut;
static uint32_t push_before;
static const uint8_t *pushed;
static size_t pushed_len;

static uint32_t
get_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static bool
read_all(int fd, uint8_t *bytes, size_t len)
{
	ssize_t n;

	for (; len > 0; bytes += n, len -= (size_t)n) {
		n = read(fd, bytes, len);
		if (n <= 0)
			return false;
	}
	return true;
}

/* A command or an answer: both have their length at the third byte. 0: the end. */
static size_t
read_message(int fd, uint8_t message[MESSAGE_MAX])
{
	uint32_t len;

	if (!read_all(fd, message, 10))
		return 0;
	len = get_u32(message + 2);
	return len >= 10 && len <= MESSAGE_MAX && read_all(fd, message + 10, len - 10) ? len : 0;
}

static void
take_note(const uint8_t *message, size_t len)
{
	if (note_len + len <= NOTE_MAX) {
		memcpy(note + note_len, message, len);
		note_len += len;
	}
}

/* A command on its way; true: its answer is to be lost. */
static bool
note_command(const uint8_t *message, size_t len)
{
	bool cut;

	(void)pthread_mutex_lock(&lock);
	take_note(message, len);
	if (commands < CODES_MAX)
		codes[commands] = get_u32(message + 6);
	commands++;
	cut = cut_at != 0 && --cut_at == 0;
	has_cut = has_cut || cut;
	(void)pthread_mutex_unlock(&lock);
	return cut;
}

/* All of them well, or the test is none. */
static void
push_in(int tpm, uint32_t code)
{
	uint8_t answer[MESSAGE_MAX];
	size_t len;

	(void)pthread_mutex_lock(&lock);
	for (; code == push_before && pushed_len > 0; pushed += len, pushed_len -= len) {
		len = get_u32(pushed + 2);
		if (send(tpm, pushed, len, MSG_NOSIGNAL) != (ssize_t)len || read_message(tpm, answer) == 0 ||
			get_u32(answer + 6) != 0)
			abort();
	}
	(void)pthread_mutex_unlock(&lock);
}

static void
serve(int client, int tpm)
{
	uint8_t message[MESSAGE_MAX];
	size_t len;
	bool cut;

	for (;;) {
		len = read_message(client, message);
		if (len == 0)
			return;
		cut = note_command(message, len);
		push_in(tpm, get_u32(message + 6));
		if (send(tpm, message, len, MSG_NOSIGNAL) != (ssize_t)len)
			return;
		len = read_message(tpm, message);
		if (len == 0 || cut)
			return;
		(void)pthread_mutex_lock(&lock);
		take_note(message, len);
		(void)pthread_mutex_unlock(&lock);
		if (send(client, message, len, MSG_NOSIGNAL) != (ssize_t)len)
			return;
	}
}

static int
connect_tpm(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", swtpm_path());
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void *
run(void *arg)
{
	int client, tpm;

	(void)arg;
	while ((client = accept(listener, NULL, NULL)) >= 0) {
		tpm = connect_tpm();
		if (tpm >= 0) {
			serve(client, tpm);
			close(tpm);
		}
		close(client);
	}
	return NULL;
}

bool
relay_start(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(path, sizeof(path), "/tmp/unit-relay-%ld", (long)getpid());
	snprintf(tcti, sizeof(tcti), "swtpm:path=%s", path);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	note = malloc(NOTE_MAX);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)unlink(path);
	cut_at = 0;
	relay_clear();
	return note != NULL && bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0 &&
		listen(listener, 4) == 0 && pthread_create(&thread, NULL, run, NULL) == 0;
}

void
relay_stop(void)
{
	(void)shutdown(listener, SHUT_RDWR);
	(void)pthread_join(thread, NULL);
	close(listener);
	(void)unlink(path);
	free(note);
	note = NULL;
}

const char *
relay_tcti(void)
{
	return tcti;
}

void
relay_clear(void)
{
	(void)pthread_mutex_lock(&lock);
	note_len = 0;
	commands = 0;
	has_cut = false;
	(void)pthread_mutex_unlock(&lock);
}

static bool
contains(const void *bytes, size_t len)
{
	for (size_t at = 0; at + len <= note_len; at++) {
		if (memcmp(note + at, bytes, len) == 0)
			return true;
	}
	return false;
}

bool
relay_saw(const void *bytes, size_t len)
{
	bool saw;

	(void)pthread_mutex_lock(&lock);
	saw = contains(bytes, len);
	(void)pthread_mutex_unlock(&lock);
	return saw;
}

bool
relay_saw_command(uint32_t code)
{
	bool saw = false;

	(void)pthread_mutex_lock(&lock);
	for (unsigned i = 0; i < commands && i < CODES_MAX; i++)
		saw = saw || codes[i] == code;
	(void)pthread_mutex_unlock(&lock);
	return saw;
}

unsigned
relay_commands(void)
{
	unsigned count;

	(void)pthread_mutex_lock(&lock);
	count = commands;
	(void)pthread_mutex_unlock(&lock);
	return count;
}

void
relay_cut(unsigned nth)
{
	(void)pthread_mutex_lock(&lock);
	cut_at = nth;
	has_cut = false;
	(void)pthread_mutex_unlock(&lock);
}

bool
relay_has_cut(void)
{
	bool cut;

	(void)pthread_mutex_lock(&lock);
	cut = has_cut;
	(void)pthread_mutex_unlock(&lock);
	return cut;
}

void
relay_push_in(uint32_t code, const uint8_t *others, size_t len)
{
	(void)pthread_mutex_lock(&lock);
	push_before = code;
	pushed = others;
	pushed_len = len;
	(void)pthread_mutex_unlock(&lock);
}
