/*
 * tests/bench/handshakes.h: TLS 1.3 servers (openssl s_server in a process of its own) and a client that does nothing
 * but full handshakes with one.
 *
 * Whatever goes wrong ends the program with a sentence, as in bench.h; servers end with it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_BENCH_HANDSHAKES_H
#define TESTS_BENCH_HANDSHAKES_H

#include <openssl/ssl.h>
#include <stdint.h>
#include <sys/types.h>

struct handshake_server {
	pid_t pid;
	int input; /* the server's standard input, never written to */
	uint16_t port;
	SSL_CTX *client;
	double processor; /* seconds that the server computed in all calls of handshakes_run */
	size_t done;      /* handshakes of all those calls */
};

/*
 * Start a server and wait until it answers.
 *
 * certificate  the path of a PEM file
 * key          what -key takes: the path of a PEM file, or a URI
 * config       the path for OPENSSL_CONF
 */
void handshake_server_start(struct handshake_server *server, const char *certificate, const char *key,
	const char *config);

/* One after the other for so many seconds, on a new connection each and without resumption; handshakes a second. */
double handshakes_run(void *server, double seconds);

#endif
