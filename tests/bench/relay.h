/*
 * tests/bench/relay.h: a process between a TPM's users and its emulator, which counts what passes and how long the TPM
 * takes for it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_BENCH_RELAY_H
#define TESTS_BENCH_RELAY_H

/* What has passed since the relay was started. */
struct relay_count {
	double commands;
	double seconds; /* between the commands' last and the answers' first byte on the TPM's side, summed up */
};

/*
 * Listen at the Unix sockets `path` and `path`.ctrl and pass everything on to those of `tpm`; ends with this program.
 * Serves one connection at a time, as the emulator does.
 */
void relay_start(const char *path, const char *tpm);

/* For this program and those that it has run again: the relay at that path. */
struct relay_count relay_count(const char *path);

#endif
