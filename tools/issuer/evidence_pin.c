/*
 * evidence_pin.c: the PIN of a holder's evidence: a counter in the TPM that only the security officer sets, and the
 * policy of the keys that obey it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <string.h>
#include "tools/issuer/evidence.h"

#define PIN_FAIL ((TPMA_NV)TPM2_NT_PIN_FAIL << TPMA_NV_TPM2_NT_SHIFT)
#define PIN_READ (TPMA_NV_PPREAD | TPMA_NV_OWNERREAD | TPMA_NV_AUTHREAD | TPMA_NV_POLICYREAD)
#define PIN_DATA_LEN 8 /* pinCount and pinLimit, UINT32 each */

/* What the attributes must be, where the mask is; the first that does not hold is the result. Who may read the
 * counter does not matter. An index that is only saved at an orderly shutdown, or forgotten at a start, would forget
 * failures. */
static const struct {
	TPMA_NV mask, wanted;
	enum evidence_result result;
} index_rules[] = {
	{ TPMA_NV_TPM2_NT_MASK, PIN_FAIL, EVIDENCE_PIN_TYPE },
	{ TPMA_NV_OWNERWRITE | TPMA_NV_PPWRITE, 0, EVIDENCE_PIN_OWNER },
	{ TPMA_NV_AUTHWRITE, 0, EVIDENCE_PIN_AUTH },
	{ TPMA_NV_WRITTEN, TPMA_NV_WRITTEN, EVIDENCE_PIN_UNWRITTEN },
	{ ~PIN_READ, PIN_FAIL | TPMA_NV_POLICYWRITE | TPMA_NV_NO_DA | TPMA_NV_WRITTEN, EVIDENCE_PIN_ATTRIBUTES },
};

static enum evidence_result
check_index(const struct part_index *index, const struct part_policy *policy)
{
	for (size_t i = 0; i < sizeof(index_rules) / sizeof(index_rules[0]); i++)
		if ((index->area.attributes & index_rules[i].mask) != index_rules[i].wanted)
			return index_rules[i].result;
	if (index->area.dataSize != PIN_DATA_LEN)
		return EVIDENCE_PIN_CONTENTS;
	return part_equal(index->area.authPolicy.buffer, index->area.authPolicy.size, policy->digest, PART_DIGEST_LEN)
		? EVIDENCE_OK
		: EVIDENCE_PIN_POLICY;
}

/* Data sealed in the TPM, which no policy opens but only its own code or password. */
static bool
is_sealed(const TPMT_PUBLIC *area, TPMA_OBJECT optional)
{
	const TPMA_OBJECT wanted = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_USERWITHAUTH;

	return area->type == TPM2_ALG_KEYEDHASH && (area->objectAttributes & ~optional) == wanted &&
		area->parameters.keyedHashDetail.scheme.scheme == TPM2_ALG_NULL;
}

/* The object whose authorisation is the security officer's code. Whether it counts in the TPM's dictionary attack
 * protection depends on the strength of the code. */
static enum evidence_result
read_officer(const struct mdoc_context *context, struct mdoc_node map, struct part_public *officer)
{
	enum mdoc_result res = part_public_parse(context, evidence_bytes(map, "soPub"), officer);

	if (res != MDOC_OK)
		return evidence_part(res);
	return is_sealed(&officer->area, TPMA_OBJECT_NODA) && officer->area.authPolicy.size == 0 ? EVIDENCE_OK
												 : EVIDENCE_SO;
}

static enum evidence_result
read_authorizer(const struct mdoc_context *context, struct mdoc_node map, struct part_public *authorizer)
{
	const TPMA_OBJECT use = TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_DECRYPT;
	struct mdoc_public_key key;
	enum mdoc_result res = part_public_parse(context, evidence_bytes(map, "authorizePub"), authorizer);

	if (res == MDOC_OK && (authorizer->area.objectAttributes & use) != TPMA_OBJECT_SIGN_ENCRYPT)
		return EVIDENCE_AUTHORIZER;
	if (res == MDOC_OK)
		res = part_public_key(context, &authorizer->area, &key);
	return res == MDOC_ERR_KEY ? EVIDENCE_AUTHORIZER : evidence_part(res);
}

/* Who may do what with an index: the security officer sets the counter and the PIN; anybody reads and has it
 * certified; and what the authorizer approved, which is the change of the PIN by who knows it. NULL: no authorizer. */
static enum mdoc_result
index_policy(const struct mdoc_context *context, const struct part_public *officer,
	const struct part_public *authorizer, struct part_policy *policy)
{
	static const struct {
		bool officer;
		TPM2_CC command;
	} rows[] = {
		{ true, TPM2_CC_NV_Write },
		{ true, TPM2_CC_NV_ChangeAuth },
		{ false, TPM2_CC_NV_Read },
		{ false, TPM2_CC_NV_Certify },
	};
	enum { ROWS = sizeof(rows) / sizeof(rows[0]) };
	struct part_policy branches[ROWS + 1];
	enum mdoc_result res = MDOC_OK;

	memset(branches, 0, sizeof(branches));
	for (size_t i = 0; i < ROWS && res == MDOC_OK; i++) {
		if (rows[i].officer)
			res = part_policy_secret(context, &branches[i], officer->name);
		if (res == MDOC_OK)
			res = part_policy_command(context, &branches[i], rows[i].command);
	}
	if (res == MDOC_OK && authorizer != NULL)
		res = part_policy_authorize(context, &branches[ROWS], authorizer->name);
	return res == MDOC_OK ? part_policy_or(context, policy, branches, authorizer != NULL ? ROWS + 1 : ROWS) : res;
}

static uint32_t
number_at(const BYTE *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* The statement about the index: its Name, and counter and limit in it. */
static enum evidence_result
check_contents(const struct evidence_ak *ak, struct mdoc_node map, const struct part_index *index, uint32_t most,
	uint32_t *limit)
{
	const TPMS_NV_CERTIFY_INFO *nv;
	enum evidence_result res;
	TPMS_ATTEST attest;

	res = evidence_statement(ak, map, TPM2_ST_ATTEST_NV, &attest);
	if (res != EVIDENCE_OK)
		return res;
	nv = &attest.attested.nv;
	if (!part_equal(nv->indexName.name, nv->indexName.size, index->name, PART_NAME_LEN))
		return EVIDENCE_NAME;
	if (nv->offset != 0 || nv->nvContents.size != PIN_DATA_LEN)
		return EVIDENCE_PIN_CONTENTS;
	*limit = number_at(nv->nvContents.buffer + 4);
	return *limit > 0 && *limit <= most ? EVIDENCE_OK : EVIDENCE_PIN_LIMIT_HIGH;
}

/* The keys' policy: the PIN, or either the PIN or the second secret. */
static enum evidence_result
keys_policy(const struct mdoc_context *context, const struct part_index *pin, const struct part_index *second,
	struct part_policy *policy)
{
	struct part_policy branches[2];
	enum mdoc_result res;

	memset(branches, 0, sizeof(branches));
	res = part_policy_secret(context, &branches[0], pin->name);
	if (res == MDOC_OK && second != NULL)
		res = part_policy_secret(context, &branches[1], second->name);
	if (res == MDOC_OK && second != NULL)
		res = part_policy_or(context, policy, branches, 2);
	else
		*policy = branches[0];
	return evidence_part(res);
}

/* The second index, whose value the security officer alone sets. */
static enum evidence_result
read_second(const struct mdoc_context *context, struct mdoc_node map, const struct part_public *officer,
	struct part_index *second)
{
	static const char *const names[] = { "nvPublic" };
	struct part_policy policy;
	enum mdoc_result res;

	if (!evidence_only(map, names, 1))
		return EVIDENCE_STRUCTURE;
	res = part_index_parse(context, evidence_bytes(map, "nvPublic"), second);
	if (res == MDOC_OK)
		res = index_policy(context, officer, NULL, &policy);
	if (res != MDOC_OK)
		return evidence_part(res);
	return check_index(second, &policy) == EVIDENCE_OK ? EVIDENCE_OK : EVIDENCE_AUTHENTICATOR;
}

static enum evidence_result
pin_index(const struct evidence_ak *ak, struct mdoc_node map, const struct evidence_rules *rules,
	struct part_policy *policy, struct evidence *out)
{
	static const char *const names[] = { "nvPublic", "certInfo", "sig", "soPub", "authorizePub", "authenticator" };
	const struct mdoc_node second_map = mdoc_map_text(map, "authenticator");
	struct part_public officer, authorizer;
	struct part_index index, second;
	enum evidence_result res;
	enum mdoc_result parsed;

	if (!evidence_only(map, names, sizeof(names) / sizeof(names[0])))
		return EVIDENCE_STRUCTURE;
	parsed = part_index_parse(ak->context, evidence_bytes(map, "nvPublic"), &index);
	if (parsed != MDOC_OK)
		return evidence_part(parsed);
	res = read_officer(ak->context, map, &officer);
	if (res == EVIDENCE_OK)
		res = read_authorizer(ak->context, map, &authorizer);
	if (res == EVIDENCE_OK)
		res = evidence_part(index_policy(ak->context, &officer, &authorizer, policy));
	if (res == EVIDENCE_OK)
		res = check_index(&index, policy);
	if (res == EVIDENCE_OK)
		res = check_contents(ak, map, &index, rules->pin_limit != 0 ? rules->pin_limit : EVIDENCE_PIN_LIMIT,
			&out->pin_limit);
	out->authenticator = mdoc_node_present(second_map);
	if (res == EVIDENCE_OK && out->authenticator)
		res = read_second(ak->context, second_map, &officer, &second);
	return res != EVIDENCE_OK ? res : keys_policy(ak->context, &index, out->authenticator ? &second : NULL, policy);
}

/* Without PIN indices: an object under the TPM's dictionary attack protection, whose password is the PIN. */
static enum evidence_result
pin_object(const struct evidence_ak *ak, struct mdoc_node map, struct part_policy *policy)
{
	static const char *const names[] = { "pubArea", "certInfo", "sig", "soPub" };
	struct part_public object, officer;
	enum evidence_result res;
	enum mdoc_result made;
	TPMS_ATTEST attest;

	if (!evidence_only(map, names, sizeof(names) / sizeof(names[0])))
		return EVIDENCE_STRUCTURE;
	made = part_public_parse(ak->context, evidence_bytes(map, "pubArea"), &object);
	if (made != MDOC_OK)
		return evidence_part(made);
	if (!is_sealed(&object.area, 0))
		return EVIDENCE_PIN_OBJECT;
	res = read_officer(ak->context, map, &officer);
	if (res != EVIDENCE_OK)
		return res;
	memset(policy, 0, sizeof(*policy));
	made = part_policy_secret(ak->context, policy, officer.name);
	if (made == MDOC_OK)
		made = part_policy_command(ak->context, policy, TPM2_CC_ObjectChangeAuth);
	if (made != MDOC_OK)
		return evidence_part(made);
	if (!part_equal(object.area.authPolicy.buffer, object.area.authPolicy.size, policy->digest, PART_DIGEST_LEN))
		return EVIDENCE_PIN_POLICY;
	res = evidence_statement(ak, map, TPM2_ST_ATTEST_CERTIFY, &attest);
	if (res != EVIDENCE_OK)
		return res;
	if (!part_equal(attest.attested.certify.name.name, attest.attested.certify.name.size, object.name,
		    PART_NAME_LEN))
		return EVIDENCE_NAME;
	memset(policy, 0, sizeof(*policy));
	return evidence_part(part_policy_secret(ak->context, policy, object.name));
}

enum evidence_result
evidence_pin(const struct evidence_ak *ak, struct mdoc_node map, const struct evidence_rules *rules,
	struct part_policy *policy, struct evidence *out)
{
	if (mdoc_node_present(mdoc_map_text(map, "nvPublic")))
		return pin_index(ak, map, rules, policy, out);
	if (!mdoc_node_present(mdoc_map_text(map, "pubArea")))
		return EVIDENCE_STRUCTURE;
	out->pin_limit = 0;
	return rules->take_shared ? pin_object(ak, map, policy) : EVIDENCE_PIN_SHARED;
}
