/*
 * mdoc/issuer/accessors.c: what callers may see of IssuerSigned and the MSO.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/issuer/issuer_signed_internal.h"

struct mdoc_bytes
mdoc_issuer_signed_bytes(const struct mdoc_issuer_signed *is)
{
	return is->input;
}

const struct mdoc_mso *
mdoc_issuer_signed_mso(const struct mdoc_issuer_signed *is)
{
	return &is->mso;
}

const struct mdoc_sign1 *
mdoc_issuer_signed_auth(const struct mdoc_issuer_signed *is)
{
	return &is->issuer_auth;
}

size_t
mdoc_issuer_signed_count(const struct mdoc_issuer_signed *is)
{
	return is->count;
}

const struct mdoc_namespace *
mdoc_issuer_signed_namespace(const struct mdoc_issuer_signed *is, size_t i)
{
	return i < is->count ? &is->namespaces[i] : NULL;
}

struct mdoc_bytes
mdoc_namespace_name(const struct mdoc_namespace *ns)
{
	return ns->name;
}

size_t
mdoc_namespace_count(const struct mdoc_namespace *ns)
{
	return ns->count;
}

const struct mdoc_item *
mdoc_namespace_item(const struct mdoc_namespace *ns, size_t i)
{
	return i < ns->count ? &ns->items[i] : NULL;
}

struct mdoc_bytes
mdoc_item_bytes(const struct mdoc_item *item)
{
	return item->tagged;
}

size_t
mdoc_item_offset(const struct mdoc_item *item)
{
	return item->offset;
}

uint64_t
mdoc_item_digest_id(const struct mdoc_item *item)
{
	return item->digest_id;
}

struct mdoc_bytes
mdoc_item_random(const struct mdoc_item *item)
{
	return item->random;
}

struct mdoc_bytes
mdoc_item_element(const struct mdoc_item *item)
{
	return item->element;
}

struct mdoc_bytes
mdoc_item_value(const struct mdoc_item *item)
{
	return item->value;
}

struct mdoc_bytes
mdoc_mso_version(const struct mdoc_mso *mso)
{
	return mso->version;
}

struct mdoc_bytes
mdoc_mso_doc_type(const struct mdoc_mso *mso)
{
	return mso->doc_type;
}

enum mdoc_digest_alg
mdoc_mso_digest_alg(const struct mdoc_mso *mso)
{
	return mso->digest_alg;
}

struct mdoc_node
mdoc_mso_value_digests(const struct mdoc_mso *mso)
{
	return mso->value_digests;
}

const struct mdoc_public_key *
mdoc_mso_device_key(const struct mdoc_mso *mso)
{
	return &mso->device_key;
}

struct mdoc_node
mdoc_mso_key_authorizations(const struct mdoc_mso *mso)
{
	return mso->key_authorizations;
}

int64_t
mdoc_mso_signed(const struct mdoc_mso *mso)
{
	return mso->signed_;
}

int64_t
mdoc_mso_valid_from(const struct mdoc_mso *mso)
{
	return mso->valid_from;
}

int64_t
mdoc_mso_valid_until(const struct mdoc_mso *mso)
{
	return mso->valid_until;
}

struct mdoc_node
mdoc_mso_status(const struct mdoc_mso *mso)
{
	return mso->status;
}

struct mdoc_node
mdoc_mso_key_info(const struct mdoc_mso *mso)
{
	return mso->key_info;
}

bool
mdoc_mso_expected_update(const struct mdoc_mso *mso, int64_t *when)
{
	if (mso->has_expected_update)
		*when = mso->expected_update;
	return mso->has_expected_update;
}

struct mdoc_node
mdoc_mso_root(const struct mdoc_mso *mso)
{
	return mdoc_cbor_root(mso->scan);
}
