/*
 * bulk_internal.h: what the files of bulk issue share.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_BULK_INTERNAL_H
#define ISSUER_BULK_INTERNAL_H

#include <pthread.h>
#include <stdio.h>
#include "tools/issuer/bulk.h"

#define BULK_NAME_MAX 120 /* characters of an order's name */
#define BULK_GROUP 64     /* orders that are entered in one transaction, at most */
#define BULK_PLACES 1024  /* entries of status lists that are drawn at once */

/* ---- bulk_source.c: the orders, and the files that are made of them ---- */

struct bulk_source {
	const char *from;
	FILE *lines;  /* of a file; NULL: a folder */
	char **names; /* of a folder, in order */
	size_t count; /* of a folder, or of the lines as far as they were counted */
	size_t next;
	char *line; /* getline() */
	size_t room;
};

struct bulk_item {
	char name[BULK_NAME_MAX + 1];
	char *text; /* of a line; NULL: a file */
	json_t *json;
};

enum exit_status bulk_source_open(const char *from, struct bulk_source *source);
void bulk_source_close(struct bulk_source *source);

/* The next order, unread. *more false: there is none. Not by two threads at once. */
enum exit_status bulk_source_next(struct bulk_source *source, struct bulk_item *item, bool *more);

/* Read it. EXIT_STATUS_INPUT (said) */
enum exit_status bulk_item_read(const struct bulk_source *source, struct bulk_item *item);
void bulk_item_clear(struct bulk_item *item);

/* OUT/NAME.json and its like; free() by the caller; NULL: memory (said). */
char *bulk_final_path(const char *out, const char *name);
char *bulk_refused_path(const char *out, const char *name);
char *bulk_part_path(const char *out, const char *name, const char *notification);

/* Make the folder, and put right what a killed run left in it. */
enum exit_status bulk_recover(const char *out, struct register_db *db);

/* The folder's names, on the disk. */
enum exit_status bulk_sync_folder(const char *out);

#endif
