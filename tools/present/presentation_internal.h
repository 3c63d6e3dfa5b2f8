/*
 * presentation_internal.h: the inside of a transmission, for the files that make it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef PRESENT_PRESENTATION_INTERNAL_H
#define PRESENT_PRESENTATION_INTERNAL_H

#include "tools/common/copies.h"
#include "tools/present/policy.h"

/* One of several copies that say the same, and how it was used. */
struct held {
	const struct copy *copy;
	size_t next; /* where to look for another */
	struct mdoc_p11_key key;
	struct mdoc_p11_device_signer state;
	bool ends_itself, asked_to_sign, signed_;
};

/* An element by name: of --agree, or agreed to for documents of a type in answer to one question. Texts end with a NUL,
 * too. */
struct agreed {
	const struct mdoc_request *request; /* the question's; NULL: any. Only compared. */
	char *doc_type;                     /* NULL: of any */
	char *ns;
	char *element;
};

struct agreement {
	struct agreed *items;
	size_t count, room;
};

/* "age_over_NN"? */
bool is_age_over(struct mdoc_bytes element);

/* --agree NAMESPACE:ELEMENT…, of documents of any type. EXIT_STATUS_USAGE (said). */
enum exit_status agreement_parse(const struct command *command, const struct option_list *list,
	struct agreement *wanted);
void agreement_clear(struct agreement *agreement);
/* Copies. request NULL, doc_type none: of any. False: no memory. */
bool agreement_add(struct agreement *agreement, const struct mdoc_request *request, struct mdoc_bytes doc_type,
	struct mdoc_bytes ns, struct mdoc_bytes element);
bool agreement_has(const struct agreement *agreement, const struct mdoc_request *request, struct mdoc_bytes doc_type,
	struct mdoc_bytes ns, struct mdoc_bytes element);

struct presentation {
	const struct presentation_args *args;
	FILE *people;
	enum mdoc_reader_policy reader_policy;
	unsigned relax;
	struct mdoc_trust *trust; /* NULL: nobody is named */
	struct p11 p11;
	struct p11_token token;
	struct agreement wanted; /* --agree */
	struct policy *policy;   /* --policy; NULL: none */

	bool consented, unlocked;
	struct agreement agreed;
	struct copies copies;
	bool *used; /* for each of copies: it has left */

	/* Of the question that is being answered. */
	struct held *held; /* a usable copy of each record that is asked for */
	size_t held_count;
	struct mdoc_selection *selection;
	struct mdoc_buf response;

	size_t copies_used;
	json_t *readers, *documents, *unanswered;
};

/* readers.c: whom to trust. */
enum exit_status readers_parse(const struct command *command, struct presentation *p);
enum exit_status readers_read(struct presentation *p);

/* reader.c: who asks. */
bool asker_is_answered(const struct presentation *p, const struct asker *asker);
void asker_show(FILE *to, const struct asker *asker);
json_t *asker_json(const struct asker *asker, struct mdoc_bytes doc_type, struct mdoc_bytes legal_basis);

/* May one of a question's docRequests that ask for this type be answered? */
bool question_may_have(const struct presentation *p, const struct question *question, struct mdoc_bytes doc_type);

/* show.c: a selection for people and for programs. */
void selection_show(FILE *to, const struct mdoc_selection *selection);
enum exit_status selection_record(struct presentation *p);
void show_element(FILE *to, struct mdoc_bytes ns, struct mdoc_bytes element);

#endif
