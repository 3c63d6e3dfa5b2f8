/*
 * trust_store.h: a folder that says whom mdoc-reader trusts: index.json, and a file for each certificate and list,
 * named by the SHA-256 of its content. Each is replaced as a whole, the index last, so that a reader at any time sees
 * the old store or the new one.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef READER_TRUST_STORE_H
#define READER_TRUST_STORE_H

#include <jansson.h>
#include <limits.h>
#include <mdoc/bytes.h>
#include "tools/common/exit.h"

#define TRUST_ID_LEN 16 /* hexadecimal digits, the first ones of the file's name */

enum trust_kind { TRUST_IACA, TRUST_VICAL_CA, TRUST_VICAL, TRUST_CRL, TRUST_KIND_COUNT };

/* "iaca", "vical-ca", "vical", "crl". */
const char *trust_kind_name(enum trust_kind kind);

struct trust_store {
	char folder[PATH_MAX];
	json_t *index;
	int lock; /* descriptor; -1: it is only read */
};

/* One entry, borrowed from the index. */
struct trust_entry {
	enum trust_kind kind;
	const char *id, *name; /* name: who it is, for people; may be "" */
	const char *from;      /* the file or URL that it came from */
	const char *url;       /* where newer ones are; NULL: nowhere */
	const char *etag;      /* NULL: none */
	json_int_t added, checked;
	char path[PATH_MAX];
};

/* The folder of --trust, or the user's own (NULL). False: there is no home. */
bool trust_store_folder(const char *name, char folder[PATH_MAX]);

/* Is there a store? */
bool trust_store_exists(const char *name);

/*
 * Open it. For writing it is made if it is not there, and locked against other writers.
 *
 * EXIT_STATUS_INPUT: the index is none; EXIT_STATUS_TROUBLE; all said. trust_store_close() in any case.
 */
enum exit_status trust_store_open(const char *name, bool write, struct trust_store *store);
void trust_store_close(struct trust_store *store);

size_t trust_store_count(const struct trust_store *store);
/* False: entry i is not one that this program knows. */
bool trust_store_entry(const struct trust_store *store, size_t i, struct trust_entry *entry);

/* A file with that content in the folder, not in the index yet; path: its name. EXIT_STATUS_TROUBLE (said) */
enum exit_status trust_store_write(struct trust_store *store, struct mdoc_bytes content, char path[PATH_MAX]);

/* Enter such a file. Already there: it is entered as it is now. etag, url: NULL, none. EXIT_STATUS_TROUBLE (said) */
enum exit_status trust_store_enter(struct trust_store *store, enum trust_kind kind, const char *path, const char *name,
	const char *from, const char *url, const char *etag);

/* Take entry i out of the index; its file goes when the index was written. */
void trust_store_take_out(struct trust_store *store, size_t i);

/* Write the index and remove files that it does not name. EXIT_STATUS_TROUBLE (said) */
enum exit_status trust_store_save(struct trust_store *store);

#endif
