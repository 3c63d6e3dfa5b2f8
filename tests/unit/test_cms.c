/*
 * tests/unit/test_cms.c: what an issuer sends to a municipality or a maker.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include "tests/unit/unit_custody.h"

#include "tests/unit/soft.h"
#include "tools/common/cms.h"
#include "tools/common/context.h"

#include <string.h>

#define NOW (soft_2026 + 30 * SOFT_DAY)

static struct {
	struct soft_key iaca_key, other_key, messages_key, ds_key, maker_key, stranger_key;
	struct mdoc_buf iaca, other, messages, ds, maker, stranger;
	struct mdoc_trust *trust;
} world;

int
cms_start(void)
{
	struct soft_key *keys[] = { &world.iaca_key, &world.other_key, &world.messages_key, &world.ds_key,
		&world.maker_key, &world.stranger_key };
	struct mdoc_error error;

	memset(&world, 0, sizeof(world));
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!soft_key_make(keys[i], "P-256"))
			return 1;
	if (soft_certificate(MDOC_CERT_IACA, "I", &world.iaca_key, NULL, NULL, &world.iaca, &error) != MDOC_OK ||
		soft_certificate(MDOC_CERT_IACA, "O", &world.other_key, NULL, NULL, &world.other, &error) != MDOC_OK ||
		soft_certificate(MDOC_CERT_MESSAGES, "M", &world.messages_key, &world.iaca, &world.iaca_key,
			&world.messages, &error) != MDOC_OK ||
		soft_certificate(MDOC_CERT_DS, "D", &world.ds_key, &world.iaca, &world.iaca_key, &world.ds, &error) !=
			MDOC_OK ||
		soft_certificate(MDOC_CERT_STATUS, "Maker", &world.maker_key, &world.other, &world.other_key,
			&world.maker, &error) != MDOC_OK ||
		soft_certificate(MDOC_CERT_STATUS, "Stranger", &world.stranger_key, &world.other, &world.other_key,
			&world.stranger, &error) != MDOC_OK)
		return 1;
	world.trust = mdoc_trust_new();
	return mdoc_trust_add(tool_context(), world.trust, mdoc_buf_bytes(&world.iaca), MDOC_CERT_IACA, 0, &error) !=
		MDOC_OK;
}

int
cms_stop(void)
{
	struct soft_key *keys[] = { &world.iaca_key, &world.other_key, &world.messages_key, &world.ds_key,
		&world.maker_key, &world.stranger_key };
	struct mdoc_buf *bufs[] = { &world.iaca, &world.other, &world.messages, &world.ds, &world.maker,
		&world.stranger };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		soft_key_clear(keys[i]);
	for (size_t i = 0; i < sizeof(bufs) / sizeof(bufs[0]); i++)
		mdoc_buf_clear(bufs[i]);
	mdoc_trust_free(world.trust);
	return 0;
}

static enum mdoc_result
open_as(const struct mdoc_buf *der, const struct soft_key *key, const struct mdoc_buf *certificate, int64_t when,
	struct mdoc_buf *content)
{
	return cms_open(tool_context(), mdoc_buf_bytes(der), key->pkey, mdoc_buf_bytes(certificate), world.trust, when,
		content, NULL);
}

static void
seal(const struct soft_key *signer, const struct mdoc_buf *certificate, struct mdoc_buf *der)
{
	mdoc_buf_clear(der);
	CU_ASSERT_EQUAL(cms_seal(tool_context(), mdoc_text("personal data"), signer->pkey, mdoc_buf_bytes(certificate),
				mdoc_buf_bytes(&world.maker), der),
		MDOC_OK);
}

/* If this failed, a maker would take data that nobody, somebody else or the wrong key of the issuer signed. */
static void
test_wrong_signers(void)
{
	struct mdoc_buf der = MDOC_BUF_EMPTY, content = MDOC_BUF_EMPTY;

	seal(&world.ds_key, &world.ds, &der);
	CU_ASSERT_EQUAL(open_as(&der, &world.maker_key, &world.maker, NOW, &content), MDOC_ERR_CERTIFICATE);
	seal(&world.maker_key, &world.maker, &der);
	CU_ASSERT_NOT_EQUAL(open_as(&der, &world.maker_key, &world.maker, NOW, &content), MDOC_OK);
	mdoc_buf_clear(&der);
	CU_ASSERT_EQUAL(cms_encrypt(tool_context(), mdoc_text("personal data"), mdoc_buf_bytes(&world.maker), &der),
		MDOC_OK);
	CU_ASSERT_EQUAL(open_as(&der, &world.maker_key, &world.maker, NOW, &content), MDOC_ERR_SIGNATURE);
	mdoc_buf_clear(&der);
	CU_ASSERT_NOT_EQUAL(cms_seal(tool_context(), mdoc_text("x"), world.ds_key.pkey, mdoc_buf_bytes(&world.messages),
				    mdoc_buf_bytes(&world.maker), &der),
		MDOC_OK);
	CU_ASSERT_EQUAL(der.len, 0);
	CU_ASSERT_EQUAL(content.len, 0);
	mdoc_buf_clear(&der);
}

/* If this failed, whoever gets the file could read it, or change it on the way. */
static void
test_others_and_changes(void)
{
	struct mdoc_buf der = MDOC_BUF_EMPTY, content = MDOC_BUF_EMPTY;
	size_t accepted = 0;

	seal(&world.messages_key, &world.messages, &der);
	CU_ASSERT_PTR_NULL(memmem(der.ptr, der.len, "personal", 8));
	CU_ASSERT_EQUAL(open_as(&der, &world.stranger_key, &world.stranger, NOW, &content), MDOC_ERR_KEY);
	CU_ASSERT_EQUAL(open_as(&der, &world.stranger_key, &world.maker, NOW, &content), MDOC_ERR_SIGNATURE);
	CU_ASSERT_EQUAL(open_as(&der, &world.maker_key, &world.maker, NOW + 4000 * (int64_t)SOFT_DAY, &content),
		MDOC_ERR_VALIDITY);
	for (size_t i = 0; i < der.len; i += 7) {
		der.ptr[i] ^= 0x10;
		/* What the envelope says of itself (a version number) may change; never what was signed. */
		if (open_as(&der, &world.maker_key, &world.maker, NOW, &content) == MDOC_OK) {
			CU_ASSERT_TRUE(mdoc_bytes_is_text(mdoc_buf_bytes(&content), "personal data"));
			accepted++;
		}
		mdoc_buf_clear(&content);
		der.ptr[i] ^= 0x10;
	}
	CU_ASSERT_TRUE(accepted < der.len / 7 / 10);
	for (size_t len = 0; len < der.len; len += 31) {
		const struct mdoc_buf cut = { der.ptr, len, len, MDOC_OK, true };

		CU_ASSERT_NOT_EQUAL(open_as(&cut, &world.maker_key, &world.maker, NOW, &content), MDOC_OK);
	}
	mdoc_buf_append(&der, mdoc_text("x"));
	CU_ASSERT_NOT_EQUAL(open_as(&der, &world.maker_key, &world.maker, NOW, &content), MDOC_OK);
	CU_ASSERT_EQUAL(content.len, 0);
	mdoc_buf_clear(&der);
}

/* If this failed, nobody would get anything at all. */
static void
test_there_and_back(void)
{
	struct mdoc_buf der = MDOC_BUF_EMPTY, content = MDOC_BUF_EMPTY, signer = MDOC_BUF_EMPTY;

	seal(&world.messages_key, &world.messages, &der);
	CU_ASSERT_EQUAL(cms_open(tool_context(), mdoc_buf_bytes(&der), world.maker_key.pkey,
				mdoc_buf_bytes(&world.maker), world.trust, NOW, &content, &signer),
		MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_is_text(mdoc_buf_bytes(&content), "personal data"));
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_buf_bytes(&signer), mdoc_buf_bytes(&world.messages)));
	mdoc_buf_clear(&der);
	mdoc_buf_clear(&content);
	mdoc_buf_clear(&signer);
}

CU_TestInfo tests_cms[] = {
	{ "wrong signers of a CMS", test_wrong_signers },
	{ "other readers and changes of a CMS", test_others_and_changes },
	{ "a CMS there and back", test_there_and_back },
	CU_TEST_INFO_NULL,
};
