/*
 * anchors.h: files that say whom to trust.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef READER_ANCHORS_H
#define READER_ANCHORS_H

#include <mdoc/mdoc.h>
#include "tools/common/options.h"

struct reader_anchors {
	const char *store;                  /* folder of a trust store; NULL: none */
	const struct option_list *iaca;     /* certificates of IACAs, or folders of them */
	const struct option_list *vical;    /* lists of them */
	const struct option_list *vical_ca; /* certificates of who makes those lists */
	const struct option_list *crl;      /* what any of them has revoked */
	int64_t now;
	int64_t clock_skew;
	unsigned relax;
	bool crl_required;
};

/*
 * Read them. What is wrong in a trust store or a folder is left out (said), since it shall not cost the others; a file
 * that is named itself is not.
 *
 * *trust  mdoc_trust_free() by the caller, whatever comes back
 *
 * EXIT_STATUS_INPUT, EXIT_STATUS_TROUBLE (said)
 */
enum exit_status reader_anchors_read(const struct reader_anchors *anchors, struct mdoc_trust **trust);

#endif
