/*
 * tests/unit/mdoc_test.h: what the tests of libmdoc's core share.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_UNIT_MDOC_TEST_H
#define TESTS_UNIT_MDOC_TEST_H

#include "tests/unit/alloc_count.h"
#include "tests/unit/soft.h"
#include <CUnit/CUnit.h>

/* Blocks of exactly their size, so that AddressSanitizer sees a read beyond it. Free with
 * bytes_free(). They abort when the file is missing or the text is not hexadecimal. */
struct mdoc_bytes vector_load(const char *name); /* of tests/vectors */
struct mdoc_bytes hex_load(const char *hex);     /* spaces allowed */
struct mdoc_bytes bytes_copy(struct mdoc_bytes bytes);
void bytes_free(struct mdoc_bytes bytes);

/* An issuer with a self-signed certificate, a device key, and a record of this kind:
 * docType org.iso.23220.1.jp.mnc, two namespaces, five and four elements. */
struct kit {
	struct soft_key issuer, device;
	struct mdoc_buf certificate;
	struct mdoc_buf record;
	struct mdoc_bytes x5chain;
	struct mdoc_issue issue;
};

#define KIT_DOCTYPE "org.iso.23220.1.jp.mnc"
#define KIT_ISO "org.iso.23220.1"
#define KIT_JP "org.iso.23220.1.jp"

void kit_make(struct kit *kit, const char *group);
/* With a docType that has no profile, and a last element that KIT_DOCTYPE's would refuse: a 市町村コード of bytes. */
void kit_make_bad(struct kit *kit);
void kit_clear(struct kit *kit);

#endif
