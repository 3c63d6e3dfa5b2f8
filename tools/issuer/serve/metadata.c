/*
 * metadata.c: what the service says of itself: Credential Issuer Metadata (OpenID4VCI 1.0, 12.2) and Authorization
 * Server Metadata (RFC 8414).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <mdoc/japan.h>
#include "tools/common/message.h"
#include "tools/issuer/serve/service.h"

#define PRE_AUTHORIZED "urn:ietf:params:oauth:grant-type:pre-authorized_code"

/* A member with the URL of one of our paths. False: memory */
static bool
set_url(json_t *object, const char *member, const struct service *service, const char *path)
{
	char *url = NULL;
	bool good;

	if (asprintf(&url, "%s%s", service->origin, path) < 0)
		return false;
	good = json_object_set_new(object, member, json_string(url)) == 0;
	free(url);
	return good;
}

/* "mso_mdoc": algorithms are those of COSE (A.2.2 of OpenID4VCI 1.0). */
static json_t *
configuration(const struct service *service)
{
	return json_pack("{s:s, s:s, s:[s], s:[i,i,i], s:{s:{s:[s,s,s,s]}, s:{s:[s], s:{}}}, s:{s:[{s:s, s:s}, {s:s, "
			 "s:s}]}}",
		"format", "mso_mdoc", "doctype", service->issuer.doc_type, "cryptographic_binding_methods_supported",
		"cose_key", "credential_signing_alg_values_supported", -7, -35, -36, "proof_types_supported", "jwt",
		"proof_signing_alg_values_supported", "ES256", "ES384", "ES512", "EdDSA", "attestation",
		"proof_signing_alg_values_supported", "ES256", "key_attestations_required", "credential_metadata",
		"display", "name", "カード代替電磁的記録", "locale", "ja", "name", "My Number Card record", "locale",
		"en");
}

static json_t *
issuer_metadata(const struct service *service)
{
	json_t *json = json_pack("{s:s, s:{s:i}, s:{s:[s], s:[s,s], s:b}, s:{s:o}}", "credential_issuer",
		service->origin, "batch_credential_issuance", "batch_size", (int)service->issuer.batch_size,
		"credential_response_encryption", "alg_values_supported", "ECDH-ES", "enc_values_supported", "A256GCM",
		"A128GCM", "encryption_required", !service->options->take_plain, "credential_configurations_supported",
		service->issuer.configuration_id, configuration(service));

	if (json == NULL || !set_url(json, "credential_endpoint", service, "/credential") ||
		!set_url(json, "nonce_endpoint", service, "/nonce") ||
		!set_url(json, "notification_endpoint", service, "/notification")) {
		json_decref(json);
		return NULL;
	}
	return json;
}

static json_t *
authorization_metadata(const struct service *service)
{
	json_t *json = json_pack("{s:s, s:[s,s], s:[], s:[s], s:b, s:b}", "issuer", service->origin,
		"grant_types_supported", PRE_AUTHORIZED, "refresh_token", "response_types_supported",
		"token_endpoint_auth_methods_supported", "none", "tls_client_certificate_bound_access_tokens", true,
		"pre-authorized_grant_anonymous_access_supported", true);

	if (json == NULL || !set_url(json, "token_endpoint", service, "/token")) {
		json_decref(json);
		return NULL;
	}
	return json;
}

/* Takes the reference. */
static bool
write_text(json_t *json, struct mdoc_buf *out)
{
	char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;

	if (text != NULL)
		mdoc_buf_append(out, mdoc_text(text));
	free(text);
	json_decref(json);
	return text != NULL && out->err == MDOC_OK;
}

enum exit_status
service_metadata(struct service *service)
{
	if (!write_text(issuer_metadata(service), &service->metadata) ||
		!write_text(authorization_metadata(service), &service->authorization_metadata))
		return tool_no_memory();
	return EXIT_STATUS_OK;
}
