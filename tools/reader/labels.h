/*
 * labels.h: names of elements and documents for people, in the language of the process.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef READER_LABELS_H
#define READER_LABELS_H

#include <mdoc/mdoc.h>

#define LABEL_MAX 64

/* "Date of birth"; NULL: none is known, for only the namespaces of the My Number Card record and of driving licences
 * have names here: an element of another namespace is not what it is called. `room`: for "20 or older". */
const char *label_element(struct mdoc_bytes ns, struct mdoc_bytes element, char room[LABEL_MAX]);

/* "My Number Card record"; NULL: none is known. */
const char *label_document(struct mdoc_bytes doc_type);

#endif
