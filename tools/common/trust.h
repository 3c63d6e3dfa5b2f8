/*
 * trust.h: options about whom to trust: rules that certificates may break.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_TRUST_H
#define TOOLS_TRUST_H

#include <mdoc/x509.h>
#include "tools/common/options.h"

#define TRUST_RELAX_MAX 256

/* The names of all relaxations, "crl-dp, issuer-alt-name, …". */
void trust_relax_names(char text[TRUST_RELAX_MAX]);

/* The bits of these names. EXIT_STATUS_USAGE (said, with the names that there are): an unknown one. */
enum exit_status trust_relax(const struct command *command, const struct option_list *names, unsigned *relax);

#endif
