/*
 * tests/unit/test_tools_trace.c: transcripts of sessions keep to themselves what is personal; QR codes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/unit_tools.h"
#include "tools/common/file.h"
#include "tools/common/qr.h"
#include "tools/common/trace.h"
#include <mdoc/cbor.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a trace of one message says; free(). */
static char *
traced(struct mdoc_bytes message, bool values)
{
	const struct trace_args args = { unit_tools_path("new"), values };
	struct mdoc_buf content = MDOC_BUF_EMPTY;
	struct trace *trace = NULL;
	char *text;

	CU_ASSERT_EQUAL_FATAL(trace_open(&args, &trace), EXIT_STATUS_OK);
	trace_message(trace, "<", "DeviceResponse (decrypted)", message);
	trace_close(trace);
	CU_ASSERT_EQUAL_FATAL(file_read(unit_tools_path("new"), FILE_SMALL_MAX, &content), EXIT_STATUS_OK);
	text = strdup((const char *)content.ptr);
	mdoc_buf_clear(&content);
	return text;
}

static void
shows(struct mdoc_bytes message, bool values, const char *word, bool wanted)
{
	char *text = traced(message, values);

	CU_ASSERT_EQUAL(strstr(text, word) != NULL, wanted);
	free(text);
}

/* If this failed, a log that a tester passes on would have the holder's name and portrait in it. */
static void
hides_values(void)
{
	static const char *const secret[] = { "Doe", "Erika", "1971", "h'8798645b20ea200e" };
	static const char *const open[] = { "/DeviceResponse/", "\"family_name\"", "\"digestID\"",
		"hidden: byte string, ", "hidden: text, 3 bytes", "/alg/", "\"org.iso.18013.5.1\"",
		"\"valueDigests\"" };
	struct mdoc_buf response = MDOC_BUF_EMPTY;
	char path[300];

	(void)snprintf(path, sizeof(path), "%s/tests/vectors/annexD/device_response.cbor",
		getenv("srcdir") != NULL ? getenv("srcdir") : ".");
	CU_ASSERT_EQUAL_FATAL(file_read(path, FILE_CBOR_MAX, &response), EXIT_STATUS_OK);
	for (size_t i = 0; i < sizeof(secret) / sizeof(secret[0]); i++)
		shows(mdoc_buf_bytes(&response), false, secret[i], false);
	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++)
		shows(mdoc_buf_bytes(&response), false, open[i], true);
	shows(mdoc_buf_bytes(&response), true, "Doe", true);
	shows(mdoc_buf_bytes(&response), true, "hidden", false);
	mdoc_buf_clear(&response);
}

static void
put_pair(struct mdoc_buf *out, const char *name, const char *value)
{
	mdoc_put_text(out, name);
	mdoc_put_text(out, value);
}

/* If this failed, a holder's program that is not quite right would have its user's data in the tester's log. */
static void
hides_what_is_malformed(void)
{
	static const char *const places[] = { "issuerSigned", "deviceSigned" };
	struct mdoc_buf item = MDOC_BUF_EMPTY, all = MDOC_BUF_EMPTY;

	/* An item that is none; one in place of an array; a value where elements should be; other members. */
	for (size_t i = 0; i < 2; i++) {
		mdoc_put_map(&all, 2);
		mdoc_put_text(&all, "docType");
		mdoc_put_text(&all, "shown");
		mdoc_put_text(&all, places[i]);
		mdoc_put_map(&all, 1);
		mdoc_put_text(&all, "nameSpaces");
		mdoc_put_map(&all, 3);
		put_pair(&all, "ns1", "secret");
		mdoc_put_text(&all, "ns2");
		mdoc_put_embedded(&all, mdoc_text("\xffsecret"));
		mdoc_put_text(&all, "ns3");
		mdoc_put_array(&all, 1);
		mdoc_put_text(&all, "secret");
		shows(mdoc_buf_bytes(&all), false, "secret", false);
		shows(mdoc_buf_bytes(&all), false, "736563726574", false);
		shows(mdoc_buf_bytes(&all), false, "shown", true);
		shows(mdoc_buf_bytes(&all), true, "secret", true);
		mdoc_buf_clear(&all);
	}
	mdoc_put_map(&item, 3);
	put_pair(&item, "elementIdentifier", "shown");
	put_pair(&item, "digestID", "secret");
	put_pair(&item, "extra", "secret");
	shows(mdoc_buf_bytes(&item), false, "secret", false);
	shows(mdoc_buf_bytes(&item), false, "shown", true);
	shows(mdoc_text("\xffsecret"), false, "736563726574", false);
	shows(mdoc_text("\xffsecret"), false, "no CBOR item", true);
	shows(mdoc_text("\xffsecret"), true, "736563726574", true);
	mdoc_buf_clear(&item);
}

/* If this failed, a log would be readable for others, or would do something to the terminal that shows it. */
static void
is_harmless(void)
{
	const struct trace_args args = { unit_tools_path("new"), false }, none = { NULL, false }, only = { NULL, true },
				nowhere = { "/nonexistent/x", false };
	json_t *json = json_pack("{s:s, s:[s]}", "short", "\033[31mx", "vp_token",
		"0123456789012345678901234567890123456789012345678901234567890123456789");
	struct mdoc_buf content = MDOC_BUF_EMPTY;
	struct trace *trace = NULL;
	struct stat st;

	umask(0);
	(void)unlink(args.file);
	CU_ASSERT_EQUAL_FATAL(file_write(args.file, 0644, mdoc_text("old")), EXIT_STATUS_OK);
	CU_ASSERT_EQUAL_FATAL(trace_open(&args, &trace), EXIT_STATUS_OK);
	CU_ASSERT_EQUAL(stat(args.file, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0600);
	trace_text(trace, "=", "reader %s", "\033[2J\nend");
	trace_json(trace, ">", "answer", json);
	trace_close(trace);
	CU_ASSERT_EQUAL(file_read(args.file, FILE_SMALL_MAX, &content), EXIT_STATUS_OK);
	CU_ASSERT_PTR_NOT_NULL(strstr((const char *)content.ptr, "= reader ?[2J?end\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr((const char *)content.ptr, "(70 characters)"));
	CU_ASSERT_PTR_NULL(strchr((const char *)content.ptr, '\033'));
	CU_ASSERT_PTR_NULL(strstr((const char *)content.ptr, "old"));
	CU_ASSERT_PTR_NULL(strstr((const char *)content.ptr, "0123456789"));
	mdoc_buf_clear(&content);
	json_decref(json);
	CU_ASSERT_EQUAL(trace_open(&none, &trace), EXIT_STATUS_OK);
	CU_ASSERT_PTR_NULL(trace);
	trace_text(NULL, "=", "nothing");
	trace_close(NULL);
	unit_tools_hush();
	CU_ASSERT_EQUAL(trace_open(&only, &trace), EXIT_STATUS_USAGE);
	CU_ASSERT_EQUAL(trace_open(&nowhere, &trace), EXIT_STATUS_TROUBLE);
	unit_tools_speak();
}

/* If this failed, a page would run what stands in a title, or a program would die of a long engagement. */
static void
draws_codes(void)
{
	struct mdoc_buf svg = MDOC_BUF_EMPTY;
	char *drawn = NULL, longer[4001];
	size_t len = 0;
	FILE *to = open_memstream(&drawn, &len);

	CU_ASSERT_EQUAL(qr_print(to, "mdoc:AAAA"), EXIT_STATUS_OK);
	fclose(to);
	CU_ASSERT_PTR_NOT_NULL(strstr(drawn, "█"));
	CU_ASSERT_PTR_NULL(strchr(drawn, '\033'));
	free(drawn);
	CU_ASSERT_EQUAL(qr_svg("mdoc:AAAA", "<script>\"&", &svg), EXIT_STATUS_OK);
	mdoc_buf_append(&svg, mdoc_bytes_of("", 1));
	CU_ASSERT_PTR_NOT_NULL(strstr((const char *)svg.ptr, "<title>&lt;script&gt;&quot;&amp;</title>"));
	mdoc_buf_clear(&svg);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	unit_tools_hush();
	CU_ASSERT_EQUAL(qr_svg(longer, "", &svg), EXIT_STATUS_INPUT);
	CU_ASSERT_EQUAL(qr_print(stdout, longer), EXIT_STATUS_INPUT);
	unit_tools_speak();
	CU_ASSERT_EQUAL(svg.len, 0);
}

CU_TestInfo trace_tests[] = {
	{ "hides values", hides_values },
	{ "hides what is malformed", hides_what_is_malformed },
	{ "is harmless", is_harmless },
	{ "draws codes", draws_codes },
	CU_TEST_INFO_NULL,
};
