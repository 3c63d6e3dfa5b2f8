/* trust_change.c: add to a trust store, remove from it, update it. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "tools/common/clock.h"
#include "tools/common/context.h"
#include "tools/common/file.h"
#include "tools/common/http.h"
#include "tools/common/message.h"
#include "tools/reader/anchors.h"
#include "tools/reader/fetch.h"
#include "tools/reader/trust_change.h"

#define HTTP_OK 200
#define HTTP_NOT_MODIFIED 304

/* What is about to enter the store. Only what is signed comes from URLs: whom to trust is for a person to say. */
struct candidate {
	enum trust_kind kind;
	const char *from;
	bool from_url;
	char path[PATH_MAX]; /* in the store's folder */
	char *etag;
};

struct candidates {
	struct candidate *items;
	size_t count;
};

static void
candidates_clear(struct candidates *candidates)
{
	for (size_t i = 0; i < candidates->count; i++)
		free(candidates->items[i].etag);
	free(candidates->items);
}

/* ---- Content ---- */

/* A certificate or CRL as DER, a VICAL as it is. */
static enum exit_status
read_file(enum trust_kind kind, const char *path, struct mdoc_buf *content)
{
	if (kind == TRUST_VICAL)
		return file_read(path, FILE_CBOR_MAX, content);
	if (kind == TRUST_CRL)
		return file_read_crl(path, content);
	return file_read_certificate(path, content);
}

/* etag: only something else than this; not_modified: it is still the same. */
static enum exit_status
read_url(const struct trust_change *change, const char *url, const char *etag, struct http_answer *answer,
	bool *not_modified)
{
	const struct http_options http = { .ca_file = change->tls_ca, .max = FILE_CRL_MAX };
	enum exit_status status = http_exchange(url, &http, NULL, etag, NULL, NULL, answer);

	if (status != EXIT_STATUS_OK)
		return status;
	*not_modified = etag != NULL && answer->status == HTTP_NOT_MODIFIED;
	if (*not_modified || answer->status == HTTP_OK)
		return EXIT_STATUS_OK;
	tool_error(_("%s was answered with the HTTP status %ld"), url, answer->status);
	return EXIT_STATUS_TROUBLE;
}

/* The file that a candidate becomes. A CRL from a URL becomes DER, as one from a file does. */
static enum exit_status
put_content(struct trust_change *change, struct candidate *candidate, struct mdoc_bytes content)
{
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	enum exit_status status = trust_store_write(&change->store, content, candidate->path);

	if (status == EXIT_STATUS_OK && candidate->from_url && candidate->kind == TRUST_CRL) {
		status = read_file(candidate->kind, candidate->path, &der);
		if (status == EXIT_STATUS_OK)
			status = trust_store_write(&change->store, mdoc_buf_bytes(&der), candidate->path);
	}
	mdoc_buf_clear(&der);
	return status;
}

static struct candidate *
new_candidate(struct candidates *candidates, enum trust_kind kind, const char *from)
{
	struct candidate *grown = realloc(candidates->items, (candidates->count + 1) * sizeof(*grown));

	if (grown == NULL)
		return NULL;
	candidates->items = grown;
	grown += candidates->count++;
	*grown = (struct candidate){ .kind = kind,
		.from = from,
		.from_url = (kind == TRUST_VICAL || kind == TRUST_CRL) && fetch_is_url(from) };
	return grown;
}

static enum exit_status
collect(struct trust_change *change, struct candidates *candidates, enum trust_kind kind, const char *from)
{
	struct candidate *candidate = new_candidate(candidates, kind, from);
	struct http_answer answer = { .status = 0 };
	struct mdoc_buf content = MDOC_BUF_EMPTY;
	bool not_modified = false;
	enum exit_status status;

	if (candidate == NULL)
		return tool_no_memory();
	if (candidate->from_url) {
		status = read_url(change, from, NULL, &answer, &not_modified);
		if (status == EXIT_STATUS_OK)
			status = put_content(change, candidate, mdoc_buf_bytes(&answer.body));
		candidate->etag = answer.etag;
		answer.etag = NULL;
	} else {
		status = read_file(kind, from, &content);
		if (status == EXIT_STATUS_OK)
			status = put_content(change, candidate, mdoc_buf_bytes(&content));
	}
	http_answer_clear(&answer);
	mdoc_buf_clear(&content);
	return status;
}

/* ---- Checks ---- */

static void
paths_of(const struct candidates *candidates, enum trust_kind kind, const char **items, struct option_list *list)
{
	list->items = items;
	list->count = 0;
	for (size_t i = 0; i < candidates->count; i++)
		if (candidates->items[i].kind == kind)
			items[list->count++] = candidates->items[i].path;
}

/* All of them beside what is in the store, as a reader would take them. */
static enum exit_status
check(const struct trust_change *change, const struct candidates *candidates)
{
	struct option_list lists[TRUST_KIND_COUNT];
	const char **items = calloc(TRUST_KIND_COUNT * candidates->count + 1, sizeof(*items));
	struct mdoc_trust *trust = NULL;
	enum exit_status status;

	if (items == NULL)
		return tool_no_memory();
	for (size_t k = 0; k < TRUST_KIND_COUNT; k++)
		paths_of(candidates, (enum trust_kind)k, items + k * candidates->count, &lists[k]);
	status = reader_anchors_read(&(const struct reader_anchors){ .store = trust_store_exists(change->folder)
						     ? change->store.folder
						     : NULL,
					     .iaca = &lists[TRUST_IACA],
					     .vical = &lists[TRUST_VICAL],
					     .vical_ca = &lists[TRUST_VICAL_CA],
					     .crl = &lists[TRUST_CRL],
					     .now = clock_now(),
					     .relax = change->relax },
		&trust);
	mdoc_trust_free(trust);
	free((void *)items);
	return status;
}

/* ---- What entries are, for people ---- */

static char *
copy_text(struct mdoc_bytes text)
{
	return text.ptr == NULL ? strdup("") : strndup((const char *)text.ptr, text.len);
}

static char *
certificate_name(struct mdoc_bytes der, int64_t *until)
{
	struct mdoc_buf text = MDOC_BUF_EMPTY;
	struct mdoc_cert *cert = NULL;
	char *name = NULL;

	if (mdoc_cert_parse(tool_context(), der, &cert, NULL) == MDOC_OK) {
		*until = mdoc_cert_not_after(cert);
		if (mdoc_cert_subject_text(cert, &text) == MDOC_OK)
			name = copy_text(mdoc_buf_bytes(&text));
	}
	mdoc_cert_free(cert);
	mdoc_buf_clear(&text);
	return name;
}

static char *
vical_name(struct mdoc_bytes cbor, int64_t *until)
{
	struct mdoc_trust_list_info info;
	struct mdoc_trust_list *list = NULL;
	char *name = NULL;

	if (mdoc_trust_list_parse(tool_context(), MDOC_VICAL, cbor, &list, NULL) == MDOC_OK) {
		mdoc_trust_list_info(list, &info);
		*until = info.has_next_update ? info.next_update : 0;
		name = copy_text(info.provider);
	}
	mdoc_trust_list_free(list);
	return name;
}

static char *
crl_name(struct mdoc_bytes der, const char *from, int64_t *until)
{
	struct mdoc_crl *crl = NULL;
	char *name = NULL;

	if (mdoc_crl_parse(tool_context(), der, &crl, NULL) == MDOC_OK) {
		*until = mdoc_crl_next_update(crl);
		name = strdup(from);
	}
	mdoc_crl_free(crl);
	return name;
}

bool
trust_about(const struct trust_store *store, size_t i, struct trust_about *about)
{
	struct mdoc_buf file = MDOC_BUF_EMPTY;

	memset(about, 0, sizeof(*about));
	if (!trust_store_entry(store, i, &about->entry) ||
		file_read(about->entry.path, FILE_CRL_MAX, &file) != EXIT_STATUS_OK)
		return false;
	if (about->entry.kind == TRUST_VICAL)
		about->name = vical_name(mdoc_buf_bytes(&file), &about->until);
	else if (about->entry.kind == TRUST_CRL)
		about->name = crl_name(mdoc_buf_bytes(&file), about->entry.from, &about->until);
	else
		about->name = certificate_name(mdoc_buf_bytes(&file), &about->until);
	mdoc_buf_clear(&file);
	if (about->name == NULL)
		tool_error(_("%s is not what the index says"), about->entry.path);
	return about->name != NULL;
}

void
trust_about_clear(struct trust_about *about)
{
	free(about->name);
	about->name = NULL;
}

/* ---- Add ---- */

static enum exit_status
enter(struct trust_change *change, const struct candidate *candidate)
{
	return trust_store_enter(&change->store, candidate->kind, candidate->path, NULL, candidate->from,
		candidate->from_url ? candidate->from : NULL, candidate->etag);
}

static int
is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* A folder's certificates, each of which is named by this, so that one that is wrong is an error. */
static enum exit_status
collect_folder(struct trust_change *change, struct candidates *candidates, const char *folder)
{
	struct dirent **names = NULL;
	const int count = scandir(folder, &names, is_visible, alphasort);
	enum exit_status status = count > 0 ? EXIT_STATUS_OK : EXIT_STATUS_INPUT;
	char path[PATH_MAX];

	if (count <= 0)
		tool_error(_("%s has no certificate of an IACA"), folder);
	for (int i = 0; i < count; i++) {
		const int len = snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);

		if (status == EXIT_STATUS_OK && len > 0 && (size_t)len < sizeof(path))
			status = collect(change, candidates, TRUST_IACA, path);
		if (status == EXIT_STATUS_OK)
			candidates->items[candidates->count - 1].from = folder;
		free(names[i]);
	}
	free(names);
	return status;
}

static enum exit_status
collect_all(struct trust_change *change, struct candidates *candidates)
{
	const struct {
		enum trust_kind kind;
		const struct option_list *from;
	} all[] = { { TRUST_IACA, &change->names }, { TRUST_VICAL_CA, &change->vical_ca },
		{ TRUST_VICAL, &change->vical }, { TRUST_CRL, &change->crl } };
	enum exit_status status = EXIT_STATUS_OK;
	struct stat about;

	for (size_t k = 0; k < sizeof(all) / sizeof(*all); k++)
		for (size_t i = 0; i < all[k].from->count && status == EXIT_STATUS_OK; i++) {
			const char *from = all[k].from->items[i];

			if (all[k].kind == TRUST_IACA && stat(from, &about) == 0 && S_ISDIR(about.st_mode))
				status = collect_folder(change, candidates, from);
			else
				status = collect(change, candidates, all[k].kind, from);
		}
	return status;
}

enum exit_status
trust_add(struct trust_change *change)
{
	struct candidates candidates = { NULL, 0 };
	enum exit_status status = trust_store_open(change->folder, true, &change->store);

	if (status == EXIT_STATUS_OK)
		status = collect_all(change, &candidates);
	if (status == EXIT_STATUS_OK)
		status = check(change, &candidates);
	for (size_t i = 0; i < candidates.count && status == EXIT_STATUS_OK; i++)
		status = enter(change, &candidates.items[i]);
	if (status == EXIT_STATUS_OK)
		status = trust_store_save(&change->store);
	candidates_clear(&candidates);
	return status;
}

/* ---- Remove ---- */

static enum exit_status
take_out(struct trust_change *change, const char *id)
{
	size_t found = SIZE_MAX, count = 0;
	struct trust_entry entry;

	for (size_t i = 0; i < trust_store_count(&change->store); i++) {
		if (id[0] == '\0' || !trust_store_entry(&change->store, i, &entry) ||
			strncmp(entry.id, id, strlen(id)) != 0)
			continue;
		found = i;
		count++;
	}
	if (count == 1) {
		trust_store_take_out(&change->store, found);
		return EXIT_STATUS_OK;
	}
	tool_error(count == 0 ? _("the trust store has nothing with the id %s")
			      : _("the trust store has more than one with the id %s"),
		id);
	return EXIT_STATUS_INPUT;
}

enum exit_status
trust_remove(struct trust_change *change)
{
	enum exit_status status = trust_store_open(change->folder, true, &change->store);

	for (size_t i = 0; i < change->names.count && status == EXIT_STATUS_OK; i++)
		status = take_out(change, change->names.items[i]);
	return status == EXIT_STATUS_OK ? trust_store_save(&change->store) : status;
}

/* ---- Update ---- */

/* Who puts back an older list hides what happened since. */
static bool
is_older(const char *new_path, const char *old_path)
{
	struct mdoc_buf files[2] = { MDOC_BUF_EMPTY, MDOC_BUF_EMPTY };
	const char *const paths[2] = { new_path, old_path };
	struct mdoc_trust_list_info info[2];
	bool known = true, older;

	for (size_t i = 0; i < 2; i++) {
		struct mdoc_trust_list *list = NULL;

		memset(&info[i], 0, sizeof(info[i]));
		known = known && file_read(paths[i], FILE_CBOR_MAX, &files[i]) == EXIT_STATUS_OK &&
			mdoc_trust_list_parse(tool_context(), MDOC_VICAL, mdoc_buf_bytes(&files[i]), &list, NULL) ==
				MDOC_OK;
		if (known)
			mdoc_trust_list_info(list, &info[i]);
		mdoc_trust_list_free(list);
		mdoc_buf_clear(&files[i]);
	}
	older = known && (info[0].date < info[1].date || (info[0].has_id && info[1].has_id && info[0].id < info[1].id));
	return older;
}

static enum exit_status
replace(struct trust_change *change, const struct trust_entry *old, struct candidates *candidates, size_t i)
{
	const struct candidate *candidate = &candidates->items[0];
	enum exit_status status = check(change, candidates);

	if (status == EXIT_STATUS_OK && old->kind == TRUST_VICAL && is_older(candidate->path, old->path)) {
		tool_error(_("%s has an older list than the one that is there"), old->url);
		status = EXIT_STATUS_INPUT;
	}
	if (status != EXIT_STATUS_OK)
		return status;
	trust_store_take_out(&change->store, i);
	return enter(change, candidate);
}

/* The entry's strings are of the index, which changes: they are copied. */
static enum exit_status
update_one(struct trust_change *change, size_t i, const struct trust_entry *entry)
{
	struct trust_entry old = *entry;
	char *url = strdup(entry->url), *etag = entry->etag == NULL ? NULL : strdup(entry->etag);
	struct candidates candidates = { NULL, 0 };
	struct http_answer answer = { .status = 0 };
	struct candidate *candidate = url == NULL ? NULL : new_candidate(&candidates, entry->kind, url);
	bool not_modified = false;
	enum exit_status status;

	old.url = url;
	if (candidate == NULL) {
		status = tool_no_memory();
		goto out;
	}
	status = read_url(change, url, etag, &answer, &not_modified);
	if (status == EXIT_STATUS_OK && not_modified) {
		memcpy(candidate->path, old.path, sizeof(old.path));
		candidate->etag = etag;
		etag = NULL;
		status = enter(change, candidate);
	} else if (status == EXIT_STATUS_OK) {
		candidate->etag = answer.etag;
		answer.etag = NULL;
		status = put_content(change, candidate, mdoc_buf_bytes(&answer.body));
		if (status == EXIT_STATUS_OK)
			status = replace(change, &old, &candidates, i);
	}
out:
	http_answer_clear(&answer);
	candidates_clear(&candidates);
	free(etag);
	free(url);
	return status;
}

enum exit_status
trust_update(struct trust_change *change)
{
	enum exit_status status = trust_store_open(change->folder, true, &change->store), worst = EXIT_STATUS_OK, one;
	struct trust_entry entry;

	if (status != EXIT_STATUS_OK)
		return status;
	/* What is entered anew goes to the end. */
	for (size_t i = trust_store_count(&change->store); i-- > 0;) {
		if (!trust_store_entry(&change->store, i, &entry) || entry.url == NULL)
			continue;
		one = update_one(change, i, &entry);
		if (one != EXIT_STATUS_OK) {
			tool_why("%s", _("What is there stays."));
			worst = one;
		}
	}
	status = trust_store_save(&change->store);
	return status == EXIT_STATUS_OK ? worst : status;
}
