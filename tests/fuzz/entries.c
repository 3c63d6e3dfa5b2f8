/*
 * tests/fuzz/entries.c: the table.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/fuzz/entries.h"

#define D "vectors/annexD/"
#define V "vectors/openid4vp/"

const struct fuzz_entry fuzz_entries[] = {
	/* texts and values */
	{ "cbor", entry_cbor, { D "device_response.cbor", D "device_request.cbor", D "session_establishment.cbor" },
		seeds_values },
	{ "base64url", entry_base64url, { D "ephemeral_device_key.jwk" }, seeds_qr },
	{ "dates", entry_dates, { NULL }, seeds_dates },
	{ "element", entry_element, { NULL }, seeds_values },
	{ "zlib", entry_zlib, { NULL }, seeds_zlib },
	/* COSE */
	{ "cose-key", entry_cose_key, { NULL }, seeds_cose_key },
	{ "sign1", entry_sign1, { D "reader_auth.cbor", "vectors/status_list/referenced_token_cwt.cbor" },
		seeds_sign1 },
	{ "mac0", entry_mac0, { NULL }, seeds_mac0 },
	{ "signature", entry_signature, { NULL }, seeds_signature },
	/* the issuer's part */
	{ "issuer-signed", entry_issuer_signed, { NULL }, seeds_record },
	{ "mso", entry_mso, { NULL }, seeds_mso },
	{ "name-spaces", entry_name_spaces, { NULL }, seeds_name_spaces },
	{ "item", entry_item, { NULL }, seeds_item },
	{ "claim", entry_claim, { NULL }, seeds_values },
	{ "mso-status", entry_mso_status, { NULL }, seeds_mso_status },
	/* the device's part */
	{ "device-signed", entry_device_signed, { NULL }, seeds_device_signed },
	{ "device-namespaces", entry_device_namespaces, { NULL }, seeds_device_namespaces },
	{ "device-authentication", entry_device_authentication, { D "derived_device_authentication_bytes.cbor" },
		NULL },
	{ "device-answer", entry_device_answer, { NULL }, seeds_device_signed },
	{ "response", entry_response, { D "device_response.cbor" }, seeds_response },
	{ "verify", entry_verify, { D "device_response.cbor" }, seeds_response },
	/* the reader's part */
	{ "request", entry_request, { D "device_request.cbor" }, seeds_request },
	{ "items-request", entry_items_request, { D "items_request.cbor" }, seeds_items_request },
	{ "request-info", entry_request_info, { NULL }, seeds_request_info },
	{ "device-request-info", entry_device_request_info, { NULL }, seeds_device_request_info },
	{ "reader-auth", entry_reader_auth, { D "device_request.cbor" }, seeds_request },
	{ "select", entry_select, { D "device_request.cbor" }, seeds_request },
	/* sessions */
	{ "engagement", entry_engagement, { D "device_engagement.cbor" }, seeds_engagement },
	{ "ndef", entry_ndef, { NULL }, seeds_ndef },
	{ "qr", entry_qr, { NULL }, seeds_qr },
	{ "session-establishment", entry_session_establishment, { D "session_establishment.cbor" }, NULL },
	{ "session-data", entry_session_data, { D "session_data.cbor", D "session_termination.cbor" }, NULL },
	{ "transcript", entry_transcript,
		{ D "session_transcript_bytes.cbor", V "session_transcript.cbor", V "annexC_session_transcript.cbor",
			V "annexB_draft18_session_transcript.cbor", V "iae_session_transcript.cbor" },
		NULL },
	{ "handover", entry_handover, { NULL }, seeds_handover },
	{ "encryption-info", entry_encryption_info, { V "annexC_encryption_info.cbor" }, NULL },
	{ "dcapi-response", entry_dcapi_response, { NULL }, seeds_dcapi_response },
	/* certificates */
	{ "cert", entry_cert, { D "ds_cert.der", D "iaca_cert.der", D "reader_cert.der" }, seeds_cert },
	{ "crl", entry_crl, { NULL }, seeds_crl },
	/* lists */
	{ "status-list", entry_status_list, { "vectors/status_list/referenced_token_cwt.cbor" }, seeds_status_list },
	{ "status-claims", entry_status_claims, { NULL }, seeds_status_claims },
	{ "identifier-list", entry_identifier_list, { NULL }, seeds_identifier_list },
	{ "identifier-claims", entry_identifier_claims, { NULL }, seeds_identifier_claims },
	{ "vical", entry_vical, { NULL }, seeds_vical },
	{ "vical-payload", entry_vical_payload, { NULL }, seeds_vical_payload },
	{ "rical", entry_rical, { NULL }, seeds_rical },
	{ "rical-payload", entry_rical_payload, { NULL }, seeds_rical_payload },
	{ NULL, NULL, { NULL }, NULL },
};
