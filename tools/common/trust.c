/* trust.c: options about whom to trust. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdio.h>
#include "tools/common/trust.h"
#include "tools/common/message.h"

void
trust_relax_names(char text[TRUST_RELAX_MAX])
{
	const char *name;
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; used < TRUST_RELAX_MAX && (name = mdoc_relax_name(i, NULL)) != NULL; i++)
		used += (size_t)snprintf(text + used, TRUST_RELAX_MAX - used, "%s%s", i > 0 ? ", " : "", name);
}

enum exit_status
trust_relax(const struct command *command, const struct option_list *names, unsigned *relax)
{
	char known[TRUST_RELAX_MAX];

	trust_relax_names(known);
	for (size_t i = 0; i < names->count; i++) {
		const unsigned bit = mdoc_relax_from_name(names->items[i]);

		if (bit == 0)
			return options_wrong(command, _("--relax does not know \"%s\", but %s"), names->items[i],
				known);
		*relax |= bit;
	}
	return EXIT_STATUS_OK;
}
