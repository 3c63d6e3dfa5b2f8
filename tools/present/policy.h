/*
 * policy.h: what a holder allows and denies beforehand, for scripts and kiosks: --policy FILE, JSON.
 *
 *   {"default": "deny" | "ask",
 *    "rules": [{"reader": {"standing": "trusted" | "signed" | "any", "subject": "CN=…,C=JP",
 *                          "fingerprint": "SHA-256 of the certificate", "clientId": "x509_hash:…"},
 *               "docType": "…", "elements": ["NS:ELEMENT", "NS:*"],
 *               "purpose": [{"controller": "…", "code": 1}], "retain": false,
 *               "legalBasis": "…", "decision": "allow" | "deny"}]}
 *
 * The first rule that matches an element decides about it; what none matches is decided by "default", which is "deny"
 * unless it says otherwise. A member that is absent matches everything, with two exceptions for the sake of whom a
 * rule was not written for: a rule that allows matches only trusted readers unless it names another "standing", and
 * matches 個人番号 only where it names that element (R-CARD-18, R-CARD-49).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef PRESENT_POLICY_H
#define PRESENT_POLICY_H

#include "tools/present/presentation.h"

struct policy;

/* EXIT_STATUS_INPUT (said, with the rule and its member): unreadable, no such JSON, an unknown member. *policy:
 * policy_free(). */
enum exit_status policy_read(const char *path, struct policy **policy);
void policy_free(struct policy *policy);

/* One element that is asked for. */
struct policy_case {
	const struct asker *asker;
	const struct mdoc_request *request; /* with its purpose hints (ISO) */
	size_t doc;                         /* the docRequest */
	struct mdoc_bytes ns, element;
	bool retain;
};

enum policy_decision { POLICY_ASK, POLICY_ALLOW, POLICY_DENY };

/* legal_basis  of the rule that allows; NULL: it states none. Borrowed from the policy.
 * *rule        its number from 1; 0: the default */
enum policy_decision policy_decide(const struct policy *policy, const struct policy_case *what,
	const char **legal_basis, size_t *rule);

#endif
