/*
 * p11_provider.h: what the parts of the provider behind p11_pkey.h share.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_P11_PROVIDER_H
#define TOOLS_P11_PROVIDER_H

#include "tools/common/p11_pkey.h"
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <stdatomic.h>

/* OpenSSL asks its providers in the order of their names: this one comes after "default". */
#define P11_PROVIDER "mdoc-p11"
#define P11_PROPERTIES "provider=" P11_PROVIDER
#define P11_PARAM_KEY "mdoc-p11-key" /* an octet string: the address of a struct p11_import */

#define P11_ENTRY(number, function) \
	{ \
		number, (void (*)(void))(function) \
	}

/* What p11_pkey_new() hands over through EVP_PKEY_fromdata(). */
struct p11_import {
	struct mdoc_p11_key *key;
	const struct mdoc_public_key *public_key;
	pthread_mutex_t *lock; /* NULL: an own one */
};

/* A key as OpenSSL holds it. The half is one of OpenSSL's default provider, in the programs' own context, and answers
 * all that can be asked of a public key. */
struct p11_half {
	atomic_int references;
	EVP_PKEY *half;                    /* NULL: nothing yet */
	int parts;                         /* OSSL_KEYMGMT_SELECT_… that there are */
	struct mdoc_public_key public_key; /* when there is a private half */
	struct mdoc_p11_key *key;          /* borrowed; NULL: no private half */
	pthread_mutex_t *lock;             /* own_lock, or borrowed */
	pthread_mutex_t own_lock;
};

struct p11_half *p11_half_up(struct p11_half *half);
void p11_half_free(void *half); /* NULL is fine */

extern const OSSL_ALGORITHM p11_keymgmts[], p11_signatures[], p11_exchanges[];

#endif
