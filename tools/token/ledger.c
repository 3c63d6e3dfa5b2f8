/* ledger.c: which sealed requests have been used. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/pin_sealed.h"
#include "tools/common/clock.h"
#include "tools/common/file.h"
#include "tools/common/message.h"
#include <mdoc/mdoc.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static enum exit_status
trouble(const char *path)
{
	tool_error("%s: %s", path, strerror(errno));
	return EXIT_STATUS_TROUBLE;
}

enum exit_status
ledger_own_path(const char *name, char path[PATH_MAX])
{
	const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int len = -1;

	if (xdg != NULL && xdg[0] == '/')
		len = snprintf(path, PATH_MAX, "%s/mdoc-pkcs11/%s", xdg, name);
	else if (home != NULL && home[0] == '/')
		len = snprintf(path, PATH_MAX, "%s/.local/state/mdoc-pkcs11/%s", home, name);
	if (len <= 0 || len >= PATH_MAX) {
		tool_error("%s", _("there is no folder for the ledger of used requests; name it with --ledger"));
		return EXIT_STATUS_TROUBLE;
	}
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST)
			return trouble(path);
		*slash = '/';
	}
	return EXIT_STATUS_OK;
}

/* A line begins with its id. */
static bool
has_id(struct mdoc_bytes text, const char *id)
{
	const size_t len = strlen(id);
	const char *at = (const char *)text.ptr;
	const char *end = at == NULL ? NULL : at + text.len;

	while (at != NULL && at < end) {
		const char *line_end = memchr(at, '\n', (size_t)(end - at));

		if ((size_t)(end - at) > len && memcmp(at, id, len) == 0 && at[len] == ' ')
			return true;
		at = line_end == NULL ? NULL : line_end + 1;
	}
	return false;
}

/* A line that a crash has cut short is ended first. */
static bool
append_line(int fd, struct mdoc_bytes before, const char *id, const char *serial)
{
	char line[128], when[MDOC_TDATE_LEN + 1];
	const bool torn = before.len > 0 && before.ptr[before.len - 1] != '\n';
	int len;

	mdoc_tdate_print(clock_now(), when);
	len = snprintf(line, sizeof(line), "%s%s %s %s\n", torn ? "\n" : "", id, when, serial);
	return len > 0 && (size_t)len < sizeof(line) && write(fd, line, (size_t)len) == (ssize_t)len && fsync(fd) == 0;
}

static enum exit_status
claim_in(int fd, const char *path, const char *id, const char *serial)
{
	struct mdoc_buf text = MDOC_BUF_EMPTY;
	enum exit_status status;

	if (flock(fd, LOCK_EX) != 0)
		return trouble(path);
	status = file_read(path, FILE_JSON_MAX, &text);
	if (status == EXIT_STATUS_OK && has_id(mdoc_buf_bytes(&text), id))
		status = EXIT_STATUS_NO;
	else if (status == EXIT_STATUS_OK && !append_line(fd, mdoc_buf_bytes(&text), id, serial))
		status = trouble(path);
	else if (status != EXIT_STATUS_OK)
		status = EXIT_STATUS_TROUBLE;
	mdoc_buf_clear(&text);
	return status;
}

enum exit_status
ledger_look(const char *path, const char *id)
{
	struct mdoc_buf text = MDOC_BUF_EMPTY;
	enum exit_status status = EXIT_STATUS_OK;

	if (!file_exists(path))
		return EXIT_STATUS_OK;
	if (file_read(path, FILE_JSON_MAX, &text) != EXIT_STATUS_OK)
		status = EXIT_STATUS_TROUBLE;
	else if (has_id(mdoc_buf_bytes(&text), id))
		status = EXIT_STATUS_NO;
	mdoc_buf_clear(&text);
	return status;
}

enum exit_status
ledger_claim(const char *path, const char *id, const char *serial)
{
	char own[PATH_MAX];
	enum exit_status status = EXIT_STATUS_OK;
	int fd;

	if (path == NULL) {
		status = ledger_own_path("pin-requests", own);
		path = own;
	}
	if (status != EXIT_STATUS_OK)
		return status;
	fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, 0600);
	if (fd < 0)
		return trouble(path);
	status = claim_in(fd, path, id, serial);
	close(fd);
	return status;
}
