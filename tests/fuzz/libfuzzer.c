/*
 * tests/fuzz/libfuzzer.c: the entries for a fuzzer with the interface of libFuzzer. Which one is the last
 * part of the program's name (fuzz-mdoc-request, a copy or a link), or in MDOC_FUZZ.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct fuzz_entry *entry;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *base = strrchr((*argv)[0], '/');
	const char *name = getenv("MDOC_FUZZ");

	(void)argc;
	base = base != NULL ? base + 1 : (*argv)[0];
	if (name == NULL && strncmp(base, "fuzz-mdoc-", 10) == 0)
		name = base + 10;
	entry = name != NULL ? fuzz_find(name) : NULL;
	if (entry == NULL) {
		fprintf(stderr, "fuzz-mdoc: call it by the name fuzz-mdoc-ENTRY, or set MDOC_FUZZ=ENTRY:\n");
		for (const struct fuzz_entry *one = fuzz_entries; one->name != NULL; one++)
			fprintf(stderr, "  %s\n", one->name);
		exit(2);
	}
	fuzz_init();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct mdoc_bytes input = mdoc_bytes_of(data, size);

	fuzz_run(entry, input, fuzz_drawn(input));
	return 0;
}
