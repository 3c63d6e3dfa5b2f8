/*
 * mdoc/x509/cert_profile.c: certificates against the profiles of ISO/IEC 18013-5 Annex B and the floor of
 * R-CRY-01.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/x509/der.h"
#include "mdoc/x509/x509_write.h"

#include <openssl/evp.h>
#include <string.h>

#define SERIAL_MAX 20 /* bytes, RFC 5280 4.1.2.2 */
#define SHA1_LEN 20
#define DAY ((int64_t)24 * 60 * 60)

#define EMAIL_NAME DER_CONTEXT(1) /* of a GeneralName */
#define DIRECTORY_NAME DER_CONSTRUCTED(4)

enum wanted { FREE, WANTED, STRICT };
enum constraints { CA_PATH_0, CA_ANY, FALSE_OR_ABSENT, ABSENT };

struct profile {
	const char *name;
	enum constraints constraints;
	bool root;              /* signed by its own key */
	bool country;           /* countryName is mandatory, in capitals */
	bool common_name;       /* is mandatory */
	bool issuer_alt_name;   /* is mandatory */
	bool crl_points;        /* are mandatory */
	bool crl_directory;     /* and may be in a directory */
	bool authority;         /* authorityKeyIdentifier is mandatory */
	enum wanted key_id;     /* subjectKeyIdentifier: there if STRICT says the SHA-1 of the key */
	bool usage_critical;    /* unless relaxed */
	uint32_t usage;         /* exactly these, unless usage_of is set; what is written */
	uint32_t usage_of;      /* one or more of these */
	uint32_t usage_relaxed; /* one or more of these with MDOC_RELAX_KEY_USAGE */
	const char *usage_rule;
	uint8_t eku;     /* last byte of 1.0.18013.5.1.x; 0: what the next two say, or else any or none */
	bool eku_mail;   /* emailProtection, as what signs messages elsewhere has it */
	bool eku_unlike; /* any or none, but not that one: no key for messages */
	const char *eku_rule;
	int64_t days; /* of the longest validity; 0: none said */
};

#define CA_USAGE (KU_KEY_CERT_SIGN | KU_CRL_SIGN)
#define CA_USAGE_RULE "keyUsage: critical, exactly keyCertSign and cRLSign"
#define SIGN_USAGE (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)
#define END_USAGE_RULE "keyUsage: critical, exactly digitalSignature"

static const struct profile profiles[MDOC_CERT_PROFILE_COUNT] = {
	[MDOC_CERT_IACA] = { .name = "iaca",
		.constraints = CA_PATH_0,
		.root = true,
		.country = true,
		.common_name = true,
		.issuer_alt_name = true,
		.crl_points = true,
		.key_id = STRICT,
		.usage_critical = true,
		.usage = CA_USAGE,
		.usage_rule = CA_USAGE_RULE,
		.days = 7306 },
	[MDOC_CERT_DS] = { .name = "ds",
		.constraints = FALSE_OR_ABSENT,
		.country = true,
		.common_name = true,
		.issuer_alt_name = true,
		.crl_points = true,
		.authority = true,
		.key_id = STRICT,
		.usage_critical = true,
		.usage = KU_DIGITAL_SIGNATURE,
		.usage_rule = END_USAGE_RULE,
		.eku = 2,
		.eku_rule = "extKeyUsage: critical, exactly 1.0.18013.5.1.2",
		.days = 457 },
	[MDOC_CERT_READER_CA] = { .name = "reader-ca",
		.constraints = CA_PATH_0,
		.common_name = true,
		.crl_points = true,
		.key_id = STRICT,
		.usage_critical = true,
		.usage = CA_USAGE,
		.usage_rule = CA_USAGE_RULE },
	[MDOC_CERT_READER] = { .name = "reader",
		.constraints = ABSENT,
		.common_name = true,
		.issuer_alt_name = true,
		.crl_points = true,
		.authority = true,
		.key_id = STRICT,
		.usage_critical = true,
		.usage = KU_DIGITAL_SIGNATURE,
		.usage_rule = END_USAGE_RULE,
		.eku = 6,
		.eku_rule = "extKeyUsage: critical, exactly 1.0.18013.5.1.6",
		.days = 1187 },
	[MDOC_CERT_VICAL] = { .name = "vical",
		.constraints = FALSE_OR_ABSENT,
		.crl_points = true,
		.crl_directory = true,
		.key_id = STRICT,
		.usage_critical = true,
		.usage = KU_NON_REPUDIATION,
		.usage_relaxed = SIGN_USAGE,
		.usage_rule = "keyUsage: critical, exactly nonRepudiation",
		.eku = 8,
		.eku_rule = "extKeyUsage: critical, exactly 1.0.18013.5.1.8" },
	[MDOC_CERT_RICAL] = { .name = "rical",
		.constraints = FALSE_OR_ABSENT,
		.key_id = WANTED,
		.usage_critical = true,
		.usage = KU_DIGITAL_SIGNATURE,
		.usage_of = SIGN_USAGE,
		.usage_rule = "keyUsage: critical, digitalSignature or nonRepudiation only" },
	[MDOC_CERT_STATUS] = { .name = "status",
		.constraints = FALSE_OR_ABSENT,
		.usage_critical = true,
		.usage = KU_DIGITAL_SIGNATURE,
		.usage_rule = END_USAGE_RULE,
		.eku_unlike = true,
		.eku_rule = "extKeyUsage: absent, or not emailProtection" },
	[MDOC_CERT_LIST_CA] = { .name = "list-ca",
		.constraints = CA_ANY,
		.key_id = WANTED,
		.usage = CA_USAGE,
		.usage_of = KU_KEY_CERT_SIGN | KU_CRL_SIGN | SIGN_USAGE,
		.usage_rule = "keyUsage: of a CA" },
	[MDOC_CERT_MESSAGES] = { .name = "messages",
		.constraints = FALSE_OR_ABSENT,
		.country = true,
		.common_name = true,
		.issuer_alt_name = true,
		.crl_points = true,
		.authority = true,
		.key_id = STRICT,
		.usage_critical = true,
		.usage = KU_DIGITAL_SIGNATURE,
		.usage_rule = END_USAGE_RULE,
		.eku_mail = true,
		.eku_rule = "extKeyUsage: critical, exactly emailProtection" },
};

static const struct {
	const char *name;
	unsigned bit;
} relaxations[] = {
	{ "crl-dp", MDOC_RELAX_CRL_DP },
	{ "issuer-alt-name", MDOC_RELAX_ISSUER_ALT_NAME },
	{ "eku", MDOC_RELAX_EKU },
	{ "eku-tls", MDOC_RELAX_EKU_TLS },
	{ "ski-method", MDOC_RELAX_SKI_METHOD },
	{ "ski-length", MDOC_RELAX_SKI_LENGTH },
	{ "basic-constraints", MDOC_RELAX_BASIC_CONSTRAINTS },
	{ "key-usage", MDOC_RELAX_KEY_USAGE },
	{ "country", MDOC_RELAX_COUNTRY },
	{ "state", MDOC_RELAX_STATE },
};

#define RELAXATION_COUNT (sizeof(relaxations) / sizeof(relaxations[0]))

unsigned
mdoc_relax_from_name(const char *name)
{
	for (size_t i = 0; i < RELAXATION_COUNT; i++)
		if (strcmp(relaxations[i].name, name) == 0)
			return relaxations[i].bit;
	return 0;
}

const char *
mdoc_relax_name(size_t i, unsigned *bit)
{
	if (i >= RELAXATION_COUNT)
		return NULL;
	if (bit != NULL)
		*bit = relaxations[i].bit;
	return relaxations[i].name;
}

const char *
mdoc_cert_profile_name(enum mdoc_cert_profile profile)
{
	return (unsigned)profile < MDOC_CERT_PROFILE_COUNT ? profiles[profile].name : NULL;
}

/* Every rule sees the same; it gives NULL or the rule that was broken, in words. */
struct subject {
	const struct mdoc_cert *cert;
	const struct profile *profile;
	unsigned relax;
};

static bool
is_ca(const struct profile *profile)
{
	return profile->constraints == CA_PATH_0 || profile->constraints == CA_ANY;
}

void
mdoci_profile_form(enum mdoc_cert_profile profile, struct mdoci_profile_form *form)
{
	const struct profile *row = &profiles[profile];

	*form = (struct mdoci_profile_form){ is_ca(row), row->issuer_alt_name, row->crl_points, row->usage, row->eku,
		row->eku_mail };
}

static bool
relaxed(const struct subject *s, unsigned bit)
{
	return (s->relax & bit) != 0;
}

static const char *
rule_form(const struct subject *s)
{
	const struct mdoc_bytes serial = s->cert->serial;
	const bool zero = serial.len == 1 && serial.ptr[0] == 0;
	const size_t len = serial.ptr[0] == 0 ? serial.len - 1 : serial.len;

	if (s->cert->version != X509_VERSION_3)
		return "an X.509 version 3 certificate";
	if (zero || serial.ptr[0] >= 0x80 || len > SERIAL_MAX)
		return "serialNumber: positive, at most 20 bytes";
	if (s->cert->not_before > s->cert->not_after)
		return "validity: notBefore not after notAfter";
	return NULL;
}

static const char *
rule_algorithms(const struct subject *s)
{
	if (s->cert->sig_alg == NULL)
		return "signature: ECDSA with SHA-256, SHA-384 or SHA-512, or EdDSA";
	return s->cert->key_broken;
}

static bool
is_letter(uint8_t c, bool small)
{
	return (c >= 'A' && c <= 'Z') || (small && c >= 'a' && c <= 'z');
}

static const char *
rule_names(const struct subject *s)
{
	const struct mdoc_bytes country = s->cert->country;
	const bool small = relaxed(s, MDOC_RELAX_COUNTRY);

	if (s->profile->common_name && s->cert->common_name.len == 0)
		return "subject: one commonName";
	if (!s->profile->country || (small && country.ptr == NULL))
		return NULL;
	if (country.len != 2 || !is_letter(country.ptr[0], small) || !is_letter(country.ptr[1], small))
		return "subject: one countryName of two capital letters (ISO 3166-1 alpha-2)";
	return NULL;
}

/* What each profile row knows; any other critical extension makes a certificate unusable. */
static const char *
rule_extension_set(const struct subject *s)
{
	const struct mdoc_cert *cert = s->cert;
	bool unknown = cert->unknown_critical;

	if (cert->forbidden)
		return "no policyMappings, nameConstraints, policyConstraints, inhibitAnyPolicy, freshestCRL";
	if (cert->repeated)
		return "each extension at most once";
	unknown = unknown || (is_ca(s->profile) && cert->ext[MDOCI_EXT_EKU].critical);
	unknown = unknown || (cert->ext[MDOCI_EXT_READER_AUTH].critical && !relaxed(s, MDOC_RELAX_EKU));
	return unknown ? "no critical extension that the profile does not name" : NULL;
}

uint32_t
mdoci_key_usage(const struct mdoc_cert *cert)
{
	struct mdoc_bytes body;

	if (!mdoci_der_only(cert->ext[MDOCI_EXT_KEY_USAGE].value, DER_BIT_STRING, &body) || body.len < 2 ||
		body.len > 3 || body.ptr[0] > 7 || (body.ptr[body.len - 1] & ((1u << body.ptr[0]) - 1)) != 0)
		return 0;
	return body.ptr[1] | (body.len == 3 ? (uint32_t)body.ptr[2] << 8 : 0);
}

static const char *
rule_key_usage(const struct subject *s)
{
	const struct mdoci_cert_extension *ext = &s->cert->ext[MDOCI_EXT_KEY_USAGE];
	const bool loose = relaxed(s, MDOC_RELAX_KEY_USAGE);
	const uint32_t of = loose && s->profile->usage_relaxed != 0 ? s->profile->usage_relaxed : s->profile->usage_of;
	const uint32_t bits = mdoci_key_usage(s->cert);
	bool good;

	good = of != 0 ? bits != 0 && (bits & ~of) == 0 : bits == s->profile->usage;
	if (s->profile->constraints == CA_ANY)
		good = good && (bits & KU_KEY_CERT_SIGN) != 0;
	if (s->profile->usage_critical && !loose)
		good = good && ext->critical;
	return good ? NULL : s->profile->usage_rule;
}

struct basic_constraints {
	bool ca;
	bool limited;
	unsigned path;
};

static bool
read_basic_constraints(struct mdoc_bytes value, struct basic_constraints *bc)
{
	struct mdoc_bytes body, flag, number;

	*bc = (struct basic_constraints){ false, false, 0 };
	if (!mdoci_der_only(value, DER_SEQUENCE, &body))
		return false;
	if (mdoci_der_take(&body, DER_BOOLEAN, &flag, NULL)) {
		if (flag.len != 1 || (flag.ptr[0] != 0 && flag.ptr[0] != 0xff))
			return false;
		bc->ca = flag.ptr[0] != 0;
	}
	bc->limited = mdoci_der_take(&body, DER_INTEGER, &number, NULL);
	return body.len == 0 && (!bc->limited || mdoci_der_small(number, &bc->path));
}

bool
mdoci_cert_path_allows(const struct mdoc_cert *ca, size_t between)
{
	struct basic_constraints bc;

	return read_basic_constraints(ca->ext[MDOCI_EXT_BASIC_CONSTRAINTS].value, &bc) && bc.ca &&
		(!bc.limited || bc.path >= between);
}

static const char *
rule_basic_constraints(const struct subject *s)
{
	const struct mdoci_cert_extension *ext = &s->cert->ext[MDOCI_EXT_BASIC_CONSTRAINTS];
	const bool loose = relaxed(s, MDOC_RELAX_BASIC_CONSTRAINTS);
	const bool present = ext->value.ptr != NULL;
	struct basic_constraints bc;
	const bool read = read_basic_constraints(ext->value, &bc);

	switch (s->profile->constraints) {
	case CA_PATH_0:
		if (read && bc.ca && (loose || (ext->critical && bc.limited)) && (!bc.limited || bc.path == 0))
			return NULL;
		return "basicConstraints: critical, CA, pathLenConstraint 0";
	case CA_ANY:
		return read && bc.ca ? NULL : "basicConstraints: CA";
	case FALSE_OR_ABSENT:
		return !present || (read && !bc.ca && !bc.limited) ? NULL : "basicConstraints: absent or CA:FALSE";
	default:
		return !present || (loose && read && !bc.ca && !bc.limited) ? NULL : "basicConstraints: absent";
	}
}

/* Extended key usages that a rule asks for. */
enum eku { EKU_OTHER, EKU_RIGHT, EKU_TLS, EKU_MAIL };

static enum eku
eku_of(const struct profile *profile, struct mdoc_bytes oid)
{
	static const uint8_t mdoc[] = { 0x28, 0x81, 0x8c, 0x5d, 0x05, 0x01 };       /* 1.0.18013.5.1 */
	static const uint8_t pkix[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03 }; /* 1.3.6.1.5.5.7.3 */

	if (profile->eku != 0 && oid.len == sizeof(mdoc) + 1 && memcmp(oid.ptr, mdoc, sizeof(mdoc)) == 0)
		return oid.ptr[sizeof(mdoc)] == profile->eku ? EKU_RIGHT : EKU_OTHER;
	if (oid.len != sizeof(pkix) + 1 || memcmp(oid.ptr, pkix, sizeof(pkix)) != 0)
		return EKU_OTHER;
	switch (oid.ptr[sizeof(pkix)]) {
	case 1: /* serverAuth */
	case 2: /* clientAuth */
		return EKU_TLS;
	case 4:
		return profile->eku_mail ? EKU_RIGHT : EKU_MAIL;
	default:
		return EKU_OTHER;
	}
}

/* How many of each there are. False: not a list of them. */
static bool
count_ekus(const struct subject *s, size_t count[4])
{
	struct mdoc_bytes list, oid;

	if (!mdoci_der_only(s->cert->ext[MDOCI_EXT_EKU].value, DER_SEQUENCE, &list))
		return false;
	while (list.len > 0) {
		if (!mdoci_der_take(&list, DER_OID, &oid, NULL))
			return false;
		count[eku_of(s->profile, oid)]++;
	}
	return true;
}

static const char *
rule_eku(const struct subject *s)
{
	const struct profile *profile = s->profile;
	const struct mdoci_cert_extension *ext = &s->cert->ext[MDOCI_EXT_EKU];
	size_t count[4] = { 0 };
	bool good;

	if (profile->eku_unlike) {
		good = ext->value.ptr == NULL || (count_ekus(s, count) && count[EKU_MAIL] == 0);
		return good ? NULL : profile->eku_rule;
	}
	if (!profile->eku_mail && (profile->eku == 0 || relaxed(s, MDOC_RELAX_EKU)))
		return NULL;
	good = count_ekus(s, count) && count[EKU_OTHER] == 0 && count[EKU_MAIL] == 0;
	/* TLS certificates are not critical in theirs. */
	if (count[EKU_TLS] > 0)
		good = good && !profile->eku_mail && relaxed(s, MDOC_RELAX_EKU_TLS);
	else
		good = good && count[EKU_RIGHT] == 1 && ext->critical;
	return good ? NULL : profile->eku_rule;
}

/* RFC 5280 4.2.1.2 (1). It is a name, not a security measure. */
static bool
is_sha1_of_key(const struct mdoc_cert *cert)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	size_t len = 0;

	return EVP_Q_digest(mdoc_context_libctx(cert->context), "SHA1", NULL, cert->key_bits.ptr, cert->key_bits.len,
		       hash, &len) == 1 &&
		mdoc_bytes_equal(cert->ski, mdoc_bytes_of(hash, len));
}

static const char *
rule_subject_key_id(const struct subject *s)
{
	const struct mdoc_bytes ski = s->cert->ski;

	if (s->cert->ext[MDOCI_EXT_SKI].value.ptr == NULL && s->profile->key_id == FREE)
		return NULL;
	if (ski.len == 0 || ski.len > MDOCI_KEY_ID_MAX)
		return "subjectKeyIdentifier: present";
	if (s->profile->key_id != STRICT)
		return NULL;
	if (ski.len != SHA1_LEN)
		return relaxed(s, MDOC_RELAX_SKI_LENGTH) ? NULL : "subjectKeyIdentifier: 20 bytes";
	if (relaxed(s, MDOC_RELAX_SKI_METHOD) || is_sha1_of_key(s->cert))
		return NULL;
	return "subjectKeyIdentifier: the SHA-1 of the key";
}

/* On what a CA signed; and a root that has one means itself. */
static const char *
rule_authority_key_id(const struct subject *s)
{
	const struct mdoc_cert *cert = s->cert;

	if (s->profile->authority && cert->aki.len == 0)
		return "authorityKeyIdentifier: present, with the issuer's key identifier";
	if (cert->ext[MDOCI_EXT_AKI].value.ptr != NULL && cert->aki.ptr == NULL && cert->aki_serial.ptr == NULL)
		return "authorityKeyIdentifier: well formed";
	if (s->profile->root && cert->aki.ptr != NULL && !mdoc_bytes_equal(cert->aki, cert->ski))
		return "authorityKeyIdentifier of a root: its own subjectKeyIdentifier";
	return NULL;
}

/* Well-formed names of which one is of either kind. */
static bool
has_name(struct mdoc_bytes names, int kind, int other)
{
	struct mdoc_bytes value;
	bool found = false;
	int tag;

	while (names.len > 0) {
		if (!mdoci_der_any(&names, &tag, &value))
			return false;
		found = found || ((tag == kind || tag == other) && value.len > 0);
	}
	return found;
}

static const char *
rule_issuer_alt_name(const struct subject *s)
{
	struct mdoc_bytes names;

	if (!s->profile->issuer_alt_name || relaxed(s, MDOC_RELAX_ISSUER_ALT_NAME))
		return NULL;
	if (mdoci_der_only(s->cert->ext[MDOCI_EXT_ISSUER_ALT_NAME].value, DER_SEQUENCE, &names) &&
		has_name(names, DER_URI_NAME, EMAIL_NAME))
		return NULL;
	return "issuerAltName: present, with a URI or an e-mail address";
}

static const char *
rule_crl_points(const struct subject *s)
{
	static const char rule[] = "cRLDistributionPoints: present, each a URI without reasons and cRLIssuer";
	const int other = s->profile->crl_directory ? DIRECTORY_NAME : DER_URI_NAME;
	struct mdoc_bytes points, point, name, full;
	size_t count = 0;

	if (!s->profile->crl_points || relaxed(s, MDOC_RELAX_CRL_DP))
		return NULL;
	if (!mdoci_der_only(s->cert->ext[MDOCI_EXT_CRL_POINTS].value, DER_SEQUENCE, &points))
		return rule;
	for (; points.len > 0; count++)
		if (!mdoci_der_take(&points, DER_SEQUENCE, &point, NULL) ||
			!mdoci_der_only(point, DER_CONSTRUCTED(0), &name) ||
			!mdoci_der_only(name, DER_CONSTRUCTED(0), &full) || !has_name(full, DER_URI_NAME, other))
			return rule;
	return count > 0 ? NULL : rule;
}

/* No names alone: who has another issuer may carry the same name (two CAs do in the field). */
static const char *
rule_root(const struct subject *s)
{
	const struct mdoc_cert *cert = s->cert;

	if (!s->profile->root ||
		(mdoci_names_equal(cert->subject, cert->issuer) &&
			mdoci_cert_signed(cert, cert->sig_alg, cert->tbs, cert->signature)))
		return NULL;
	return "a root: issuer is subject, signed by its own key";
}

enum mdoc_result
mdoc_cert_check(const struct mdoc_cert *cert, enum mdoc_cert_profile profile, unsigned relax, struct mdoc_error *error)
{
	static const char *(*const rules[])(const struct subject *) = { rule_form, rule_algorithms, rule_names,
		rule_extension_set, rule_key_usage, rule_basic_constraints, rule_eku, rule_subject_key_id,
		rule_authority_key_id, rule_issuer_alt_name, rule_crl_points, rule_root };
	struct subject s = { cert, NULL, relax };
	const char *broken = NULL;

	if (cert == NULL || (unsigned)profile >= MDOC_CERT_PROFILE_COUNT)
		return mdoci_x509_fail(error, MDOC_ERR_ARG, "a certificate and a profile");
	s.profile = &profiles[profile];
	for (size_t i = 0; broken == NULL && i < sizeof(rules) / sizeof(*rules); i++)
		broken = rules[i](&s);
	return broken == NULL ? MDOC_OK : mdoci_x509_fail(error, MDOC_ERR_CERTIFICATE, broken);
}

enum mdoc_result
mdoc_cert_check_lifetime(const struct mdoc_cert *cert, enum mdoc_cert_profile profile, struct mdoc_error *error)
{
	const int64_t days = (unsigned)profile < MDOC_CERT_PROFILE_COUNT ? profiles[profile].days : 0;

	if (days == 0 || cert->not_after - cert->not_before <= days * DAY)
		return MDOC_OK;
	return mdoci_fail(error, MDOC_ERR_VALIDITY, SIZE_MAX, "", "a validity of %d days at most", (int)days);
}
