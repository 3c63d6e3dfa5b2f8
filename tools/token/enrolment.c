/* enrolment.c: the state of an enrolment in a file. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/enrolment.h"
#include "tools/common/clock.h"
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_WAIT 30000 /* milliseconds */
#define LOCK_STEP 50

/* $XDG_STATE_HOME/mdoc-pkcs11, or ~/.local/state/mdoc-pkcs11; made if it is not there. */
static char *
folder(bool make)
{
	const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char *path = NULL;
	int len = -1;

	if (xdg != NULL && xdg[0] == '/')
		len = asprintf(&path, "%s/mdoc-pkcs11", xdg);
	else if (home != NULL && home[0] == '/')
		len = asprintf(&path, "%s/.local/state/mdoc-pkcs11", home);
	if (len < 0) {
		tool_error("%s", _("There is no place for the state of enrolments: $HOME is not set."));
		return NULL;
	}
	for (char *slash = strchr(path + 1, '/'); make; slash = strchr(slash + 1, '/')) {
		if (slash != NULL)
			*slash = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST) {
			tool_error("%s: %m", path);
			free(path);
			return NULL;
		}
		if (slash == NULL)
			break;
		*slash = '/';
	}
	return path;
}

static bool
is_serial(const char *serial)
{
	return serial[0] != '\0' && strlen(serial) <= 16 &&
		serial[strspn(serial, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")] == '\0';
}

char *
enrolment_path(const char *serial)
{
	char *dir = NULL, *path = NULL;

	if (!is_serial(serial)) {
		tool_error(_("the serial number of the token cannot be the name of a file"));
		return NULL;
	}
	dir = folder(true);
	if (dir != NULL && asprintf(&path, "%s/%s.json", dir, serial) < 0) {
		path = NULL;
		(void)tool_no_memory();
	}
	free(dir);
	return path;
}

/* The lock is a file of its own: the state's is replaced with every change. */
static enum exit_status
take_lock(const char *path, bool wait, int *lock)
{
	char *name = NULL;
	enum exit_status status = EXIT_STATUS_OK;

	if (asprintf(&name, "%s.lock", path) < 0)
		return tool_no_memory();
	*lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*lock < 0) {
		tool_error("%s: %m", name);
		status = EXIT_STATUS_TROUBLE;
	}
	for (int waited = 0; status == EXIT_STATUS_OK && flock(*lock, LOCK_EX | LOCK_NB) != 0; waited += LOCK_STEP) {
		if (!wait || waited >= LOCK_WAIT)
			status = EXIT_STATUS_GO_ON;
		else
			usleep(LOCK_STEP * 1000);
	}
	free(name);
	return status;
}

static enum exit_status
check(const struct enrolment *enrolment)
{
	static const char *const texts[] = { "serial", "issuer", "configuration", "refresh_token", "credential" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (json_need_string(enrolment->json, texts[i], enrolment->path) == NULL)
			return EXIT_STATUS_INPUT;
	return json_need_array(enrolment->json, "pins", enrolment->path) != NULL ? EXIT_STATUS_OK : EXIT_STATUS_INPUT;
}

enum exit_status
enrolment_open(const char *path, bool wait, struct enrolment *enrolment)
{
	enum exit_status status;

	*enrolment = (struct enrolment){ .path = strdup(path), .lock = -1 };
	if (enrolment->path == NULL)
		return tool_no_memory();
	if (!file_exists(path)) {
		tool_error("%s", _("The token is not enrolled with an issuer."));
		tool_why("%s", _("Enrol it with: mdoc-token enrol OFFER"));
		return EXIT_STATUS_INPUT;
	}
	status = take_lock(path, wait, &enrolment->lock);
	if (status == EXIT_STATUS_OK)
		status = json_read(path, &enrolment->json);
	return status == EXIT_STATUS_OK ? check(enrolment) : status;
}

enum exit_status
enrolment_new(const char *serial, struct enrolment *enrolment)
{
	enum exit_status status;

	*enrolment = (struct enrolment){ .path = enrolment_path(serial), .lock = -1 };
	if (enrolment->path == NULL)
		return EXIT_STATUS_TROUBLE;
	status = take_lock(enrolment->path, true, &enrolment->lock);
	if (status != EXIT_STATUS_OK)
		return status;
	enrolment->json = json_pack("{s:i, s:s, s:[]}", "version", 1, "serial", serial, "accepted");
	return enrolment->json != NULL ? EXIT_STATUS_OK : tool_no_memory();
}

enum exit_status
enrolment_save(const struct enrolment *enrolment)
{
	return json_write(enrolment->path, 0600, enrolment->json);
}

void
enrolment_close(struct enrolment *enrolment)
{
	if (enrolment->path != NULL && enrolment->lock >= 0)
		close(enrolment->lock);
	json_decref(enrolment->json);
	free(enrolment->path);
	*enrolment = (struct enrolment){ .lock = -1 };
}

const char *
enrolment_text(const struct enrolment *enrolment, const char *name)
{
	return json_string_value(json_object_get(enrolment->json, name));
}

int64_t
enrolment_number(const struct enrolment *enrolment, const char *name)
{
	return (int64_t)json_integer_value(json_object_get(enrolment->json, name));
}

void
enrolment_set_number(struct enrolment *enrolment, const char *name, int64_t value)
{
	(void)json_object_set_new(enrolment->json, name, json_integer((json_int_t)value));
}

void
enrolment_note(struct enrolment *enrolment, int64_t now, const char *result, const char *error, const char *description)
{
	(void)json_object_set_new(enrolment->json, "last",
		json_pack("{s:I, s:s, s:s?, s:s?}", "at", (json_int_t)now, "result", result, "error", error,
			"description", description));
}

static bool
has_place(void)
{
	return getenv("XDG_STATE_HOME") != NULL || getenv("HOME") != NULL;
}

json_t *
enrolment_peek(const char *serial)
{
	char *dir = has_place() && is_serial(serial) ? folder(false) : NULL, *path = NULL;
	json_t *json = NULL;

	if (dir != NULL && asprintf(&path, "%s/%s.json", dir, serial) < 0)
		path = NULL;
	if (path != NULL)
		json = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	free(path);
	free(dir);
	return json;
}

void
enrolment_forget(const unsigned char serial[16])
{
	char name[17], *dir = has_place() ? folder(false) : NULL, *path = NULL;
	int lock = -1;

	memcpy(name, serial, 16);
	name[16] = '\0';
	name[strcspn(name, " ")] = '\0';
	if (dir == NULL || !is_serial(name) || asprintf(&path, "%s/%s.json", dir, name) < 0)
		path = NULL;
	/* A renewal that is under way would write it again: it is waited for. The lock's own file stays, for who waits. */
	if (path != NULL && file_exists(path) && take_lock(path, true, &lock) == EXIT_STATUS_OK && unlink(path) != 0)
		tool_note("%s: %m", path);
	if (lock >= 0)
		close(lock);
	free(path);
	free(dir);
}

size_t
enrolment_list(char **serials, size_t max)
{
	char *path = folder(false);
	DIR *dir = path != NULL ? opendir(path) : NULL;
	const struct dirent *entry;
	size_t count = 0;

	while (dir != NULL && count < max && (entry = readdir(dir)) != NULL) {
		const size_t len = strlen(entry->d_name);
		char *serial;

		if (len <= 5 || strcmp(entry->d_name + len - 5, ".json") != 0)
			continue;
		serial = strndup(entry->d_name, len - 5);
		if (serial != NULL && is_serial(serial))
			serials[count++] = serial;
		else
			free(serial);
	}
	if (dir != NULL)
		closedir(dir);
	free(path);
	return count;
}
