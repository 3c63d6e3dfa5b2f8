/*
 * tests/fuzz/world.h: who signs, who is trusted and what is held, the same in every run. The keys are
 * Ed25519 and Ed448, so that signatures are the same, too, and the random bytes are none.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_FUZZ_WORLD_H
#define TESTS_FUZZ_WORLD_H

#include "tests/fuzz/fuzz.h"

#define WORLD_NOW 1603843200 /* 2020-10-28T00:00:00Z: Annex D is valid */
#define WORLD_URI "https://issuer.example/list"
#define WORLD_DOCTYPE "org.iso.18013.5.1.mDL"
#define WORLD_NS "org.iso.18013.5.1"

struct world_key {
	EVP_PKEY *pkey;
	struct mdoc_public_key pub;
	struct mdoc_signer signer;
};

extern struct fuzz_world {
	struct mdoc_context *context; /* every default */
	struct mdoc_context *narrow;  /* every limit low */
	struct world_key iaca_key, ds_key, reader_ca_key, reader_key, list_ca_key, list_key, device_key;
	struct world_key card_ds_key, card_key; /* Ed448, which the card's profile takes */
	struct mdoc_buf iaca, ds, card_ds, reader_ca, reader, status, list_ca, vical, rical, crl; /* DER */
	struct mdoc_buf messages;     /* DER, of annex_keys[0], below the IACA */
	struct mdoc_trust *trust;     /* the IACA, and that of Annex D */
	struct mdoc_trust *readers;   /* the reader CA */
	struct mdoc_trust *providers; /* the CA of who signs trust lists */
	/* Annex D: the session, by its keys */
	struct mdoc_buf transcript_bytes;
	struct mdoc_bytes transcript; /* bare */
	struct mdoc_agreement annex_reader, annex_device;
	EVP_PKEY *annex_keys[2];
	/* A record of ours that authorises device-signed elements, and has a status. */
	struct mdoc_buf record_bytes;
	struct mdoc_issuer_signed *record;
	struct mdoc_buf request; /* second edition, for it */
	struct mdoc_request *asked;
	struct mdoc_buf response;
	/* A record with a profile of its docType, by Ed448 keys, and a response from it. */
	struct mdoc_buf card_bytes, card_request, card_response;
	struct mdoc_issuer_signed *card;
	/* Lists that say what is revoked: our record is not. */
	struct mdoc_buf status_list_bytes, identifier_list_bytes;
	struct mdoc_status_list *status_list;
	struct mdoc_identifier_list *identifier_list;
	const struct mdoc_status_list *status_lists[1];
	const struct mdoc_identifier_list *identifier_lists[1];
	struct mdoc_revocation_lists lists;
} world;

void world_new(void);
void world_free(void);
/* The random bytes begin anew. */
void world_reset(void);

/* A COSE_Sign1 by the signer of lists. */
enum mdoc_result world_sign_list(struct mdoc_buf *out, const char *type, bool protected_, const struct mdoc_buf *cert,
	struct mdoc_bytes payload);

#endif
