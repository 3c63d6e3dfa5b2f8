/* reader.c: who asks, whether it is trusted, and whether it is answered. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "tools/common/clock.h"
#include "tools/common/context.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/terminal.h"
#include "tools/present/presentation_internal.h"

#define NAME_SHOWN ((size_t)256) /* bytes of a name that came from outside */

void
asker_clear(struct asker *asker)
{
	free(asker->name);
	free(asker->issuer);
	free(asker->client_id);
	free(asker->origin);
	free(asker->why);
	memset(asker, 0, sizeof(*asker));
}

void
presentation_askers_free(struct asker *askers, size_t count)
{
	for (size_t i = 0; askers != NULL && i < count; i++)
		asker_clear(&askers[i]);
	free(askers);
}

bool
asker_is_answered(const struct presentation *p, const struct asker *asker)
{
	switch (p->reader_policy) {
	case MDOC_READER_POLICY_ANY:
		return asker->standing != MDOC_READER_FAILED;
	case MDOC_READER_POLICY_SIGNED:
		return asker->standing == MDOC_READER_SIGNED || asker->standing == MDOC_READER_TRUSTED;
	default:
		return asker->standing == MDOC_READER_TRUSTED;
	}
}

bool
question_may_have(const struct presentation *p, const struct question *question, struct mdoc_bytes doc_type)
{
	for (size_t d = 0; d < mdoc_request_count(question->request); d++)
		if (mdoc_bytes_equal(mdoc_doc_request_type(mdoc_request_doc(question->request, d)), doc_type) &&
			asker_is_answered(p, &question->askers[d]))
			return true;
	return false;
}

/* What stands behind the name. */
static const char *
standing_text(const struct presentation *p, const struct asker *asker)
{
	switch (asker->standing) {
	case MDOC_READER_TRUSTED:
		return _("signed by this reader; a reader CA that you trust stands behind that name");
	case MDOC_READER_SIGNED:
		return p->trust != NULL
			? _("signed by this reader; no reader CA that you trust stands behind that name")
			: _("signed by this reader; nobody here has checked who stands behind that name");
	case MDOC_READER_FAILED:
		return asker->revoked ? _("asked for by a reader whose certificate has been revoked")
				      : _("asked for with a signature that is wrong");
	default:
		return _("asked for by a reader that does not prove who it is");
	}
}

/* "…: the reason (what was expected)" */
static enum exit_status
say_why(const struct presentation *p, struct asker *asker)
{
	const char *text = standing_text(p, asker);
	const bool reason = asker->error.code != MDOC_OK && asker->standing != MDOC_READER_TRUSTED;
	const char *because = reason ? message_mdoc(asker->error.code) : "";
	const char *expected = reason ? asker->error.expected : "";
	const size_t room = strlen(text) + strlen(because) + strlen(expected) + 8;

	asker->why = malloc(room);
	if (asker->why == NULL)
		return tool_no_memory();
	snprintf(asker->why, room, "%s%s%s%s%s%s", text, *because != '\0' ? ": " : "", because,
		*expected != '\0' ? " (" : "", expected, *expected != '\0' ? ")" : "");
	return EXIT_STATUS_OK;
}

/* A name that cannot be shown stays NULL. */
static char *
name_text(const struct mdoc_cert *cert, enum mdoc_result (*text)(const struct mdoc_cert *, struct mdoc_buf *))
{
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	char *name = text(cert, &out) == MDOC_OK ? strndup((const char *)out.ptr, out.len) : NULL;

	mdoc_buf_clear(&out);
	return name;
}

static enum exit_status
take_certificate(struct asker *asker, struct mdoc_bytes der)
{
	uint8_t digest[MDOC_DIGEST_MAX];
	struct mdoc_cert *cert = NULL;
	size_t len = 0;

	if (mdoc_digest(tool_context(), MDOC_SHA256, der, digest, &len) != MDOC_OK)
		return tool_no_memory();
	memcpy(asker->fingerprint, digest, sizeof(asker->fingerprint));
	asker->has_certificate = true;
	if (mdoc_cert_parse(tool_context(), der, &cert, NULL) != MDOC_OK)
		return EXIT_STATUS_OK;
	asker->name = name_text(cert, mdoc_cert_subject_text);
	asker->issuer = name_text(cert, mdoc_cert_issuer_text);
	mdoc_cert_free(cert);
	return EXIT_STATUS_OK;
}

/* The first thing that is wrong with one docRequest's signatures, but that it is revoked before all else. */
static void
take_reason(const struct mdoc_reader_auth *auth, size_t doc, struct asker *asker)
{
	const struct mdoc_reader_row *row;

	for (size_t i = 0; (row = mdoc_reader_auth_row(auth, i)) != NULL; i++) {
		if ((row->doc != doc && row->doc != SIZE_MAX) || row->error.code == MDOC_OK)
			continue;
		if (row->check == MDOC_READER_CRL && row->error.code == MDOC_ERR_REVOKED) {
			asker->revoked = true;
			asker->error = row->error;
		}
		if (asker->error.code == MDOC_OK)
			asker->error = row->error;
	}
}

static enum exit_status
look_at(const struct presentation *p, const struct mdoc_reader_auth *auth, size_t doc, struct asker *asker)
{
	enum exit_status status = EXIT_STATUS_OK;
	struct mdoc_bytes der;

	asker->standing = mdoc_reader_auth_standing(auth, doc);
	take_reason(auth, doc, asker);
	if (mdoc_reader_auth_certificate(auth, doc, &der))
		status = take_certificate(asker, der);
	return status == EXIT_STATUS_OK ? say_why(p, asker) : status;
}

enum exit_status
presentation_askers(const struct presentation *p, const struct mdoc_request *request, struct mdoc_bytes transcript,
	struct asker **askers)
{
	const struct mdoc_reader_auth_options options = { .transcript = transcript,
		.trust = p->trust,
		.now = clock_now(),
		.relax = p->relax,
		.crl_required = p->args->reader.require_crl };
	const size_t count = mdoc_request_count(request);
	struct mdoc_error error = { .code = MDOC_OK };
	struct mdoc_reader_auth *auth = NULL;
	enum exit_status status = EXIT_STATUS_OK;

	*askers = calloc(count + 1, sizeof(**askers));
	if (*askers == NULL)
		return tool_no_memory();
	if (mdoc_reader_auth_check(tool_context(), request, &options, &auth, &error) != MDOC_OK)
		status = tool_mdoc_error(_("the reader's signature"), &error);
	for (size_t d = 0; d < count && status == EXIT_STATUS_OK; d++)
		status = look_at(p, auth, d, &(*askers)[d]);
	mdoc_reader_auth_free(auth);
	return status;
}

/* The first thing that is wrong with a certificate. */
static struct mdoc_error
first_error(const struct presentation *p, const struct mdoc_judged *judged)
{
	const bool unknown = judged->revocation.code == MDOC_ERR_UNDETERMINED;
	const struct mdoc_error none = { .code = MDOC_OK };

	if (judged->revocation.code == MDOC_ERR_REVOKED)
		return judged->revocation;
	if (judged->profile.code != MDOC_OK)
		return judged->profile;
	if (judged->path.code != MDOC_OK)
		return judged->path;
	if (judged->validity.code != MDOC_OK)
		return judged->validity;
	return unknown && p->args->reader.require_crl ? judged->revocation : none;
}

enum exit_status
presentation_judge(const struct presentation *p, struct mdoc_bytes certificate, struct asker *asker)
{
	enum exit_status status = EXIT_STATUS_OK;
	struct mdoc_judged judged;
	enum mdoc_result res;

	memset(&judged, 0, sizeof(judged));
	res = mdoc_trust_judge(tool_context(), p->trust, certificate, MDOC_CERT_READER, p->relax, clock_now(), &judged);
	if (res == MDOC_ERR_MEMORY || res == MDOC_ERR_CRYPTO || res == MDOC_ERR_ARG)
		status = tool_no_memory();
	asker->error = first_error(p, &judged);
	asker->revoked = asker->error.code == MDOC_ERR_REVOKED;
	asker->standing = judged.cert == NULL || asker->revoked ? MDOC_READER_FAILED
		: asker->error.code == MDOC_OK                  ? MDOC_READER_TRUSTED
								: MDOC_READER_SIGNED;
	if (status == EXIT_STATUS_OK)
		status = take_certificate(asker, certificate);
	if (status == EXIT_STATUS_OK)
		status = say_why(p, asker);
	mdoc_judged_clear(&judged);
	return status;
}

static void
show_text(FILE *to, const char *text)
{
	const size_t len = strlen(text);

	terminal_text(to, text, len < NAME_SHOWN ? len : NAME_SHOWN);
}

void
asker_show(FILE *to, const struct asker *asker)
{
	const bool proven = asker->standing == MDOC_READER_SIGNED || asker->standing == MDOC_READER_TRUSTED;

	if (proven) {
		fputs(_("asked for by "), to);
		show_text(to, asker->name != NULL ? asker->name : "?");
		fprintf(to, "\n  %s ", _("whose certificate was issued by"));
		show_text(to, asker->issuer != NULL ? asker->issuer : "?");
		fputc('\n', to);
	}
	if (asker->origin != NULL) {
		fprintf(to, "  %s ", _("the answer goes to"));
		show_text(to, asker->origin);
		fputc('\n', to);
	}
	if (proven)
		fprintf(to, "  (%s)\n", asker->why != NULL ? asker->why : "");
	else
		fprintf(to, "%s\n",
			asker->why != NULL ? asker->why : _("asked for by a reader that does not prove who it is"));
}

static json_t *
fingerprint_json(const struct asker *asker)
{
	char text[2 * sizeof(asker->fingerprint) + 1];

	if (!asker->has_certificate)
		return json_null();
	for (size_t i = 0; i < sizeof(asker->fingerprint); i++)
		snprintf(text + 2 * i, 3, "%02x", asker->fingerprint[i]);
	return json_string(text);
}

json_t *
asker_json(const struct asker *asker, struct mdoc_bytes doc_type, struct mdoc_bytes legal_basis)
{
	return json_pack("{s:o, s:s, s:s?, s:s?, s:o, s:s?, s:s?, s:s?, s:o}", "docType", json_text(doc_type),
		"standing", mdoc_reader_standing_name(asker->standing), "name", asker->name, "issuer", asker->issuer,
		"fingerprint", fingerprint_json(asker), "clientId", asker->client_id, "origin", asker->origin, "why",
		asker->why, "legalBasis", legal_basis.ptr != NULL ? json_text(legal_basis) : json_null());
}
