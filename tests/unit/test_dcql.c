/* test_dcql.c: what a verifier asks for in DCQL. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tests/unit/unit_openid4vp.h"
#include "tools/openid4vp/dcql.h"
#include <string.h>

#define MDL "\"format\":\"mso_mdoc\",\"meta\":{\"doctype_value\":\"org.iso.18013.5.1.mDL\"}"
#define NAME "{\"id\":\"a\",\"path\":[\"org.iso.18013.5.1\",\"family_name\"]}"
#define AGE "{\"id\":\"b\",\"path\":[\"org.iso.18013.5.1\",\"age_over_18\"]}"

static enum exit_status
read_text(const char *text, struct dcql *dcql, struct vp_problem *problem)
{
	json_t *json = json_loads(text, 0, NULL);
	enum exit_status status;

	CU_ASSERT_PTR_NOT_NULL_FATAL(json);
	memset(problem, 0, sizeof(*problem));
	status = dcql_read(json, dcql, problem);
	json_decref(json);
	return status;
}

/* If this failed, a wallet would guess what a verifier meant, and might give more than was asked for. */
static void
refuses_what_is_no_query(void)
{
	static const struct {
		const char *text, *at; /* at: what the error names */
	} rows[] = {
		{ "[]", "dcql_query" },
		{ "{}", "credentials" },
		{ "{\"credentials\":[]}", "credentials" },
		{ "{\"credentials\":{}}", "credentials" },
		{ "{\"credentials\":[1]}", "credentials[0]" },
		{ "{\"credentials\":[{" MDL "}]}", "credentials[0].id" },
		{ "{\"credentials\":[{\"id\":\"\"," MDL "}]}", "credentials[0].id" },
		{ "{\"credentials\":[{\"id\":\"a b\"," MDL "}]}", "credentials[0].id" },
		{ "{\"credentials\":[{\"id\":\"x\"," MDL "},{\"id\":\"x\"," MDL "}]}", "credentials[1].id" },
		{ "{\"credentials\":[{\"id\":\"x\",\"meta\":{}}]}", "credentials[0].format" },
		{ "{\"credentials\":[{\"id\":\"x\",\"format\":\"mso_mdoc\"}]}", "credentials[0].meta" },
		{ "{\"credentials\":[{\"id\":\"x\",\"format\":\"mso_mdoc\",\"meta\":{}}]}",
			"credentials[0].meta.doctype_value" },
		{ "{\"credentials\":[{\"id\":\"x\",\"multiple\":1," MDL "}]}", "credentials[0].multiple" },
		{ "{\"credentials\":[{\"id\":\"x\",\"require_cryptographic_holder_binding\":\"no\"," MDL "}]}",
			"require_cryptographic_holder_binding" },
		{ "{\"credentials\":[{\"id\":\"x\"," MDL ",\"claims\":[]}]}", "credentials[0].claims" },
		{ "{\"credentials\":[{\"id\":\"x\"," MDL ",\"claims\":[\"a\"]}]}", "credentials[0].claims[0]" },
		{ "{\"credentials\":[{\"id\":\"x\"," MDL ",\"claims\":[{}]}]}", "credentials[0].claims[0].path" },
		{ "{\"credentials\":[{\"id\":\"x\"," MDL ",\"claims\":[{\"path\":[\"a\"]}]}]}",
			"credentials[0].claims[0].path" },
		{ "{\"credentials\":[{\"id\":\"x\"," MDL ",\"claims\":[{\"path\":[\"a\",\"b\",\"c\"]}]}]}",
			"claims[0].path" },
		{ "{\"credentials\":[{\"id\":\"x\"," MDL ",\"claims\":[{\"path\":[\"a\",null]}]}]}", "claims[0].path" },
		{ "{\"credentials\":[{\"id\":\"x\"," MDL ",\"claims\":[{\"path\":[\"a\",0]}]}]}", "claims[0].path" },
		{ "{\"credentials\":[{\"id\":\"x\"," MDL ",\"claims\":[" NAME "," NAME "]}]}", "claims[1].id" },
		{ "{\"credentials\":[{\"id\":\"x\"," MDL ",\"claims\":[{\"path\":[\"a\",\"b\"],\"values\":[]}]}]}",
			"claims[0].values" },
		{ "{\"credentials\":[{\"id\":\"x\"," MDL ",\"claims\":[{\"path\":[\"a\",\"b\"],\"values\":[{}]}]}]}",
			"claims[0].values" },
		{ "{\"credentials\":[{\"id\":\"x\"," MDL
		  ",\"claims\":[{\"path\":[\"a\",\"b\"],\"intent_to_retain\":0}]}]}",
			"intent_to_retain" },
		{ "{\"credentials\":[{\"id\":\"x\"," MDL ",\"claim_sets\":[[\"a\"]]}]}", "credentials[0].claims" },
		{ "{\"credentials\":[{\"id\":\"x\"," MDL ",\"claims\":[" NAME "],\"claim_sets\":[]}]}", "claim_sets" },
		{ "{\"credentials\":[{\"id\":\"x\"," MDL ",\"claims\":[" NAME "],\"claim_sets\":[[]]}]}",
			"claim_sets[0]" },
		{ "{\"credentials\":[{\"id\":\"x\"," MDL ",\"claims\":[" NAME "],\"claim_sets\":[[\"b\"]]}]}",
			"claim_sets[0]" },
		{ "{\"credentials\":[{\"id\":\"x\"," MDL ",\"claims\":[" NAME "],\"claim_sets\":[[\"a\",\"a\"]]}]}",
			"claim_sets[0]" },
		{ "{\"credentials\":[{\"id\":\"x\"," MDL
		  ",\"claims\":[{\"path\":[\"a\",\"b\"]}],\"claim_sets\":[[\"a\"]]}]}",
			"claims[0].id" },
		{ "{\"credentials\":[{\"id\":\"x\"," MDL ",\"trusted_authorities\":[{\"type\":\"aki\"}]}]}", "values" },
		{ "{\"credentials\":[{\"id\":\"x\"," MDL
		  ",\"trusted_authorities\":[{\"type\":\"aki\",\"values\":[\"*\"]}]}]}",
			"values" },
		{ "{\"credentials\":[{\"id\":\"x\"," MDL ",\"trusted_authorities\":[{\"values\":[\"AA\"]}]}]}",
			"type" },
		{ "{\"credentials\":[{\"id\":\"x\"," MDL "}],\"credential_sets\":[]}", "credential_sets" },
		{ "{\"credentials\":[{\"id\":\"x\"," MDL "}],\"credential_sets\":[{}]}", "credential_sets[0].options" },
		{ "{\"credentials\":[{\"id\":\"x\"," MDL "}],\"credential_sets\":[{\"options\":[[]]}]}", "options[0]" },
		{ "{\"credentials\":[{\"id\":\"x\"," MDL "}],\"credential_sets\":[{\"options\":[[\"y\"]]}]}",
			"options[0]" },
		{ "{\"credentials\":[{\"id\":\"x\"," MDL
		  "}],\"credential_sets\":[{\"options\":[[\"x\"]],\"required\":1}]}",
			"required" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vp_problem problem;
		struct dcql dcql;

		CU_ASSERT_EQUAL(read_text(rows[i].text, &dcql, &problem), EXIT_STATUS_INPUT);
		CU_ASSERT_PTR_NOT_NULL_FATAL(problem.code);
		CU_ASSERT_STRING_EQUAL(problem.code, "invalid_request");
		CU_ASSERT_PTR_NOT_NULL(strstr(problem.description, rows[i].at));
		dcql_clear(&dcql);
	}
}

/* If this failed, a query of a hundred thousand credentials would cost memory and time. */
static void
refuses_what_is_too_large(void)
{
	json_t *json = json_object(), *credentials = json_array();
	struct vp_problem problem = { .code = NULL };
	struct dcql dcql;

	for (int i = 0; i < DCQL_CREDENTIALS_MAX + 1; i++) {
		char id[32];

		snprintf(id, sizeof(id), "c%d", i);
		json_array_append_new(credentials,
			json_pack("{s:s, s:s, s:{}}", "id", id, "format", "dc+sd-jwt", "meta"));
	}
	json_object_set_new(json, "credentials", credentials);
	CU_ASSERT_EQUAL(dcql_read(json, &dcql, &problem), EXIT_STATUS_INPUT);
	dcql_clear(&dcql);
	json_array_remove(credentials, 0);
	CU_ASSERT_EQUAL(dcql_read(json, &dcql, NULL), EXIT_STATUS_OK);
	CU_ASSERT_EQUAL(dcql.count, DCQL_CREDENTIALS_MAX);
	dcql_clear(&dcql);
	json_decref(json);
}

#define WHOLE \
	"{\"credentials\":[{\"id\":\"mdl\"," MDL ",\"multiple\":true,\"unknown\":1,\"claims\":[" NAME "," AGE \
	",{\"path\":[\"org.iso.18013.5.1\",\"family_name\"],\"intent_to_retain\":true,\"values\":[\"x\",1,true]}]," \
	"\"trusted_authorities\":[{\"type\":\"etsi_tl\",\"values\":[\"https://a.example\"]}," \
	"{\"type\":\"aki\",\"values\":[\"s9tIpPmhxdiuNkHMEWNpYim8S8Y\"]}]}," \
	"{\"id\":\"pid\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"v\"]},\"claims\":[{\"path\":[\"a\"," \
	"null]}]}," \
	"{\"id\":\"far\"," MDL \
	",\"trusted_authorities\":[{\"type\":\"openid_federation\",\"values\":[\"https://a.example\"]}]}]," \
	"\"credential_sets\":[{\"options\":[[\"mdl\"],[\"pid\",\"far\"]]},{\"required\":false,\"options\":[[\"far\"]]" \
	"}]}"

/* If this failed, what was asked for would come out as something else. */
static void
reads_a_whole_query(void)
{
	struct vp_problem problem;
	struct dcql dcql;

	CU_ASSERT_EQUAL_FATAL(read_text(WHOLE, &dcql, &problem), EXIT_STATUS_OK);
	CU_ASSERT_PTR_NULL(problem.code);
	CU_ASSERT_EQUAL_FATAL(dcql.count, 3);
	CU_ASSERT_STRING_EQUAL(dcql.credentials[0].doc_type, "org.iso.18013.5.1.mDL");
	CU_ASSERT_TRUE(dcql.credentials[0].mdoc && dcql.credentials[0].multiple);
	CU_ASSERT_EQUAL_FATAL(dcql.credentials[0].claim_count, 3);
	CU_ASSERT_STRING_EQUAL(dcql.credentials[0].claims[1].element, "age_over_18");
	CU_ASSERT_FALSE(dcql.credentials[0].claims[0].retain);
	CU_ASSERT_TRUE(dcql.credentials[0].claims[2].retain);
	CU_ASSERT_EQUAL(json_array_size(dcql.credentials[0].claims[2].values), 3);
	CU_ASSERT_EQUAL(dcql.credentials[0].issuer_count, 1);
	CU_ASSERT_EQUAL(dcql.credentials[0].issuers[0].len, 20);
	CU_ASSERT_FALSE(dcql.credentials[0].foreign_authorities);
	CU_ASSERT_FALSE(dcql.credentials[1].mdoc);
	CU_ASSERT_TRUE(dcql.credentials[2].foreign_authorities);
	CU_ASSERT_FALSE(dcql.credentials[2].claims_given);
	CU_ASSERT_EQUAL_FATAL(dcql.set_count, 2);
	CU_ASSERT_TRUE(dcql.sets[0].required);
	CU_ASSERT_FALSE(dcql.sets[1].required);
	CU_ASSERT_EQUAL(dcql.sets[0].options[1].items[0], 1);
	CU_ASSERT_EQUAL(dcql.sets[0].options[1].items[1], 2);
	CU_ASSERT_EQUAL(dcql_find(&dcql, "far"), 2);
	CU_ASSERT_EQUAL(dcql_find(&dcql, "none"), SIZE_MAX);
	dcql_clear(&dcql);
}

/* If this failed, a holder would be shown another question than the verifier asked. */
static void
asks_the_same_of_a_holder(void)
{
	struct mdoc_buf made = MDOC_BUF_EMPTY;
	struct mdoc_request *request = NULL;
	const struct mdoc_doc_request *doc;
	struct vp_problem problem;
	struct dcql dcql;

	CU_ASSERT_EQUAL_FATAL(read_text(WHOLE, &dcql, &problem), EXIT_STATUS_OK);
	CU_ASSERT_EQUAL(dcql_device_request(NULL, &dcql.credentials[1], DCQL_ALL_CLAIMS, &made), MDOC_ERR_ARG);
	CU_ASSERT_EQUAL(dcql_device_request(NULL, &dcql.credentials[2], DCQL_ALL_CLAIMS, &made), MDOC_ERR_ARG);
	CU_ASSERT_EQUAL(dcql_device_request(NULL, &dcql.credentials[0], 0, &made), MDOC_ERR_ARG);
	CU_ASSERT_EQUAL_FATAL(dcql_device_request(NULL, &dcql.credentials[0], DCQL_ALL_CLAIMS, &made), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_request_parse(NULL, mdoc_buf_bytes(&made), &request, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_request_count(request), 1);
	doc = mdoc_request_doc(request, 0);
	CU_ASSERT_TRUE(mdoc_bytes_is_text(mdoc_doc_request_type(doc), "org.iso.18013.5.1.mDL"));
	CU_ASSERT_EQUAL(mdoc_doc_request_count(doc), 2); /* the third is the first again */
	CU_ASSERT_TRUE(mdoc_bytes_is_text(mdoc_doc_request_asked(doc, 0)->element, "family_name"));
	CU_ASSERT_TRUE(mdoc_doc_request_asked(doc, 0)->intent_to_retain);
	CU_ASSERT_FALSE(mdoc_doc_request_asked(doc, 1)->intent_to_retain);
	CU_ASSERT_PTR_NOT_NULL_FATAL(mdoc_doc_request_info(doc));
	CU_ASSERT_EQUAL(mdoc_doc_request_info(doc)->issuer_count, 1);
	mdoc_request_free(request);
	mdoc_buf_clear(&made);
	dcql_clear(&dcql);
}

/* If this failed, a verifier's second choice would be asked for with its first. */
static void
asks_for_one_claim_set(void)
{
	struct mdoc_buf made = MDOC_BUF_EMPTY;
	struct mdoc_request *request = NULL;
	struct vp_problem problem;
	struct dcql dcql;

	CU_ASSERT_EQUAL_FATAL(read_text("{\"credentials\":[{\"id\":\"x\"," MDL ",\"claims\":[" NAME "," AGE
					"],\"claim_sets\":[[\"b\"],[\"a\",\"b\"]]}]}",
				      &dcql, &problem),
		EXIT_STATUS_OK);
	CU_ASSERT_EQUAL_FATAL(dcql.credentials[0].set_count, 2);
	CU_ASSERT_EQUAL_FATAL(dcql_device_request(NULL, &dcql.credentials[0], 0, &made), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_request_parse(NULL, mdoc_buf_bytes(&made), &request, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_doc_request_count(mdoc_request_doc(request, 0)), 1);
	CU_ASSERT_TRUE(
		mdoc_bytes_is_text(mdoc_doc_request_asked(mdoc_request_doc(request, 0), 0)->element, "age_over_18"));
	mdoc_request_free(request);
	mdoc_buf_clear(&made);
	CU_ASSERT_EQUAL(dcql_device_request(NULL, &dcql.credentials[0], 2, &made), MDOC_ERR_ARG);
	dcql_clear(&dcql);
}

/* If this failed, our own verifier would ask for something else than its user said. */
static void
makes_what_it_reads(void)
{
	const struct mdoc_bytes keys[] = { mdoc_text("12345678901234567890") };
	const struct mdoc_request_info info = { .issuers = keys, .issuer_count = 1 };
	const struct mdoc_asked asked[] = { { mdoc_text("org.iso.18013.5.1"), mdoc_text("family_name"), true },
		{ mdoc_text("org.iso.18013.5.1"), mdoc_text("age_over_18"), false } };
	const struct mdoc_ask docs[] = { { .doc_type = mdoc_text("a"), .asked = asked, .count = 2, .info = &info },
		{ .doc_type = mdoc_text("b"), .asked = asked + 1, .count = 1 } };
	json_t *json = dcql_from_asks(docs, 2);
	struct dcql dcql;

	CU_ASSERT_EQUAL_FATAL(dcql_read(json, &dcql, NULL), EXIT_STATUS_OK);
	CU_ASSERT_EQUAL_FATAL(dcql.count, 2);
	CU_ASSERT_STRING_EQUAL(dcql.credentials[0].id, "doc0");
	CU_ASSERT_STRING_EQUAL(dcql.credentials[1].doc_type, "b");
	CU_ASSERT_EQUAL_FATAL(dcql.credentials[0].claim_count, 2);
	CU_ASSERT_TRUE(dcql.credentials[0].claims[0].retain);
	CU_ASSERT_FALSE(dcql.credentials[0].claims[1].retain);
	CU_ASSERT_EQUAL_FATAL(dcql.credentials[0].issuer_count, 1);
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_buf_bytes(&dcql.credentials[0].issuers[0]), keys[0]));
	CU_ASSERT_EQUAL(dcql.credentials[1].issuer_count, 0);
	dcql_clear(&dcql);
	json_decref(json);
}

CU_TestInfo dcql_tests[] = {
	{ "refuses what is no query", refuses_what_is_no_query },
	{ "refuses what is too large", refuses_what_is_too_large },
	{ "reads a whole query", reads_a_whole_query },
	{ "asks the same of a holder", asks_the_same_of_a_holder },
	{ "asks for one claim set", asks_for_one_claim_set },
	{ "makes what it reads", makes_what_it_reads },
	CU_TEST_INFO_NULL,
};
