/*
 * dcql.h: queries of the Digital Credentials Query Language (OpenID4VP 1.0, 6) for mdocs (B.2). Credentials of other
 * formats are read, since others may be asked for beside them, and cannot be answered.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef OPENID4VP_DCQL_H
#define OPENID4VP_DCQL_H

#include <jansson.h>
#include <mdoc/request.h>
#include "tools/openid4vp/problem.h"

#define DCQL_MDOC "mso_mdoc"
#define DCQL_CREDENTIALS_MAX 64
#define DCQL_CLAIMS_MAX 1024 /* of one credential */
#define DCQL_SETS_MAX 64     /* claim_sets of one credential, credential_sets, options of one set */
#define DCQL_AUTHORITIES_MAX 256
#define DCQL_ALL_CLAIMS SIZE_MAX

/* One claims query. All texts borrow from dcql.json. */
struct dcql_claim {
	const char *id; /* NULL: none */
	const char *ns;
	const char *element;
	bool retain;          /* intent_to_retain */
	const json_t *values; /* those that the verifier wants, a non-empty array; NULL: any */
};

/* Indexes, of claims or credentials. */
struct dcql_list {
	size_t *items;
	size_t count;
};

/* One credential query. */
struct dcql_credential {
	const char *id;
	const char *format;
	const char *doc_type; /* NULL unless mdoc */
	bool mdoc;
	bool multiple;
	bool claims_given; /* false: nothing that can be left out is asked for */
	struct dcql_claim *claims;
	size_t claim_count;
	struct dcql_list *sets; /* claim_sets: indexes of claims, in the verifier's order of preference */
	size_t set_count;
	struct mdoc_buf *issuers; /* trusted_authorities of type aki */
	size_t issuer_count;
	bool foreign_authorities; /* only trusted_authorities of types that are unknown here */
};

/* One credential set query. */
struct dcql_set {
	bool required;
	struct dcql_list *options; /* indexes of credentials */
	size_t option_count;
};

struct dcql {
	json_t *json; /* owned */
	struct dcql_credential *credentials;
	size_t count;
	struct dcql_set *sets; /* none: every credential is required */
	size_t set_count;
};

/*
 * Read a query.
 *
 * json     borrowed for the call; a reference is kept in *dcql
 * problem  filled in, and said: the member and the rule that it breaks; may be NULL
 *
 * EXIT_STATUS_INPUT: no such query, or larger than stated above; EXIT_STATUS_TROUBLE: memory.
 * Clear with dcql_clear() in any case.
 */
enum exit_status dcql_read(json_t *json, struct dcql *dcql, struct vp_problem *problem);
void dcql_clear(struct dcql *dcql);

/* The index of a credential by its id; SIZE_MAX: none. */
size_t dcql_find(const struct dcql *dcql, const char *id);

/*
 * Append a DeviceRequest (second edition, unsigned, one docRequest) that asks for what one claim set asks for, and
 * for what the trusted authorities have issued: a record answers it with everything or not at all.
 *
 * credential  of format mso_mdoc, with claims
 * set         index of a claim set, or DCQL_ALL_CLAIMS
 *
 * MDOC_ERR_ARG: another format, no claims, no such set; MDOC_ERR_MEMORY
 */
enum mdoc_result dcql_device_request(const struct mdoc_context *context, const struct dcql_credential *credential,
	size_t set, struct mdoc_buf *out);

/* The query that asks for what a reader asks for: credential "doc0", "doc1", … of each docRequest, all required. NULL:
 * memory, or a name that is no UTF-8. */
json_t *dcql_from_asks(const struct mdoc_ask *docs, size_t count);

#endif
