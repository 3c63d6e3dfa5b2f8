/*
 * mdoc/verify/verify_elements.c: what the elements say, beside the signatures over them: of the country that
 * the DS is of, asked for, and not contradicting each other (ISO/IEC 18013-5, 7.2.5, 9.3.1).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/request/request_internal.h"
#include "mdoc/verify/verify_asked.h"
#include "mdoc/verify/verify_internal.h"

#include <string.h>

#define MDL_NAMESPACE "org.iso.18013.5.1"

/* An element that was returned. */
struct returned {
	struct mdoc_bytes ns, element;
	struct mdoc_bytes value; /* one encoded item */
	struct mdoc_bytes place;
};

/* Calls visit() for each element of issuer and device until it says stop (false). */
static void
each_returned(const struct mdoc_issuer_signed *is, const struct mdoc_document *doc,
	bool (*visit)(void *arg, const struct returned *returned), void *arg)
{
	struct returned at = { MDOC_NO_BYTES, MDOC_NO_BYTES, MDOC_NO_BYTES, MDOC_NO_BYTES };
	struct mdoc_node elements, value;

	for (size_t n = 0; n < is->count; n++) {
		at.ns = is->namespaces[n].name;
		for (size_t i = 0; i < is->namespaces[n].count; i++) {
			const struct mdoc_item *item = &is->namespaces[n].items[i];

			at.element = item->element;
			at.value = item->value;
			at.place = item->tagged;
			if (!visit(arg, &at))
				return;
		}
	}
	if (doc == NULL)
		return;
	for (struct mdoc_node ns = mdoc_node_first(mdoc_cbor_root(doc->device_signed.namespaces));
		mdoc_node_present(ns); ns = mdoc_node_next(elements)) {
		elements = mdoc_node_next(ns);
		if (!mdoc_node_tstr(ns, &at.ns))
			return;
		for (struct mdoc_node key = mdoc_node_first(elements); mdoc_node_present(key);
			key = mdoc_node_next(value)) {
			value = mdoc_node_next(key);
			if (!mdoc_node_tstr(key, &at.element))
				return;
			at.value = mdoc_node_span(value);
			at.place = mdoc_node_span(key);
			if (!visit(arg, &at))
				return;
		}
	}
}

/* ---- Country and jurisdiction ---- */

/* Is the value this text? */
static bool
value_is_text(const struct mdoci_verifier *v, struct mdoc_bytes value, struct mdoc_bytes text)
{
	struct mdoc_cbor *scan = NULL;
	struct mdoc_bytes got = MDOC_NO_BYTES;
	bool equal = false;

	if (mdoc_cbor_scan(v->context, value, 0, &scan, NULL) == MDOC_OK)
		equal = mdoc_node_tstr(mdoc_cbor_root(scan), &got) && mdoc_bytes_equal(got, text);
	mdoc_cbor_free(scan);
	return equal;
}

/* An element that says where the issuer is, against the subject of its DS. Only an mDL's: the namespace of
 * ISO/IEC 23220 has countries of three letters, too. */
static void
check_place(struct mdoci_verifier *v, const struct mdoc_issuer_signed *is, enum mdoc_check check, const char *element,
	bool mandatory, struct mdoc_bytes subject, const char *expected)
{
	const struct mdoc_namespace *ns = mdoc_find_namespace(is, mdoc_text(MDL_NAMESPACE));
	const struct mdoc_item *item = ns != NULL ? mdoc_find_item(ns, mdoc_text(element)) : NULL;
	struct mdoci_place place = { MDOCI_PART_ISSUER, "nameSpaces", item != NULL ? item->tagged : MDOC_NO_BYTES };

	if (item == NULL || (v->ds != NULL && subject.len == 0 && !mandatory))
		mdoci_row_not_applicable(v, check, &place);
	else if (v->ds == NULL)
		mdoci_row_not_done(v, check, &place);
	else
		mdoci_row_if(v, value_is_text(v, item->value, subject), check, &place, MDOC_ERR_ELEMENT, expected);
}

/* ---- What was asked ---- */

struct against_request {
	const struct mdoci_asked *asked;
	bool retain;
	struct mdoc_bytes surplus, kept; /* places; ptr NULL: none */
};

static bool
against_request(void *arg, const struct returned *returned)
{
	struct against_request *a = arg;
	bool may_keep = false;

	if (!mdoci_asked_covers(a->asked, returned->ns, returned->element, &may_keep)) {
		if (a->surplus.ptr == NULL)
			a->surplus = returned->place;
	} else if (!may_keep && a->kept.ptr == NULL) {
		a->kept = returned->place;
	}
	return true;
}

static void
check_request(struct mdoci_verifier *v, const struct mdoc_issuer_signed *is, const struct mdoc_document *doc,
	const struct mdoci_asked *asked)
{
	struct against_request a = { asked, v->options->retain, MDOC_NO_BYTES, MDOC_NO_BYTES };
	struct mdoci_place place = { MDOCI_PART_DOCUMENT, "", MDOC_NO_BYTES };

	if (asked == NULL) {
		mdoci_row_not_applicable(v, MDOC_CHECK_REQUESTED_ELEMENTS, &place);
		mdoci_row_not_applicable(v, MDOC_CHECK_RETENTION, &place);
		return;
	}
	if (!mdoci_asked_any(asked)) { /* another docType: that has failed already */
		mdoci_row_not_done(v, MDOC_CHECK_REQUESTED_ELEMENTS, &place);
		mdoci_row_not_done(v, MDOC_CHECK_RETENTION, &place);
		return;
	}
	each_returned(is, doc, against_request, &a);
	place.bytes = a.surplus;
	mdoci_row_if(v, a.surplus.ptr == NULL, MDOC_CHECK_REQUESTED_ELEMENTS, &place, MDOC_ERR_ELEMENT,
		"elements that were asked for, and no others");
	place.bytes = a.kept;
	if (!a.retain)
		mdoci_row_not_applicable(v, MDOC_CHECK_RETENTION, &place);
	else
		mdoci_row_if(v, a.kept.ptr == NULL, MDOC_CHECK_RETENTION, &place, MDOC_ERR_ELEMENT,
			"intentToRetain for all that is kept");
}

/* ---- age_over_NN ---- */

/* One answer, by whoever gave it. */
struct age_said {
	struct mdoc_bytes ns;
	struct mdoc_bytes place;
	unsigned age;
	enum mdoci_age_answer answer;
};

struct age_check {
	const struct mdoci_asked *asked;
	struct age_said *said;
	size_t count;
	const char *broken;
	struct mdoc_bytes place;
	enum mdoc_result fatal;
};

static int
by_namespace(const void *a, const void *b)
{
	return mdoci_bytes_order(((const struct age_said *)a)->ns, ((const struct age_said *)b)->ns);
}

static bool
collect_age(void *arg, const struct returned *returned)
{
	const int age = mdoci_age_over(returned->element);
	struct age_check *check = arg;
	void *grown = check->said;

	if (age < 0)
		return true;
	/* One byte: false (f4) or true (f5). */
	if (returned->value.len != 1 || (returned->value.ptr[0] != 0xf4 && returned->value.ptr[0] != 0xf5)) {
		check->broken = "age_over_NN: true or false";
		check->place = returned->place;
		return false;
	}
	if (!mdoci_grow(&grown, check->count, sizeof(*check->said))) {
		check->fatal = MDOC_ERR_MEMORY;
		return false;
	}
	check->said = grown;
	check->said[check->count++] = (struct age_said){ returned->ns, returned->place, (unsigned)age,
		returned->value.ptr[0] == 0xf5 ? MDOCI_AGE_TRUE : MDOCI_AGE_FALSE };
	return true;
}

/* Whoever is over 21 is over 18. */
static const char *
contradiction(const struct mdoci_ages *ages, struct mdoc_bytes *place)
{
	bool younger = false;

	for (int age = 0; age < MDOCI_AGES; age++) {
		if (younger && ages->answer[age] == MDOCI_AGE_TRUE) {
			*place = ages->place[age];
			return "no age_over_NN true above one that is false";
		}
		younger = younger || ages->answer[age] == MDOCI_AGE_FALSE;
	}
	return NULL;
}

/* The answers of one namespace, from *i on, against each other and what was asked; *i goes on to the next one. */
static void
check_namespace(struct age_check *check, size_t *i)
{
	const struct mdoc_bytes ns = check->said[*i].ns;
	struct mdoci_ages ages;

	memset(&ages, 0, sizeof(ages));
	for (; *i < check->count && mdoc_bytes_equal(check->said[*i].ns, ns); (*i)++) {
		ages.answer[check->said[*i].age] = check->said[*i].answer;
		ages.place[check->said[*i].age] = check->said[*i].place;
	}
	check->broken = contradiction(&ages, &check->place);
	if (check->broken == NULL && check->asked != NULL && mdoci_asked_any(check->asked))
		check->broken = mdoci_asked_ages(check->asked, ns, &ages, &check->place);
}

static void
check_ages(struct mdoci_verifier *v, const struct mdoc_issuer_signed *is, const struct mdoc_document *doc,
	const struct mdoci_asked *asked)
{
	struct age_check check = { .asked = asked };
	struct mdoci_place place = { MDOCI_PART_DOCUMENT, "", MDOC_NO_BYTES };

	each_returned(is, doc, collect_age, &check);
	if (check.count > 0)
		qsort(check.said, check.count, sizeof(*check.said), by_namespace);
	for (size_t i = 0; i < check.count && check.broken == NULL;)
		check_namespace(&check, &i);
	place.bytes = check.place;
	if (check.fatal != MDOC_OK)
		v->fatal = check.fatal;
	else if (check.count == 0 && check.broken == NULL)
		mdoci_row_not_applicable(v, MDOC_CHECK_AGE_OVER, &place);
	else
		mdoci_row_if(v, check.broken == NULL, MDOC_CHECK_AGE_OVER, &place, MDOC_ERR_ELEMENT,
			check.broken != NULL ? check.broken : "");
	free(check.said);
}

void
mdoci_verify_elements(struct mdoci_verifier *v, const struct mdoc_issuer_signed *is, const struct mdoc_document *doc)
{
	struct mdoci_asked *asked = NULL;

	/* What ended the checks before stays: a verdict may not come of them. */
	if (v->fatal == MDOC_OK && doc != NULL && v->options->request != NULL)
		v->fatal = mdoci_asked_new(v->options->request, doc->doc_type, &asked);
	if (v->fatal != MDOC_OK)
		return;
	check_place(v, is, MDOC_CHECK_ISSUING_COUNTRY, "issuing_country", true,
		v->ds != NULL ? mdoc_cert_country(v->ds) : MDOC_NO_BYTES, "issuing_country: the countryName of the DS");
	check_place(v, is, MDOC_CHECK_ISSUING_JURISDICTION, "issuing_jurisdiction", false,
		v->ds != NULL ? mdoc_cert_state(v->ds) : MDOC_NO_BYTES,
		"issuing_jurisdiction: the stateOrProvinceName of the DS");
	check_request(v, is, doc, asked);
	check_ages(v, is, doc, asked);
	mdoci_asked_free(asked);
}
