/*
 * trust_files.h: files that say whom to trust: certificates, folders of them, lists of them, CRLs.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_TRUST_FILES_H
#define TOOLS_TRUST_FILES_H

#include <mdoc/mdoc.h>
#include "tools/common/exit.h"

#define TRUST_LIST_MAX ((size_t)16 * 1024 * 1024) /* bytes of a VICAL or RICAL */

/* Where they go. All but trust_files_new() and trust_files_free() may answer EXIT_STATUS_INPUT and _TROUBLE (said). */
struct trust_files {
	enum mdoc_cert_profile anchor;    /* MDOC_CERT_IACA or MDOC_CERT_READER_CA */
	struct mdoc_trust_list_policy at; /* when, and how strictly; its anchors are filled in here */
	struct mdoc_trust *trust;         /* the anchors */
	struct mdoc_trust *providers;     /* of lists */
};

/* EXIT_STATUS_TROUBLE (said): memory. trust_files_free() in any case. */
enum exit_status trust_files_new(enum mdoc_cert_profile anchor, const struct mdoc_trust_list_policy *at,
	struct trust_files *files);
void trust_files_free(struct trust_files *files);

/*
 * An anchor, or a folder whose files *.pem, *.der, *.crt and *.cer are such. A file of a folder that is no anchor is
 * left out (said), since it shall not cost the others; a folder without any is wrong.
 */
enum exit_status trust_files_anchor(struct trust_files *files, const char *path);

/* The CA of who makes lists, or the certificate that signs them. */
enum exit_status trust_files_provider(struct trust_files *files, const char *path);

/* A VICAL or RICAL of one of the providers, as the anchors are. */
enum exit_status trust_files_list(struct trust_files *files, const char *path);

/*
 * Give a CRL to whom it is of: one of the store's certificates signed it.
 *
 * trust  of *files, either one
 * taken  set to true then; otherwise left alone, and *error says why, which is said by trust_files_wrong() if need be
 */
enum exit_status trust_files_crl(struct mdoc_trust *trust, const char *path, bool *taken, struct mdoc_error *error);

/* What is wrong with such a file is no answer to what was asked: EXIT_STATUS_INPUT or _TROUBLE, never _NO (said). */
enum exit_status trust_files_wrong(const char *path, const struct mdoc_error *error);

#endif
