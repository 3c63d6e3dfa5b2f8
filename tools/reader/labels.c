/* labels.c: names of elements and documents for people. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/reader/labels.h"
#include <stdio.h>
#include <string.h>
#include "tools/common/message.h"

#define MDL_DOCTYPE "org.iso.18013.5.1.mDL"
#define AGE_OVER "age_over_"

static const char *const namespaces[] = { MDOC_JP_NAMESPACE, MDOC_JP_NAMESPACE_GENERIC, "org.iso.18013.5.1" };

static const struct {
	const char *element, *label;
} labels[] = {
	{ "full_name_unicode", N_("Name") },
	{ "resident_address_unicode", N_("Address") },
	{ "local_gov_code_unicode", N_("Municipality code") },
	{ "individual_number_unicode", N_("Individual Number") },
	{ "portrait", N_("Photograph") },
	{ "sex_unicode", N_("Sex") },
	{ "birth_date_unicode", N_("Date of birth") },
	{ "sex", N_("Sex") },
	{ "birth_date", N_("Date of birth") },
	{ "age_in_years", N_("Age") },
	{ "age_birth_year", N_("Year of birth") },
	{ "family_name", N_("Family name") },
	{ "given_name", N_("Given names") },
	{ "issue_date", N_("Date of issue") },
	{ "expiry_date", N_("Date of expiry") },
	{ "issuing_country", N_("Issuing country") },
	{ "issuing_authority", N_("Issuing authority") },
	{ "issuing_jurisdiction", N_("Issuing jurisdiction") },
	{ "document_number", N_("Document number") },
	{ "administrative_number", N_("Administrative number") },
	{ "driving_privileges", N_("Driving privileges") },
	{ "un_distinguishing_sign", N_("Distinguishing sign") },
	{ "height", N_("Height (cm)") },
	{ "weight", N_("Weight (kg)") },
	{ "eye_colour", N_("Colour of eyes") },
	{ "hair_colour", N_("Colour of hair") },
	{ "birth_place", N_("Place of birth") },
	{ "nationality", N_("Nationality") },
	{ "resident_address", N_("Address") },
	{ "resident_city", N_("City") },
	{ "resident_state", N_("State or prefecture") },
	{ "resident_postal_code", N_("Postal code") },
	{ "resident_country", N_("Country of residence") },
	{ "portrait_capture_date", N_("Date of the photograph") },
};

static bool
is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

const char *
label_element(struct mdoc_bytes ns, struct mdoc_bytes element, char room[LABEL_MAX])
{
	const size_t prefix = strlen(AGE_OVER);
	bool known = false;

	for (size_t i = 0; i < sizeof(namespaces) / sizeof(namespaces[0]); i++)
		known = known || mdoc_bytes_is_text(ns, namespaces[i]);
	if (!known)
		return NULL;
	if (element.len == prefix + 2 && memcmp(element.ptr, AGE_OVER, prefix) == 0 && is_digit(element.ptr[prefix]) &&
		is_digit(element.ptr[prefix + 1])) {
		snprintf(room, LABEL_MAX, _("%.2s or older"), (const char *)element.ptr + prefix);
		return room;
	}
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		if (mdoc_bytes_is_text(element, labels[i].element))
			return _(labels[i].label);
	}
	return NULL;
}

const char *
label_document(struct mdoc_bytes doc_type)
{
	if (mdoc_bytes_is_text(doc_type, MDOC_JP_DOCTYPE))
		return _("My Number Card record");
	return mdoc_bytes_is_text(doc_type, MDL_DOCTYPE) ? _("Driving licence") : NULL;
}
