/*
 * TLS 1.3 servers and a client of full handshakes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"

#include "tests/bench/handshakes.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/bench.h"

#define SERVERS_MAX 4
#define PATIENCE 15.0 /* seconds until a server must answer */

static pid_t running[SERVERS_MAX];
static size_t running_count;

static void
stop_all(void)
{
	for (size_t i = 0; i < running_count; i++) {
		(void)kill(running[i], SIGTERM);
		(void)waitpid(running[i], NULL, 0);
	}
}

static struct sockaddr_in
local_address(uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static uint16_t
free_port(void)
{
	struct sockaddr_in address = local_address(0);
	socklen_t len = sizeof(address);
	const int fd = socket(AF_INET, SOCK_STREAM, 0);

	bench_need(fd >= 0 && bind(fd, (struct sockaddr *)&address, len) == 0 &&
			getsockname(fd, (struct sockaddr *)&address, &len) == 0,
		"no free port");
	(void)close(fd);
	return ntohs(address.sin_port);
}

/* In the child. Tickets and the cache are off, so that the server does a handshake and nothing else. */
static void
become_server(int input, uint16_t port, const char *certificate, const char *key, const char *config)
{
	char where[32];

	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	(void)snprintf(where, sizeof(where), "127.0.0.1:%u", (unsigned)port);
	(void)setenv("OPENSSL_CONF", config, 1);
	if (dup2(input, STDIN_FILENO) < 0 || freopen("/dev/null", "w", stdout) == NULL)
		_exit(127);
	(void)execlp("openssl", "openssl", "s_server", "-accept", where, "-cert", certificate, "-key", key, "-tls1_3",
		"-num_tickets", "0", "-no_cache", "-quiet", (char *)NULL);
	_exit(127);
}

static int
connect_to(uint16_t port)
{
	const struct sockaddr_in address = local_address(port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	bench_need(fd >= 0, "no socket");
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		(void)close(fd);
		fd = -1;
	}
	return fd;
}

/* The server's signature is always checked; whose certificate it is, is of no interest here. */
static bool
handshake(const struct handshake_server *server)
{
	const int fd = connect_to(server->port);
	SSL *ssl = NULL;
	bool good = false;

	if (fd < 0)
		return false;
	ssl = SSL_new(server->client);
	bench_need(ssl != NULL && SSL_set_fd(ssl, fd) == 1, "SSL_new");
	good = SSL_connect(ssl) == 1 && SSL_session_reused(ssl) == 0;
	if (good)
		(void)SSL_shutdown(ssl);
	SSL_free(ssl);
	(void)close(fd);
	return good;
}

static SSL_CTX *
new_client(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	bench_need(ctx != NULL && SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1, "SSL_CTX_new");
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	return ctx;
}

static void
wait_for(const struct handshake_server *server)
{
	const struct timespec pause = { 0, 50000000 };
	const double begin = bench_now();

	while (!handshake(server)) {
		bench_need(waitpid(server->pid, NULL, WNOHANG) == 0, "openssl s_server ended");
		bench_need(bench_now() < begin + PATIENCE, "openssl s_server does not answer");
		(void)nanosleep(&pause, NULL);
	}
}

void
handshake_server_start(struct handshake_server *server, const char *certificate, const char *key, const char *config)
{
	int pipes[2];

	*server = (struct handshake_server){ .port = free_port(), .client = new_client() };
	bench_need(running_count < SERVERS_MAX && pipe(pipes) == 0, "no pipe");
	if (running_count == 0) {
		(void)signal(SIGPIPE, SIG_IGN);
		(void)bench_folder(); /* goes after the servers */
		bench_need(atexit(stop_all) == 0, "atexit");
	}
	fflush(NULL);
	server->pid = fork();
	bench_need(server->pid >= 0, "no process");
	if (server->pid == 0) {
		(void)close(pipes[1]);
		become_server(pipes[0], server->port, certificate, key, config);
	}
	running[running_count++] = server->pid;
	(void)close(pipes[0]);
	server->input = pipes[1];
	wait_for(server);
}

/* Seconds that the process has computed so far; Linux counts them in nanoseconds. */
static double
processor_time(pid_t pid)
{
	unsigned long long nanoseconds = 0;
	char path[64];
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%ld/schedstat", (long)pid);
	file = fopen(path, "r");
	if (file == NULL)
		return 0;
	if (fscanf(file, "%llu", &nanoseconds) != 1)
		nanoseconds = 0;
	(void)fclose(file);
	return (double)nanoseconds / 1e9;
}

double
handshakes_run(void *arg, double seconds)
{
	struct handshake_server *server = arg;
	const double processor = processor_time(server->pid);
	const double begin = bench_now();
	double now = begin;
	size_t done = 0;

	while (now < begin + seconds) {
		for (int i = 0; i < 8; i++, done++)
			bench_need(handshake(server), "a handshake failed");
		now = bench_now();
	}
	server->processor += processor_time(server->pid) - processor;
	server->done += done;
	return (double)done / (now - begin);
}
