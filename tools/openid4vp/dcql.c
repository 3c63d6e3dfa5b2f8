/* dcql.c: reading DCQL queries. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/openid4vp/dcql.h"
#include "tools/common/message.h"
#include <mdoc/base64url.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where we are: "credentials[1].claims[0]". */
struct place {
	struct vp_problem *problem;
	char path[160];
};

/* rule: N_() text. */
static enum exit_status
wrong(const struct place *place, const char *name, const char *rule)
{
	char subject[320];

	snprintf(subject, sizeof(subject), "dcql_query%s%s%s%s", place->path[0] != '\0' ? "." : "", place->path,
		name[0] != '\0' ? "." : "", name);
	return vp_problem_text(place->problem, EXIT_STATUS_INPUT, VP_INVALID_REQUEST, subject, rule);
}

static void
step_into(struct place *inner, const struct place *outer, const char *name, size_t i)
{
	inner->problem = outer->problem;
	snprintf(inner->path, sizeof(inner->path), "%.80s%s%.30s[%zu]", outer->path, outer->path[0] != '\0' ? "." : "",
		name, i);
}

/* A member that is an array of 1 to max; *array NULL: it is not there, which may be an error. */
static enum exit_status
get_array(const struct place *place, const json_t *object, const char *name, bool needed, size_t max, json_t **array)
{
	*array = json_object_get(object, name);
	if (*array == NULL)
		return needed ? wrong(place, name, N_("is missing")) : EXIT_STATUS_OK;
	if (!json_is_array(*array) || json_array_size(*array) == 0)
		return wrong(place, name, N_("is not a non-empty array"));
	if (json_array_size(*array) > max)
		return wrong(place, name, N_("is longer than this program reads"));
	return EXIT_STATUS_OK;
}

static enum exit_status
get_bool(const struct place *place, const json_t *object, const char *name, bool *value)
{
	const json_t *member = json_object_get(object, name);

	if (member != NULL && !json_is_boolean(member))
		return wrong(place, name, N_("is not a boolean"));
	if (member != NULL)
		*value = json_is_true(member);
	return EXIT_STATUS_OK;
}

/* A text without a NUL inside; NULL: none. */
static const char *
text_of(const json_t *value)
{
	const char *text = json_string_value(value);

	return text != NULL && text[0] != '\0' && strlen(text) == json_string_length(value) ? text : NULL;
}

static bool
is_id(const char *text)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

	return text != NULL && text[strspn(text, letters)] == '\0';
}

static enum exit_status
get_id(const struct place *place, const json_t *object, bool needed, const char **id)
{
	const json_t *member = json_object_get(object, "id");

	if (member == NULL && !needed)
		return EXIT_STATUS_OK;
	if (member == NULL)
		return wrong(place, "id", N_("is missing"));
	*id = text_of(member);
	return is_id(*id) ? EXIT_STATUS_OK : wrong(place, "id", N_("is not one or more of A-Z a-z 0-9 _ -"));
}

static bool
are_values(const json_t *values)
{
	for (size_t i = 0; i < json_array_size(values); i++) {
		const json_t *value = json_array_get(values, i);

		if (!json_is_string(value) && !json_is_integer(value) && !json_is_boolean(value))
			return false;
	}
	return true;
}

static enum exit_status
read_claim(const struct place *place, const json_t *json, bool id_needed, struct dcql_claim *claim)
{
	json_t *path = NULL, *values = NULL;
	enum exit_status status = get_id(place, json, id_needed, &claim->id);

	if (status == EXIT_STATUS_OK)
		status = get_array(place, json, "path", true, SIZE_MAX, &path);
	if (status == EXIT_STATUS_OK)
		status = get_array(place, json, "values", false, DCQL_CLAIMS_MAX, &values);
	if (status == EXIT_STATUS_OK)
		status = get_bool(place, json, "intent_to_retain", &claim->retain);
	if (status != EXIT_STATUS_OK)
		return status;
	claim->ns = text_of(json_array_get(path, 0));
	claim->element = text_of(json_array_get(path, 1));
	if (json_array_size(path) != 2 || claim->ns == NULL || claim->element == NULL)
		return wrong(place, "path", N_("is not a namespace and a data element, as an mdoc has them"));
	if (!are_values(values))
		return wrong(place, "values", N_("has what is no string, integer or boolean"));
	claim->values = values;
	return EXIT_STATUS_OK;
}

static enum exit_status
read_claims(const struct place *place, const json_t *json, struct dcql_credential *credential)
{
	const bool id_needed = json_object_get(json, "claim_sets") != NULL;
	struct place inner;
	json_t *claims = NULL;
	enum exit_status status = get_array(place, json, "claims", id_needed, DCQL_CLAIMS_MAX, &claims);

	if (status != EXIT_STATUS_OK || claims == NULL)
		return status;
	credential->claims_given = true;
	credential->claims = calloc(json_array_size(claims), sizeof(*credential->claims));
	if (credential->claims == NULL)
		return tool_no_memory();
	for (size_t i = 0; i < json_array_size(claims) && status == EXIT_STATUS_OK; i++) {
		struct dcql_claim *claim = &credential->claims[i];

		step_into(&inner, place, "claims", i);
		if (!json_is_object(json_array_get(claims, i)))
			return wrong(&inner, "", N_("is not an object"));
		status = read_claim(&inner, json_array_get(claims, i), id_needed, claim);
		for (size_t k = 0; k < i && status == EXIT_STATUS_OK && claim->id != NULL; k++)
			if (credential->claims[k].id != NULL && strcmp(credential->claims[k].id, claim->id) == 0)
				status = wrong(&inner, "id", N_("stands there twice"));
		credential->claim_count = i + 1;
	}
	return status;
}

/* An array of ids as indexes. */
static enum exit_status
read_list(const struct place *place, const json_t *ids, size_t (*find)(const void *in, const char *id), const void *in,
	struct dcql_list *list)
{
	if (!json_is_array(ids) || json_array_size(ids) == 0 || json_array_size(ids) > DCQL_CLAIMS_MAX)
		return wrong(place, "", N_("is not a non-empty array of ids"));
	list->items = calloc(json_array_size(ids), sizeof(*list->items));
	if (list->items == NULL)
		return tool_no_memory();
	for (size_t i = 0; i < json_array_size(ids); i++) {
		const char *id = text_of(json_array_get(ids, i));
		const size_t index = id != NULL ? find(in, id) : SIZE_MAX;

		if (index == SIZE_MAX)
			return wrong(place, "", N_("names an id that is not there"));
		for (size_t k = 0; k < list->count; k++)
			if (list->items[k] == index)
				return wrong(place, "", N_("names an id twice"));
		list->items[list->count++] = index;
	}
	return EXIT_STATUS_OK;
}

static size_t
find_claim(const void *in, const char *id)
{
	const struct dcql_credential *credential = in;

	for (size_t i = 0; i < credential->claim_count; i++)
		if (credential->claims[i].id != NULL && strcmp(credential->claims[i].id, id) == 0)
			return i;
	return SIZE_MAX;
}

static enum exit_status
read_claim_sets(const struct place *place, const json_t *json, struct dcql_credential *credential)
{
	struct place inner;
	json_t *sets = NULL;
	enum exit_status status = get_array(place, json, "claim_sets", false, DCQL_SETS_MAX, &sets);

	if (status != EXIT_STATUS_OK || sets == NULL)
		return status;
	credential->sets = calloc(json_array_size(sets), sizeof(*credential->sets));
	if (credential->sets == NULL)
		return tool_no_memory();
	for (size_t i = 0; i < json_array_size(sets) && status == EXIT_STATUS_OK; i++) {
		step_into(&inner, place, "claim_sets", i);
		status = read_list(&inner, json_array_get(sets, i), find_claim, credential, &credential->sets[i]);
		credential->set_count = i + 1;
	}
	return status;
}

/* One entry; key identifiers go into issuers. */
static enum exit_status
read_authority(const struct place *place, const json_t *json, struct dcql_credential *credential)
{
	const char *type = text_of(json_object_get(json, "type"));
	json_t *values = NULL;
	struct mdoc_buf *issuers;
	size_t count;
	enum exit_status status;

	if (type == NULL)
		return wrong(place, "type", N_("is not a string"));
	status = get_array(place, json, "values", true, DCQL_AUTHORITIES_MAX, &values);
	if (status != EXIT_STATUS_OK || strcmp(type, "aki") != 0)
		return status;
	count = json_array_size(values);
	issuers = realloc(credential->issuers, (credential->issuer_count + count) * sizeof(*issuers));
	if (issuers == NULL)
		return tool_no_memory();
	credential->issuers = issuers;
	for (size_t i = 0; i < count; i++) {
		const char *value = text_of(json_array_get(values, i));
		struct mdoc_buf *issuer = &issuers[credential->issuer_count];

		*issuer = MDOC_BUF_EMPTY;
		if (value == NULL || mdoc_base64url_decode(mdoc_text(value), issuer) != MDOC_OK || issuer->len == 0) {
			mdoc_buf_clear(issuer);
			return wrong(place, "values", N_("has what is no key identifier in base64url"));
		}
		credential->issuer_count++;
	}
	return EXIT_STATUS_OK;
}

static enum exit_status
read_authorities(const struct place *place, const json_t *json, struct dcql_credential *credential)
{
	struct place inner;
	json_t *authorities = NULL;
	enum exit_status status = get_array(place, json, "trusted_authorities", false, DCQL_SETS_MAX, &authorities);

	for (size_t i = 0; i < json_array_size(authorities) && status == EXIT_STATUS_OK; i++) {
		step_into(&inner, place, "trusted_authorities", i);
		status = read_authority(&inner, json_array_get(authorities, i), credential);
	}
	credential->foreign_authorities = authorities != NULL && credential->issuer_count == 0;
	return status;
}

static enum exit_status
read_credential(const struct place *place, const json_t *json, struct dcql_credential *credential)
{
	const json_t *meta = json_object_get(json, "meta");
	bool binding = true;
	enum exit_status status;

	if (!json_is_object(json))
		return wrong(place, "", N_("is not an object"));
	status = get_id(place, json, true, &credential->id);
	if (status == EXIT_STATUS_OK)
		status = get_bool(place, json, "multiple", &credential->multiple);
	if (status == EXIT_STATUS_OK)
		status = get_bool(place, json, "require_cryptographic_holder_binding", &binding);
	if (status != EXIT_STATUS_OK)
		return status;
	credential->format = text_of(json_object_get(json, "format"));
	if (credential->format == NULL)
		return wrong(place, "format", N_("is not a string"));
	if (!json_is_object(meta))
		return wrong(place, "meta", N_("is not an object"));
	credential->mdoc = strcmp(credential->format, DCQL_MDOC) == 0;
	if (!credential->mdoc)
		return EXIT_STATUS_OK;
	credential->doc_type = text_of(json_object_get(meta, "doctype_value"));
	if (credential->doc_type == NULL)
		return wrong(place, "meta.doctype_value", N_("is not a string"));
	status = read_authorities(place, json, credential);
	if (status == EXIT_STATUS_OK)
		status = read_claims(place, json, credential);
	return status == EXIT_STATUS_OK ? read_claim_sets(place, json, credential) : status;
}

static enum exit_status
read_credentials(const struct place *place, struct dcql *dcql)
{
	struct place inner;
	json_t *credentials = NULL;
	enum exit_status status = get_array(place, dcql->json, "credentials", true, DCQL_CREDENTIALS_MAX, &credentials);

	if (status != EXIT_STATUS_OK)
		return status;
	dcql->credentials = calloc(json_array_size(credentials), sizeof(*dcql->credentials));
	if (dcql->credentials == NULL)
		return tool_no_memory();
	for (size_t i = 0; i < json_array_size(credentials) && status == EXIT_STATUS_OK; i++) {
		step_into(&inner, place, "credentials", i);
		dcql->count = i + 1;
		status = read_credential(&inner, json_array_get(credentials, i), &dcql->credentials[i]);
		for (size_t k = 0; k < i && status == EXIT_STATUS_OK; k++)
			if (strcmp(dcql->credentials[k].id, dcql->credentials[i].id) == 0)
				status = wrong(&inner, "id", N_("stands there twice"));
	}
	return status;
}

static size_t
find_credential(const void *in, const char *id)
{
	return dcql_find(in, id);
}

static enum exit_status
read_set(const struct place *place, const json_t *json, const struct dcql *dcql, struct dcql_set *set)
{
	struct place inner;
	json_t *options = NULL;
	enum exit_status status;

	set->required = true;
	if (!json_is_object(json))
		return wrong(place, "", N_("is not an object"));
	status = get_bool(place, json, "required", &set->required);
	if (status == EXIT_STATUS_OK)
		status = get_array(place, json, "options", true, DCQL_SETS_MAX, &options);
	if (status != EXIT_STATUS_OK)
		return status;
	set->options = calloc(json_array_size(options), sizeof(*set->options));
	if (set->options == NULL)
		return tool_no_memory();
	for (size_t i = 0; i < json_array_size(options) && status == EXIT_STATUS_OK; i++) {
		step_into(&inner, place, "options", i);
		set->option_count = i + 1;
		status = read_list(&inner, json_array_get(options, i), find_credential, dcql, &set->options[i]);
	}
	return status;
}

static enum exit_status
read_sets(const struct place *place, struct dcql *dcql)
{
	struct place inner;
	json_t *sets = NULL;
	enum exit_status status = get_array(place, dcql->json, "credential_sets", false, DCQL_SETS_MAX, &sets);

	if (status != EXIT_STATUS_OK || sets == NULL)
		return status;
	dcql->sets = calloc(json_array_size(sets), sizeof(*dcql->sets));
	if (dcql->sets == NULL)
		return tool_no_memory();
	for (size_t i = 0; i < json_array_size(sets) && status == EXIT_STATUS_OK; i++) {
		step_into(&inner, place, "credential_sets", i);
		dcql->set_count = i + 1;
		status = read_set(&inner, json_array_get(sets, i), dcql, &dcql->sets[i]);
	}
	return status;
}

enum exit_status
dcql_read(json_t *json, struct dcql *dcql, struct vp_problem *problem)
{
	const struct place top = { .problem = problem, .path = "" };
	enum exit_status status;

	memset(dcql, 0, sizeof(*dcql));
	if (!json_is_object(json))
		return wrong(&top, "", N_("is not an object"));
	dcql->json = json_incref(json);
	status = read_credentials(&top, dcql);
	return status == EXIT_STATUS_OK ? read_sets(&top, dcql) : status;
}

size_t
dcql_find(const struct dcql *dcql, const char *id)
{
	for (size_t i = 0; i < dcql->count; i++)
		if (strcmp(dcql->credentials[i].id, id) == 0)
			return i;
	return SIZE_MAX;
}

static void
free_lists(struct dcql_list *lists, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(lists[i].items);
	free(lists);
}

void
dcql_clear(struct dcql *dcql)
{
	for (size_t i = 0; i < dcql->count; i++) {
		struct dcql_credential *credential = &dcql->credentials[i];

		free(credential->claims);
		free_lists(credential->sets, credential->set_count);
		for (size_t k = 0; k < credential->issuer_count; k++)
			mdoc_buf_clear(&credential->issuers[k]);
		free(credential->issuers);
	}
	for (size_t i = 0; i < dcql->set_count; i++)
		free_lists(dcql->sets[i].options, dcql->sets[i].option_count);
	free(dcql->credentials);
	free(dcql->sets);
	json_decref(dcql->json);
	memset(dcql, 0, sizeof(*dcql));
}
