/* lists.c: lists of revocation, held once they were checked. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "tools/common/context.h"
#include "tools/reader/lists.h"

/* One of the two is there. */
struct reader_list {
	size_t id;
	struct mdoc_buf bytes; /* from which it borrows */
	struct mdoc_status_list *status;
	struct mdoc_identifier_list *identifiers;
};

static void
list_clear(struct reader_list *list)
{
	mdoc_status_list_free(list->status);
	mdoc_identifier_list_free(list->identifiers);
	mdoc_buf_clear(&list->bytes);
}

/* Either kind of list, if it is one that this trust is in. */
static enum mdoc_result
read_list(struct reader_list *list, const struct mdoc_list_trust *trust, struct mdoc_error *error)
{
	const struct mdoc_bytes bytes = mdoc_buf_bytes(&list->bytes);
	struct mdoc_error other = { .code = MDOC_OK };
	enum mdoc_result res = mdoc_status_list_parse(tool_context(), bytes, &list->status, error);

	if (res == MDOC_OK)
		return mdoc_status_list_check(tool_context(), list->status, trust, error);
	if (mdoc_identifier_list_parse(tool_context(), bytes, &list->identifiers, &other) != MDOC_OK)
		return res;
	return mdoc_identifier_list_check(tool_context(), list->identifiers, trust, error);
}

/* Room for one more in each array. */
static bool
make_room(struct reader_lists *lists)
{
	const size_t n = lists->count + 1;
	struct reader_list *held = realloc(lists->held, n * sizeof(*held));
	const struct mdoc_status_list **status;
	const struct mdoc_identifier_list **identifiers;

	if (held == NULL)
		return false;
	lists->held = held;
	status = realloc((void *)lists->status, n * sizeof(*status));
	if (status == NULL)
		return false;
	lists->status = status;
	identifiers = realloc((void *)lists->identifiers, n * sizeof(*identifiers));
	if (identifiers == NULL)
		return false;
	lists->identifiers = identifiers;
	return true;
}

static void
publish(struct reader_lists *lists)
{
	struct mdoc_revocation_lists *set = &lists->set;

	*set = (struct mdoc_revocation_lists){ .status = lists->status, .identifiers = lists->identifiers };
	for (size_t i = 0; i < lists->count; i++) {
		if (lists->held[i].status != NULL)
			lists->status[set->status_count++] = lists->held[i].status;
		else
			lists->identifiers[set->identifiers_count++] = lists->held[i].identifiers;
	}
}

enum mdoc_result
reader_lists_take(struct reader_lists *lists, struct mdoc_bytes bytes, const struct mdoc_list_trust *trust, size_t *id,
	struct mdoc_error *error)
{
	struct reader_list list = { .bytes = MDOC_BUF_EMPTY };
	enum mdoc_result res;

	mdoc_buf_append(&list.bytes, bytes);
	res = list.bytes.err;
	if (res == MDOC_OK)
		res = read_list(&list, trust, error);
	if (res == MDOC_OK && !make_room(lists))
		res = MDOC_ERR_MEMORY;
	if (res != MDOC_OK) {
		list_clear(&list);
		return res;
	}
	list.id = ++lists->last_id;
	lists->held[lists->count++] = list;
	publish(lists);
	if (id != NULL)
		*id = list.id;
	return MDOC_OK;
}

bool
reader_lists_info(const struct reader_lists *lists, size_t id, struct mdoc_list_info *info)
{
	for (size_t i = 0; i < lists->count; i++) {
		if (lists->held[i].id != id)
			continue;
		if (lists->held[i].status != NULL)
			mdoc_status_list_info(lists->held[i].status, info);
		else
			mdoc_identifier_list_info(lists->held[i].identifiers, info);
		return true;
	}
	return false;
}

void
reader_lists_drop(struct reader_lists *lists, size_t id)
{
	for (size_t i = 0; i < lists->count; i++) {
		if (lists->held[i].id != id)
			continue;
		list_clear(&lists->held[i]);
		lists->held[i] = lists->held[--lists->count];
		publish(lists);
		return;
	}
}

void
reader_lists_clear(struct reader_lists *lists)
{
	for (size_t i = 0; i < lists->count; i++)
		list_clear(&lists->held[i]);
	free(lists->held);
	free((void *)lists->status);
	free((void *)lists->identifiers);
	memset(lists, 0, sizeof(*lists));
}

bool
reader_undetermined(const char *text, enum mdoc_undetermined *policy)
{
	static const char *const names[] = {
		[MDOC_UNDETERMINED_WARNS] = "warn",
		[MDOC_UNDETERMINED_IGNORED] = "ignore",
		[MDOC_UNDETERMINED_FAILS] = "fail",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(text, names[i]) == 0) {
			*policy = (enum mdoc_undetermined)i;
			return true;
		}
	}
	return false;
}
