/*
 * What is wrong with an area, for the people who must repair it. No secrets, nothing written.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "tokens/token_priv.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tokens/pin/lock.h"
#include "tokens/store/schema.h"
#include "tokens/store/slots.h"

struct report {
	sqlite3_str *json;
	sqlite3_str *problems; /* elements of an array */
};

static void
put_string(sqlite3_str *out, const char *text)
{
	sqlite3_str_appendchar(out, 1, '"');
	for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
		if (*p < 0x20 || *p == '"' || *p == '\\')
			sqlite3_str_appendf(out, "\\u%04x", (unsigned)*p);
		else
			sqlite3_str_appendchar(out, 1, (char)*p);
	}
	sqlite3_str_appendchar(out, 1, '"');
}

static void
put_member(struct report *r, const char *name, const char *text)
{
	sqlite3_str_appendf(r->json, ",\"%s\":", name);
	put_string(r->json, text);
}

static void
put_number(struct report *r, const char *name, uint64_t number)
{
	sqlite3_str_appendf(r->json, ",\"%s\":%llu", name, (unsigned long long)number);
}

static void
put_flag(struct report *r, const char *name, bool flag)
{
	sqlite3_str_appendf(r->json, ",\"%s\":%s", name, flag ? "true" : "false");
}

static void
problem(struct report *r, const char *text)
{
	if (sqlite3_str_length(r->problems) > 0)
		sqlite3_str_appendchar(r->problems, 1, ',');
	put_string(r->problems, text);
}

static const char *
explain(enum token_result res)
{
	static const struct {
		enum token_result res;
		const char *text;
	} sentences[] = {
		{ TOKEN_ERR_NEWER, "The area was written by a newer version of this software; install that version." },
		{ TOKEN_ERR_DAMAGED,
			"The stored data are not what was committed: something was changed, removed or put "
			"back from outside. Restore the whole folder or erase the area and have the records issued "
			"again." },
		{ TOKEN_ERR_READ_ONLY,
			"The store cannot be written, so no PIN try can be counted and nobody can log in." },
		{ TOKEN_ERR_BUSY, "Another process holds the store; try again." },
		{ TOKEN_ERR_FULL, "The disk is full." },
		{ TOKEN_ERR_IO, "The store cannot be read; look at the permissions and at the disk." },
		{ TOKEN_ERR_MEMORY, "There is too little memory." },
		{ TOKEN_ERR_UNSUPPORTED, "The area belongs to a backend that this build does not have." },
		{ TOKEN_ERR_GONE, "The area has been erased." },
		{ TOKEN_ERR_DEVICE, "The TPM cannot be reached, or it failed." },
		{ TOKEN_ERR_OTHER_DEVICE,
			"This is not the TPM that the area was made with, or it has been cleared since: the keys "
			"cannot be "
			"used any more. Erase the area and have the records issued again." },
		{ TOKEN_ERR_INDEX_LOST,
			"What the area had in the TPM was taken away; the security officer mends it by setting a new "
			"PIN." },
		{ TOKEN_ERR_ROLLED_BACK,
			"An older copy of the store was put back: the TPM has counted further. Put back the newest "
			"one, or "
			"erase the area and have the records issued again." },
		{ TOKEN_ERR_OWNER_AUTH,
			"The authorisation of the TPM's owner is missing or wrong (tpm-owner-auth-file)." },
	};

	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++) {
		if (sentences[i].res == res)
			return sentences[i].text;
	}
	return "An unexpected error happened.";
}

static void
put_file(struct report *r, const char *folder, const char *name, unsigned want, bool needed, bool *first)
{
	char *path = NULL;
	struct stat st;

	if (asprintf(&path, "%s%s%s", folder, name[0] != '\0' ? "/" : "", name) < 0)
		return;
	if (stat(path, &st) == 0) {
		sqlite3_str_appendf(r->json, "%s{\"path\":", *first ? "" : ",");
		put_string(r->json, path);
		sqlite3_str_appendf(r->json, ",\"mode\":\"%04o\",\"owner\":%u}", (unsigned)(st.st_mode & 07777),
			(unsigned)st.st_uid);
		*first = false;
		if ((st.st_mode & 0777 & ~(mode_t)want) != 0)
			problem(r, "A file or folder of the store can be used by others than its owner.");
	} else if (needed) {
		problem(r, "A file or folder of the store is missing or cannot be reached.");
	}
	free(path);
}

static void
put_files(struct report *r, const char *store, const char *folder)
{
	bool first = true;

	sqlite3_str_appendall(r->json, ",\"files\":[");
	put_file(r, store, "", 0700, true, &first);
	put_file(r, store, STORE_SLOTS_FILE, 0600, true, &first);
	put_file(r, folder, "", 0700, true, &first);
	put_file(r, folder, STORE_AREA_FILE, 0600, true, &first);
	put_file(r, folder, STORE_AREA_FILE "-wal", 0600, false, &first);
	put_file(r, folder, STORE_AREA_FILE "-shm", 0600, false, &first);
	put_file(r, folder, PIN_LOCK_FILE, 0600, false, &first);
	put_file(r, folder, PIN_LOCK_COUNTER_FILE, 0600, false, &first);
	sqlite3_str_appendall(r->json, "]");
}

/* The version in the header of a database that could not be opened, so that nobody in this
 * process has locks on it that closing it would drop. */
static void
put_header(struct report *r, const char *folder)
{
	uint8_t header[72];
	char *path = NULL;
	int fd = -1;

	if (asprintf(&path, "%s/" STORE_AREA_FILE, folder) < 0)
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	free(path);
	if (fd < 0)
		return;
	if (read(fd, header, sizeof(header)) == (ssize_t)sizeof(header))
		put_number(r, "schema_found",
			((uint64_t)header[60] << 24) | ((uint64_t)header[61] << 16) | ((uint64_t)header[62] << 8) |
				header[63]);
	(void)close(fd);
}

static void
put_info(struct report *r, const struct token_info *info)
{
	static const char *const states[] = {
		[TOKEN_PIN_NONE] = "not set",
		[TOKEN_PIN_OPERATIONAL] = "operational",
		[TOKEN_PIN_LOCKED] = "locked",
		[TOKEN_PIN_DISABLED] = "disabled",
	};
	static const char *const lives[] = {
		[TOKEN_LIFE_BLANK] = "blank",
		[TOKEN_LIFE_ACTIVE] = "active",
		[TOKEN_LIFE_RETIRED] = "retired",
	};

	put_number(r, "schema_found", (uint64_t)schema_area.version);
	put_member(r, "label", info->label);
	put_member(r, "preset", info->preset[0] != '\0' ? info->preset : "general");
	put_member(r, "card", info->card);
	put_member(r, "life", lives[info->life]);
	put_member(r, "backend", info->backend);
	put_member(r, "model", info->model);
	put_flag(r, "device_bound", info->device_bound);
	put_flag(r, "shared_lockout", info->shared_lockout);
	put_member(r, "user_pin", states[info->user_state]);
	put_number(r, "user_tries_left", info->user_tries_left);
	put_number(r, "so_tries_left", info->so_tries_left);
	put_flag(r, "suspended", info->suspended);
	put_flag(r, "read_only", info->read_only);
	if (info->user_state == TOKEN_PIN_LOCKED)
		problem(r, "The user PIN is locked; the security officer can set a new one.");
	if (info->suspended)
		problem(r, "The area is suspended.");
	if (info->read_only)
		problem(r, explain(TOKEN_ERR_READ_ONLY));
}

/* Can the device be reached, is it the area's, and has it still got what is the area's? */
static void
put_device(struct report *r, struct token *token)
{
	struct backend_area *area = NULL;
	enum token_result res;

	if (token->backend->guard->check == NULL)
		return;
	res = backend_current(token, &area);
	if (res == TOKEN_OK)
		res = token->backend->guard->check(area);
	backend_area_free(area);
	put_member(r, "device", token_result_name(res));
	if (res != TOKEN_OK)
		problem(r, explain(res));
}

static void
put_root(struct report *r, struct token *token)
{
	const enum token_result res = token_lock_fresh(token);
	const bool possible = token->role != TOKEN_NOBODY;

	(void)pthread_mutex_unlock(&token->lock);
	if (res != TOKEN_OK) {
		put_member(r, "root", "wrong");
		problem(r, explain(res));
	} else {
		put_member(r, "root", possible ? "right" : "cannot be checked before login");
	}
}

static void
put_area(struct report *r, struct token_env *env, uint64_t slot, const char *folder)
{
	struct token *token = NULL;
	struct token_info info = { 0 };
	enum token_result res = token_open(env, slot, &token);

	if (res == TOKEN_OK)
		res = token_ask_info(token, &info);
	if (res == TOKEN_OK) {
		put_info(r, &info);
		put_device(r, token);
		put_root(r, token);
	} else {
		if (token == NULL)
			put_header(r, folder);
		problem(r, explain(res));
	}
	put_member(r, "opened", token_result_name(res));
	token_close(token);
}

enum token_result
token_diagnose(struct token_env *env, uint64_t slot, char **json)
{
	struct report r = { sqlite3_str_new(NULL), sqlite3_str_new(NULL) };
	const char *store = env->config.store != NULL ? env->config.store : "";
	char serial[TOKEN_SERIAL_LEN + 1] = "";
	char *folder = NULL;
	char *text = NULL;
	enum token_result res;

	res = slots_find(store, slot, &folder, serial);
	if (res == TOKEN_ERR_NOT_FOUND)
		goto out;
	sqlite3_str_appendall(r.json, "{\"store\":");
	put_string(r.json, store);
	put_number(&r, "slot", slot);
	put_number(&r, "schema_supported", (uint64_t)schema_area.version);
	if (folder != NULL) {
		put_member(&r, "serial", serial);
		put_area(&r, env, slot, folder);
		put_files(&r, store, folder);
	} else {
		put_member(&r, "opened", token_result_name(res));
		problem(&r, explain(res));
	}
	text = sqlite3_str_finish(r.problems);
	r.problems = NULL;
	sqlite3_str_appendf(r.json, ",\"problems\":[%s]}", text != NULL ? text : "");
	sqlite3_free(text);
	text = sqlite3_str_finish(r.json);
	r.json = NULL;
	*json = text != NULL ? strdup(text) : NULL;
	sqlite3_free(text);
	res = *json != NULL ? TOKEN_OK : TOKEN_ERR_MEMORY;
out:
	sqlite3_free(r.json != NULL ? sqlite3_str_finish(r.json) : NULL);
	sqlite3_free(r.problems != NULL ? sqlite3_str_finish(r.problems) : NULL);
	free(folder);
	return res;
}
