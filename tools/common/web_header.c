/* web_header.c: what a request says in its headers. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <string.h>
#include <strings.h>
#include "tools/common/web.h"

/* RFC 6265, 5.4: "name=value; name=value". */
bool
web_cookie(const struct web_request *request, const char *name, char *value, size_t room)
{
	const char *rest = web_header(request, "Cookie");
	const size_t name_len = strlen(name);
	size_t found = 0;

	while (rest != NULL && *rest != '\0') {
		const size_t len = strcspn(rest, ";");

		if (len > name_len && strncmp(rest, name, name_len) == 0 && rest[name_len] == '=') {
			const size_t value_len = len - name_len - 1;

			if (found++ > 0 || value_len >= room)
				return false;
			memcpy(value, rest + name_len + 1, value_len);
			value[value_len] = '\0';
		}
		rest += len;
		rest += strspn(rest, "; ");
	}
	return found == 1;
}

bool
web_is_form(const struct web_request *request)
{
	static const char form[] = "application/x-www-form-urlencoded";
	const char *type = web_header(request, "Content-Type");
	const size_t len = sizeof(form) - 1;

	return type != NULL && strncasecmp(type, form, len) == 0 &&
		(type[len] == '\0' || strchr("; ", type[len]) != NULL);
}
