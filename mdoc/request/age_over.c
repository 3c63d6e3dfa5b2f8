/*
 * mdoc/request/age_over.c: the names of the elements age_over_NN (7.2.5).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/request/request_internal.h"
#include <string.h>

#define PREFIX "age_over_"
#define PREFIX_LEN (sizeof(PREFIX) - 1)

int
mdoci_age_over(struct mdoc_bytes element)
{
	int tens, ones;

	if (element.len != MDOCI_AGE_OVER_LEN || memcmp(element.ptr, PREFIX, PREFIX_LEN) != 0)
		return -1;
	tens = element.ptr[PREFIX_LEN] - '0';
	ones = element.ptr[PREFIX_LEN + 1] - '0';
	return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? 10 * tens + ones : -1;
}

struct mdoc_bytes
mdoci_age_over_name(unsigned age, uint8_t room[MDOCI_AGE_OVER_LEN])
{
	memcpy(room, PREFIX, PREFIX_LEN);
	room[PREFIX_LEN] = (uint8_t)('0' + age / 10);
	room[PREFIX_LEN + 1] = (uint8_t)('0' + age % 10);
	return mdoc_bytes_of(room, MDOCI_AGE_OVER_LEN);
}
