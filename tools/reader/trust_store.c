/* trust_store.c: a folder that says whom mdoc-reader trusts. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <mdoc/cose.h>
#include "tools/common/clock.h"
#include "tools/common/context.h"
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/reader/trust_store.h"

#define INDEX "index.json"
#define INDEX_VERSION 1
#define NAME_LEN ((size_t)64) /* hexadecimal digits of a SHA-256 */

static const char *const kinds[TRUST_KIND_COUNT] = { "iaca", "vical-ca", "vical", "crl" };

const char *
trust_kind_name(enum trust_kind kind)
{
	return kinds[kind];
}

bool
trust_store_folder(const char *name, char folder[PATH_MAX])
{
	const char *xdg = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	int len = -1;

	if (name != NULL)
		len = snprintf(folder, PATH_MAX, "%s", name);
	else if (xdg != NULL && xdg[0] == '/')
		len = snprintf(folder, PATH_MAX, "%s/mdoc-reader/trust", xdg);
	else if (home != NULL && home[0] == '/')
		len = snprintf(folder, PATH_MAX, "%s/.local/share/mdoc-reader/trust", home);
	return len > 0 && len < PATH_MAX;
}

static bool
inside(const struct trust_store *store, const char *name, char path[PATH_MAX])
{
	const int len = snprintf(path, PATH_MAX, "%s/%s", store->folder, name);

	return len > 0 && len < PATH_MAX;
}

bool
trust_store_exists(const char *name)
{
	struct trust_store store = { .lock = -1 };
	char path[PATH_MAX];

	return trust_store_folder(name, store.folder) && inside(&store, INDEX, path) && file_exists(path);
}

/* ---- Open and close ---- */

static enum exit_status
trouble(const char *path)
{
	tool_error("%s: %s", path, strerror(errno));
	return EXIT_STATUS_TROUBLE;
}

static enum exit_status
make_and_lock(struct trust_store *store)
{
	char path[PATH_MAX];

	for (char *slash = strchr(store->folder + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(store->folder, 0755);
		*slash = '/';
	}
	if ((mkdir(store->folder, 0755) != 0 && errno != EEXIST) || !inside(store, ".lock", path))
		return trouble(store->folder);
	store->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (store->lock < 0 || flock(store->lock, LOCK_EX) != 0)
		return trouble(path);
	return EXIT_STATUS_OK;
}

enum exit_status
trust_store_open(const char *name, bool write, struct trust_store *store)
{
	enum exit_status status = EXIT_STATUS_OK;
	char path[PATH_MAX];

	*store = (struct trust_store){ .lock = -1 };
	if (!trust_store_folder(name, store->folder) || !inside(store, INDEX, path)) {
		tool_error("%s", _("There is no folder for a trust store; name one with --trust."));
		return EXIT_STATUS_INPUT;
	}
	if (write)
		status = make_and_lock(store);
	if (status != EXIT_STATUS_OK)
		return status;
	if (write && !file_exists(path)) {
		store->index = json_pack("{s:i, s:[]}", "version", INDEX_VERSION, "entries");
		return store->index == NULL ? tool_no_memory() : EXIT_STATUS_OK;
	}
	status = json_read(path, &store->index);
	if (status == EXIT_STATUS_OK &&
		(json_integer_value(json_object_get(store->index, "version")) != INDEX_VERSION ||
			!json_is_array(json_object_get(store->index, "entries")))) {
		tool_error(_("%s is not the index of a trust store that this program knows"), path);
		status = EXIT_STATUS_INPUT;
	}
	return status;
}

void
trust_store_close(struct trust_store *store)
{
	json_decref(store->index);
	store->index = NULL;
	if (store->lock >= 0)
		close(store->lock);
	store->lock = -1;
}

/* ---- Entries ---- */

static json_t *
entries(const struct trust_store *store)
{
	return json_object_get(store->index, "entries");
}

size_t
trust_store_count(const struct trust_store *store)
{
	return json_array_size(entries(store));
}

static const char *
text_of(const json_t *entry, const char *name)
{
	return json_string_value(json_object_get(entry, name));
}

/* Nothing in the index leads out of the folder. */
static bool
is_name(const char *file)
{
	return file != NULL && strlen(file) == NAME_LEN && strspn(file, "0123456789abcdef") == NAME_LEN;
}

bool
trust_store_entry(const struct trust_store *store, size_t i, struct trust_entry *entry)
{
	const json_t *json = json_array_get(entries(store), i);
	const char *kind = text_of(json, "kind"), *file = text_of(json, "file"), *name = text_of(json, "name");
	const char *from = text_of(json, "from");

	memset(entry, 0, sizeof(*entry));
	if (kind == NULL || !is_name(file) || !inside(store, file, entry->path))
		return false;
	entry->id = file;
	entry->name = name == NULL ? "" : name;
	entry->from = from == NULL ? "" : from;
	entry->url = text_of(json, "url");
	entry->etag = text_of(json, "etag");
	entry->added = json_integer_value(json_object_get(json, "added"));
	entry->checked = json_integer_value(json_object_get(json, "checked"));
	for (size_t k = 0; k < TRUST_KIND_COUNT; k++) {
		entry->kind = (enum trust_kind)k;
		if (strcmp(kind, kinds[k]) == 0)
			return true;
	}
	return false;
}

enum exit_status
trust_store_write(struct trust_store *store, struct mdoc_bytes content, char path[PATH_MAX])
{
	uint8_t digest[MDOC_DIGEST_MAX];
	char name[2 * MDOC_DIGEST_MAX + 1] = "";
	size_t len = 0;

	if (mdoc_digest(tool_context(), MDOC_SHA256, content, digest, &len) != MDOC_OK || 2 * len != NAME_LEN)
		return tool_no_memory();
	for (size_t i = 0; i < len; i++)
		snprintf(name + 2 * i, 3, "%02x", digest[i]);
	if (!inside(store, name, path)) {
		errno = ENAMETOOLONG;
		return trouble(store->folder);
	}
	return file_write(path, 0644, content);
}

static void
set_text(json_t *entry, const char *name, const char *text)
{
	json_t *json = text == NULL ? NULL : json_string(text);

	if (json != NULL)
		(void)json_object_set_new(entry, name, json);
}

enum exit_status
trust_store_enter(struct trust_store *store, enum trust_kind kind, const char *path, const char *name, const char *from,
	const char *url, const char *etag)
{
	const char *file = strrchr(path, '/') + 1;
	const json_int_t now = (json_int_t)clock_now();
	json_t *entry =
		json_pack("{s:s, s:s, s:I, s:I}", "kind", kinds[kind], "file", file, "added", now, "checked", now);

	set_text(entry, "name", name);
	set_text(entry, "from", from);
	set_text(entry, "url", url);
	set_text(entry, "etag", etag);
	for (size_t i = trust_store_count(store); i-- > 0;) {
		const json_t *old = json_array_get(entries(store), i);
		const char *old_file = text_of(old, "file"), *old_kind = text_of(old, "kind");

		if (old_file != NULL && old_kind != NULL && strcmp(old_file, file) == 0 &&
			strcmp(old_kind, kinds[kind]) == 0)
			trust_store_take_out(store, i);
	}
	return json_array_append_new(entries(store), entry) == 0 ? EXIT_STATUS_OK : tool_no_memory();
}

void
trust_store_take_out(struct trust_store *store, size_t i)
{
	(void)json_array_remove(entries(store), i);
}

/* ---- Save ---- */

static bool
is_entered(const struct trust_store *store, const char *file)
{
	for (size_t i = 0; i < trust_store_count(store); i++) {
		const char *entered = text_of(json_array_get(entries(store), i), "file");

		if (entered != NULL && strcmp(entered, file) == 0)
			return true;
	}
	return false;
}

/* What stays for want of rights does no harm: nothing names it. */
static void
remove_others(const struct trust_store *store)
{
	DIR *dir = opendir(store->folder);
	const struct dirent *found;
	char path[PATH_MAX];

	while (dir != NULL && (found = readdir(dir)) != NULL)
		if (is_name(found->d_name) && !is_entered(store, found->d_name) && inside(store, found->d_name, path))
			(void)unlink(path);
	if (dir != NULL)
		closedir(dir);
}

enum exit_status
trust_store_save(struct trust_store *store)
{
	char path[PATH_MAX];
	enum exit_status status;

	if (!inside(store, INDEX, path))
		return EXIT_STATUS_TROUBLE;
	status = json_write(path, 0644, store->index);
	if (status == EXIT_STATUS_OK)
		remove_others(store);
	return status;
}
