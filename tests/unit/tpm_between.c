/*
 * tests/unit/tpm_between.c: one connection at a time, as swtpm.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/tpm_between.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/swtpm.h"
#include "tokens/tpm/line.h"

#define HEADER 10

static struct {
	const struct between_rules *rules;
	pthread_t thread;
	int listener;
	char path[108], tcti[128];
} between;

uint32_t
between_command(const uint8_t *command)
{
	return line_u32(command + 6);
}

size_t
between_code(uint8_t *answer, uint32_t code)
{
	const uint8_t bytes[HEADER] = { 0x80, 0x01, 0, 0, 0, HEADER, (uint8_t)(code >> 24), (uint8_t)(code >> 16),
		(uint8_t)(code >> 8), (uint8_t)code };

	memcpy(answer, bytes, HEADER);
	return HEADER;
}

/* A whole command or answer; 0: the other side is gone. */
static size_t
read_one(int fd, uint8_t *bytes)
{
	size_t have = 0, want = HEADER;
	ssize_t got;

	while (have < want) {
		got = recv(fd, bytes + have, want - have, 0);
		if (got <= 0)
			return 0;
		have += (size_t)got;
		if (have == HEADER)
			want = line_u32(bytes + 2);
		if (want < HEADER || want > BETWEEN_ROOM)
			return 0;
	}
	return have;
}

static bool
write_one(int fd, const uint8_t *bytes, size_t len)
{
	return send(fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static int
connect_upstream(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", swtpm_path());
	if (fd < 0 || connect(fd, (const struct sockaddr *)(const void *)&address, sizeof(address)) != 0)
		abort();
	return fd;
}

/* False: hang up. */
static bool
pass(int client, int *upstream, const uint8_t *command, size_t len)
{
	const struct between_rules *rules = between.rules;
	uint8_t answer[BETWEEN_ROOM];
	size_t answer_len = 0;

	if (rules->before != NULL)
		answer_len = rules->before(rules->arg, command, len, answer);
	if (answer_len == 0) {
		if (*upstream < 0)
			*upstream = connect_upstream();
		answer_len = write_one(*upstream, command, len) ? read_one(*upstream, answer) : 0;
		if (answer_len == 0)
			return false;
		if (rules->after != NULL)
			answer_len = rules->after(rules->arg, command, len, answer, answer_len);
	}
	return answer_len != BETWEEN_HANG_UP && write_one(client, answer, answer_len);
}

static void
serve(int client)
{
	uint8_t command[BETWEEN_ROOM];
	int upstream = -1;
	size_t len;

	do
		len = read_one(client, command);
	while (len > 0 && pass(client, &upstream, command, len));
	if (upstream >= 0)
		(void)close(upstream);
	(void)close(client);
}

static void *
run(void *unused)
{
	int client;

	(void)unused;
	while ((client = accept(between.listener, NULL, NULL)) >= 0)
		serve(client);
	return NULL;
}

const char *
between_begin(const struct between_rules *rules)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	between.rules = rules;
	(void)snprintf(between.path, sizeof(between.path), "%s.relay", swtpm_path());
	(void)snprintf(between.tcti, sizeof(between.tcti), "swtpm:path=%s", between.path);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", between.path);
	between.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (between.listener < 0 ||
		bind(between.listener, (const struct sockaddr *)(const void *)&address, sizeof(address)) != 0 ||
		listen(between.listener, 4) != 0 || pthread_create(&between.thread, NULL, run, NULL) != 0)
		abort();
	return between.tcti;
}

void
between_end(void)
{
	(void)shutdown(between.listener, SHUT_RDWR);
	(void)pthread_join(between.thread, NULL);
	(void)close(between.listener);
	(void)unlink(between.path);
}
