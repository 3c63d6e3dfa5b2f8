/*
 * mdoc/japan.h: what a docType's own rules say of a record beside ISO/IEC 18013-5: which elements there are and
 * what their values look like, how long a record may be valid, which keys and which device authentication
 * it takes. One profile is known: that of the Japanese card-substitute record, org.iso.23220.1.jp.mnc.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_JAPAN_H
#define MDOC_JAPAN_H

#include <mdoc/issuer_signed.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MDOC_JP_DOCTYPE "org.iso.23220.1.jp.mnc"
#define MDOC_JP_NAMESPACE "org.iso.23220.1.jp"
#define MDOC_JP_NAMESPACE_GENERIC "org.iso.23220.1"

struct mdoc_profile;

/* What a value looks like. */
enum mdoc_form {
	MDOC_FORM_ANY,        /* one well-formed item: an element that no rule names */
	MDOC_FORM_TEXT,       /* text that is not empty; opaque: no normalisation, IVS and supplementary planes kept */
	MDOC_FORM_DIGITS,     /* text of ASCII digits */
	MDOC_FORM_BIRTH_DATE, /* full-date (tag 1004, RFC 8943), or a map with one in its member "birth_date" */
	MDOC_FORM_SEX,        /* unsigned, ISO/IEC 5218: 0, 1, 2 or 9 */
	MDOC_FORM_AGE,        /* unsigned, at most 150 */
	MDOC_FORM_BOOL,
	MDOC_FORM_BYTES /* a byte string that is not empty */
};

/* The rule of one element. */
struct mdoc_element_rule {
	const char *ns;
	const char *element; /* "age_over_NN" stands for 00 to 99 */
	const char *label;   /* Japanese name; of age_over_NN what follows the number */
	enum mdoc_form form;
	size_t written; /* MDOC_FORM_DIGITS: how many an issuer writes */
	size_t read;    /* … and how many are taken at most; `written` at least */
};

/* The profile of a docType; NULL: none is known. It is constant. */
const struct mdoc_profile *mdoc_profile_find(struct mdoc_bytes doc_type);

/* The rule of an element; NULL: the profile, or a NULL one, names no such element. */
const struct mdoc_element_rule *mdoc_profile_element(const struct mdoc_profile *profile, struct mdoc_bytes ns,
	struct mdoc_bytes element);

/* Rule i of a profile, in the order of its table; NULL after the last. */
const struct mdoc_element_rule *mdoc_profile_rule(const struct mdoc_profile *profile, size_t i);

/*
 * A value that was read, against the rule of its element. Liberal where the sources are not sure: a 市町村コード
 * may have its check digit (5 or 6 digits), 個人番号 is twelve digits whose check digit is not looked at, the
 * text of 生年月日 and 性別 and the format of 顔写真 are free, a birth-date map may have other members. An element
 * that no rule names passes: whether it may be there at all is mdoc_profile_element()'s to say.
 *
 * value  of a scan; path and offset in *error are the element's
 *
 * MDOC_ERR_ELEMENT: error->expected says what is wrong with it
 */
enum mdoc_result mdoc_profile_check_element(const struct mdoc_profile *profile, struct mdoc_bytes ns,
	struct mdoc_bytes element, struct mdoc_node value, struct mdoc_error *error);

/*
 * A claim before it is issued: the same, strictly. An element that the profile does not name is refused, so that
 * nothing else gets into a record (R-MIN-01); a 市町村コード has five digits. mdoc_issuer_signed_build() and
 * mdoc_template_new() ask it of every claim.
 *
 * MDOC_ERR_ELEMENT; the CBOR results: its value is not one item
 */
enum mdoc_result mdoc_profile_check_claim(const struct mdoc_context *context, const struct mdoc_profile *profile,
	const struct mdoc_claim *claim, struct mdoc_error *error);

/*
 * A record is valid no longer than its profile allows: for the Japanese one until the end of the law's month
 * that begins on the day of `signed_` (R-VAL-01). mdoc_issuer_signed_build() refuses to make a longer one.
 *
 * MDOC_ERR_VALIDITY
 */
enum mdoc_result mdoc_profile_check_validity(const struct mdoc_profile *profile, int64_t signed_, int64_t valid_until,
	struct mdoc_error *error);

/*
 * May signatures be made with keys of this curve, the issuer's and the holder's? For the Japanese profile in
 * groups of 256 bits and more (R-CRY-01): P-256, P-384, P-521, the brainpool curves and Ed448. Ed25519 is
 * refused: the subgroup in which it works has 253 bits, and that the whole group has 256 is no more than arguable.
 */
bool mdoc_profile_takes_curve(const struct mdoc_profile *profile, enum mdoc_curve curve);

/* May a holder answer with a MAC instead of a signature? Not by the Japanese profile (R-TX-01, R-VX-01). */
bool mdoc_profile_takes_mac(const struct mdoc_profile *profile);

/*
 * The names of all elements, their values and the validity of a parsed record, as a holder checks them before it
 * keeps the record: every element must be one of the profile (R-MIN-01), and its value as
 * mdoc_profile_check_element() wants it. Costs one scan of the values.
 *
 * profile  NULL: MDOC_OK
 *
 * MDOC_ERR_ELEMENT, MDOC_ERR_VALIDITY: the first thing that is wrong; MDOC_ERR_MEMORY
 */
enum mdoc_result mdoc_profile_check_record(const struct mdoc_context *context, const struct mdoc_profile *profile,
	const struct mdoc_issuer_signed *record, struct mdoc_error *error);

#ifdef __cplusplus
}
#endif
#endif
