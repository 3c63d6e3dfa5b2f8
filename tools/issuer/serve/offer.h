/*
 * offer.h: a credential offer of OpenID4VCI 1.0 (4.1) with a pre-authorized code.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_OFFER_H
#define ISSUER_OFFER_H

#include "tools/issuer/issuer.h"

#define OFFER_SCHEME "openid-credential-offer://"
#define OFFER_DIGITS 6 /* of a transaction code */
#define OFFER_TRIES 5

/* The offer; NULL: memory. tx: a transaction code is needed, of OFFER_DIGITS digits */
json_t *offer_json(const char *issuer, const char *configuration, const char *code, bool tx);

/* How long an offer is good, what its transaction code is, and what it says. */
struct offer_order {
	const char *person; /* the issuer's reference to somebody in the register; NULL: nobody */
	const char *url;    /* of the server; NULL: the issuer's identifier */
	const char *tx_out; /* file for the transaction code, mode 0600; NULL: standard output */
	const char *out;    /* file for the offer; NULL: none */
	bool by_value;      /* the whole offer in the link, instead of where to get it */
	bool qr, json;
	int64_t now, life;
};

/* Make one for "serve", and print what the holder's program needs. EXIT_STATUS_NO: no such person (said) */
enum exit_status offer_for_service(struct issuer *issuer, const struct offer_order *order);

#endif
