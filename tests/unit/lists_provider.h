/*
 * tests/unit/lists_provider.h: who signs a VICAL or RICAL, and a good one, to be changed in one place.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_TESTS_LISTS_PROVIDER_H
#define MDOC_TESTS_LISTS_PROVIDER_H

#include "mdoc/trust/trust_list_internal.h"
#include "tests/unit/lists_world.h"

#define MDL "org.iso.18013.5.1.mDL"
#define JP "org.iso.23220.1.jp.mnc"

extern struct lists_provider {
	struct soft_key ca_key, between_key, key;
	struct mdoc_buf ca, between, signer, low; /* low: signer's key, below between */
	struct mdoc_trust *trust;                 /* ca */
	struct mdoc_bytes x5chain[2], doc_types[2];
	struct mdoc_trust_entry_spec entries[2];
} lists_provider;

int lists_provider_init(void);
int lists_provider_clear(void);

/* A store with one anchor; NULL: it is none. */
struct mdoc_trust *lists_trusting(const struct mdoc_buf *der, enum mdoc_cert_profile profile);

bool lists_make_cert(enum mdoc_cert_profile profile, struct soft_key *key, const struct mdoc_buf *issuer,
	struct soft_key *issuer_key, struct mdoc_buf *out);

/* Two IACAs, of which the second is for one document type. */
struct mdoc_trust_list_spec lists_good_spec(enum mdoc_trust_list_kind kind);
struct mdoc_trust_list_policy lists_good_policy(void);

/* Sign this payload. */
void lists_put_signed(struct mdoc_buf *out, const struct mdoc_buf *payload, bool tagged, bool protected_);

#endif
