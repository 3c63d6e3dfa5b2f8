/*
 * mdoc/verify/verify_asked.c: what a request asks of one docType, in order, so that each returned element is
 * found in it quickly.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/verify/verify_asked.h"
#include "mdoc/request/request_internal.h"

#include <string.h>

struct mdoci_asked {
	struct mdoc_asked *elements; /* by namespace and element */
	size_t count;
	bool any; /* a docRequest for the docType, whatever it names */
};

static int
by_name(const void *a, const void *b)
{
	const struct mdoc_asked *x = a, *y = b;
	const int order = mdoci_bytes_order(x->ns, y->ns);

	return order != 0 ? order : mdoci_bytes_order(x->element, y->element);
}

/* One element once: asked for in several docRequests, it may be kept when one of them says so. */
static void
merge(struct mdoci_asked *asked)
{
	size_t kept = 0;

	qsort(asked->elements, asked->count, sizeof(asked->elements[0]), by_name);
	for (size_t i = 0; i < asked->count; i++) {
		if (kept > 0 && by_name(&asked->elements[kept - 1], &asked->elements[i]) == 0)
			asked->elements[kept - 1].intent_to_retain |= asked->elements[i].intent_to_retain;
		else
			asked->elements[kept++] = asked->elements[i];
	}
	asked->count = kept;
}

static const struct mdoc_asked *
find(const struct mdoci_asked *asked, struct mdoc_bytes ns, struct mdoc_bytes element)
{
	const struct mdoc_asked wanted = { .ns = ns, .element = element };

	if (asked->count == 0)
		return NULL;
	return bsearch(&wanted, asked->elements, asked->count, sizeof(asked->elements[0]), by_name);
}

/* How many elements stand for what a docRequest asks for: called with out NULL, they are only counted. */
static size_t
alternatives(const struct mdoci_asked *asked, const struct mdoc_doc_request *doc, struct mdoc_asked *out)
{
	size_t count = 0;

	for (size_t i = 0; doc->info != NULL && i < doc->info->alternative_count; i++) {
		const struct mdoc_alternative *row = &doc->info->alternatives[i];
		const struct mdoc_asked *instead =
			out != NULL ? find(asked, row->requested.ns, row->requested.element) : NULL;

		for (size_t k = 0; k < row->count; k++)
			for (size_t n = 0; n < row->sets[k].count; n++, count++)
				if (out != NULL)
					out[count] = (struct mdoc_asked){ row->sets[k].elements[n].ns,
						row->sets[k].elements[n].element,
						instead != NULL && instead->intent_to_retain };
	}
	return count;
}

/* First what is asked for, and then, when it is in order, what may be given instead, to be kept as that may be. */
static void
collect(const struct mdoc_request *request, struct mdoc_bytes doc_type, struct mdoci_asked *asked)
{
	size_t count;

	for (size_t i = 0; i < request->count; i++) {
		const struct mdoc_doc_request *doc = &request->docs[i];

		if (!mdoc_bytes_equal(doc->doc_type, doc_type))
			continue;
		asked->any = true;
		for (size_t k = 0; k < doc->count; k++)
			asked->elements[asked->count++] = doc->asked[k];
	}
	merge(asked);
	count = asked->count;
	for (size_t i = 0; i < request->count; i++)
		if (mdoc_bytes_equal(request->docs[i].doc_type, doc_type))
			count += alternatives(asked, &request->docs[i], &asked->elements[count]);
	if (count == asked->count)
		return;
	asked->count = count;
	merge(asked);
}

enum mdoc_result
mdoci_asked_new(const struct mdoc_request *request, struct mdoc_bytes doc_type, struct mdoci_asked **asked)
{
	struct mdoci_asked *made = calloc(1, sizeof(*made));
	size_t count = 0;

	*asked = NULL;
	if (made == NULL)
		return MDOC_ERR_MEMORY;
	for (size_t i = 0; i < request->count; i++)
		if (mdoc_bytes_equal(request->docs[i].doc_type, doc_type))
			count += request->docs[i].count + alternatives(made, &request->docs[i], NULL);
	made->elements = calloc(count + 1, sizeof(made->elements[0]));
	if (made->elements == NULL) {
		free(made);
		return MDOC_ERR_MEMORY;
	}
	collect(request, doc_type, made);
	*asked = made;
	return MDOC_OK;
}

bool
mdoci_asked_any(const struct mdoci_asked *asked)
{
	return asked->any;
}

void
mdoci_asked_free(struct mdoci_asked *asked)
{
	if (asked == NULL)
		return;
	free(asked->elements);
	free(asked);
}

/* The age_over_MM that was asked for: "age_over_00" stands before all others. */
static const struct mdoc_asked *
find_age(const struct mdoci_asked *asked, struct mdoc_bytes ns, int age)
{
	uint8_t room[MDOCI_AGE_OVER_LEN];

	return find(asked, ns, mdoci_age_over_name((unsigned)age, room));
}

bool
mdoci_asked_covers(const struct mdoci_asked *asked, struct mdoc_bytes ns, struct mdoc_bytes element, bool *may_keep)
{
	const struct mdoc_asked *found = find(asked, ns, element);
	bool covered = found != NULL;

	*may_keep = found != NULL && found->intent_to_retain;
	if (found != NULL || mdoci_age_over(element) < 0)
		return covered;
	for (int age = 0; age < MDOCI_AGES && !*may_keep; age++) {
		found = find_age(asked, ns, age);
		covered = covered || found != NULL;
		*may_keep = *may_keep || (found != NULL && found->intent_to_retain);
	}
	return covered;
}

const char *
mdoci_asked_ages(const struct mdoci_asked *asked, struct mdoc_bytes ns, const struct mdoci_ages *ages,
	struct mdoc_bytes *place)
{
	bool wanted[MDOCI_AGES];

	for (int age = 0; age < MDOCI_AGES; age++)
		wanted[age] = find_age(asked, ns, age) != NULL;
	for (int said = 0; said < MDOCI_AGES; said++) {
		bool used = ages->answer[said] == MDOCI_AGE_UNSAID || wanted[said];

		for (int age = 0; age < MDOCI_AGES && !used; age++) {
			const bool fits = ages->answer[said] == MDOCI_AGE_TRUE ? said >= age : said <= age;

			used = fits && ages->answer[age] == MDOCI_AGE_UNSAID && wanted[age];
		}
		if (!used) {
			*place = ages->place[said];
			return "an age_over_NN that answers one that was asked for (7.2.5)";
		}
	}
	return NULL;
}
