/* tests/unit/test_tools_file.c: files and PINs from files. SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/unit_tools.h"
#include "tools/common/file.h"
#include "tools/common/pin.h"
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
put(const char *name, const char *text)
{
	CU_ASSERT_EQUAL_FATAL(file_write(unit_tools_path(name), 0600, mdoc_text(text)), EXIT_STATUS_OK);
}

/* If this failed, a huge or missing input would be memory trouble instead of a sentence. */
static void
refuses_unreadable(void)
{
	struct mdoc_buf out = MDOC_BUF_EMPTY;

	put("a", "0123456789");
	unit_tools_hush();
	CU_ASSERT_EQUAL(file_read(unit_tools_path("missing"), 100, &out), EXIT_STATUS_INPUT);
	CU_ASSERT_EQUAL(file_read(unit_tools_folder, 100, &out), EXIT_STATUS_INPUT);
	CU_ASSERT_EQUAL(file_read(unit_tools_path("a"), 9, &out), EXIT_STATUS_INPUT);
	CU_ASSERT_EQUAL(file_read("/dev/zero", 100000, &out), EXIT_STATUS_INPUT);
	mdoc_buf_clear(&out);
	CU_ASSERT_EQUAL(file_read_certificate(unit_tools_path("a"), &out), EXIT_STATUS_INPUT);
	unit_tools_speak();
	mdoc_buf_clear(&out);
	CU_ASSERT_EQUAL(file_read(unit_tools_path("a"), 10, &out), EXIT_STATUS_OK);
	CU_ASSERT_TRUE(mdoc_bytes_is_text(mdoc_buf_bytes(&out), "0123456789"));
	mdoc_buf_clear(&out);
}

/* If this failed, others could read a response or an SO code, or an old code would be overwritten. */
static void
writes_for_the_owner_only(void)
{
	struct stat st;

	umask(0);
	put("b", "first");
	CU_ASSERT_EQUAL_FATAL(stat(unit_tools_path("b"), &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0600);
	unit_tools_hush();
	CU_ASSERT_EQUAL(file_write_new(unit_tools_path("b"), 0600, mdoc_text("second")), EXIT_STATUS_INPUT);
	CU_ASSERT_EQUAL(file_write("/nonexistent/x", 0600, mdoc_text("x")), EXIT_STATUS_TROUBLE);
	CU_ASSERT_EQUAL(file_check_writable("/nonexistent/x"), EXIT_STATUS_TROUBLE);
	unit_tools_speak();
	CU_ASSERT_EQUAL_FATAL(stat(unit_tools_path("b"), &st), 0);
	CU_ASSERT_EQUAL(st.st_size, 5);
	CU_ASSERT_EQUAL(file_check_writable(unit_tools_path("b")), EXIT_STATUS_OK);
}

CU_TestInfo file_tests[] = {
	{ "refuses unreadable input", refuses_unreadable },
	{ "writes for the owner only", writes_for_the_owner_only },
	CU_TEST_INFO_NULL,
};

/* If this failed, an empty, cut or doubled PIN would be tried, and cost a try. */
static void
refuses_bad_pin_files(void)
{
	struct pin pin = { .set = false };
	struct pin_source source = { unit_tools_path("pin"), NULL };
	char longer[PIN_MAX + 3];

	memset(longer, '1', sizeof(longer));
	longer[PIN_MAX + 1] = '\n';
	longer[PIN_MAX + 2] = '\0';
	unit_tools_hush();
	put("pin", "");
	CU_ASSERT_EQUAL(pin_get(&source, "", false, &pin), EXIT_STATUS_INPUT);
	put("pin", "\nsecond line");
	CU_ASSERT_EQUAL(pin_get(&source, "", false, &pin), EXIT_STATUS_INPUT);
	put("pin", longer);
	CU_ASSERT_EQUAL(pin_get(&source, "", false, &pin), EXIT_STATUS_INPUT);
	source.fd = "0";
	CU_ASSERT_EQUAL(pin_get(&source, "", false, &pin), EXIT_STATUS_USAGE);
	source = (struct pin_source){ NULL, "x" };
	CU_ASSERT_EQUAL(pin_get(&source, "", false, &pin), EXIT_STATUS_USAGE);
	source = (struct pin_source){ NULL, "-1" };
	CU_ASSERT_EQUAL(pin_get(&source, "", false, &pin), EXIT_STATUS_USAGE);
	source = (struct pin_source){ NULL, "987" };
	CU_ASSERT_EQUAL(pin_get(&source, "", false, &pin), EXIT_STATUS_INPUT);
	unit_tools_speak();
	CU_ASSERT_FALSE(pin.set);
}

/* If this failed, a PIN file made by an editor or on another system would not match. */
static void
takes_the_first_line(void)
{
	struct pin_source source = { unit_tools_path("pin"), NULL };
	struct pin pin = { .set = false };
	char number[16];
	int fd;

	put("pin", "himitsu 2026\r\nnext");
	CU_ASSERT_EQUAL(pin_get(&source, "", false, &pin), EXIT_STATUS_OK);
	CU_ASSERT_STRING_EQUAL(pin.text, "himitsu 2026");
	CU_ASSERT_EQUAL(pin.len, 12);
	pin_clear(&pin);
	CU_ASSERT_EQUAL(pin.len, 0);
	fd = open(unit_tools_path("pin"), O_RDONLY | O_CLOEXEC);
	snprintf(number, sizeof(number), "%d", fd);
	source = (struct pin_source){ NULL, number };
	CU_ASSERT_EQUAL(pin_get(&source, "", false, &pin), EXIT_STATUS_OK);
	CU_ASSERT_STRING_EQUAL(pin.text, "himitsu 2026");
	/* The rest of the descriptor is still there for the next reader. */
	CU_ASSERT_EQUAL(pin_get(&source, "", false, &pin), EXIT_STATUS_OK);
	CU_ASSERT_STRING_EQUAL(pin.text, "next");
	close(fd);
	pin_clear(&pin);
}

/* If this failed, SO codes could be guessed. */
static void
generates_100_bits(void)
{
	struct pin one = { .set = false }, two = { .set = false };

	CU_ASSERT_EQUAL(pin_generate(&one), EXIT_STATUS_OK);
	CU_ASSERT_EQUAL(pin_generate(&two), EXIT_STATUS_OK);
	CU_ASSERT_EQUAL(one.len, 20);
	CU_ASSERT_EQUAL(strspn(one.text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), 20);
	CU_ASSERT_STRING_NOT_EQUAL(one.text, two.text);
}

CU_TestInfo pin_tests[] = {
	{ "refuses bad PIN files", refuses_bad_pin_files },
	{ "takes the first line", takes_the_first_line },
	{ "generates 100 bits", generates_100_bits },
	CU_TEST_INFO_NULL,
};
