/*
 * dump_kind.c: which structure an item is, and what the numbers in it are called.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <string.h>
#include "tools/common/context.h"
#include "tools/common/value.h"
#include "tools/common/dump.h"

struct number_name {
	int64_t number;
	const char *name;
};

static const struct number_name header_names[] = { { 1, "alg" }, { 2, "crit" }, { 3, "content type" }, { 4, "kid" },
	{ 5, "IV" }, { 16, "typ" }, { 33, "x5chain" }, { 0, NULL } };

static const struct number_name key_names[] = { { 1, "kty" }, { 2, "kid" }, { 3, "alg" }, { -1, "crv" }, { -2, "x" },
	{ -3, "y" }, { 0, NULL } };

static const struct number_name engagement_names[] = { { 0, "version" }, { 1, "security" },
	{ 2, "device retrieval methods" }, { 3, "server retrieval methods" }, { 4, "protocol info" },
	{ 5, "origin infos" }, { 6, "capabilities" }, { -1, NULL } };

static const struct number_name claim_names[] = { { 2, "sub" }, { 4, "exp" }, { 5, "nbf" }, { 6, "iat" }, { 16, "typ" },
	{ 65530, "identifier list" }, { 65533, "status list" }, { 65534, "ttl" }, { 0, NULL } };

static const struct number_name algorithm_names[] = { { 5, "HMAC 256/256" }, { -7, "ES256" }, { -8, "EdDSA" },
	{ -9, "ESP256" }, { -19, "Ed25519" }, { -35, "ES384" }, { -36, "ES512" }, { -51, "ESP384" }, { -52, "ESP512" },
	{ -53, "Ed448" }, { -265, "ESB256" }, { -266, "ESB320" }, { -267, "ESB384" }, { -268, "ESB512" }, { 0, NULL } };

static const struct number_name curve_names[] = { { 1, "P-256" }, { 2, "P-384" }, { 3, "P-521" }, { 4, "X25519" },
	{ 5, "X448" }, { 6, "Ed25519" }, { 7, "Ed448" }, { 256, "brainpoolP256r1" }, { 257, "brainpoolP320r1" },
	{ 258, "brainpoolP384r1" }, { 259, "brainpoolP512r1" }, { 0, NULL } };

static const char *
find(const struct number_name *names, int64_t number)
{
	for (; names->name != NULL; names++)
		if (names->number == number)
			return names->name;
	return NULL;
}

const char *
dump_key_name(enum dump_kind kind, int64_t key)
{
	switch (kind) {
	case DUMP_COSE_KEY:
		return find(key_names, key);
	case DUMP_COSE_HEADER:
		return find(header_names, key);
	case DUMP_ENGAGEMENT:
		return find(engagement_names, key);
	case DUMP_CLAIMS:
		return find(claim_names, key);
	default:
		return NULL;
	}
}

const char *
dump_value_name(enum dump_kind kind, int64_t value)
{
	if (kind == DUMP_ALGORITHM)
		return find(algorithm_names, value);
	return kind == DUMP_CURVE ? find(curve_names, value) : NULL;
}

/* The first row whose members are all there names the structure. */
static const struct {
	const char *name;
	const char *members[3];
} structures[] = {
	{ "DeviceRequest", { "docRequests", "version" } },
	{ "DeviceResponse", { "version", "status" } },
	{ "Document", { "docType", "issuerSigned" } },
	{ "IssuerSigned", { "issuerAuth" } },
	{ "DeviceSigned", { "deviceAuth", "nameSpaces" } },
	{ "MobileSecurityObject", { "digestAlgorithm", "valueDigests" } },
	{ "IssuerSignedItem", { "digestID", "elementIdentifier" } },
	{ "DocRequest", { "itemsRequest" } },
	{ "ItemsRequest", { "docType", "nameSpaces" } },
	{ "SessionEstablishment", { "eReaderKey", "data" } },
	{ "VICAL", { "vicalProvider", "certificateInfos" } },
	{ "RICAL", { "provider", "certificateInfos" } },
	{ "Status", { "status_list" } },
	{ "Status", { "identifier_list" } },
	{ "SessionData", { "data" } },
	{ "SessionData", { "status" } },
};

/* Arrays that say in their first item what they are. */
static const char *const titled[] = { "DeviceAuthentication", "ReaderAuthentication", "ReaderAuthenticationAll",
	"Signature1", "MAC0" };

static bool
is_int_map(struct mdoc_node node, int64_t a, int64_t b)
{
	return mdoc_node_type(node) == MDOC_CBOR_MAP && mdoc_node_present(mdoc_map_int(node, a)) &&
		mdoc_node_present(mdoc_map_int(node, b));
}

/* COSE_Sign1 and COSE_Mac0: [bstr, map, bstr / nil, bstr]. */
static bool
is_cose(struct mdoc_node node)
{
	struct mdoc_bytes bytes;

	return mdoc_node_type(node) == MDOC_CBOR_ARRAY && mdoc_node_count(node) == 4 &&
		mdoc_node_bstr(mdoc_node_at(node, 0), &bytes) &&
		mdoc_node_type(mdoc_node_at(node, 1)) == MDOC_CBOR_MAP && mdoc_node_bstr(mdoc_node_at(node, 3), &bytes);
}

static const char *
structure_of_array(struct mdoc_node node)
{
	struct mdoc_bytes text;

	if (is_cose(node))
		return "COSE_Sign1";
	for (size_t i = 0; i < sizeof(titled) / sizeof(titled[0]); i++)
		if (mdoc_node_tstr(mdoc_node_first(node), &text) && mdoc_bytes_is_text(text, titled[i]))
			return titled[i];
	return mdoc_node_count(node) == 3 ? "SessionTranscript" : "item";
}

/* {0: "1.0", 1: security, …}; options of a retrieval method have the same keys. */
static bool
is_engagement(struct mdoc_node node)
{
	struct mdoc_bytes version;

	return is_int_map(node, 0, 1) && mdoc_node_tstr(mdoc_map_int(node, 0), &version);
}

/* sub and iat; valueDigests have such keys, too, and byte strings behind them. */
static bool
is_claims(struct mdoc_node node)
{
	return is_int_map(node, 2, 6) && mdoc_node_type(mdoc_map_int(node, 2)) == MDOC_CBOR_TSTR &&
		mdoc_node_type(mdoc_map_int(node, 6)) == MDOC_CBOR_UINT;
}

/* What is inside tag 24; NULL: it is no such item. */
static const char *
structure_inside(struct mdoc_node root)
{
	struct mdoc_cbor *scan = dump_inside(DUMP_PLAIN, root);
	const char *name = scan != NULL ? dump_structure(mdoc_cbor_root(scan)) : NULL;

	mdoc_cbor_free(scan);
	return name;
}

const char *
dump_structure(struct mdoc_node root)
{
	struct mdoc_node content;
	uint64_t tag;

	if (mdoc_node_tag(root, &tag, &content)) {
		const char *name = structure_inside(root);

		return name != NULL ? name : dump_structure(content);
	}
	if (mdoc_node_type(root) == MDOC_CBOR_ARRAY)
		return structure_of_array(root);
	if (is_int_map(root, 1, -1))
		return "COSE_Key";
	if (is_engagement(root))
		return "DeviceEngagement";
	for (size_t i = 0; i < sizeof(structures) / sizeof(structures[0]); i++) {
		size_t m = 0;

		while (m < 3 && structures[i].members[m] != NULL &&
			mdoc_node_present(mdoc_map_text(root, structures[i].members[m])))
			m++;
		if (m == 3 || structures[i].members[m] == NULL)
			return structures[i].name;
	}
	return "item";
}

enum dump_kind
dump_kind_of(struct mdoc_node node)
{
	if (is_int_map(node, 1, -1))
		return DUMP_COSE_KEY;
	if (is_claims(node))
		return DUMP_CLAIMS;
	return is_engagement(node) ? DUMP_ENGAGEMENT : DUMP_PLAIN;
}

enum dump_kind
dump_kind_of_child(enum dump_kind kind, struct mdoc_node parent, struct mdoc_node key, size_t index)
{
	int64_t number = 0;

	if (kind == DUMP_CERTIFICATES)
		return DUMP_CERTIFICATES; /* an array of them */
	if (is_cose(parent))
		return index == 0    ? DUMP_PROTECTED
			: index == 1 ? DUMP_COSE_HEADER
			: index == 2 ? DUMP_PAYLOAD
				     : DUMP_PLAIN;
	if (mdoc_node_int(key, &number)) {
		if (kind == DUMP_COSE_HEADER && number == 33)
			return DUMP_CERTIFICATES;
		if ((kind == DUMP_COSE_HEADER && number == 1) || (kind == DUMP_COSE_KEY && number == 3))
			return DUMP_ALGORITHM;
		if (kind == DUMP_COSE_KEY && number == -1)
			return DUMP_CURVE;
	}
	return DUMP_PLAIN;
}

struct mdoc_cbor *
dump_inside(enum dump_kind kind, struct mdoc_node node)
{
	struct mdoc_cbor *scan = NULL;
	struct mdoc_bytes bytes;

	if (!mdoc_node_embedded(node, &bytes) &&
		!((kind == DUMP_PROTECTED || kind == DUMP_PAYLOAD) && mdoc_node_bstr(node, &bytes) && bytes.len > 0))
		return NULL;
	return mdoc_cbor_scan(tool_context(), bytes, 0, &scan, NULL) == MDOC_OK ? scan : NULL;
}

bool
dump_certificate(struct mdoc_bytes der, struct mdoc_buf *line)
{
	struct mdoc_cert *cert = NULL;
	char from[MDOC_TDATE_LEN + 1], until[MDOC_TDATE_LEN + 1];
	bool ok = false;

	if (mdoc_cert_parse(tool_context(), der, &cert, NULL) == MDOC_OK &&
		mdoc_cert_subject_text(cert, line) == MDOC_OK) {
		mdoc_buf_append(line, mdoc_text(", issuer "));
		ok = mdoc_cert_issuer_text(cert, line) == MDOC_OK;
		mdoc_tdate_print(mdoc_cert_not_before(cert), from);
		mdoc_tdate_print(mdoc_cert_not_after(cert), until);
		mdoc_buf_append(line, mdoc_text(", "));
		mdoc_buf_append(line, mdoc_text(from));
		mdoc_buf_append(line, mdoc_text(" to "));
		mdoc_buf_append(line, mdoc_text(until));
	}
	mdoc_cert_free(cert);
	return ok && line->err == MDOC_OK;
}
