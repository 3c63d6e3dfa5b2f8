/*
 * tests/unit/soft_device.c: DeviceSigned with a software key.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/soft.h"

static bool
sign(void *arg, struct mdoc_bytes input, struct mdoc_buf *device_signed)
{
	struct soft_key *key = arg;
	struct mdoc_device_authentication parsed;

	return mdoc_device_authentication_parse(NULL, input, &parsed, NULL) == MDOC_OK &&
		mdoc_device_signed_put(device_signed, input, parsed.namespaces_bytes, &key->signer) == MDOC_OK;
}

void
soft_device_signer(struct soft_key *key, struct mdoc_device_signer *signer)
{
	signer->sign = sign;
	signer->arg = key;
}
