/* output.c: the verdict for people. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "tools/common/context.h"
#include "tools/common/message.h"
#include "tools/common/terminal.h"
#include "tools/common/value.h"
#include "tools/reader/reader.h"

/* What each check has found when it passed. */
static const char *const sentences[MDOC_CHECK_COUNT] = {
	[MDOC_CHECK_STRUCTURE] = N_("the whole input is one well-formed response"),
	[MDOC_CHECK_VERSION] = N_("its version is known"),
	[MDOC_CHECK_STATUS] = N_("the holder's device reports no error"),
	[MDOC_CHECK_DOCUMENTS] = N_("there is a document in it"),
	[MDOC_CHECK_DOCTYPE] = N_("document type as signed"),
	[MDOC_CHECK_DOCTYPE_REQUESTED] = N_("document type as asked for"),
	[MDOC_CHECK_ISSUER_AUTH] = N_("the issuer's signature has the right form"),
	[MDOC_CHECK_X5CHAIN] = N_("the signer's certificate is there"),
	[MDOC_CHECK_DS_PROFILE] = N_("the signer's certificate has the right form"),
	[MDOC_CHECK_CHAIN] = N_("the signer was certified by an IACA that you trust"),
	[MDOC_CHECK_CERTIFICATE_VALIDITY] = N_("their certificates are valid now"),
	[MDOC_CHECK_CRL] = N_("the signer's certificate has not been revoked"),
	[MDOC_CHECK_ANCHOR_DOCTYPE] = N_("that IACA is trusted for this type of document"),
	[MDOC_CHECK_ISSUER_ALGORITHM] = N_("the issuer's algorithm fits its key"),
	[MDOC_CHECK_ISSUER_SIGNATURE] = N_("the issuer's signature is genuine"),
	[MDOC_CHECK_MSO] = N_("the signed object has the right form"),
	[MDOC_CHECK_VALIDITY_INFO] = N_("its dates fit together"),
	[MDOC_CHECK_SIGNED_IN_DS] = N_("it was signed while the signer's certificate was valid"),
	[MDOC_CHECK_VALIDITY] = N_("it is valid now"),
	[MDOC_CHECK_UNTIL_IN_DS] = N_("it does not outlive the signer's certificate"),
	[MDOC_CHECK_LAW_VALIDITY] = N_("it is not valid for longer than the law allows"),
	[MDOC_CHECK_DIGESTS] = N_("every element is as the issuer signed it"),
	[MDOC_CHECK_RANDOM_LENGTH] = N_("no element can be guessed from its digest"),
	[MDOC_CHECK_DUPLICATES] = N_("no element is there twice"),
	[MDOC_CHECK_DEVICE_AUTH_FORM] = N_("the holder's signature has the right form"),
	[MDOC_CHECK_DEVICE_AUTH_ALGORITHM] = N_("its algorithm fits the holder's key"),
	[MDOC_CHECK_DEVICE_AUTH] = N_("the holder's key signed for this session"),
	[MDOC_CHECK_KEY_AUTHORIZATIONS] = N_("the holder's key signed nothing beyond its rights"),
	[MDOC_CHECK_DEVICE_ELEMENTS] = N_("and nothing in the issuer's place"),
	[MDOC_CHECK_ISSUING_COUNTRY] = N_("the issuing country is that of the signer"),
	[MDOC_CHECK_ISSUING_JURISDICTION] = N_("the issuing jurisdiction is that of the signer"),
	[MDOC_CHECK_REQUESTED_ELEMENTS] = N_("nothing was sent that was not asked for"),
	[MDOC_CHECK_RETENTION] = N_("what is kept was asked for to be kept"),
	[MDOC_CHECK_AGE_OVER] = N_("the answers about the age fit together"),
	[MDOC_CHECK_ELEMENT_PROFILE] = N_("the elements are as they are in such a document"),
	[MDOC_CHECK_KEY_PROFILE] = N_("its keys are of a kind that such a document may have"),
	[MDOC_CHECK_REVOCATION] = N_("it has not been revoked"),
	[MDOC_CHECK_ALGORITHM_POLICY] = N_("its algorithms are good at this date"),
};

static const char *const outcomes[] = {
	[MDOC_PASSED] = N_("passed"),
	[MDOC_FAILED] = N_("FAILED"),
	[MDOC_NOT_DONE] = N_("not done"),
	[MDOC_NOT_APPLICABLE] = N_("no matter"),
	[MDOC_WARNING] = N_("warning"),
};

const char *
result_sentence(enum mdoc_check check)
{
	return _(sentences[check]);
}

const char *
result_outcome(enum mdoc_outcome outcome)
{
	return _(outcomes[outcome]);
}

/* Could it not be found out whether a document, or who signed it, is revoked? */
static bool
row_undetermined(const struct mdoc_check_row *row)
{
	return (row->check == MDOC_CHECK_REVOCATION || row->check == MDOC_CHECK_CRL) &&
		row->error.code == MDOC_ERR_UNDETERMINED;
}

enum result_conclusion
result_conclusion(const struct reader_result *result)
{
	struct mdoc_check_row row;

	if (result->summary != MDOC_OK)
		return RESULT_NOT_VERIFIED;
	for (size_t i = 0; mdoc_verdict_row(result->verdict, i, &row); i++)
		if (row_undetermined(&row))
			return RESULT_UNDETERMINED;
	return RESULT_VERIFIED;
}

char *
result_issuer(const struct reader_result *result, size_t document)
{
	struct mdoc_buf text = MDOC_BUF_EMPTY;
	struct mdoc_cert *anchor = NULL;
	char *copy = NULL;

	if (mdoc_cert_parse(tool_context(), mdoc_verdict_anchor(result->verdict, document), &anchor, NULL) == MDOC_OK &&
		mdoc_cert_subject_text(anchor, &text) == MDOC_OK)
		copy = strndup((const char *)text.ptr, text.len);
	mdoc_cert_free(anchor);
	mdoc_buf_clear(&text);
	return copy;
}

static void
print_row(const struct mdoc_check_row *row, size_t documents)
{
	char document[48] = "";

	if (row->document != SIZE_MAX && documents > 1)
		snprintf(document, sizeof(document), _(" (document %zu)"), row->document + 1);
	fputs("  ", stdout);
	terminal_padded(stdout, _(outcomes[row->outcome]), 11);
	terminal_padded(stdout, mdoc_check_name(row->check), 23);
	printf("%s%s\n", _(sentences[row->check]), document);
	if (row->error.code == MDOC_OK)
		return;
	printf("            %s (%s)", message_mdoc(row->error.code), mdoc_result_name(row->error.code));
	if (row->error.expected[0] != '\0') {
		fputs("; ", stdout);
		terminal_text(stdout, row->error.expected, strlen(row->error.expected));
	}
	fputc('\n', stdout);
	if (row->error.offset == SIZE_MAX && row->error.path[0] == '\0')
		return;
	fputs("           ", stdout);
	if (row->error.offset != SIZE_MAX) {
		fputc(' ', stdout);
		printf(_("at byte %zu"), row->error.offset);
	}
	if (row->error.path[0] != '\0') {
		fputc(' ', stdout);
		terminal_text(stdout, row->error.path, strlen(row->error.path));
	}
	fputc('\n', stdout);
}

static void
print_element(const char *label, struct mdoc_bytes name, struct mdoc_bytes value)
{
	fputs("  ", stdout);
	terminal_padded(stdout, label != NULL ? label : "", 14);
	terminal_text(stdout, (const char *)name.ptr, name.len);
	fputs("  ", stdout);
	value_print(stdout, name, value);
	fputc('\n', stdout);
}

/* What the holder's device says for itself; the issuer vouches for none of it. */
static void
print_device_signed(const struct mdoc_document *document)
{
	struct mdoc_node name = mdoc_node_first(mdoc_device_signed_namespaces(mdoc_document_device_signed(document)));

	if (!mdoc_node_present(name))
		return;
	printf("%s\n", _("Said by the holder's device, not by the issuer:"));
	while (mdoc_node_present(name)) {
		const struct mdoc_node elements = mdoc_node_next(name);
		struct mdoc_node key = mdoc_node_first(elements);

		while (mdoc_node_present(key)) {
			const struct mdoc_node value = mdoc_node_next(key);
			struct mdoc_bytes element = MDOC_NO_BYTES;

			if (mdoc_node_tstr(key, &element))
				print_element(NULL, element, mdoc_node_span(value));
			key = mdoc_node_next(value);
		}
		name = mdoc_node_next(elements);
	}
}

static void
print_document(const struct reader_result *result, const struct mdoc_document *document, size_t index)
{
	const struct mdoc_issuer_signed *issuer_signed = mdoc_document_issuer_signed(document);
	const struct mdoc_mso *mso = mdoc_issuer_signed_mso(issuer_signed);
	const struct mdoc_bytes doc_type = mdoc_document_doc_type(document);
	char *issuer = result_issuer(result, index), from[32], until[32];

	time_print_jst(mdoc_mso_valid_from(mso), from);
	time_print_jst(mdoc_mso_valid_until(mso), until);
	fputc('\n', stdout);
	terminal_text(stdout, (const char *)doc_type.ptr, doc_type.len);
	fputs("\n  ", stdout);
	terminal_padded(stdout, _("issued by"), 14);
	if (issuer != NULL)
		terminal_text(stdout, issuer, strlen(issuer));
	fputs("\n  ", stdout);
	terminal_padded(stdout, _("valid"), 14);
	printf(_("%s to %s\n"), from, until);
	record_print(stdout, issuer_signed);
	print_device_signed(document);
	free(issuer);
}

void
result_print(const struct reader_result *result)
{
	const struct mdoc_verdict *verdict = result->verdict;
	const struct mdoc_response *response = mdoc_verdict_response(verdict);
	const size_t documents = mdoc_verdict_documents(verdict);
	struct mdoc_check_row row;
	static const char *const conclusions[] = {
		[RESULT_VERIFIED] = N_("Verified."),
		[RESULT_UNDETERMINED] = N_("Verified, but whether it has been revoked could not be found out."),
		[RESULT_NOT_VERIFIED] = N_("NOT VERIFIED."),
	};

	puts(_(conclusions[result_conclusion(result)]));
	for (size_t i = 0; mdoc_verdict_row(verdict, i, &row); i++)
		print_row(&row, documents);
	if (result->summary != MDOC_OK || response == NULL) {
		puts(_("What the response says is not shown, because it may be false."));
		return;
	}
	for (size_t i = 0; i < documents; i++)
		print_document(result, mdoc_response_document(response, i), i);
}
