/*
 * tests/unit/kdf_release.c: tokens/vault/kdf.c as a release build has it, whatever this build
 * is: without config.h there is no MDOC_CHEAP_KDF.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#undef HAVE_CONFIG_H
#define vault_kdf release_kdf
#define vault_kdf_params_new release_kdf_params_new
#define vault_kdf_params_read release_kdf_params_read
#define vault_kdf_params_write release_kdf_params_write

#include "tokens/vault/kdf.c"
