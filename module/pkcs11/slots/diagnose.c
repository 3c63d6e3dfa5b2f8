/*
 * diagnose.c: configuration, environment and memory, for C_MDOC_Diagnose.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"

#include "module/pkcs11/slots/diagnose.h"

#include <jansson.h>
#include <stdbool.h>
#include <sys/auxv.h>

#include "tokens/arena.h"
#include "tokens/token.h"

static const char *const sources[] = {
	[TOKEN_CONFIG_NONE] = "none",
	[TOKEN_CONFIG_ENVIRONMENT] = "environment",
	[TOKEN_CONFIG_USER] = "user",
	[TOKEN_CONFIG_SYSTEM] = "system",
};

/* A file name may be no UTF-8; then it is left out. */
static json_t *
report(const struct token_config *config, const char *wrong)
{
	return json_pack("{s:s, s:b, s:{s:s, s:s*, s:s*}, s:s*, s:b, s:s, s:i, s:b, s:s*, s:b}", "version",
		PACKAGE_VERSION, "environment_ignored", getauxval(AT_SECURE) != 0, "config", "source",
		sources[config->source], "file", config->file, "wrong", wrong[0] != '\0' ? wrong : NULL, "store",
		config->store, "store_from_environment", config->store_from_environment, "backend", config->backend,
		"min_pin", (int)config->min_pin, "allow_weak_so_pin", config->allow_weak_so_pin, "tcti", config->tcti,
		"memory_locked", arena_is_locked());
}

CK_RV
diagnose_library(char **json)
{
	struct token_config config = { 0 };
	char why[400] = "";
	json_t *object = NULL;
	CK_RV rv = CKR_HOST_MEMORY;
	enum token_result res;

	*json = NULL;
	res = token_config_load(&config, why, sizeof(why));
	if (res != TOKEN_OK && res != TOKEN_ERR_ARG)
		goto out;
	object = report(&config, why);
	if (object != NULL)
		*json = json_dumps(object, JSON_COMPACT);
	if (*json != NULL)
		rv = CKR_OK;
out:
	json_decref(object);
	token_config_clear(&config);
	return rv;
}
