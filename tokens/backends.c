/*
 * The backends of this build.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/backend.h"

#include <string.h>

static const struct token_backend backends[] = {
	{ "vault", "vault (software)", NULL, &vault_guard, &vault_keymaker, NULL },
	{ "tpm", "TPM 2.0", "TPM 2.0 (DA PIN)", &tpm_guard, &tpm_keymaker, &tpm_attester },
	{ "vault-tpm", "vault (TPM PIN)", "vault (DA PIN)", &tpm_guard, &vault_keymaker, NULL },
};

const struct token_backend *
token_backend_find(const char *name)
{
	for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++) {
		if (strcmp(backends[i].name, name) == 0)
			return &backends[i];
	}
	return NULL;
}
