/*
 * tokens/config.c: mdoc-pkcs11.conf, key = value.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tokens/pin/policy.h"
#include "tokens/token.h"

#define CONF_NAME "mdoc-pkcs11.conf"
#define FOLDER "mdoc-pkcs11"
#define DEFAULT_BACKEND "vault"
/* Where nobody has a home: nothing is found there and nothing can be made. */
#define NO_HOME "/nonexistent"
#define PASSWD_MAX 16384

struct where {
	const char *path;
	unsigned line;
	char *why;
	size_t why_len;
};

static enum token_result __attribute__((format(printf, 2, 3)))
refuse(const struct where *where, const char *format, ...)
{
	va_list args;
	int n;

	if (where->why == NULL || where->why_len == 0)
		return TOKEN_ERR_ARG;
	if (where->line > 0)
		n = snprintf(where->why, where->why_len, "%s:%u: ", where->path, where->line);
	else
		n = snprintf(where->why, where->why_len, "%s: ", where->path);
	if (n < 0 || (size_t)n >= where->why_len)
		return TOKEN_ERR_ARG;
	va_start(args, format);
	(void)vsnprintf(where->why + n, where->why_len - (size_t)n, format, args);
	va_end(args);
	return TOKEN_ERR_ARG;
}

/* NULL when it is not set, empty, or must not be believed. */
static const char *
environment(const char *name)
{
	const char *value = secure_getenv(name);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

static char *
join(const char *a, const char *b)
{
	char *joined = NULL;

	return asprintf(&joined, "%s%s", a, b) < 0 ? NULL : joined;
}

static char *
home_folder(void)
{
	const char *home = environment("HOME");
	struct passwd entry, *found = NULL;
	char *buffer, *copy;

	if (home != NULL)
		return strdup(home);
	buffer = malloc(PASSWD_MAX);
	if (buffer == NULL)
		return NULL;
	if (getpwuid_r(geteuid(), &entry, buffer, PASSWD_MAX, &found) != 0 || found == NULL || found->pw_dir == NULL ||
		found->pw_dir[0] != '/')
		copy = strdup(NO_HOME);
	else
		copy = strdup(found->pw_dir);
	free(buffer);
	return copy;
}

/* $XDG_…/rest, or ~/otherwise/rest; a relative XDG path counts as none (basedir specification). */
static char *
xdg_path(const char *variable, const char *otherwise, const char *rest)
{
	const char *base = environment(variable);
	char *home, *folder, *path;

	if (base != NULL && base[0] == '/')
		return join(base, rest);
	home = home_folder();
	folder = home != NULL ? join(home, otherwise) : NULL;
	path = folder != NULL ? join(folder, rest) : NULL;
	free(folder);
	free(home);
	return path;
}

/* A folder from the environment may be relative: to where the process is now. */
static char *
absolute(const char *path)
{
	char *here, *folder, *joined;

	if (path[0] == '/')
		return strdup(path);
	here = getcwd(NULL, 0);
	folder = here != NULL ? join(here, "/") : NULL;
	joined = folder != NULL ? join(folder, path) : NULL;
	free(folder);
	free(here);
	return joined;
}

static enum token_result
replace(char **field, char *value)
{
	if (value == NULL)
		return TOKEN_ERR_MEMORY;
	free(*field);
	*field = value;
	return TOKEN_OK;
}

static enum token_result
set_path(char **field, const char *name, const char *value, const struct where *where)
{
	char *home;
	enum token_result res;

	if (value[0] == '/')
		return replace(field, strdup(value));
	if (strncmp(value, "~/", 2) != 0)
		return refuse(where, "%s must be an absolute path or begin with ~/", name);
	home = home_folder();
	if (home == NULL)
		return TOKEN_ERR_MEMORY;
	res = replace(field, join(home, value + 1));
	free(home);
	return res;
}

static enum token_result
set_store(struct token_config *config, const char *value, const struct where *where)
{
	return set_path(&config->store, "store", value, where);
}

static enum token_result
set_backend(struct token_config *config, const char *value, const struct where *where)
{
	if (value[0] == '\0')
		return refuse(where, "backend is empty");
	return replace(&config->backend, strdup(value));
}

static enum token_result
set_min_pin(struct token_config *config, const char *value, const struct where *where)
{
	const unsigned lowest = pin_limits_vault_user.weak_min; /* of any backend */
	char *end = NULL;
	unsigned long number;

	errno = 0;
	number = strtoul(value, &end, 10);
	if (errno != 0 || value[0] < '0' || value[0] > '9' || *end != '\0' || number < lowest || number > PIN_LEN_MAX)
		return refuse(where, "min-pin must be a number from %u to %d", lowest, PIN_LEN_MAX);
	config->min_pin = (unsigned)number;
	return TOKEN_OK;
}

static enum token_result
set_weak_so_pin(struct token_config *config, const char *value, const struct where *where)
{
	bool yes = strcmp(value, "yes") == 0 || strcmp(value, "true") == 0;

	if (!yes && strcmp(value, "no") != 0 && strcmp(value, "false") != 0)
		return refuse(where, "allow-weak-so-pin must be yes or no");
	config->allow_weak_so_pin = yes;
	return TOKEN_OK;
}

static enum token_result
set_tcti(struct token_config *config, const char *value, const struct where *where)
{
	if (value[0] == '\0')
		return refuse(where, "tcti is empty");
	return replace(&config->tcti, strdup(value));
}

static enum token_result
set_owner_auth(struct token_config *config, const char *value, const struct where *where)
{
	return set_path(&config->tpm_owner_auth, "tpm-owner-auth-file", value, where);
}

static enum token_result
set_authenticator(struct token_config *config, const char *value, const struct where *where)
{
	return set_path(&config->authenticator, "authenticator", value, where);
}

static enum token_result
set_tpm_pin(struct token_config *config, const char *value, const struct where *where)
{
	static const char *const names[] = {
		[TOKEN_TPM_PIN_AUTO] = "auto",
		[TOKEN_TPM_PIN_INDEX] = "index",
		[TOKEN_TPM_PIN_OBJECT] = "object",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], value) == 0) {
			config->tpm_pin = (enum token_tpm_pin)i;
			return TOKEN_OK;
		}
	return refuse(where, "tpm-pin must be auto, index or object");
}

static const struct {
	const char *name;
	enum token_result (*set)(struct token_config *config, const char *value, const struct where *where);
} keys[] = {
	{ "store", set_store },
	{ "backend", set_backend },
	{ "min-pin", set_min_pin },
	{ "allow-weak-so-pin", set_weak_so_pin },
	{ "tcti", set_tcti },
	{ "tpm-owner-auth-file", set_owner_auth },
	{ "tpm-pin", set_tpm_pin },
	{ "authenticator", set_authenticator },
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Without blanks at both ends; changes the text. */
static char *
trim(char *text)
{
	size_t len;

	while (is_blank(*text))
		text++;
	len = strlen(text);
	while (len > 0 && is_blank(text[len - 1]))
		text[--len] = '\0';
	return text;
}

static enum token_result
read_line(struct token_config *config, char *line, unsigned *seen, const struct where *where)
{
	char *text = trim(line), *equals, *name;
	size_t i;

	if (text[0] == '\0' || text[0] == '#')
		return TOKEN_OK;
	equals = strchr(text, '=');
	if (equals == NULL)
		return refuse(where, "expected key = value");
	*equals = '\0';
	name = trim(text);
	for (i = 0; i < KEYS; i++) {
		if (strcmp(keys[i].name, name) != 0)
			continue;
		if ((*seen & 1u << i) != 0)
			return refuse(where, "%s is given twice", name);
		*seen |= 1u << i;
		return keys[i].set(config, trim(equals + 1), where);
	}
	return refuse(where, "unknown key \"%.64s\"", name);
}

static enum token_result
read_file(struct token_config *config, FILE *file, struct where *where)
{
	enum token_result res = TOKEN_OK;
	char *line = NULL;
	size_t room = 0;
	unsigned seen = 0;
	ssize_t len;

	while (res == TOKEN_OK && (len = getline(&line, &room, file)) >= 0) {
		where->line++;
		if (strlen(line) != (size_t)len)
			res = refuse(where, "a NUL byte");
		else
			res = read_line(config, line, &seen, where);
	}
	if (res == TOKEN_OK && ferror(file)) {
		where->line = 0;
		res = refuse(where, "cannot be read");
	}
	free(line);
	return res;
}

/* The file that counts, NULL when there is none. */
static enum token_result
find_file(FILE **file, char **path, enum token_config_source *source, struct where *where)
{
	const char *named = environment("MDOC_PKCS11_CONF");

	*file = NULL;
	if (named != NULL) {
		*path = strdup(named);
		if (*path == NULL)
			return TOKEN_ERR_MEMORY;
		where->path = *path;
		*source = TOKEN_CONFIG_ENVIRONMENT;
		*file = fopen(*path, "re");
		return *file != NULL ? TOKEN_OK : refuse(where, "%s", strerror(errno));
	}
	*path = xdg_path("XDG_CONFIG_HOME", "/.config", "/" FOLDER "/" CONF_NAME);
	if (*path == NULL)
		return TOKEN_ERR_MEMORY;
	*source = TOKEN_CONFIG_USER;
	*file = fopen(*path, "re");
	if (*file == NULL && (errno == ENOENT || errno == ENOTDIR || errno == EACCES)) {
		free(*path);
		*path = strdup(SYSCONFDIR "/" FOLDER "/" CONF_NAME);
		if (*path == NULL)
			return TOKEN_ERR_MEMORY;
		*source = TOKEN_CONFIG_SYSTEM;
		*file = fopen(*path, "re");
	}
	where->path = *path;
	if (*file == NULL && errno != ENOENT && errno != ENOTDIR)
		return refuse(where, "%s", strerror(errno));
	if (*file == NULL)
		*source = TOKEN_CONFIG_NONE;
	return TOKEN_OK;
}

static enum token_result
set_defaults(struct token_config *config)
{
	token_config_clear(config);
	config->backend = strdup(DEFAULT_BACKEND);
	config->store = xdg_path("XDG_DATA_HOME", "/.local/share", "/" FOLDER);
	return config->backend != NULL && config->store != NULL ? TOKEN_OK : TOKEN_ERR_MEMORY;
}

enum token_result
token_config_load(struct token_config *config, char *why, size_t why_len)
{
	struct where where = { .path = "", .why = why, .why_len = why_len };
	const char *store = environment("MDOC_PKCS11_STORE");
	const char *tcti = environment("MDOC_PKCS11_TCTI");
	enum token_result res;
	enum token_config_source source = TOKEN_CONFIG_NONE;
	FILE *file = NULL;
	char *path = NULL;

	memset(config, 0, sizeof(*config));
	if (why != NULL && why_len > 0)
		why[0] = '\0';
	res = set_defaults(config);
	if (res != TOKEN_OK)
		goto out;
	res = find_file(&file, &path, &source, &where);
	if (res == TOKEN_OK && file != NULL)
		res = read_file(config, file, &where);
	if (res == TOKEN_ERR_ARG && set_defaults(config) != TOKEN_OK)
		res = TOKEN_ERR_MEMORY;
	if (store != NULL && replace(&config->store, absolute(store)) != TOKEN_OK)
		res = TOKEN_ERR_MEMORY;
	if (tcti != NULL && replace(&config->tcti, strdup(tcti)) != TOKEN_OK)
		res = TOKEN_ERR_MEMORY;
	config->store_from_environment = store != NULL;
	config->source = source;
	if (source != TOKEN_CONFIG_NONE) {
		config->file = path;
		path = NULL;
	}
out:
	if (file != NULL)
		fclose(file);
	free(path);
	if (res == TOKEN_ERR_MEMORY)
		token_config_clear(config);
	return res;
}

void
token_config_clear(struct token_config *config)
{
	free(config->store);
	free(config->backend);
	free(config->tcti);
	free(config->tpm_owner_auth);
	free(config->authenticator);
	free(config->file);
	memset(config, 0, sizeof(*config));
}
