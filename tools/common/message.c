/* message.c: messages of programs. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/common/message.h"
#include "mdoc-pkcs11.h"
#include <locale.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#define DOMAIN "mdoc-pkcs11"

static const char *program_name = "mdoc";

void
message_init(const char *program)
{
	program_name = program;
	setlocale(LC_ALL, "");
	bindtextdomain(DOMAIN, LOCALEDIR);
	bind_textdomain_codeset(DOMAIN, "UTF-8");
	textdomain(DOMAIN);
}

const char *
message_program(void)
{
	return program_name;
}

void
tool_error(const char *format, ...)
{
	va_list ap;

	fflush(stdout);
	fprintf(stderr, "%s: ", program_name);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
}

void
tool_why(const char *format, ...)
{
	va_list ap;

	fputs("  ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
}

void
tool_note(const char *format, ...)
{
	va_list ap;

	fflush(stdout);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
}

enum exit_status
tool_no_memory(void)
{
	tool_error(_("out of memory"));
	return EXIT_STATUS_TROUBLE;
}

/* ---- libmdoc ---- */

struct mdoc_row {
	enum exit_status status;
	const char *sentence;
};

static const struct mdoc_row mdoc_rows[MDOC_RESULT_COUNT] = {
	[MDOC_OK] = { EXIT_STATUS_OK, N_("no error") },
	[MDOC_ERR_ARG] = { EXIT_STATUS_TROUBLE, N_("the program used the library wrongly") },
	[MDOC_ERR_MEMORY] = { EXIT_STATUS_TROUBLE, N_("out of memory") },
	[MDOC_ERR_CRYPTO] = { EXIT_STATUS_TROUBLE, N_("the cryptographic library failed") },
	[MDOC_ERR_CALLBACK] = { EXIT_STATUS_TROUBLE, N_("the key could not be used") },
	[MDOC_ERR_BUFFER] = { EXIT_STATUS_TROUBLE, N_("the program used the library wrongly") },
	[MDOC_ERR_TRUNCATED] = { EXIT_STATUS_INPUT, N_("the input ends too early") },
	[MDOC_ERR_TRAILING] = { EXIT_STATUS_INPUT, N_("there are bytes after the end") },
	[MDOC_ERR_MALFORMED] = { EXIT_STATUS_INPUT, N_("the input is not well-formed") },
	[MDOC_ERR_DEPTH] = { EXIT_STATUS_INPUT, N_("the input is nested too deeply") },
	[MDOC_ERR_SIZE] = { EXIT_STATUS_INPUT, N_("the input is larger than allowed") },
	[MDOC_ERR_DUPLICATE_KEY] = { EXIT_STATUS_INPUT, N_("a map has the same key twice") },
	[MDOC_ERR_UTF8] = { EXIT_STATUS_INPUT, N_("a text is not UTF-8") },
	[MDOC_ERR_TYPE] = { EXIT_STATUS_INPUT, N_("a value has another type than expected") },
	[MDOC_ERR_MISSING] = { EXIT_STATUS_INPUT, N_("something mandatory is missing") },
	[MDOC_ERR_VALUE] = { EXIT_STATUS_INPUT, N_("a value is not allowed here") },
	[MDOC_ERR_VERSION] = { EXIT_STATUS_INPUT, N_("the version is unknown") },
	[MDOC_ERR_STATUS] = { EXIT_STATUS_NO, N_("the response carries an error status") },
	[MDOC_ERR_ALGORITHM] = { EXIT_STATUS_NO, N_("the algorithm is unknown, not allowed, or does not fit the key") },
	[MDOC_ERR_KEY] = { EXIT_STATUS_NO, N_("the public key is not valid") },
	[MDOC_ERR_SIGNATURE] = { EXIT_STATUS_NO, N_("the signature is wrong") },
	[MDOC_ERR_DIGEST] = { EXIT_STATUS_NO, N_("an element is not what the issuer signed") },
	[MDOC_ERR_CERTIFICATE] = { EXIT_STATUS_NO, N_("the certificate does not follow its profile") },
	[MDOC_ERR_CHAIN] = { EXIT_STATUS_NO, N_("no trusted authority issued the certificate") },
	[MDOC_ERR_VALIDITY] = { EXIT_STATUS_NO, N_("it is expired, not valid yet, or its times do not fit") },
	[MDOC_ERR_DOCTYPE] = { EXIT_STATUS_NO, N_("it is another kind of document") },
	[MDOC_ERR_NOTHING] = { EXIT_STATUS_NO, N_("nothing that was asked is held and agreed to") },
	[MDOC_ERR_READER_AUTH] = { EXIT_STATUS_NO, N_("the signature of the reader is wrong") },
	[MDOC_ERR_AUTHORIZATION] = { EXIT_STATUS_NO, N_("the device signed an element that it may not sign") },
	[MDOC_ERR_REVOKED] = { EXIT_STATUS_NO, N_("it is revoked") },
	[MDOC_ERR_UNDETERMINED] = { EXIT_STATUS_NO, N_("whether it is revoked could not be determined") },
	[MDOC_ERR_ELEMENT] = { EXIT_STATUS_NO, N_("an element is not what its kind of document allows") },
	[MDOC_ERR_SESSION] = { EXIT_STATUS_NO,
		N_("the session message cannot be decrypted, or the session has ended") },
};

const char *
message_mdoc(enum mdoc_result code)
{
	if ((unsigned)code < MDOC_RESULT_COUNT && mdoc_rows[code].sentence != NULL)
		return _(mdoc_rows[code].sentence);
	return mdoc_result_name(code);
}

enum exit_status
message_mdoc_status(enum mdoc_result code)
{
	return (unsigned)code < MDOC_RESULT_COUNT ? mdoc_rows[code].status : EXIT_STATUS_TROUBLE;
}

enum exit_status
tool_mdoc_error(const char *what, const struct mdoc_error *error)
{
	tool_error("%s: %s", what, message_mdoc(error->code));
	if (error->path[0] != '\0' && error->offset != SIZE_MAX)
		tool_why(_("at %s, byte %zu"), error->path, error->offset);
	else if (error->path[0] != '\0')
		tool_why(_("at %s"), error->path);
	else if (error->offset != SIZE_MAX)
		tool_why(_("at byte %zu"), error->offset);
	if (error->expected[0] != '\0')
		tool_why(_("expected: %s"), error->expected);
	return message_mdoc_status(error->code);
}
