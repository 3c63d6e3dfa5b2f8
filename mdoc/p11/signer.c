/* SPDX-License-Identifier: BSD-2-Clause */
#include <mdoc/p11/p11.h>

bool
mdoc_p11_has_vendor(CK_FUNCTION_LIST *p11, CK_SLOT_ID slot)
{
	(void)p11;
	(void)slot;
	return false;
}
