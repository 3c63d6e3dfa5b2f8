/* test_tools_algorithms.c: until when algorithms are good. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tests/unit/unit_issuer.h"
#include "tools/common/algorithms.h"

/* The beginning of 2031-01-01 and of 2031-04-01 in Japan. */
#define D2031_01_01 1924959600
#define D2031_04_01 1932735600

static enum exit_status
read_text(const char *text, struct algorithm_policy *policy)
{
	const char *folder = getenv("TMPDIR");
	char path[512];
	int fd = -1;
	enum exit_status status;

	snprintf(path, sizeof(path), "%s/algorithms-XXXXXX", folder != NULL ? folder : "/tmp");
	fd = mkstemp(path);
	CU_ASSERT_TRUE_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	status = algorithm_policy_read(path, policy);
	unlink(path);
	return status;
}

static bool
refused(const char *text)
{
	struct algorithm_policy policy;
	const bool is = read_text(text, &policy) == EXIT_STATUS_INPUT;

	if (!is)
		printf("    %s\n", text);
	algorithm_policy_clear(&policy);
	return is;
}

#define ROW(row) "{\"version\": 1, \"algorithms\": [{\"name\": \"P-256\"}, " row "]}"

/* Whoever mistypes a name or a day would believe that an algorithm ends, and it never would (R-FUT-04). */
static void
test_refused(void)
{
	struct algorithm_policy policy;

	CU_ASSERT_EQUAL(algorithm_policy_read("/nonexistent/policy.json", &policy), EXIT_STATUS_INPUT);
	algorithm_policy_clear(&policy);
	CU_ASSERT(refused("{"));
	CU_ASSERT(refused("[]"));
	CU_ASSERT(refused("{\"version\": 1}"));
	CU_ASSERT(refused("{\"algorithms\": []}"));
	CU_ASSERT(refused("{\"version\": 2, \"algorithms\": []}"));
	CU_ASSERT(refused("{\"version\": 1, \"algorithms\": {}}"));
	CU_ASSERT(refused(ROW("{}")));
	CU_ASSERT(refused(ROW("3")));
	CU_ASSERT(refused(ROW("{\"name\": 3}")));
	CU_ASSERT(refused(ROW("{\"name\": \"es256\"}")));
	CU_ASSERT(refused(ROW("{\"name\": \"SHA-1\"}")));
	CU_ASSERT(refused(ROW("{\"name\": \"secp256k1\"}")));
	CU_ASSERT(refused(ROW("{\"name\": \"ES256\", \"isue_until\": \"2030-12-31\"}")));
	CU_ASSERT(refused(ROW("{\"name\": \"ES256\", \"issue_until\": \"2030-02-29\"}")));
	CU_ASSERT(refused(ROW("{\"name\": \"ES256\", \"issue_until\": \"2030-12\"}")));
	CU_ASSERT(refused(ROW("{\"name\": \"ES256\", \"warn_from\": 1924959600}")));
	CU_ASSERT(refused(ROW("{\"name\": \"ES256\", \"reject_from\": null}")));
}

/* An issuer would sign for a day too long, or stop a day too early; days are Japanese ones. */
static void
test_dates(void)
{
	struct algorithm_policy policy;

	CU_ASSERT_EQUAL_FATAL(read_text("{\"version\": 1, \"algorithms\": [{\"name\": \"ES256\", "
					"\"issue_until\": \"2030-12-31\", \"warn_from\": \"2031-01-01\", "
					"\"reject_from\": \"2031-04-01\"}, {\"name\": \"brainpoolP256r1\"}, "
					"{\"name\": \"SHA-256\", \"reject_from\": \"2031-04-01\"}]}",
				      &policy),
		EXIT_STATUS_OK);
	CU_ASSERT_EQUAL_FATAL(policy.count, 3);
	CU_ASSERT_STRING_EQUAL(policy.rules[0].name, "ES256");
	CU_ASSERT_TRUE(policy.issue_until[0] == D2031_01_01 - 1);
	CU_ASSERT_TRUE(policy.rules[0].warn_from == D2031_01_01 && policy.rules[0].reject_from == D2031_04_01);
	CU_ASSERT_TRUE(algorithm_policy_issues(&policy, "ES256", D2031_01_01 - 1));
	CU_ASSERT_FALSE(algorithm_policy_issues(&policy, "ES256", D2031_01_01));
	CU_ASSERT_TRUE(algorithm_policy_issues(&policy, "SHA-256", D2031_04_01)); /* a reader's date alone */
	CU_ASSERT_TRUE(policy.rules[1].warn_from == INT64_MAX && policy.rules[1].reject_from == INT64_MAX);
	algorithm_policy_clear(&policy);
}

/* Without a policy, or for what it does not name, nothing may end by itself: no date is compiled in (R-FUT-06). */
static void
test_unnamed(void)
{
	struct algorithm_policy policy;

	CU_ASSERT_EQUAL(read_text("{\"version\": 1, \"algorithms\": []}", &policy), EXIT_STATUS_OK);
	CU_ASSERT_TRUE(algorithm_policy_issues(&policy, "ES256", INT64_MAX));
	CU_ASSERT_TRUE(algorithm_policy_issues(&policy, "nonsense", INT64_MAX));
	CU_ASSERT_TRUE(algorithm_policy_issues(&policy, NULL, INT64_MAX));
	algorithm_policy_clear(&policy);
	CU_ASSERT_TRUE(algorithm_policy_issues(&policy, "ES256", INT64_MAX));
	/* a name that stands twice: the stricter row holds */
	CU_ASSERT_EQUAL(read_text("{\"version\": 1, \"algorithms\": [{\"name\": \"P-256\", \"issue_until\": "
				  "\"2040-01-01\"}, {\"name\": \"P-256\", \"issue_until\": \"2030-12-31\"}]}",
				&policy),
		EXIT_STATUS_OK);
	CU_ASSERT_FALSE(algorithm_policy_issues(&policy, "P-256", D2031_01_01));
	algorithm_policy_clear(&policy);
}

void
add_algorithms_tests(void)
{
	CU_pSuite suite = CU_add_suite("dates of algorithms", NULL, NULL);

	CU_add_test(suite, "refused", test_refused);
	CU_add_test(suite, "dates", test_dates);
	CU_add_test(suite, "what has no date", test_unnamed);
}
