/* algorithms.c: until when algorithms are good. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include <mdoc/validity.h>
#include "tools/common/algorithms.h"
#include "tools/common/json.h"
#include "tools/common/message.h"

#define POLICY_VERSION 1
#define DAY 86400

static bool
is_known(const char *name)
{
	static const enum mdoc_curve curves[] = { MDOC_CURVE_P256, MDOC_CURVE_P384, MDOC_CURVE_P521, MDOC_CURVE_ED25519,
		MDOC_CURVE_ED448, MDOC_CURVE_BP256, MDOC_CURVE_BP320, MDOC_CURVE_BP384, MDOC_CURVE_BP512 };
	static const enum mdoc_alg algs[] = { MDOC_ALG_ES256, MDOC_ALG_ES384, MDOC_ALG_ES512, MDOC_ALG_EDDSA,
		MDOC_ALG_ESP256, MDOC_ALG_ESP384, MDOC_ALG_ESP512, MDOC_ALG_ED25519, MDOC_ALG_ED448, MDOC_ALG_ESB256,
		MDOC_ALG_ESB320, MDOC_ALG_ESB384, MDOC_ALG_ESB512 };
	static const char *const digests[] = { "SHA-256", "SHA-384", "SHA-512" };

	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (strcmp(name, mdoc_curve_name(curves[i])) == 0)
			return true;
	for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++)
		if (strcmp(name, mdoc_alg_name(algs[i])) == 0)
			return true;
	for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++)
		if (strcmp(name, digests[i]) == 0)
			return true;
	return false;
}

/* The beginning of a day in Japan; when it is not there, never. */
static bool
read_day(const json_t *row, const char *name, int64_t *when)
{
	const json_t *day = json_object_get(row, name);

	*when = INT64_MAX;
	return day == NULL || (json_is_string(day) && mdoc_law_attains_age(mdoc_text(json_string_value(day)), 0, when));
}

static bool
read_row(const json_t *row, struct mdoc_algorithm_rule *rule, int64_t *issue_until)
{
	static const char *const members[] = { "name", "issue_until", "warn_from", "reject_from" };
	size_t known = 0;

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		known += json_object_get(row, members[i]) != NULL;
	rule->name = json_string_value(json_object_get(row, "name"));
	if (rule->name == NULL || !is_known(rule->name) || known != json_object_size(row))
		return false;
	if (!read_day(row, "issue_until", issue_until) || !read_day(row, "warn_from", &rule->warn_from) ||
		!read_day(row, "reject_from", &rule->reject_from))
		return false;
	if (*issue_until != INT64_MAX)
		*issue_until += DAY - 1; /* to the end of that day */
	return true;
}

enum exit_status
algorithm_policy_read(const char *path, struct algorithm_policy *policy)
{
	enum exit_status status;
	const json_t *rows;

	memset(policy, 0, sizeof(*policy));
	status = json_read(path, &policy->json);
	if (status != EXIT_STATUS_OK)
		return status;
	rows = json_need_array(policy->json, "algorithms", path);
	if (rows == NULL || json_integer_value(json_object_get(policy->json, "version")) != POLICY_VERSION) {
		tool_error(_("%s is no algorithm policy"), path);
		return EXIT_STATUS_INPUT;
	}
	policy->rules = calloc(json_array_size(rows) + 1, sizeof(*policy->rules));
	policy->issue_until = calloc(json_array_size(rows) + 1, sizeof(*policy->issue_until));
	if (policy->rules == NULL || policy->issue_until == NULL)
		return tool_no_memory();
	for (size_t i = 0; i < json_array_size(rows); i++) {
		if (!read_row(json_array_get(rows, i), &policy->rules[i], &policy->issue_until[i])) {
			tool_error(_("%s: row %zu of the algorithms is wrong"), path, i + 1);
			tool_why("%s",
				_("It wants a known \"name\" and days like 2030-12-31 as \"issue_until\", "
				  "\"warn_from\" and \"reject_from\"."));
			return EXIT_STATUS_INPUT;
		}
		policy->count++;
	}
	return EXIT_STATUS_OK;
}

void
algorithm_policy_clear(struct algorithm_policy *policy)
{
	free(policy->rules);
	free(policy->issue_until);
	json_decref(policy->json);
	memset(policy, 0, sizeof(*policy));
}

bool
algorithm_policy_issues(const struct algorithm_policy *policy, const char *name, int64_t now)
{
	for (size_t i = 0; name != NULL && i < policy->count; i++)
		if (strcmp(policy->rules[i].name, name) == 0 && now > policy->issue_until[i])
			return false;
	return true;
}
