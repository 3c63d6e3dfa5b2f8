/*
 * mdoc/issuer/issue_template.h: what many copies of a record share, worked out once. Not installed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_ISSUE_TEMPLATE_H
#define MDOC_ISSUE_TEMPLATE_H

#include "mdoc/base/internal.h"
#include "mdoc/issuer/mso.h"
#include <mdoc/status.h>

/* One claim, in the caller's order within its namespace. */
struct mdoci_entry {
	const struct mdoc_claim *claim;
	size_t label, label_len; /* in labels: everything of an item between its random and its value */
};

struct mdoci_group {
	struct mdoc_bytes ns;
	size_t first, count; /* entries */
};

struct mdoc_template {
	const struct mdoc_context *context; /* borrowed */
	struct mdoc_issue issue;            /* what it points to is borrowed */
	EVP_MD *md;
	size_t digest_len;
	struct mdoci_entry *entries;
	size_t count;
	struct mdoci_group *groups;
	size_t group_count;
	struct mdoc_buf labels;
	struct mdoc_buf mso_head; /* of the MSO, from version to the name of valueDigests */
	struct mdoc_buf key_tail; /* of deviceKeyInfo, behind deviceKey: key_pairs pairs */
	size_t key_pairs;
	struct mdoc_buf mso_tail; /* docType and validityInfo */
	size_t size;              /* bytes that a copy takes, about */
};

/* deviceKeyInfo behind the key itself. MDOC_ERR_ARG, the CBOR results */
enum mdoc_result mdoci_template_key_info(struct mdoc_template *made, struct mdoc_error *error);

#endif
