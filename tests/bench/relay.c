/*
 * A relay of TPM commands, in a process of its own so that its work is nobody's CPU time but its own.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"

#include "tests/bench/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/bench/bench.h"

#define HEADER 10 /* tag, size and code: the size stands at the third byte */
#define ROOM 8192

/* In a file, so that who is run again finds it. */
struct shared {
	_Atomic uint64_t commands;
	_Atomic uint64_t nanoseconds;
};

static struct sockaddr_un tpm_address, control_address;
static int control_listener;

static struct shared *
shared_at(const char *path, int flags)
{
	char name[128];
	struct shared *shared;
	int fd;

	snprintf(name, sizeof(name), "%s.count", path);
	fd = open(name, O_RDWR | O_CLOEXEC | flags, 0600);
	bench_need(fd >= 0 && ftruncate(fd, sizeof(*shared)) == 0, "no relay");
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	bench_need(shared != MAP_FAILED, "no relay");
	close(fd);
	return shared;
}

static struct sockaddr_un
address_of(const char *path, const char *suffix)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s%s", path, suffix);
	return address;
}

static int
listen_at(const char *path, const char *suffix)
{
	const struct sockaddr_un address = address_of(path, suffix);
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	bench_need(fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 && listen(fd, 8) == 0,
		"no socket for the relay");
	return fd;
}

static int
connect_to(const struct sockaddr_un *address)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool
read_all(int fd, uint8_t *bytes, size_t len)
{
	while (len > 0) {
		const ssize_t got = read(fd, bytes, len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		bytes += got;
		len -= (size_t)got;
	}
	return true;
}

static bool
write_all(int fd, const uint8_t *bytes, size_t len)
{
	while (len > 0) {
		const ssize_t put = send(fd, bytes, len, MSG_NOSIGNAL);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		bytes += put;
		len -= (size_t)put;
	}
	return true;
}

/* One command or answer; 0: there is none any more. */
static size_t
read_message(int fd, uint8_t *bytes)
{
	size_t len;

	if (!read_all(fd, bytes, HEADER))
		return 0;
	len = (size_t)bytes[2] << 24 | (size_t)bytes[3] << 16 | (size_t)bytes[4] << 8 | bytes[5];
	if (len < HEADER || len > ROOM || !read_all(fd, bytes + HEADER, len - HEADER))
		return 0;
	return len;
}

static void
serve(int client, struct shared *shared)
{
	static uint8_t bytes[ROOM];
	const int tpm = connect_to(&tpm_address);
	size_t len;

	while (tpm >= 0 && (len = read_message(client, bytes)) > 0) {
		const double begin = bench_now();

		if (!write_all(tpm, bytes, len) || (len = read_message(tpm, bytes)) == 0)
			break;
		atomic_fetch_add(&shared->nanoseconds, (uint64_t)((bench_now() - begin) * 1e9));
		atomic_fetch_add(&shared->commands, 1);
		if (!write_all(client, bytes, len))
			break;
	}
	if (tpm >= 0)
		close(tpm);
	close(client);
}

/* The control channel: questions and answers of the emulator's own, short ones. */
static void
pass(int client)
{
	const int tpm = connect_to(&control_address);
	struct pollfd both[2] = { { client, POLLIN, 0 }, { tpm, POLLIN, 0 } };
	uint8_t bytes[512];
	bool open = tpm >= 0;

	while (open && poll(both, 2, -1) > 0) {
		for (size_t i = 0; i < 2; i++) {
			ssize_t got;

			if (both[i].revents == 0)
				continue;
			got = read(both[i].fd, bytes, sizeof(bytes));
			if (got <= 0 || !write_all(both[1 - i].fd, bytes, (size_t)got))
				open = false;
		}
	}
	if (tpm >= 0)
		close(tpm);
	close(client);
}

static void *
control(void *arg)
{
	(void)arg;
	for (;;) {
		const int client = accept(control_listener, NULL, NULL);

		if (client >= 0)
			pass(client);
	}
	return NULL;
}

void
relay_start(const char *path, const char *tpm)
{
	struct shared *shared = shared_at(path, O_CREAT);
	const int listener = listen_at(path, "");
	const pid_t parent = getpid();
	pthread_t thread;
	pid_t child;

	control_listener = listen_at(path, ".ctrl");
	tpm_address = address_of(tpm, "");
	control_address = address_of(tpm, ".ctrl");
	fflush(NULL);
	child = fork();
	bench_need(child >= 0, "no process");
	if (child > 0) {
		close(listener);
		close(control_listener);
		return;
	}
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent || pthread_create(&thread, NULL, control, NULL) != 0)
		_exit(1);
	for (;;) {
		const int client = accept(listener, NULL, NULL);

		if (client >= 0)
			serve(client, shared);
	}
}

struct relay_count
relay_count(const char *path)
{
	static struct shared *shared;

	if (shared == NULL)
		shared = shared_at(path, 0);
	return (struct relay_count){ (double)atomic_load(&shared->commands),
		(double)atomic_load(&shared->nanoseconds) / 1e9 };
}
