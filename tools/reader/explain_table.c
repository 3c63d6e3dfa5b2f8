/*
 * explain_table.c: a row for each check: clause, meaning, advice. Clauses are those of the first edition unless they say
 * otherwise; what Japanese law asks for is named by its item in the order (命令) and by our row.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include "tools/reader/explain.h"
#include <string.h>
#include "tools/common/message.h"

#define ISO "ISO/IEC 18013-5:2021, "

static const struct explanation rows[MDOC_CHECK_COUNT] = {
	[MDOC_CHECK_STRUCTURE] = { ISO "8.3.2.1.2.2; RFC 8949",
		N_("A DeviceResponse is one CBOR map with the members and types of the standard, and nothing behind "
		   "it."),
		N_("Look at the place that is named: a missing or misspelt member, another CBOR type, a key twice, a "
		   "text "
		   "that is not UTF-8, or bytes cut off or left over. Compare with \"mdoc-reader dump\".") },
	[MDOC_CHECK_VERSION] = { ISO "8.3.2.1.2.2", N_("A reader knows responses of version 1.x only."),
		N_("Write \"1.0\" as the version; \"1.1\" only with what the second edition adds.") },
	[MDOC_CHECK_STATUS] = { ISO "8.3.2.1.2.3, Table 8",
		N_("The wallet says that it could not answer: 10 general error, 11 the request is no CBOR, 12 the "
		   "request "
		   "is not as it should be."),
		N_("If the request is right (\"mdoc-reader dump\" shows it), the wallet misread it. A holder who "
		   "refuses is no "
		   "error: that is status 0 with documentErrors.") },
	[MDOC_CHECK_DOCUMENTS] = { ISO "8.3.2.1.2.2",
		N_("The response is well-formed and has no document: the holder refused, or has none of this type."),
		N_("Compare the docType of the request with those that the wallet holds, letter by letter.") },
	[MDOC_CHECK_DOCTYPE] = { ISO "9.3.1, step 4",
		N_("The docType beside the document is not the one that the issuer signed: a genuine record could be "
		   "passed "
		   "off as another kind of document."),
		N_("Copy docType from the MSO into the document and into DeviceAuthentication; never from the "
		   "request.") },
	[MDOC_CHECK_DOCTYPE_REQUESTED] = { ISO "8.3.2.1.2.2",
		N_("The wallet gave a document of a type that was not asked for."),
		N_("Answer each docRequest with documents of just its docType.") },
	[MDOC_CHECK_ISSUER_AUTH] = { ISO "9.1.2.4; RFC 9052, 4.2",
		N_("issuerAuth is no COSE_Sign1 as the standard wants it: an array of four without a tag, the "
		   "algorithm in the "
		   "protected header, the MSO as payload."),
		N_("Hand on issuerAuth byte for byte as the issuer made it. If it came so, the issuer has to mend "
		   "it.") },
	[MDOC_CHECK_X5CHAIN] = { ISO "9.1.2.4; RFC 9360",
		N_("Without the certificate of the document signer nobody can tell who signed."),
		N_("The issuer puts it into the unprotected header under label 33, as bytes or as an array of bytes; a "
		   "wallet "
		   "must not drop that header.") },
	[MDOC_CHECK_DS_PROFILE] = { ISO "Annex B.1.4",
		N_("The document signer's certificate does not follow its profile: key usage, extended key usage "
		   "1.0.18013.5.1.2, key identifiers, issuer alternative name, revocation list, country."),
		N_("This is the issuer's. To go on testing, --relax accepts one broken rule at a time, by its name.") },
	[MDOC_CHECK_CHAIN] = { ISO "9.3.3; R-VX-02 (命令 (18))",
		N_("No IACA certificate that the reader trusts issued the signer's certificate: anybody could have "
		   "signed "
		   "this."),
		N_("Is the record from a test issuer whose root the reader lacks, or was the root renewed? Give the "
		   "right one "
		   "with --iaca or --vical; name, key identifier and signature must all fit.") },
	[MDOC_CHECK_CERTIFICATE_VALIDITY] = { ISO "9.3.3",
		N_("The signer's certificate, or that of the IACA, is not valid at this time."),
		N_("The wallet needs fresh records before the signer's certificate ends. Compare the clocks, and "
		   "--at.") },
	[MDOC_CHECK_CRL] = { ISO "9.3.3, Annex B.2",
		N_("The signer's certificate has been revoked, or no current list says that it has not."),
		N_("If it is revoked, every record that it signed is worthless: get new ones. If it is undetermined, "
		   "the "
		   "reader needs the current CRL of the IACA.") },
	[MDOC_CHECK_ANCHOR_DOCTYPE] = { ISO "Annex C",
		N_("The list of trusted authorities (VICAL) does not let this one issue documents of this type."),
		N_("This is between the issuer and who makes the list; nothing in the wallet is wrong.") },
	[MDOC_CHECK_ISSUER_ALGORITHM] = { ISO "9.1.2.4",
		N_("The algorithm that issuerAuth names is not one for the key in the signer's certificate."),
		N_("ES256 goes with P-256 and brainpoolP256r1, ES384 with P-384, brainpoolP320r1 and P384r1, ES512 "
		   "with P-521 "
		   "and brainpoolP512r1, EdDSA with Ed25519 and Ed448. This is the issuer's.") },
	[MDOC_CHECK_ISSUER_SIGNATURE] = { ISO "9.1.2.4 and 9.3.1, step 2; R-VX-02 (命令 (18))",
		N_("The issuer's signature is not over these bytes: the record was changed, or never signed by this "
		   "key."),
		N_("Keep the protected header and the payload as received; decoding and encoding them again changes "
		   "bytes. A "
		   "signature is r and s one after the other, not DER, and external_aad is empty.") },
	[MDOC_CHECK_MSO] = { ISO "9.1.2.4",
		N_("The MobileSecurityObject lacks something or has it in another form: version 1.0, a known digest, "
		   "valueDigests, a device key, docType, dates."),
		N_("This is the issuer's; the place is named. Dates are tag 0 texts in UTC without fractions of a "
		   "second.") },
	[MDOC_CHECK_VALIDITY_INFO] = { ISO "9.1.2.4",
		N_("The dates of the record contradict each other: signed must not be after validFrom, nor that after "
		   "validUntil."),
		N_("This is the issuer's.") },
	[MDOC_CHECK_SIGNED_IN_DS] = { ISO "9.3.1, step 5",
		N_("The record says that it was signed while the signer's certificate was not valid."),
		N_("This is the issuer's: a wrong clock, or a certificate that came into use too early or too late.") },
	[MDOC_CHECK_VALIDITY] = { ISO "9.3.1, step 5", N_("The record is not valid yet, or not any more."),
		N_("The wallet should renew records before they end and not offer ended ones. Compare the clocks; "
		   "--clock-skew allows for a difference.") },
	[MDOC_CHECK_UNTIL_IN_DS] = { ISO "9.1.2.4; second edition, 12.8",
		N_("The record says that it is valid for longer than its signer's certificate. That is no reason to "
		   "refuse "
		   "it."),
		N_("This is the issuer's.") },
	[MDOC_CHECK_LAW_VALIDITY] = { "R-VAL-01 (命令 (5))",
		N_("A My Number Card record is valid for one month from the day of issue, which counts."),
		N_("This is the issuer's: validUntil is at most the end of the day before the same day of the next "
		   "month, by "
		   "Japanese time.") },
	[MDOC_CHECK_DIGESTS] = { ISO "9.1.2.5 and 9.3.1, step 3; R-REC-01 (命令 (1))",
		N_("An element is not the one that the issuer signed: its digest is not in the MSO, or is another one. "
		   "Its "
		   "value may be made up."),
		N_("The digest is over the whole IssuerSignedItemBytes, tag 24 and its head included, just as the "
		   "issuer "
		   "encoded them. Keep those bytes; do not encode items again.") },
	[MDOC_CHECK_RANDOM_LENGTH] = { ISO "9.1.2.5; R-REC-01 (命令 (1))",
		N_("An element's random is shorter than 16 bytes, so that undisclosed values can be guessed from their "
		   "digests."),
		N_("This is the issuer's.") },
	[MDOC_CHECK_DUPLICATES] = { ISO "9.1.2.5",
		N_("An element, or a digestID, stands there twice in a namespace: a reader could take either."),
		N_("Give each element once, even if it is asked for twice.") },
	[MDOC_CHECK_DEVICE_AUTH_FORM] = { ISO "9.1.3.5, 9.1.3.6; R-TX-01 (命令 (13))",
		N_("The holder's part has neither a signature nor a MAC in the form of the standard, has both, or has "
		   "a MAC "
		   "where a signature is needed: the My Number Card record takes signatures only, others take a MAC if "
		   "the "
		   "reader has its session key."),
		N_("deviceAuth is a map with either deviceSignature or deviceMac: an array of four without a tag, the "
		   "algorithm in the protected header, and nil as payload.") },
	[MDOC_CHECK_DEVICE_AUTH_ALGORITHM] = { ISO "9.1.3.5, 9.1.3.6",
		N_("The algorithm of the holder's signature is not one for the device key in the MSO."),
		N_("Name the algorithm of the key's own curve; HMAC 256/256 (5) for a deviceMac.") },
	[MDOC_CHECK_DEVICE_AUTH] = { ISO "9.1.3.4 and 9.1.5.1; R-VX-01 (命令 (17))",
		N_("The holder's signature or MAC is not over this session: another key, another SessionTranscript, "
		   "another "
		   "docType or other DeviceNameSpaces. It could be a copy of what somebody else was shown."),
		N_("Compare the SessionTranscript of both sides byte by byte (\"mdoc-reader transcript\" makes ours, "
		   "\"mdoc-reader dump\" shows it): engagement and reader key as they were exchanged, the right "
		   "handover. What "
		   "is signed is DeviceAuthentication in tag 24, as the payload of a Sig_structure.") },
	[MDOC_CHECK_KEY_AUTHORIZATIONS] = { ISO "9.1.2.4",
		N_("The holder's key signed elements that the issuer does not let it sign (keyAuthorizations)."),
		N_("Leave them out of DeviceNameSpaces, or have the issuer name their namespace or element in the "
		   "MSO.") },
	[MDOC_CHECK_DEVICE_ELEMENTS] = { ISO "9.1.2.4",
		N_("The holder's device says something that the issuer signed: it would replace a fact by a claim."),
		N_("Leave out of DeviceNameSpaces what the record has itself.") },
	[MDOC_CHECK_ISSUING_COUNTRY] = { ISO "7.2.1, Annex B.1.4",
		N_("issuing_country is not the country in the signer's certificate: one authority would speak for "
		   "another."),
		N_("This is the issuer's: two capital letters of ISO 3166-1, the same in both.") },
	[MDOC_CHECK_ISSUING_JURISDICTION] = { ISO "7.2.1, Annex B.1.4",
		N_("issuing_jurisdiction is not the state or province in the signer's certificate."),
		N_("This is the issuer's.") },
	[MDOC_CHECK_REQUESTED_ELEMENTS] = { ISO "8.3.2.1.2.2; R-VX-05 (命令 (19))",
		N_("The wallet gave more than it was asked for. A reader must not have that."),
		N_("Give only elements that ItemsRequest names, age_over_NN that stand in for one another by 7.2.5, "
		   "and "
		   "alternatives that the reader offered.") },
	[MDOC_CHECK_RETENTION] = { ISO "8.3.2.1.2.1",
		N_("The reader keeps something that it asked for without saying so (intentToRetain)."),
		N_("This is the reader's, not the wallet's: ask with --retain.") },
	[MDOC_CHECK_AGE_OVER] = { ISO "7.2.5",
		N_("The answers about the age contradict each other, or are not the ones that the rule picks."),
		N_("Give the very age_over_NN that is asked for if there is one, else the smallest above it that is "
		   "true, else "
		   "the largest below it that is false, else none.") },
	[MDOC_CHECK_ELEMENT_PROFILE] = { "R-MIN-01 (001); ISO/IEC TS 23220-2",
		N_("An element of the My Number Card record has another form than it has there, or does not belong in "
		   "it."),
		N_("This is the issuer's: the element and what it should be are named; mdoc-issuer(1) lists them.") },
	[MDOC_CHECK_ALGORITHM_POLICY] = { "R-FUT-05",
		N_("An algorithm, a curve or a digest of the record is past the date that the algorithm policy gives "
		   "it."),
		N_("Let the holder's record be renewed by an issuer with newer algorithms, or have the dates of "
		   "--algorithm-policy looked at by those who decide them.") },
	[MDOC_CHECK_KEY_PROFILE] = { "R-CRY-01 (命令 (2))",
		N_("A key of the record is on a curve that Japanese law does not take: the group must have 256 bits or "
		   "more."),
		N_("Use P-256, P-384, P-521 or a brainpool curve; not Ed25519.") },
	[MDOC_CHECK_REVOCATION] = { "ISO/IEC 18013-5 second edition, 12.3.6; R-REV-03 (命令 (7))",
		N_("The record has been revoked, or no list that was given could tell."),
		N_("If it is revoked, the wallet needs a new one. If it is undetermined, give the list that MSO.status "
		   "names with "
		   "--status-list: signed below the IACA, for just that URI, and not expired.") },
};

static const struct {
	const char *structure, *text;
} structures[] = {
	{ "DeviceRequest", N_("This is a DeviceRequest: what a reader asks, not what a wallet answers.") },
	{ "DeviceEngagement", N_("This is a DeviceEngagement, with which a session begins, long before a response.") },
	{ "SessionEstablishment",
		N_("This is a SessionEstablishment: the reader's key and an encrypted request. A response stands, "
		   "encrypted, in "
		   "the SessionData that answers it.") },
	{ "SessionData",
		N_("This is SessionData, still encrypted: decrypt it with the session's keys, or take the response "
		   "from "
		   "\"mdoc-reader session --trace\".") },
	{ "SessionTranscript",
		N_("This is a SessionTranscript: give it with --transcript, and the response as the file.") },
	{ "IssuerSigned",
		N_("This is IssuerSigned, a record as an issuer gives it to a wallet. A presentation also needs "
		   "deviceSigned.") },
};

struct explanation
explain_check(enum mdoc_check check)
{
	const struct explanation *row = &rows[check];

	return (struct explanation){ row->clause, _(row->meaning), _(row->advice) };
}

const char *
explain_structure(const char *structure)
{
	for (size_t i = 0; i < sizeof(structures) / sizeof(structures[0]); i++) {
		if (strcmp(structures[i].structure, structure) == 0)
			return _(structures[i].text);
	}
	return NULL;
}
