/* bulk_source.c: where orders come from and responses go to. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/issuer/bulk_internal.h"

#define SUFFIX ".json"
#define PART ".part"
#define LINE_MAX_BYTES FILE_CBOR_MAX

static bool
ends_with(const char *name, const char *suffix)
{
	const size_t len = strlen(name), end = strlen(suffix);

	return len > end && strcmp(name + len - end, suffix) == 0;
}

static enum exit_status
trouble(const char *path)
{
	tool_error("%s: %s", path, strerror(errno));
	return EXIT_STATUS_TROUBLE;
}

/* ---- Orders ---- */

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
is_order(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && ends_with(entry->d_name, SUFFIX) &&
		strlen(entry->d_name) - strlen(SUFFIX) <= BULK_NAME_MAX;
}

static enum exit_status
open_folder(struct bulk_source *source)
{
	struct dirent **entries = NULL;
	const int n = scandir(source->from, &entries, is_order, NULL);
	enum exit_status status = EXIT_STATUS_OK;

	if (n < 0)
		return trouble(source->from);
	source->names = calloc((size_t)n + 1, sizeof(*source->names));
	for (int i = 0; i < n; i++) {
		if (source->names != NULL)
			source->names[source->count] =
				strndup(entries[i]->d_name, strlen(entries[i]->d_name) - strlen(SUFFIX));
		if (source->names == NULL || source->names[source->count] == NULL)
			status = tool_no_memory();
		else
			source->count++;
		free(entries[i]);
	}
	free(entries);
	if (status == EXIT_STATUS_OK)
		qsort(source->names, source->count, sizeof(*source->names), by_name);
	return status;
}

/* Read once to know how many there are: for the progress alone. */
static enum exit_status
open_lines(struct bulk_source *source)
{
	char block[65536];
	size_t got;
	bool ended = true;

	source->lines = fopen(source->from, "re");
	if (source->lines == NULL) {
		(void)trouble(source->from);
		return EXIT_STATUS_INPUT;
	}
	while ((got = fread(block, 1, sizeof(block), source->lines)) > 0) {
		for (size_t i = 0; i < got; i++)
			source->count += block[i] == '\n';
		ended = block[got - 1] == '\n';
	}
	source->count += !ended;
	return fseek(source->lines, 0, SEEK_SET) == 0 ? EXIT_STATUS_OK : trouble(source->from);
}

enum exit_status
bulk_source_open(const char *from, struct bulk_source *source)
{
	struct stat about;

	memset(source, 0, sizeof(*source));
	source->from = from;
	if (stat(from, &about) != 0) {
		(void)trouble(from);
		return EXIT_STATUS_INPUT;
	}
	return S_ISDIR(about.st_mode) ? open_folder(source) : open_lines(source);
}

void
bulk_source_close(struct bulk_source *source)
{
	for (size_t i = 0; source->names != NULL && i < source->count; i++)
		free(source->names[i]);
	free(source->names);
	free(source->line);
	if (source->lines != NULL)
		(void)fclose(source->lines);
	memset(source, 0, sizeof(*source));
}

static enum exit_status
next_line(struct bulk_source *source, struct bulk_item *item, bool *more)
{
	const ssize_t len = getline(&source->line, &source->room, source->lines);

	*more = len >= 0;
	if (len < 0)
		return ferror(source->lines) ? trouble(source->from) : EXIT_STATUS_OK;
	source->next++;
	(void)snprintf(item->name, sizeof(item->name), "%08zu", source->next);
	if ((size_t)len > LINE_MAX_BYTES) {
		tool_error(_("%s: line %zu is too long"), source->from, source->next);
		return EXIT_STATUS_INPUT;
	}
	item->text = strdup(source->line);
	return item->text != NULL ? EXIT_STATUS_OK : tool_no_memory();
}

enum exit_status
bulk_source_next(struct bulk_source *source, struct bulk_item *item, bool *more)
{
	memset(item, 0, sizeof(*item));
	if (source->lines != NULL)
		return next_line(source, item, more);
	*more = source->next < source->count;
	if (*more)
		(void)snprintf(item->name, sizeof(item->name), "%s", source->names[source->next++]);
	return EXIT_STATUS_OK;
}

enum exit_status
bulk_item_read(const struct bulk_source *source, struct bulk_item *item)
{
	enum exit_status status = EXIT_STATUS_OK;
	json_error_t error;
	char *path;

	if (item->text == NULL) {
		path = bulk_final_path(source->from, item->name);
		status = path != NULL ? json_read(path, &item->json) : EXIT_STATUS_TROUBLE;
		free(path);
		return status;
	}
	item->json = json_loads(item->text, JSON_REJECT_DUPLICATES, &error);
	free(item->text);
	item->text = NULL;
	if (json_is_object(item->json))
		return EXIT_STATUS_OK;
	tool_error(_("%s: line %s is no order"), source->from, item->name);
	return EXIT_STATUS_INPUT;
}

void
bulk_item_clear(struct bulk_item *item)
{
	json_decref(item->json);
	free(item->text);
	memset(item, 0, sizeof(*item));
}

/* ---- Files ---- */

static char *
path_of(const char *out, const char *before, const char *name, const char *after)
{
	char *path = NULL;

	if (asprintf(&path, "%s/%s%s%s", out, before, name, after) < 0) {
		(void)tool_no_memory();
		return NULL;
	}
	return path;
}

char *
bulk_final_path(const char *out, const char *name)
{
	return path_of(out, "", name, SUFFIX);
}

char *
bulk_refused_path(const char *out, const char *name)
{
	return path_of(out, "", name, ".refused" SUFFIX);
}

char *
bulk_part_path(const char *out, const char *name, const char *notification)
{
	char after[ISSUANCE_NOTIFICATION_LEN + sizeof(PART) + 2];

	(void)snprintf(after, sizeof(after), ".%s" PART, notification);
	return path_of(out, ".", name, after);
}

enum exit_status
bulk_sync_folder(const char *out)
{
	const int fd = open(out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const bool synced = fd >= 0 && fsync(fd) == 0;

	if (!synced)
		(void)trouble(out);
	if (fd >= 0)
		(void)close(fd);
	return synced ? EXIT_STATUS_OK : EXIT_STATUS_TROUBLE;
}

/* ".NAME.ID.part": what the register knows counts, the rest never left and goes. */
static enum exit_status
recover_one(const char *out, const char *entry, struct register_db *db)
{
	const size_t len = strlen(entry) - strlen(PART);
	char notification[ISSUANCE_NOTIFICATION_LEN + 1], name[BULK_NAME_MAX + 1];
	enum exit_status status = EXIT_STATUS_TROUBLE;
	char *part, *final;
	bool there = false;

	if (len < ISSUANCE_NOTIFICATION_LEN + 3 || len - ISSUANCE_NOTIFICATION_LEN - 2 > BULK_NAME_MAX)
		return EXIT_STATUS_OK;
	(void)snprintf(notification, sizeof(notification), "%s", entry + len - ISSUANCE_NOTIFICATION_LEN);
	(void)snprintf(name, sizeof(name), "%.*s", (int)(len - ISSUANCE_NOTIFICATION_LEN - 2), entry + 1);
	part = path_of(out, "", entry, "");
	final = bulk_final_path(out, name);
	if (part != NULL && final != NULL && register_has_notification(db, notification, &there) == REGISTER_OK)
		status = (there ? rename(part, final) : unlink(part)) == 0 ? EXIT_STATUS_OK : trouble(part);
	free(part);
	free(final);
	return status;
}

enum exit_status
bulk_recover(const char *out, struct register_db *db)
{
	enum exit_status status = EXIT_STATUS_OK;
	const struct dirent *entry;
	DIR *folder;

	if (mkdir(out, 0700) != 0 && errno != EEXIST)
		return trouble(out);
	folder = opendir(out);
	if (folder == NULL)
		return trouble(out);
	while (status == EXIT_STATUS_OK && (entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.' && ends_with(entry->d_name, PART))
			status = recover_one(out, entry->d_name, db);
	}
	(void)closedir(folder);
	return status == EXIT_STATUS_OK ? bulk_sync_folder(out) : status;
}
