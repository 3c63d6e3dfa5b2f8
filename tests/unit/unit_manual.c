/*
 * tests/unit/unit_manual.c: mdoc-pkcs11(7) against the tables of the module.
 *
 * Were a row wrong, somebody would write a program for a mechanism or an attribute that is not there,
 * or leave one unused. A missing row is printed as it has to be.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module/pkcs11/mechanisms/mech.h"
#include "module/pkcs11/objects/template.h"
#include "module/pkcs11/shell/trace_names.h"
#include "pkcs11-3.h"

#define MECHANISMS_MAX 256
#define MANUAL_MAX (512 * 1024)

static char *manual;

static bool
read_manual(void)
{
	const char *srcdir = getenv("srcdir");
	char path[4096];
	FILE *file;
	size_t len = 0;

	snprintf(path, sizeof(path), "%s/module/man/mdoc-pkcs11.7", srcdir != NULL ? srcdir : ".");
	file = fopen(path, "r");
	manual = calloc(1, MANUAL_MAX);
	if (file == NULL || manual == NULL)
		return false;
	len = fread(manual, 1, MANUAL_MAX - 1, file);
	fclose(file);
	return len > 0;
}

/* Rows of a table that begin so. */
static size_t
count_rows(const char *prefix)
{
	const char *at = manual;
	size_t count = 0;

	while ((at = strstr(at, prefix)) != NULL) {
		const char *cell = strstr(at, " Ta ");

		at += strlen(prefix);
		count += cell != NULL && cell < at + strcspn(at, "\n") ? 1 : 0;
	}
	return count;
}

/* A whole line of the manual. */
static bool
has_row(const char *row)
{
	char line[600];

	snprintf(line, sizeof(line), "\n%s\n", row);
	if (strstr(manual, line) != NULL)
		return true;
	printf("\nmissing: %s\n", row);
	return false;
}

/* ---- Mechanisms ---- */

static const struct {
	CK_FLAGS flag;
	const char *word;
} uses[] = {
	{ CKF_ENCRYPT, "encrypt" },
	{ CKF_DECRYPT, "decrypt" },
	{ CKF_MESSAGE_ENCRYPT, "message-encrypt" },
	{ CKF_MESSAGE_DECRYPT, "message-decrypt" },
	{ CKF_MESSAGE_SIGN, "message-sign" },
	{ CKF_MESSAGE_VERIFY, "message-verify" },
	{ CKF_DIGEST, "digest" },
	{ CKF_SIGN, "sign" },
	{ CKF_SIGN_RECOVER, "sign-recover" },
	{ CKF_VERIFY, "verify" },
	{ CKF_VERIFY_RECOVER, "verify-recover" },
	{ CKF_GENERATE, "generate" },
	{ CKF_GENERATE_KEY_PAIR, "generate-pair" },
	{ CKF_WRAP, "wrap" },
	{ CKF_UNWRAP, "unwrap" },
	{ CKF_DERIVE, "derive" },
};

static void
mechanism_row(CK_MECHANISM_TYPE type, char *row, size_t room)
{
	const struct mech *mech = mech_find(type);
	const char *name = trace_name(TRACE_NAMES_MECHANISM, type);
	const char *key = mech->key_type == MECH_NO_KEY ? NULL : trace_name(TRACE_NAMES_KEY_TYPE, mech->key_type);
	CK_MECHANISM_INFO info;
	size_t used;

	CU_ASSERT_EQUAL_FATAL(mech_info(type, &info), CKR_OK);
	used = (size_t)snprintf(row, room, ".It Dv %s Ta 0x%08lX Ta %s Ta ", name != NULL ? name : "?", type,
		key != NULL ? key + strlen("CKK_") : "any");
	if (info.ulMaxKeySize == 0)
		used += (size_t)snprintf(row + used, room - used, "none Ta");
	else
		used += (size_t)snprintf(row + used, room - used, "%lu to %lu Ta", info.ulMinKeySize,
			info.ulMaxKeySize);
	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++)
		if ((info.flags & uses[i].flag) != 0)
			used += (size_t)snprintf(row + used, room - used, " %s", uses[i].word);
}

static void
mechanisms(void)
{
	CK_MECHANISM_TYPE list[MECHANISMS_MAX];
	CK_ULONG count = MECHANISMS_MAX;
	size_t missing = 0;
	char row[400];

	CU_ASSERT_EQUAL_FATAL(mech_list(list, &count), CKR_OK);
	for (CK_ULONG i = 0; i < count; i++) {
		mechanism_row(list[i], row, sizeof(row));
		missing += has_row(row) ? 0 : 1;
	}
	CU_ASSERT_EQUAL(missing, 0);
	CU_ASSERT_EQUAL(count_rows("\n.It Dv CKM_"), count);
}

/* ---- Attributes ---- */

static const struct {
	CK_OBJECT_CLASS class;
	char letter;
} classes[] = {
	{ CKO_DATA, 'd' },
	{ CKO_CERTIFICATE, 'x' },
	{ CKO_PUBLIC_KEY, 'u' },
	{ CKO_PRIVATE_KEY, 'r' },
	{ CKO_SECRET_KEY, 's' },
};

static const struct {
	enum template_origin origin;
	char letter;
} origins[] = {
	{ TEMPLATE_CREATE, 'C' },
	{ TEMPLATE_GENERATE, 'G' },
	{ TEMPLATE_DERIVE, 'V' },
	{ TEMPLATE_COPY, 'O' },
	{ TEMPLATE_SET, 'M' },
};

static void
attribute_row(const struct template_rule *rule, char *row, size_t room)
{
	static const char *const defaults[] = {
		[DEFAULT_NONE] = "",
		[DEFAULT_FALSE] = " false",
		[DEFAULT_TRUE] = " true",
		[DEFAULT_ZERO] = " 0",
		[DEFAULT_EMPTY] = " empty",
		[DEFAULT_UNLESS_WRAPPING] = " unless-wrapping",
	};
	const struct trace_attribute *known = trace_attribute(rule->type);
	size_t used;

	CU_ASSERT_FATAL((size_t)rule->otherwise < sizeof(defaults) / sizeof(defaults[0]));
	used = (size_t)snprintf(row, room, ".It Dv %s Ta ", known != NULL ? known->name : "?");

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if ((rule->classes & template_class_bit(classes[i].class)) != 0)
			used += (size_t)snprintf(row + used, room - used, "%c", classes[i].letter);
	used += (size_t)snprintf(row + used, room - used, " Ta ");
	for (size_t i = 0; i < sizeof(origins) / sizeof(origins[0]); i++)
		if ((rule->allowed & 1u << origins[i].origin) != 0)
			used += (size_t)snprintf(row + used, room - used, "%c", origins[i].letter);
	used += (size_t)snprintf(row + used, room - used, "%s Ta", rule->allowed == 0 ? "-" : "");
	if (!rule->required && rule->otherwise == DEFAULT_NONE && !rule->sensitive)
		snprintf(row + used, room - used, " -");
	else
		snprintf(row + used, room - used, "%s%s%s", rule->required ? " required" : "",
			defaults[rule->otherwise], rule->sensitive ? " sensitive" : "");
}

static void
attributes(void)
{
	size_t missing = 0;
	char row[400];

	for (size_t i = 0; i < template_rule_count; i++) {
		attribute_row(&template_rules[i], row, sizeof(row));
		missing += has_row(row) ? 0 : 1;
	}
	CU_ASSERT_EQUAL(missing, 0);
	CU_ASSERT_EQUAL(count_rows("\n.It Dv CKA_"), template_rule_count);
}

static CU_TestInfo tests_manual[] = {
	{ "every mechanism as it is", mechanisms },
	{ "every attribute as it is", attributes },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	CU_SuiteInfo suites[] = {
		{ "manual", NULL, NULL, NULL, NULL, tests_manual },
		CU_SUITE_INFO_NULL,
	};
	unsigned failures;

	if (!read_manual() || CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
		return 1;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failures = CU_get_number_of_failures();
	CU_cleanup_registry();
	free(manual);
	return failures != 0;
}
