/*
 * tests/unit/lists_provider.c: who signs a VICAL or RICAL, and a good one.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/lists_provider.h"

#include <CUnit/Basic.h>
#include <string.h>

struct lists_provider lists_provider;

struct mdoc_trust *
lists_trusting(const struct mdoc_buf *der, enum mdoc_cert_profile profile)
{
	struct mdoc_trust *trust = mdoc_trust_new();

	if (trust != NULL && mdoc_trust_add(NULL, trust, mdoc_buf_bytes(der), profile, 0, NULL) != MDOC_OK) {
		mdoc_trust_free(trust);
		trust = NULL;
	}
	return trust;
}

bool
lists_make_cert(enum mdoc_cert_profile profile, struct soft_key *key, const struct mdoc_buf *issuer,
	struct soft_key *issuer_key, struct mdoc_buf *out)
{
	return soft_certificate(profile, mdoc_cert_profile_name(profile), key, issuer, issuer_key, out, NULL) ==
		MDOC_OK;
}

int
lists_provider_init(void)
{
	struct lists_provider *p = &lists_provider;

	if (lists_world_init() != 0 || !soft_key_make(&p->ca_key, "P-384") ||
		!soft_key_make(&p->between_key, "P-256") || !soft_key_make(&p->key, "P-256"))
		return 1;
	if (!lists_make_cert(MDOC_CERT_LIST_CA, &p->ca_key, NULL, NULL, &p->ca) ||
		!lists_make_cert(MDOC_CERT_VICAL, &p->key, &p->ca, &p->ca_key, &p->signer) ||
		!lists_make_cert(MDOC_CERT_LIST_CA, &p->between_key, &p->ca, &p->ca_key, &p->between) ||
		!lists_make_cert(MDOC_CERT_VICAL, &p->key, &p->between, &p->between_key, &p->low))
		return 1;
	p->trust = lists_trusting(&p->ca, MDOC_CERT_LIST_CA);
	return p->trust == NULL;
}

int
lists_provider_clear(void)
{
	mdoc_trust_free(lists_provider.trust);
	mdoc_buf_clear(&lists_provider.ca);
	mdoc_buf_clear(&lists_provider.between);
	mdoc_buf_clear(&lists_provider.signer);
	mdoc_buf_clear(&lists_provider.low);
	soft_key_clear(&lists_provider.ca_key);
	soft_key_clear(&lists_provider.between_key);
	soft_key_clear(&lists_provider.key);
	return lists_world_clear();
}

/* Two IACAs, of which the second is for one document type. */
struct mdoc_trust_list_spec
lists_good_spec(enum mdoc_trust_list_kind kind)
{
	struct mdoc_trust_list_spec spec = {
		.kind = kind,
		.provider = mdoc_text("Provider"),
		.date = lists_world.now - 1000,
		.has_next_update = true,
		.next_update = lists_world.now + 1000,
		.has_id = true,
		.id = 42,
		.entries = lists_provider.entries,
		.entry_count = 2,
		.x5chain = lists_provider.x5chain,
		.x5chain_count = 1,
		.signer = &lists_provider.key.signer,
	};

	lists_provider.x5chain[0] = mdoc_buf_bytes(&lists_provider.signer);
	lists_provider.x5chain[1] = mdoc_buf_bytes(&lists_provider.ca);
	lists_provider.doc_types[0] = mdoc_text(MDL);
	lists_provider.doc_types[1] = mdoc_text(JP);
	memset(lists_provider.entries, 0, sizeof(lists_provider.entries));
	lists_provider.entries[0].certificate = mdoc_buf_bytes(&lists_world.iaca);
	lists_provider.entries[1].certificate = mdoc_buf_bytes(&lists_world.other);
	lists_provider.entries[1].issuing_authority = mdoc_text("Other Authority");
	if (kind == MDOC_VICAL) {
		lists_provider.entries[0].doc_types = lists_provider.doc_types;
		lists_provider.entries[0].doc_type_count = 2;
		lists_provider.entries[1].doc_types = lists_provider.doc_types + 1;
		lists_provider.entries[1].doc_type_count = 1;
	} else {
		spec.type = mdoc_text("org.iso.18013.5.1.reader_authentication");
		spec.has_not_after = true;
		spec.not_after = lists_world.now + 2000;
		spec.url = mdoc_text("https://provider.example/rical");
	}
	return spec;
}

struct mdoc_trust_list_policy
lists_good_policy(void)
{
	return (struct mdoc_trust_list_policy){ .anchors = lists_provider.trust, .now = lists_world.now };
}

/* Sign this payload. */
void
lists_put_signed(struct mdoc_buf *out, const struct mdoc_buf *payload, bool tagged, bool protected_)
{
	const struct mdoci_envelope_form form = { .tagged = tagged, .x5chain_protected = protected_ };

	(void)lists_good_spec(MDOC_VICAL);
	CU_ASSERT_EQUAL(mdoci_envelope_put(out, &form, &lists_provider.key.signer, lists_provider.x5chain, 1,
				mdoc_buf_bytes(payload)),
		MDOC_OK);
}
