/* policy.c: what a holder allows and denies beforehand. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/present/policy.h"

struct rule {
	enum mdoc_reader_standing standing;                       /* at least */
	const char *subject, *client_id, *doc_type, *legal_basis; /* borrowed from the JSON; NULL: any, none */
	uint8_t fingerprint[32];
	bool has_fingerprint;
	const json_t *elements, *purposes; /* NULL: any */
	const json_t *retain;              /* NULL: either */
	bool allow;
};

struct policy {
	json_t *json;
	struct rule *rules;
	size_t count;
	bool asks; /* by default */
};

/* ---- Reading ---- */

/* Where a mistake is: "FILE: rules[2].reader". */
struct place {
	const char *path, *member;
	size_t rule; /* SIZE_MAX: outside the rules */
};

static enum exit_status
wrong(const struct place *place, const char *name, const char *expected)
{
	if (place->rule == SIZE_MAX)
		tool_error("%s: %s", place->path, name);
	else
		tool_error("%s: rules[%zu]%s%s.%s", place->path, place->rule, *place->member != '\0' ? "." : "",
			place->member, name);
	tool_why("%s", expected);
	return EXIT_STATUS_INPUT;
}

/* Only these members: a misspelt one would make a rule match more than it should. */
static enum exit_status
check_members(const struct place *place, json_t *object, const char *const *names)
{
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
	{
		size_t i = 0;

		while (names[i] != NULL && strcmp(names[i], name) != 0)
			i++;
		if (names[i] == NULL)
			return wrong(place, name, _("there is no such member"));
	}
	return EXIT_STATUS_OK;
}

static enum exit_status
read_text(const struct place *place, const json_t *object, const char *name, const char **text)
{
	const json_t *value = json_object_get(object, name);

	if (value == NULL)
		return EXIT_STATUS_OK;
	*text = json_string_value(value);
	if (*text == NULL || **text == '\0')
		return wrong(place, name, _("a text is expected"));
	return EXIT_STATUS_OK;
}

/* One of these words; *which is left alone if the member is not there. */
static enum exit_status
read_word(const struct place *place, const json_t *object, const char *name, const char *const *words, int *which)
{
	const char *text = NULL;
	enum exit_status status = read_text(place, object, name, &text);

	if (status != EXIT_STATUS_OK || text == NULL)
		return status;
	for (int i = 0; words[i] != NULL; i++) {
		if (strcmp(words[i], text) != 0)
			continue;
		*which = i;
		return EXIT_STATUS_OK;
	}
	return wrong(place, name, _("there is no such word"));
}

static int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c != '\0' ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

/* 64 hexadecimal digits, with colons or without. */
static enum exit_status
read_fingerprint(const struct place *place, const json_t *reader, struct rule *rule)
{
	const char *text = NULL;
	enum exit_status status = read_text(place, reader, "fingerprint", &text);
	size_t len = 0;

	if (status != EXIT_STATUS_OK || text == NULL)
		return status;
	for (; *text != '\0'; text++) {
		const int digit = hex_digit(*text);

		if (*text == ':')
			continue;
		if (digit < 0 || len == 64)
			break;
		rule->fingerprint[len / 2] = (uint8_t)(rule->fingerprint[len / 2] << 4 | digit);
		len++;
	}
	if (*text != '\0' || len != 64)
		return wrong(place, "fingerprint",
			_("the SHA-256 digest of a certificate is expected, in hexadecimal"));
	rule->has_fingerprint = true;
	return EXIT_STATUS_OK;
}

static enum exit_status
read_reader(struct place place, json_t *reader, struct rule *rule)
{
	static const char *const names[] = { "standing", "subject", "fingerprint", "clientId", NULL };
	static const char *const standings[] = { "any", "signed", "trusted", NULL };
	static const enum mdoc_reader_standing least[] = { MDOC_READER_NONE, MDOC_READER_SIGNED, MDOC_READER_TRUSTED };
	enum exit_status status;
	int standing = rule->allow ? 2 : 0;

	if (reader != NULL && !json_is_object(reader))
		return wrong(&place, "reader", _("an object is expected"));
	place.member = "reader";
	status = check_members(&place, reader, names);
	if (status == EXIT_STATUS_OK)
		status = read_word(&place, reader, "standing", standings, &standing);
	if (status == EXIT_STATUS_OK)
		status = read_text(&place, reader, "subject", &rule->subject);
	if (status == EXIT_STATUS_OK)
		status = read_text(&place, reader, "clientId", &rule->client_id);
	rule->standing = least[standing];
	return status == EXIT_STATUS_OK ? read_fingerprint(&place, reader, rule) : status;
}

static enum exit_status
read_elements(const struct place *place, const json_t *object, struct rule *rule)
{
	const json_t *one;
	size_t i;

	rule->elements = json_object_get(object, "elements");
	if (rule->elements != NULL && json_array_size(rule->elements) == 0)
		return wrong(place, "elements", _("a list of NAMESPACE:ELEMENT is expected"));
	json_array_foreach(rule->elements, i, one)
	{
		const char *text = json_string_value(one);
		const char *colon = text != NULL ? strrchr(text, ':') : NULL;

		if (colon == NULL || colon == text || colon[1] == '\0')
			return wrong(place, "elements", _("a list of NAMESPACE:ELEMENT is expected"));
	}
	return EXIT_STATUS_OK;
}

static enum exit_status
read_purposes(struct place place, const json_t *object, struct rule *rule)
{
	static const char *const names[] = { "controller", "code", NULL };
	enum exit_status status = EXIT_STATUS_OK;
	json_t *one;
	size_t i;

	rule->purposes = json_object_get(object, "purpose");
	if (rule->purposes != NULL && json_array_size(rule->purposes) == 0)
		return wrong(&place, "purpose", _("a list of {\"controller\", \"code\"} is expected"));
	place.member = "purpose";
	json_array_foreach(rule->purposes, i, one)
	{
		if (!json_is_string(json_object_get(one, "controller")) ||
			!json_is_integer(json_object_get(one, "code")))
			return wrong(&place, "controller", _("a list of {\"controller\", \"code\"} is expected"));
		status = check_members(&place, one, names);
		if (status != EXIT_STATUS_OK)
			break;
	}
	return status;
}

static enum exit_status
read_rule(struct place place, json_t *object, struct rule *rule)
{
	static const char *const names[] = { "reader", "docType", "elements", "purpose", "retain", "legalBasis",
		"decision", NULL };
	static const char *const decisions[] = { "deny", "allow", NULL };
	enum exit_status status;
	int decision = -1;

	if (!json_is_object(object))
		return wrong(&place, "", _("an object is expected"));
	status = check_members(&place, object, names);
	if (status == EXIT_STATUS_OK)
		status = read_word(&place, object, "decision", decisions, &decision);
	if (status == EXIT_STATUS_OK && decision < 0)
		return wrong(&place, "decision", _("\"allow\" or \"deny\" is expected"));
	rule->allow = decision == 1;
	if (status == EXIT_STATUS_OK)
		status = read_reader(place, json_object_get(object, "reader"), rule);
	if (status == EXIT_STATUS_OK)
		status = read_text(&place, object, "docType", &rule->doc_type);
	if (status == EXIT_STATUS_OK)
		status = read_elements(&place, object, rule);
	if (status == EXIT_STATUS_OK)
		status = read_purposes(place, object, rule);
	if (status == EXIT_STATUS_OK)
		status = read_text(&place, object, "legalBasis", &rule->legal_basis);
	rule->retain = json_object_get(object, "retain");
	if (status == EXIT_STATUS_OK && rule->retain != NULL && !json_is_boolean(rule->retain))
		return wrong(&place, "retain", _("true or false is expected"));
	return status;
}

static enum exit_status
read_all(const char *path, struct policy *policy)
{
	static const char *const names[] = { "default", "rules", NULL };
	static const char *const defaults[] = { "deny", "ask", NULL };
	struct place place = { path, "", SIZE_MAX };
	int by_default = 0;
	enum exit_status status = check_members(&place, policy->json, names);
	json_t *rules;

	if (status == EXIT_STATUS_OK)
		status = read_word(&place, policy->json, "default", defaults, &by_default);
	policy->asks = by_default == 1;
	rules = json_object_get(policy->json, "rules");
	if (status == EXIT_STATUS_OK && !json_is_array(rules))
		return wrong(&place, "rules", _("a list of rules is expected"));
	policy->rules = calloc(json_array_size(rules) + 1, sizeof(*policy->rules));
	if (policy->rules == NULL)
		return tool_no_memory();
	for (size_t i = 0; status == EXIT_STATUS_OK && i < json_array_size(rules); i++) {
		place.rule = i;
		status = read_rule(place, json_array_get(rules, i), &policy->rules[i]);
		policy->count++;
	}
	return status;
}

enum exit_status
policy_read(const char *path, struct policy **policy)
{
	struct policy *made = calloc(1, sizeof(*made));
	enum exit_status status;

	*policy = NULL;
	if (made == NULL)
		return tool_no_memory();
	status = json_read(path, &made->json);
	if (status == EXIT_STATUS_OK)
		status = read_all(path, made);
	if (status == EXIT_STATUS_OK)
		*policy = made;
	else
		policy_free(made);
	return status;
}

void
policy_free(struct policy *policy)
{
	if (policy == NULL)
		return;
	json_decref(policy->json);
	free(policy->rules);
	free(policy);
}

/* ---- Deciding ---- */

/* enum mdoc_reader_standing has a failed signature between none and a good one. */
static bool
stands(enum mdoc_reader_standing standing, enum mdoc_reader_standing least)
{
	switch (least) {
	case MDOC_READER_NONE:
		return true;
	case MDOC_READER_SIGNED:
		return standing == MDOC_READER_SIGNED || standing == MDOC_READER_TRUSTED;
	default:
		return standing == MDOC_READER_TRUSTED;
	}
}

static bool
same_text(const char *wanted, const char *there)
{
	return wanted == NULL || (there != NULL && strcmp(wanted, there) == 0);
}

static bool
reader_matches(const struct rule *rule, const struct asker *asker)
{
	return stands(asker->standing, rule->standing) && same_text(rule->subject, asker->name) &&
		same_text(rule->client_id, asker->client_id) &&
		(!rule->has_fingerprint ||
			(asker->has_certificate &&
				memcmp(rule->fingerprint, asker->fingerprint, sizeof(rule->fingerprint)) == 0));
}

/* A rule that allows covers 個人番号 by its name alone. */
static bool
element_matches(const struct rule *rule, const struct policy_case *what)
{
	const bool by_name = rule->allow && mdoc_bytes_is_text(what->element, MDOC_INDIVIDUAL_NUMBER);
	const json_t *one;
	size_t i;

	if (rule->elements == NULL)
		return !by_name;
	json_array_foreach(rule->elements, i, one)
	{
		const char *text = json_string_value(one), *colon = strrchr(text, ':');

		if (!mdoc_bytes_equal(what->ns, mdoc_bytes_of(text, (size_t)(colon - text))))
			continue;
		if (mdoc_bytes_is_text(what->element, colon + 1) || (strcmp(colon + 1, "*") == 0 && !by_name))
			return true;
	}
	return false;
}

static bool
hint_is_listed(const struct rule *rule, const struct mdoc_purpose_hint *hint)
{
	const json_t *one;
	size_t i;

	json_array_foreach(rule->purposes, i, one)
	{
		if (mdoc_bytes_is_text(hint->controller, json_string_value(json_object_get(one, "controller"))) &&
			json_integer_value(json_object_get(one, "code")) == hint->code)
			return true;
	}
	return false;
}

static bool
is_for_doc(const struct mdoc_use_case *use_case, size_t doc)
{
	for (size_t s = 0; s < use_case->set_count; s++)
		for (size_t d = 0; d < use_case->sets[s].count; d++)
			if (use_case->sets[s].docs[d] == doc)
				return true;
	return false;
}

/* What is allowed for some purposes is not for others beside them; what is denied for one is. */
static bool
purpose_matches(const struct rule *rule, const struct policy_case *what)
{
	const struct mdoc_use_case *use_case;
	size_t hints = 0, listed = 0;

	if (rule->purposes == NULL)
		return true;
	for (size_t u = 0; (use_case = mdoc_request_use_case(what->request, u)) != NULL; u++) {
		if (!is_for_doc(use_case, what->doc))
			continue;
		for (size_t h = 0; h < use_case->hint_count; h++) {
			hints++;
			listed += hint_is_listed(rule, &use_case->hints[h]) ? 1 : 0;
		}
	}
	return listed > 0 && (!rule->allow || listed == hints);
}

static bool
rule_matches(const struct rule *rule, const struct policy_case *what)
{
	const struct mdoc_bytes type = mdoc_doc_request_type(mdoc_request_doc(what->request, what->doc));

	return reader_matches(rule, what->asker) &&
		(rule->doc_type == NULL || mdoc_bytes_is_text(type, rule->doc_type)) && element_matches(rule, what) &&
		(rule->retain == NULL || json_is_true(rule->retain) == what->retain) && purpose_matches(rule, what);
}

enum policy_decision
policy_decide(const struct policy *policy, const struct policy_case *what, const char **legal_basis, size_t *rule)
{
	*legal_basis = NULL;
	*rule = 0;
	for (size_t i = 0; i < policy->count; i++) {
		if (!rule_matches(&policy->rules[i], what))
			continue;
		*rule = i + 1;
		*legal_basis = policy->rules[i].legal_basis;
		return policy->rules[i].allow ? POLICY_ALLOW : POLICY_DENY;
	}
	return policy->asks ? POLICY_ASK : POLICY_DENY;
}
