/*
 * tests/bench/serve-client.h: a wallet and the script that began the transaction, in one process over one connection
 * that is kept: what a presentation asks of "mdoc-reader serve".
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_BENCH_SERVE_CLIENT_H
#define TESTS_BENCH_SERVE_CLIENT_H

#include <mdoc/mdoc.h>

struct serve_client {
	const struct mdoc_context *context;
	const struct mdoc_issuer_signed *record; /* reusable: its key signs as often as it is asked */
	const struct mdoc_signer *device;
	const char *authority; /* "127.0.0.1:40123" */
	int fd;                /* -1: not connected */
	char answer[64 * 1024];
};

/* One presentation: begin, fetch the request, answer it, wait for the verdict, forget it. False: anything but
 * "verified". */
bool serve_client_present(struct serve_client *client);
void serve_client_close(struct serve_client *client);

#endif
