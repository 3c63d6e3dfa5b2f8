/*
 * Marks in the areas' folders.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "tokens/store/lost.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MARK "slot-"
#define MARK_DIGITS 19 /* of an SQLite row id */

enum token_result
lost_mark(const char *folder, uint64_t id)
{
	char *path = NULL;
	int fd;

	if (asprintf(&path, "%s/" MARK "%llu", folder, (unsigned long long)id) < 0)
		return TOKEN_ERR_MEMORY;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	free(path);
	if (fd < 0)
		return TOKEN_ERR_IO;
	(void)close(fd);
	return TOKEN_OK;
}

/* The number in "slot-17"; 0: no mark. */
static uint64_t
mark_of(const char *name)
{
	const char *digits = name + strlen(MARK);
	size_t len;

	if (strncmp(name, MARK, strlen(MARK)) != 0)
		return 0;
	len = strspn(digits, "0123456789");
	if (len == 0 || len > MARK_DIGITS || digits[len] != '\0' || digits[0] == '0')
		return 0;
	return strtoull(digits, NULL, 10);
}

/* The mark in one area's folder; 0: none. */
static uint64_t
read_mark(int areas, const char *serial)
{
	const int fd = openat(areas, serial, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	uint64_t id = 0;

	if (dir == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return 0;
	}
	while (id == 0 && (entry = readdir(dir)) != NULL)
		id = mark_of(entry->d_name);
	(void)closedir(dir);
	return id;
}

static int
by_id(const void *a, const void *b)
{
	const struct lost_slot *x = a;
	const struct lost_slot *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return strcmp(x->serial, y->serial);
}

static enum token_result
push(struct lost_slot **slots, size_t *count, uint64_t id, const char *serial)
{
	struct lost_slot *more = realloc(*slots, (*count + 1) * sizeof(*more));

	if (more == NULL)
		return TOKEN_ERR_MEMORY;
	*slots = more;
	more[*count].id = id;
	memcpy(more[(*count)++].serial, serial, TOKEN_SERIAL_LEN + 1);
	return TOKEN_OK;
}

enum token_result
lost_read(const char *areas, struct lost_slot **out, size_t *out_count)
{
	DIR *dir = opendir(areas);
	struct lost_slot *slots = NULL;
	struct dirent *entry;
	size_t count = 0;
	size_t kept = 0;
	enum token_result res = TOKEN_OK;

	while (dir != NULL && res == TOKEN_OK && (entry = readdir(dir)) != NULL) {
		const char *name = entry->d_name;
		uint64_t id = 0;

		if (strspn(name, "0123456789abcdef") == TOKEN_SERIAL_LEN && name[TOKEN_SERIAL_LEN] == '\0')
			id = read_mark(dirfd(dir), name);
		if (id != 0)
			res = push(&slots, &count, id, name);
	}
	if (dir != NULL)
		(void)closedir(dir);
	if (res == TOKEN_OK && count == 0)
		res = TOKEN_ERR_DAMAGED;
	if (res != TOKEN_OK) {
		free(slots);
		return res;
	}
	qsort(slots, count, sizeof(*slots), by_id);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || slots[i].id != slots[kept - 1].id)
			slots[kept++] = slots[i];
	*out = slots;
	*out_count = kept;
	return TOKEN_OK;
}
