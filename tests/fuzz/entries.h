/*
 * tests/fuzz/entries.h: the functions behind the table of entries.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_FUZZ_ENTRIES_H
#define TESTS_FUZZ_ENTRIES_H

#include "tests/fuzz/world.h"
#include "tests/unit/alloc_count.h"

enum mdoc_result entry_cbor(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_base64url(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_dates(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_element(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_cose_key(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_sign1(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_mac0(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_signature(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_issuer_signed(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_mso(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_item(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_name_spaces(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_claim(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_mso_status(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_status_list(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_identifier_list(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_status_claims(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_identifier_claims(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_zlib(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_vical(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_rical(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_vical_payload(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_rical_payload(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_request(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_reader_auth(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_select(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_items_request(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_request_info(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_device_request_info(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_device_answer(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_device_signed(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_device_namespaces(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_device_authentication(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_response(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_verify(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_ndef(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_engagement(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_qr(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_session_establishment(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_session_data(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_transcript(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_handover(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_encryption_info(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_dcapi_response(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_cert(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_crl(const struct mdoc_context *context, struct mdoc_bytes input);

void seeds_cose_key(struct fuzz_seeds *seeds);
void seeds_sign1(struct fuzz_seeds *seeds);
void seeds_mac0(struct fuzz_seeds *seeds);
void seeds_signature(struct fuzz_seeds *seeds);
void seeds_record(struct fuzz_seeds *seeds);
void seeds_mso(struct fuzz_seeds *seeds);
void seeds_item(struct fuzz_seeds *seeds);
void seeds_name_spaces(struct fuzz_seeds *seeds);
void seeds_values(struct fuzz_seeds *seeds);
void seeds_dates(struct fuzz_seeds *seeds);
void seeds_mso_status(struct fuzz_seeds *seeds);
void seeds_status_list(struct fuzz_seeds *seeds);
void seeds_status_claims(struct fuzz_seeds *seeds);
void seeds_identifier_list(struct fuzz_seeds *seeds);
void seeds_identifier_claims(struct fuzz_seeds *seeds);
void seeds_vical(struct fuzz_seeds *seeds);
void seeds_rical(struct fuzz_seeds *seeds);
void seeds_vical_payload(struct fuzz_seeds *seeds);
void seeds_rical_payload(struct fuzz_seeds *seeds);
void seeds_zlib(struct fuzz_seeds *seeds);
void seeds_request(struct fuzz_seeds *seeds);
void seeds_items_request(struct fuzz_seeds *seeds);
void seeds_request_info(struct fuzz_seeds *seeds);
void seeds_device_request_info(struct fuzz_seeds *seeds);
void seeds_device_signed(struct fuzz_seeds *seeds);
void seeds_device_namespaces(struct fuzz_seeds *seeds);
void seeds_response(struct fuzz_seeds *seeds);
void seeds_ndef(struct fuzz_seeds *seeds);
void seeds_engagement(struct fuzz_seeds *seeds);
void seeds_qr(struct fuzz_seeds *seeds);
void seeds_handover(struct fuzz_seeds *seeds);
void seeds_dcapi_response(struct fuzz_seeds *seeds);
void seeds_cert(struct fuzz_seeds *seeds);
void seeds_crl(struct fuzz_seeds *seeds);

#endif
