/*
 * file.h: bounded reads and atomic writes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_FILE_H
#define TOOLS_FILE_H

#include <mdoc/bytes.h>
#include <sys/types.h>
#include "tools/common/exit.h"

#define FILE_CBOR_MAX ((size_t)16 * 1024 * 1024) /* requests, responses, records */
#define FILE_JSON_MAX ((size_t)64 * 1024 * 1024) /* offers, credential responses with many copies */
#define FILE_CRL_MAX ((size_t)32 * 1024 * 1024)
#define FILE_SMALL_MAX ((size_t)64 * 1024) /* certificates, keys, PIN files */

/*
 * Read a whole file, or standard input for "-".
 * max  larger input is an error, said so
 * out  appended to; a NUL follows the bytes and is not counted
 * EXIT_STATUS_INPUT (said), EXIT_STATUS_TROUBLE (memory)
 */
enum exit_status file_read(const char *path, size_t max, struct mdoc_buf *out);

/*
 * Write a file so that it is either the old or the whole new one: temporary file in the same
 * folder, fsync, rename. "-" is standard output.
 * mode  0600 for everything that holds a secret or personal data
 * EXIT_STATUS_TROUBLE (said)
 */
enum exit_status file_write(const char *path, mode_t mode, struct mdoc_bytes content);

/* As file_write, but EXIT_STATUS_INPUT if the file exists already. */
enum exit_status file_write_new(const char *path, mode_t mode, struct mdoc_bytes content);

/* Would file_write() find a folder that it can write to? Asked before something is spent for the
 * content. EXIT_STATUS_TROUBLE (said) */
enum exit_status file_check_writable(const char *path);

bool file_exists(const char *path);

/* Overwrite a regular file with zeros and remove it; no link is followed. EXIT_STATUS_TROUBLE (said) */
enum exit_status file_erase(const char *path);

/*
 * A file with one CBOR item, bare or as #6.24(bstr .cbor …).
 * content  owns the file's bytes
 * inner    the bare item, borrowed from content
 * EXIT_STATUS_INPUT (said)
 */
enum exit_status file_read_cbor(const char *path, struct mdoc_buf *content, struct mdoc_bytes *inner);

/* A certificate as DER from a PEM or DER file (the first one of a PEM file); appended to der. */
enum exit_status file_read_certificate(const char *path, struct mdoc_buf *der);

/* The same for a certificate revocation list. */
enum exit_status file_read_crl(const char *path, struct mdoc_buf *der);

#endif
