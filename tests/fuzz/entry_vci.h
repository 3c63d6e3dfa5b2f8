/*
 * tests/fuzz/entry_vci.h: OpenID4VCI: what a token reads of an issuer, in answers and files, and an issuer's server of a
 * wallet.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_FUZZ_ENTRY_VCI_H
#define TESTS_FUZZ_ENTRY_VCI_H

#include "tests/fuzz/fuzz.h"

/* The body of every answer of an issuer's server. */
enum mdoc_result entry_vci_answer(const struct mdoc_context *context, struct mdoc_bytes input);
/* The link of an offer, and what the server has for one by reference. */
enum mdoc_result entry_vci_offer(const struct mdoc_context *context, struct mdoc_bytes input);
/* The JWS of a notice, in its JWE. */
enum mdoc_result entry_notice(const struct mdoc_context *context, struct mdoc_bytes input);
/* The claims of such a JWS, which is signed here. */
enum mdoc_result entry_notice_claims(const struct mdoc_context *context, struct mdoc_bytes input);
/* CMS, which makers and municipalities get. */
enum mdoc_result entry_cms(const struct mdoc_context *context, struct mdoc_bytes input);
/* A Credential Request, up to where the register is asked. */
enum mdoc_result entry_credential_request(const struct mdoc_context *context, struct mdoc_bytes input);
/* The form of a token request, and the secrets in it. */
enum mdoc_result entry_token_request(const struct mdoc_context *context, struct mdoc_bytes input);

void seeds_vci_answer(struct fuzz_seeds *seeds);
void seeds_vci_offer(struct fuzz_seeds *seeds);
void seeds_notice(struct fuzz_seeds *seeds);
void seeds_notice_claims(struct fuzz_seeds *seeds);
void seeds_cms(struct fuzz_seeds *seeds);
void seeds_credential_request(struct fuzz_seeds *seeds);
void seeds_token_request(struct fuzz_seeds *seeds);

#endif
