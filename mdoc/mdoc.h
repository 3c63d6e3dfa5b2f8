/*
 * mdoc/mdoc.h: all of libmdoc.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_MDOC_H
#define MDOC_MDOC_H

#include <mdoc/base64url.h>
#include <mdoc/dcapi.h>
#include <mdoc/engagement.h>
#include <mdoc/japan.h>
#include <mdoc/ndef.h>
#include <mdoc/reader_auth.h>
#include <mdoc/session.h>
#include <mdoc/status.h>
#include <mdoc/transcript.h>
#include <mdoc/trust_list.h>
#include <mdoc/verify.h>

#endif
