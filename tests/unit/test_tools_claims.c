/* test_tools_claims.c: claims as element values. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include "tests/unit/unit_issuer.h"
#include "tools/common/value.h"
#include "tools/issuer/claims.h"

/* Build from {"NS": {"ELEMENT": VALUE}} and compare the result, and the value in hexadecimal. */
static enum claims_result
build(const char *ns, const char *element, const char *value, const char *hex)
{
	char text[512], *at, got[512] = "";
	struct claims claims;
	struct claims_place place;
	enum claims_result res;
	json_t *json;

	snprintf(text, sizeof(text), "{\"%s\": {\"%s\": %s}}", ns, element, value);
	json = json_loads(text, 0, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(json);
	res = claims_build(json, DATA_DIR, JP_DOCTYPE, &claims, &place);
	if (res == CLAIMS_OK && hex != NULL) {
		CU_ASSERT_EQUAL_FATAL(claims.count, 1);
		at = got;
		for (size_t i = 0; i < claims.claims[0].value.len && i < 200; i++)
			at += sprintf(at, "%02x", claims.claims[0].value.ptr[i]);
		CU_ASSERT_STRING_EQUAL(got, hex);
	}
	claims_clear(&claims);
	json_decref(json);
	return res;
}

#define JP JP_NAMESPACE
#define ISO JP_NAMESPACE_GENERIC

/* Otherwise the record could hold what the public was promised that it does not (R-MIN-01). */
static void
test_not_allowed(void)
{
	CU_ASSERT_EQUAL(build(JP, "health_insurance", "\"x\"", NULL), CLAIMS_NOT_ALLOWED);
	CU_ASSERT_EQUAL(build(ISO, "full_name_unicode", "\"x\"", NULL), CLAIMS_NOT_ALLOWED);
	CU_ASSERT_EQUAL(build("org.iso.18013.5.1", "family_name", "\"x\"", NULL), CLAIMS_NOT_ALLOWED);
	CU_ASSERT_EQUAL(build(ISO, "age_over_200", "true", NULL), CLAIMS_NOT_ALLOWED);
}

/* Otherwise a slip of a clerk would be signed and be the truth for a month. */
static void
test_wrong_values(void)
{
	CU_ASSERT_EQUAL(build(JP, "full_name_unicode", "\"\"", NULL), CLAIMS_TEXT);
	CU_ASSERT_EQUAL(build(JP, "full_name_unicode", "7", NULL), CLAIMS_TEXT);
	CU_ASSERT_EQUAL(build(JP, "individual_number_unicode", "\"12345678901\"", NULL), CLAIMS_DIGITS);
	CU_ASSERT_EQUAL(build(JP, "individual_number_unicode", "123456789012", NULL), CLAIMS_DIGITS);
	CU_ASSERT_EQUAL(build(JP, "local_gov_code_unicode", "\"123456\"", NULL), CLAIMS_DIGITS);
	CU_ASSERT_EQUAL(build(ISO, "birth_date", "\"1971-02-29\"", NULL), CLAIMS_DATE);
	CU_ASSERT_EQUAL(build(ISO, "birth_date", "\"1971-9-1\"", NULL), CLAIMS_DATE);
	CU_ASSERT_EQUAL(build(ISO, "birth_date", "\"1900-02-29\"", NULL), CLAIMS_DATE);
	CU_ASSERT_EQUAL(build(ISO, "birth_date", "\"19-1-09-01\"", NULL), CLAIMS_DATE);
	CU_ASSERT_EQUAL(build(ISO, "birth_date", "\"197--01-01\"", NULL), CLAIMS_DATE);
	CU_ASSERT_EQUAL(build(ISO, "birth_date", "\"1971-09-012\"", NULL), CLAIMS_DATE);
	CU_ASSERT_EQUAL(build(ISO, "sex", "3", NULL), CLAIMS_SEX);
	CU_ASSERT_EQUAL(build(ISO, "sex", "\"2\"", NULL), CLAIMS_SEX);
	CU_ASSERT_EQUAL(build(ISO, "age_in_years", "-1", NULL), CLAIMS_AGE);
	CU_ASSERT_EQUAL(build(ISO, "age_in_years", "20.5", NULL), CLAIMS_AGE);
	CU_ASSERT_EQUAL(build(ISO, "age_over_20", "\"true\"", NULL), CLAIMS_BOOL);
	CU_ASSERT_EQUAL(build(JP, "portrait", "\"portrait.jpg\"", NULL), CLAIMS_BYTES);
	CU_ASSERT_EQUAL(build(JP, "portrait", "{\"base64url\": \"a=\"}", NULL), CLAIMS_BYTES);
	CU_ASSERT_EQUAL(build(JP, "portrait", "{\"base64url\": \"\"}", NULL), CLAIMS_BYTES);
}

/* Otherwise claims from another system could carry any file of the issuer's machine away. */
static void
test_paths(void)
{
	CU_ASSERT_EQUAL(build(JP, "portrait", "{\"file\": \"/etc/passwd\"}", NULL), CLAIMS_PATH);
	CU_ASSERT_EQUAL(build(JP, "portrait", "{\"file\": \"../lint.sh\"}", NULL), CLAIMS_PATH);
	CU_ASSERT_EQUAL(build(JP, "portrait", "{\"file\": \"a/../../lint.sh\"}", NULL), CLAIMS_PATH);
	CU_ASSERT_EQUAL(build(JP, "portrait", "{\"file\": \"..\"}", NULL), CLAIMS_PATH);
	CU_ASSERT_EQUAL(build(JP, "portrait", "{\"file\": \"portrait.jpg\"}", NULL), CLAIMS_OK);
}

/* Otherwise readers that follow the standard could not read the values. */
static void
test_encodings(void)
{
	CU_ASSERT_EQUAL(build(JP, "sex_unicode", "\"女\"", "63e5a5b3"), CLAIMS_OK);
	CU_ASSERT_EQUAL(build(ISO, "birth_date", "\"2000-02-29\"", "d903ec6a323030302d30322d3239"), CLAIMS_OK);
	CU_ASSERT_EQUAL(build(ISO, "birth_date", "{\"birth_date\": \"2000-02-29\"}",
				"a16a62697274685f64617465d903ec6a323030302d30322d3239"),
		CLAIMS_OK);
	CU_ASSERT_EQUAL(build(ISO, "sex", "9", "09"), CLAIMS_OK);
	CU_ASSERT_EQUAL(build(ISO, "age_in_years", "55", "1837"), CLAIMS_OK);
	CU_ASSERT_EQUAL(build(ISO, "age_over_20", "true", "f5"), CLAIMS_OK);
	CU_ASSERT_EQUAL(build(ISO, "age_over_65", "false", "f4"), CLAIMS_OK);
	CU_ASSERT_EQUAL(build(JP, "portrait", "{\"base64url\": \"_9j_\"}", "43ffd8ff"), CLAIMS_OK);
}

/* Otherwise the sample of the manual would not be what the program takes; and each value must
 * stand at its own name. */
static void
test_sample(void)
{
	struct claims claims;
	struct claims_place place;
	struct mdoc_bytes name = MDOC_NO_BYTES;
	json_t *json = json_load_file(DATA_DIR "/claims.json", 0, NULL);

	CU_ASSERT_EQUAL(claims_build(json, DATA_DIR, JP_DOCTYPE, &claims, &place), CLAIMS_OK);
	CU_ASSERT_EQUAL(claims.count, 14);
	for (size_t i = 0; i < claims.count; i++) {
		if (mdoc_bytes_is_text(claims.claims[i].element, "full_name_unicode"))
			name = claims.claims[i].value;
	}
	CU_ASSERT_EQUAL(name.len, 16);
	CU_ASSERT(name.len == 16 && memcmp(name.ptr + 1, "番号　花子", 15) == 0);
	claims_clear(&claims);
	json_decref(json);
	json = json_loads("{\"" ISO "\": []}", 0, NULL);
	CU_ASSERT_EQUAL(claims_build(json, DATA_DIR, JP_DOCTYPE, &claims, &place), CLAIMS_STRUCTURE);
	claims_clear(&claims);
	json_decref(json);
	json = json_object();
	CU_ASSERT_EQUAL(claims_build(json, DATA_DIR, JP_DOCTYPE, &claims, &place), CLAIMS_EMPTY);
	claims_clear(&claims);
	json_decref(json);
}

void
add_claims_tests(void)
{
	CU_pSuite suite = CU_add_suite("issuer claims", NULL, NULL);

	CU_add_test(suite, "elements outside the record", test_not_allowed);
	CU_add_test(suite, "values that are not what they should be", test_wrong_values);
	CU_add_test(suite, "files stay below the claims", test_paths);
	CU_add_test(suite, "encodings", test_encodings);
	CU_add_test(suite, "the sample", test_sample);
}
