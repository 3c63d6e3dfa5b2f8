/* fetch.c: what a URL has, through a cache. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <mdoc/cose.h>
#include "tools/common/clock.h"
#include "tools/common/context.h"
#include "tools/common/file.h"
#include "tools/common/http.h"
#include "tools/common/message.h"
#include "tools/reader/fetch.h"

#define HTTP_OK 200
#define HTTP_NOT_MODIFIED 304
#define AGE_MAX (366L * 86400)
#define FETCH_TIMEOUT 15 /* seconds: somebody stands at a counter */

/* A file of the cache: a line of JSON, and then what the URL had. */
struct cached {
	char path[PATH_MAX]; /* "": there is no cache */
	struct mdoc_buf file;
	struct mdoc_bytes body; /* len 0: nothing is there */
	char *etag;             /* NULL: none */
	int64_t fetched, until; /* until: as HTTP has it; the content may want less */
};

bool
fetch_is_url(const char *text)
{
	return strncasecmp(text, "https://", 8) == 0;
}

/* When HTTP wants it to be asked for again. */
static int64_t
http_until(const struct http_answer *answer)
{
	if (answer->max_age < 0)
		return INT64_MAX;
	return clock_now() + (answer->max_age < AGE_MAX ? answer->max_age : AGE_MAX);
}

/* ---- The cache ---- */

/* Make a folder and those above it. */
static bool
make_folder(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0700);
		*slash = '/';
	}
	return mkdir(path, 0700) == 0 || errno == EEXIST;
}

static bool
cache_folder(const struct fetch_options *options, char folder[PATH_MAX])
{
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	int len = -1;

	if (options->cache != NULL)
		len = snprintf(folder, PATH_MAX, "%s", options->cache);
	else if (xdg != NULL && xdg[0] == '/')
		len = snprintf(folder, PATH_MAX, "%s/mdoc-reader/status", xdg);
	else if (home != NULL && home[0] == '/')
		len = snprintf(folder, PATH_MAX, "%s/.cache/mdoc-reader/status", home);
	return len > 0 && len < PATH_MAX;
}

static void
cache_name(const struct fetch_options *options, const char *url, struct cached *cached)
{
	uint8_t digest[MDOC_DIGEST_MAX];
	char folder[PATH_MAX], name[2 * MDOC_DIGEST_MAX + 1] = "";
	size_t len = 0;
	int path_len;

	if (!cache_folder(options, folder) || !make_folder(folder) ||
		mdoc_digest(tool_context(), MDOC_SHA256, mdoc_text(url), digest, &len) != MDOC_OK)
		return;
	for (size_t i = 0; i < len; i++)
		snprintf(name + 2 * i, 3, "%02x", digest[i]);
	path_len = snprintf(cached->path, PATH_MAX, "%s/%s", folder, name);
	if (path_len < 0 || path_len >= PATH_MAX)
		cached->path[0] = '\0';
}

/* Whatever is wrong with the file, it is as if it were not there. */
static void
cache_read(const char *url, struct cached *cached)
{
	const uint8_t *end;
	const char *name, *etag;
	json_t *head = NULL;

	if (cached->path[0] == '\0' || !file_exists(cached->path) ||
		file_read(cached->path, FILE_CRL_MAX, &cached->file) != EXIT_STATUS_OK || cached->file.len == 0)
		return;
	end = memchr(cached->file.ptr, '\n', cached->file.len);
	if (end != NULL)
		head = json_loadb((const char *)cached->file.ptr, (size_t)(end - cached->file.ptr),
			JSON_REJECT_DUPLICATES, NULL);
	name = json_string_value(json_object_get(head, "url"));
	if (name != NULL && strcmp(name, url) == 0) {
		cached->fetched = json_integer_value(json_object_get(head, "fetched"));
		cached->until = json_integer_value(json_object_get(head, "until"));
		etag = json_string_value(json_object_get(head, "etag"));
		cached->etag = etag == NULL ? NULL : strdup(etag);
		cached->body = mdoc_bytes_of(end + 1, cached->file.len - (size_t)(end - cached->file.ptr) - 1);
	}
	json_decref(head);
}

/* A cache that cannot be written costs time, and nothing else. */
static void
cache_write(const struct cached *cached, const char *url, const struct http_answer *answer, struct mdoc_bytes body)
{
	const char *etag = answer->etag != NULL ? answer->etag : cached->etag;
	json_t *head = json_pack("{s:s, s:I, s:I}", "url", url, "fetched", (json_int_t)clock_now(), "until",
		(json_int_t)http_until(answer));
	struct mdoc_buf file = MDOC_BUF_EMPTY;
	char *line;

	if (etag != NULL)
		(void)json_object_set_new(head, "etag", json_string(etag));
	line = head == NULL ? NULL : json_dumps(head, JSON_COMPACT);
	if (line != NULL) {
		mdoc_buf_append(&file, mdoc_text(line));
		mdoc_buf_append(&file, mdoc_text("\n"));
		mdoc_buf_append(&file, body);
	}
	if (line != NULL && file.err == MDOC_OK && cached->path[0] != '\0')
		(void)file_write(cached->path, 0600, mdoc_buf_bytes(&file));
	mdoc_buf_clear(&file);
	free(line);
	json_decref(head);
}

static void
cached_clear(struct cached *cached)
{
	mdoc_buf_clear(&cached->file);
	free(cached->etag);
}

/* ---- Taking ---- */

static bool
take(const struct fetch_want *want, struct mdoc_bytes body, int64_t fetched, int64_t http_until, int64_t *until)
{
	int64_t fresh = INT64_MAX;

	if (body.len == 0 || !want->take(want->arg, body, fetched, &fresh))
		return false;
	*until = fresh < http_until ? fresh : http_until;
	return true;
}

/* Ask the network. EXIT_STATUS_OK: it was taken, and the cache has it. */
static enum exit_status
ask_network(const struct fetch_options *options, const struct fetch_want *want, const struct cached *cached,
	int64_t *until)
{
	const struct http_options http = { .ca_file = options->tls_ca, .timeout = FETCH_TIMEOUT, .max = FILE_CRL_MAX };
	struct http_answer answer = { .status = 0 };
	enum exit_status status = http_exchange(want->url, &http, want->accept, cached->etag, NULL, NULL, &answer);
	struct mdoc_bytes body = mdoc_buf_bytes(&answer.body);

	if (status != EXIT_STATUS_OK)
		goto out;
	if (answer.status == HTTP_NOT_MODIFIED && cached->etag != NULL)
		body = cached->body;
	else if (answer.status != HTTP_OK)
		tool_error(_("%s was answered with the HTTP status %ld"), want->url, answer.status);
	if ((answer.status == HTTP_OK || body.ptr == cached->body.ptr) &&
		take(want, body, clock_now(), http_until(&answer), until))
		cache_write(cached, want->url, &answer, body);
	else
		status = EXIT_STATUS_TROUBLE;
out:
	http_answer_clear(&answer);
	return status == EXIT_STATUS_OK ? EXIT_STATUS_OK : EXIT_STATUS_TROUBLE;
}

enum exit_status
fetch_content(const struct fetch_options *options, const struct fetch_want *want, int64_t *until)
{
	struct cached cached = { .path = "" };
	const int64_t now = clock_now();
	enum exit_status status = EXIT_STATUS_OK;

	cache_name(options, want->url, &cached);
	cache_read(want->url, &cached);
	/* Fetched in the future: the clock was wrong then, or is now. */
	if (cached.body.len > 0 && cached.fetched <= now && now < cached.until &&
		take(want, cached.body, cached.fetched, cached.until, until) && now < *until)
		goto out;
	status = ask_network(options, want, &cached, until);
	if (status == EXIT_STATUS_OK)
		goto out;
	*until = now + FETCH_RETRY;
	if (cached.body.len > 0 && take(want, cached.body, cached.fetched, *until, until)) {
		tool_note(_("%s: what was fetched before is used."), want->url);
		status = EXIT_STATUS_OK;
	}
out:
	cached_clear(&cached);
	return status;
}
