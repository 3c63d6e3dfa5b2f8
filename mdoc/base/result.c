/*
 * mdoc/base/result.c: results by name, and in words.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <mdoc/result.h>

static const struct {
	const char *name;
	const char *text;
} results[MDOC_RESULT_COUNT] = {
	[MDOC_OK] = { "MDOC_OK", "no error" },
	[MDOC_ERR_ARG] = { "MDOC_ERR_ARG", "a call against its contract" },
	[MDOC_ERR_MEMORY] = { "MDOC_ERR_MEMORY", "no memory" },
	[MDOC_ERR_CRYPTO] = { "MDOC_ERR_CRYPTO", "the cryptographic library failed" },
	[MDOC_ERR_CALLBACK] = { "MDOC_ERR_CALLBACK", "a signer, key agreement or random source of the caller failed" },
	[MDOC_ERR_BUFFER] = { "MDOC_ERR_BUFFER", "a buffer that is too small" },
	[MDOC_ERR_TRUNCATED] = { "MDOC_ERR_TRUNCATED", "an input that ends inside an item" },
	[MDOC_ERR_TRAILING] = { "MDOC_ERR_TRAILING", "bytes after the end of the item" },
	[MDOC_ERR_MALFORMED] = { "MDOC_ERR_MALFORMED", "CBOR that is not well formed" },
	[MDOC_ERR_DEPTH] = { "MDOC_ERR_DEPTH", "items nested too deep" },
	[MDOC_ERR_SIZE] = { "MDOC_ERR_SIZE", "more than the stated limit" },
	[MDOC_ERR_DUPLICATE_KEY] = { "MDOC_ERR_DUPLICATE_KEY", "a map with the same key twice" },
	[MDOC_ERR_UTF8] = { "MDOC_ERR_UTF8", "text that is not UTF-8" },
	[MDOC_ERR_TYPE] = { "MDOC_ERR_TYPE", "an item of another type" },
	[MDOC_ERR_MISSING] = { "MDOC_ERR_MISSING", "a mandatory element that is missing" },
	[MDOC_ERR_VALUE] = { "MDOC_ERR_VALUE", "a value outside its range" },
	[MDOC_ERR_VERSION] = { "MDOC_ERR_VERSION", "a version that is not supported" },
	[MDOC_ERR_STATUS] = { "MDOC_ERR_STATUS", "a response whose status is an error" },
	[MDOC_ERR_ALGORITHM] = { "MDOC_ERR_ALGORITHM",
		"an algorithm that is unknown, not allowed or of another kind of key" },
	[MDOC_ERR_KEY] = { "MDOC_ERR_KEY", "a key that is not valid here" },
	[MDOC_ERR_SIGNATURE] = { "MDOC_ERR_SIGNATURE", "a signature or MAC that does not hold" },
	[MDOC_ERR_DIGEST] = { "MDOC_ERR_DIGEST", "a digest that is not the one in the MSO" },
	[MDOC_ERR_CERTIFICATE] = { "MDOC_ERR_CERTIFICATE", "a certificate against its profile" },
	[MDOC_ERR_CHAIN] = { "MDOC_ERR_CHAIN", "a certificate that no trust anchor issued" },
	[MDOC_ERR_VALIDITY] = { "MDOC_ERR_VALIDITY", "outside the time of validity" },
	[MDOC_ERR_DOCTYPE] = { "MDOC_ERR_DOCTYPE", "another document type" },
	[MDOC_ERR_NOTHING] = { "MDOC_ERR_NOTHING", "nothing to disclose" },
	[MDOC_ERR_READER_AUTH] = { "MDOC_ERR_READER_AUTH", "reader authentication that does not hold" },
	[MDOC_ERR_AUTHORIZATION] = { "MDOC_ERR_AUTHORIZATION",
		"a device-signed element that the issuer did not authorize" },
	[MDOC_ERR_REVOKED] = { "MDOC_ERR_REVOKED", "revoked" },
	[MDOC_ERR_UNDETERMINED] = { "MDOC_ERR_UNDETERMINED", "revocation that could not be determined" },
	[MDOC_ERR_ELEMENT] = { "MDOC_ERR_ELEMENT", "an element against the profile of its document type" },
	[MDOC_ERR_SESSION] = { "MDOC_ERR_SESSION",
		"a session message that cannot be decrypted, or a session that has ended" },
};

const char *
mdoc_result_name(enum mdoc_result code)
{
	return (unsigned)code < MDOC_RESULT_COUNT ? results[code].name : "unknown result";
}

const char *
mdoc_result_text(enum mdoc_result code)
{
	return (unsigned)code < MDOC_RESULT_COUNT ? results[code].text : "an unknown result";
}
