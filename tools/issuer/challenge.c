/*
 * challenge.c: mdoc-issuer challenge: an enrolment of a TPM in, a challenge out that only this TPM can answer; the
 * answer in, a certificate of its attestation key out.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <mdoc/x509.h>
#include "tools/common/clock.h"
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/value.h"
#include "tools/issuer/attest_ca.h"
#include "tools/issuer/authority.h"
#include "tools/issuer/ek.h"
#include "tools/issuer/enrolment.h"

#define DAY ((int64_t)86400)
#define CERTIFICATE_DAYS 365
#define CERTIFICATE_DAYS_MAX 3652

struct challenge {
	const char *dir, *enrolment_path, *answer_path, *out;
	struct option_list ek_ca;
	struct option_number days;
	struct pin_source pin;
	struct common_options common;
	int64_t now, valid_until;
	struct issuer issuer;
	struct issuer_token token;
	struct mdoc_bytes *anchors; /* in anchor_room */
	struct mdoc_buf *anchor_room;
	size_t anchor_count;
	struct register_challenge row;
	char certificate[2 * EVIDENCE_SERIAL_MAX + 1];
};

/* ---- The makers' certificate authorities ---- */

static enum exit_status
add_anchor(struct challenge *challenge, X509 *certificate)
{
	const size_t n = challenge->anchor_count + 1;
	struct mdoc_buf *room = realloc(challenge->anchor_room, n * sizeof(*room));
	unsigned char *der = NULL;
	int len;

	if (room == NULL)
		return tool_no_memory();
	challenge->anchor_room = room;
	room[n - 1] = MDOC_BUF_EMPTY;
	challenge->anchor_count = n;
	len = i2d_X509(certificate, &der);
	if (len > 0)
		mdoc_buf_append(&room[n - 1], mdoc_bytes_of(der, (size_t)len));
	OPENSSL_free(der);
	return room[n - 1].len > 0 ? EXIT_STATUS_OK : tool_no_memory();
}

/* Every certificate of a PEM file, which may be a bundle, or the one of a DER file. */
static enum exit_status
read_anchors(struct challenge *challenge, const char *path)
{
	struct mdoc_buf text = MDOC_BUF_EMPTY;
	const size_t before = challenge->anchor_count;
	X509 *certificate = NULL;
	enum exit_status status;
	BIO *bio = NULL;

	status = file_read(path, FILE_JSON_MAX, &text);
	if (status == EXIT_STATUS_OK)
		bio = BIO_new_mem_buf(text.ptr, (int)text.len);
	while (status == EXIT_STATUS_OK && bio != NULL &&
		(certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		status = add_anchor(challenge, certificate);
		X509_free(certificate);
	}
	if (status == EXIT_STATUS_OK && challenge->anchor_count == before) {
		certificate = chain_decode(tool_context(), mdoc_buf_bytes(&text));
		if (certificate != NULL) {
			status = add_anchor(challenge, certificate);
		} else {
			tool_error(_("%s holds no certificate"), path);
			status = EXIT_STATUS_INPUT;
		}
		X509_free(certificate);
	}
	BIO_free(bio);
	mdoc_buf_clear(&text);
	return status;
}

static enum exit_status
read_all_anchors(struct challenge *challenge)
{
	enum exit_status status = EXIT_STATUS_OK;

	for (size_t i = 0; i < challenge->ek_ca.count && status == EXIT_STATUS_OK; i++)
		status = read_anchors(challenge, challenge->ek_ca.items[i]);
	if (status != EXIT_STATUS_OK)
		return status;
	challenge->anchors = calloc(challenge->anchor_count, sizeof(*challenge->anchors));
	if (challenge->anchors == NULL)
		return tool_no_memory();
	for (size_t i = 0; i < challenge->anchor_count; i++)
		challenge->anchors[i] = mdoc_buf_bytes(&challenge->anchor_room[i]);
	return EXIT_STATUS_OK;
}

/* ---- First round ---- */

static enum exit_status
refused(const char *what, const char *why)
{
	tool_error("%s", what);
	tool_why("%s", why);
	return EXIT_STATUS_NO;
}

static enum exit_status
malformed(const char *path, enum message_result res)
{
	if (res == MESSAGE_MEMORY)
		return tool_no_memory();
	tool_error(_("%s is not the message that it should be"), path);
	tool_why("%s", _(message_sentence(res)));
	return EXIT_STATUS_INPUT;
}

static enum exit_status
check_enrolment(struct challenge *challenge, const struct enrolment *enrolment, TPMT_PUBLIC *ek, struct part_public *ak)
{
	struct mdoc_public_key key;
	enum evidence_result ak_res;
	enum ek_result ek_res;

	ek_res = ek_check(tool_context(), enrolment->ek, enrolment->ek_certificate, challenge->anchors,
		challenge->anchor_count, challenge->now, ek);
	if (ek_res == EK_MEMORY)
		return tool_no_memory();
	if (ek_res != EK_OK)
		return refused(_("The TPM is not enrolled: whose it is could not be shown."), _(ek_sentence(ek_res)));
	ak_res = evidence_ak_parse(tool_context(), enrolment->ak, ak, &key);
	if (ak_res == EVIDENCE_MEMORY)
		return tool_no_memory();
	if (ak_res == EVIDENCE_OK && enrolment->ak.len > REGISTER_AREA_MAX)
		ak_res = EVIDENCE_TPM_STRUCTURE;
	if (ak_res != EVIDENCE_OK)
		return refused(_("The TPM is not enrolled: its attestation key is not one to believe."),
			_(evidence_sentence(ak_res)));
	return EXIT_STATUS_OK;
}

/* What the answer is compared with. */
static enum exit_status
fill_row(struct challenge *challenge, const struct enrolment *enrolment, const struct part_public *ak,
	const uint8_t id[CHALLENGE_ID_LEN], const uint8_t secret[CREDENTIAL_LEN])
{
	struct register_challenge *row = &challenge->row;
	uint8_t digest[MDOC_DIGEST_MAX], ek[MDOC_DIGEST_MAX];
	size_t len;

	if (mdoc_digest(tool_context(), MDOC_SHA256, mdoc_bytes_of(secret, CREDENTIAL_LEN), digest, &len) != MDOC_OK ||
		mdoc_digest(tool_context(), MDOC_SHA256, enrolment->ek, ek, &len) != MDOC_OK)
		return tool_no_memory();
	issuer_hex(mdoc_bytes_of(id, CHALLENGE_ID_LEN), row->id);
	snprintf(row->serial, sizeof(row->serial), "%s", enrolment->serial);
	issuer_hex(mdoc_bytes_of(ek, len), row->ek);
	issuer_hex(mdoc_bytes_of(ak->name, PART_NAME_LEN), row->ak);
	issuer_hex(enrolment->ak, row->ak_area);
	issuer_hex(mdoc_bytes_of(digest, len), row->secret);
	return EXIT_STATUS_OK;
}

/* A TPM that is not trusted any more leaves a trace when its holder tries. */
static enum exit_status
not_entered(const struct challenge *challenge, const char *what, enum register_result res)
{
	if (res == REGISTER_TPM_REVOKED)
		(void)register_log(challenge->issuer.db, challenge->now, "enrol-refused", challenge->row.ek);
	return issuer_register_error(what, challenge->issuer.db, res);
}

static enum exit_status
make_challenge(struct challenge *challenge, const struct enrolment *enrolment, const TPMT_PUBLIC *ek,
	const struct part_public *ak)
{
	struct mdoc_buf blob = MDOC_BUF_EMPTY, seed = MDOC_BUF_EMPTY, message = MDOC_BUF_EMPTY;
	OSSL_LIB_CTX *libctx = mdoc_context_libctx(tool_context());
	uint8_t id[CHALLENGE_ID_LEN], secret[CREDENTIAL_LEN];
	enum exit_status status = EXIT_STATUS_TROUBLE;
	enum register_result res;

	if (RAND_bytes_ex(libctx, id, sizeof(id), 0) != 1 ||
		RAND_priv_bytes_ex(libctx, secret, sizeof(secret), 0) != 1) {
		tool_error("%s", _("No random bytes could be got."));
		goto out;
	}
	if (credential_make(tool_context(), ek, ak->name, secret, &blob, &seed) != MDOC_OK) {
		tool_error("%s", _("The challenge could not be made."));
		goto out;
	}
	challenge_put(&message, id, mdoc_buf_bytes(&blob), mdoc_buf_bytes(&seed));
	status = message.err == MDOC_OK ? fill_row(challenge, enrolment, ak, id, secret) : tool_no_memory();
	if (status != EXIT_STATUS_OK)
		goto out;
	res = register_challenge(challenge->issuer.db, &challenge->row, challenge->now);
	if (res != REGISTER_OK)
		status = not_entered(challenge, _("The challenge cannot be entered in the register."), res);
	else
		status = file_write(challenge->out, 0600, mdoc_buf_bytes(&message));
out:
	OPENSSL_cleanse(secret, sizeof(secret));
	mdoc_buf_clear(&blob);
	mdoc_buf_clear(&seed);
	mdoc_buf_clear(&message);
	return status;
}

static enum exit_status
first_round(struct challenge *challenge)
{
	struct mdoc_buf text = MDOC_BUF_EMPTY;
	struct enrolment enrolment = { .scan = NULL };
	struct part_public ak;
	TPMT_PUBLIC ek;
	enum exit_status status;
	enum message_result res;

	status = read_all_anchors(challenge);
	if (status == EXIT_STATUS_OK)
		status = file_read(challenge->enrolment_path, ENROLMENT_BYTES_MAX, &text);
	if (status != EXIT_STATUS_OK)
		goto out;
	res = enrolment_parse(tool_context(), mdoc_buf_bytes(&text), &enrolment);
	status = res == MESSAGE_OK ? check_enrolment(challenge, &enrolment, &ek, &ak)
				   : malformed(challenge->enrolment_path, res);
	if (status == EXIT_STATUS_OK)
		status = make_challenge(challenge, &enrolment, &ek, &ak);
out:
	enrolment_clear(&enrolment);
	mdoc_buf_clear(&text);
	return status;
}

/* ---- Second round ---- */

static enum exit_status
check_answer(struct challenge *challenge, const struct answer *answer)
{
	uint8_t digest[MDOC_DIGEST_MAX], expected[PART_DIGEST_LEN];
	char id[2 * CHALLENGE_ID_LEN + 1];
	enum register_result res;
	size_t len;

	issuer_hex(mdoc_bytes_of(answer->id, CHALLENGE_ID_LEN), id);
	res = register_find_challenge(challenge->issuer.db, id, challenge->now, &challenge->row);
	if (res != REGISTER_OK)
		return issuer_register_error(_("The answer is refused."), challenge->issuer.db, res);
	if (mdoc_digest(tool_context(), MDOC_SHA256, mdoc_bytes_of(answer->credential, CREDENTIAL_LEN), digest, &len) !=
		MDOC_OK)
		return tool_no_memory();
	if (issuer_unhex(challenge->row.secret, expected, sizeof(expected)) &&
		CRYPTO_memcmp(digest, expected, sizeof(expected)) == 0)
		return EXIT_STATUS_OK;
	(void)register_log(challenge->issuer.db, challenge->now, "answer-refused", id);
	return refused(_("The answer is refused."), _("It is not what the TPM of this challenge would have answered."));
}

static enum exit_status
read_answer(struct challenge *challenge)
{
	struct mdoc_buf text = MDOC_BUF_EMPTY;
	struct answer answer;
	enum exit_status status;
	enum message_result res;

	status = file_read(challenge->answer_path, ENROLMENT_BYTES_MAX, &text);
	if (status == EXIT_STATUS_OK) {
		res = answer_parse(tool_context(), mdoc_buf_bytes(&text), &answer);
		status = res == MESSAGE_OK ? check_answer(challenge, &answer) : malformed(challenge->answer_path, res);
		OPENSSL_cleanse(&answer, sizeof(answer));
	}
	mdoc_buf_clear(&text);
	return status;
}

/* The attestation key as it was enrolled. */
static enum exit_status
enrolled_key(const struct challenge *challenge, struct mdoc_public_key *key)
{
	const size_t len = strlen(challenge->row.ak_area) / 2;
	uint8_t area[REGISTER_AREA_MAX];
	struct part_public ak;

	if (issuer_unhex(challenge->row.ak_area, area, len) &&
		evidence_ak_parse(tool_context(), mdoc_bytes_of(area, len), &ak, key) == EVIDENCE_OK)
		return EXIT_STATUS_OK;
	tool_error("%s", _("The register does not hold the attestation key of this challenge."));
	return EXIT_STATUS_TROUBLE;
}

/* Not longer than the CA itself. */
static int64_t
last_day(const struct challenge *challenge, struct mdoc_bytes ca)
{
	int64_t until = challenge->now + (int64_t)challenge->days.value * DAY - 1;
	struct mdoc_cert *cert = NULL;

	if (mdoc_cert_parse(tool_context(), ca, &cert, NULL) == MDOC_OK && mdoc_cert_not_after(cert) < until)
		until = mdoc_cert_not_after(cert);
	mdoc_cert_free(cert);
	return until;
}

static enum exit_status
certify(struct challenge *challenge, struct authority *authority, struct mdoc_buf *der)
{
	struct mdoc_signer signer;
	struct attest_ca_spec spec = {
		.ca = mdoc_buf_bytes(&authority->certificate),
		.signer = &signer,
		.token = challenge->row.serial,
		.not_before = challenge->now,
	};
	uint8_t serial[EVIDENCE_SERIAL_MAX];
	struct mdoc_error error = { .code = MDOC_OK };
	enum exit_status status;

	status = enrolled_key(challenge, &spec.key);
	if (status != EXIT_STATUS_OK)
		return status;
	mdoc_p11_signer(&authority->key, MDOC_CURVE_P256, &signer);
	challenge->valid_until = spec.not_after = last_day(challenge, spec.ca);
	if (challenge->valid_until < challenge->now)
		return refused(_("The attestation key is not certified."),
			_("The certificate of the attestation CA has expired."));
	error.code = attest_ca_certify(tool_context(), &spec, der, serial);
	if (error.code != MDOC_OK)
		return issuer_sign_error(_("The certificate could not be made."), &error, &authority->key);
	issuer_hex(mdoc_bytes_of(serial, sizeof(serial)), challenge->certificate);
	return EXIT_STATUS_OK;
}

static enum exit_status
second_round(struct challenge *challenge)
{
	const struct issuer *issuer = &challenge->issuer;
	const char *module = challenge->common.module != NULL ? challenge->common.module : issuer->module;
	struct authority authority = { .certificate = MDOC_BUF_EMPTY };
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	enum exit_status status;
	enum register_result res;

	status = read_answer(challenge);
	if (status == EXIT_STATUS_OK)
		status = issuer_token_open(module, issuer->token, &challenge->pin, &challenge->token);
	if (status == EXIT_STATUS_OK)
		status = authority_open(&challenge->issuer, &challenge->token, challenge->now, &authority);
	if (status == EXIT_STATUS_OK)
		status = certify(challenge, &authority, &der);
	if (status != EXIT_STATUS_OK)
		goto out;
	res = register_enrol(issuer->db, challenge->row.id, challenge->certificate, challenge->now,
		challenge->valid_until);
	if (res != REGISTER_OK)
		status = not_entered(challenge, _("The enrolment cannot be entered in the register."), res);
	else
		status = issuer_write_certificate(challenge->out, mdoc_buf_bytes(&der));
out:
	mdoc_buf_clear(&der);
	authority_close(&authority);
	return status;
}

/* ---- The command ---- */

static enum exit_status
report(const struct challenge *challenge)
{
	const struct register_challenge *row = &challenge->row;
	char until[32], utc[MDOC_TDATE_LEN + 1];
	enum exit_status status;
	json_t *json;

	if (!challenge->common.json || strcmp(challenge->out, "-") == 0) {
		time_print_jst(challenge->valid_until, until);
		if (challenge->enrolment_path != NULL)
			tool_note(_("The TPM of token %s is challenged; the holder answers %s."), row->serial,
				challenge->out);
		else
			tool_note(_("The TPM of token %s is enrolled until %s; give the holder %s."), row->serial,
				until, challenge->out);
		return EXIT_STATUS_OK;
	}
	json = json_pack("{s:s, s:s, s:s, s:s, s:s}", "challenge", row->id, "token", row->serial, "endorsement_key",
		row->ek, "attestation_key", row->ak, "out", challenge->out);
	if (json != NULL && challenge->answer_path != NULL) {
		mdoc_tdate_print(challenge->valid_until, utc);
		(void)json_object_set_new(json, "certificate", json_string(challenge->certificate));
		(void)json_object_set_new(json, "valid_until", json_string(utc));
	}
	status = json == NULL ? tool_no_memory() : json_print(json);
	json_decref(json);
	return status;
}

static enum exit_status
check_usage(const struct command *command, const struct challenge *challenge)
{
	if ((challenge->enrolment_path != NULL) == (challenge->answer_path != NULL))
		return options_wrong(command, _("give --enrolment or --answer"));
	if (challenge->enrolment_path != NULL && challenge->ek_ca.count == 0)
		return options_wrong(command, _("--enrolment wants --ek-ca: whose TPMs are trusted"));
	if (challenge->answer_path != NULL && challenge->ek_ca.count != 0)
		return options_wrong(command, _("--ek-ca goes with --enrolment"));
	return EXIT_STATUS_OK;
}

static void
clear(struct challenge *challenge)
{
	issuer_token_close(&challenge->token);
	issuer_close(&challenge->issuer);
	for (size_t i = 0; i < challenge->anchor_count; i++)
		mdoc_buf_clear(&challenge->anchor_room[i]);
	free(challenge->anchor_room);
	free(challenge->anchors);
	option_list_clear(&challenge->ek_ca);
}

int
cmd_challenge(const struct command *command, int argc, char **argv)
{
	struct challenge challenge = {
		.issuer = { .iaca = MDOC_BUF_EMPTY, .ds = MDOC_BUF_EMPTY },
		.days = { CERTIFICATE_DAYS, 1, CERTIFICATE_DAYS_MAX, false },
	};
	const char *at = NULL;
	const struct option_row rows[] = {
		{ "dir", OPTION_TEXT, &challenge.dir, N_("FOLDER"), N_("the issuer's folder"), true },
		{ "enrolment", OPTION_TEXT, &challenge.enrolment_path, N_("FILE"),
			N_("first round: the enrolment that \"mdoc-token attest\" wrote"), false },
		{ "ek-ca", OPTION_LIST, &challenge.ek_ca, N_("FILE"),
			N_("certificates of a maker of TPMs that is trusted; may be repeated"), false },
		{ "answer", OPTION_TEXT, &challenge.answer_path, N_("FILE"),
			N_("second round: what \"mdoc-token attest --answer\" wrote"), false },
		{ "out", OPTION_TEXT, &challenge.out, N_("FILE"),
			N_("where the challenge or the certificate is written"), true },
		{ "days", OPTION_NUMBER, &challenge.days, N_("DAYS"), N_("life of the certificate (365)"), false },
		{ "pin-file", OPTION_TEXT, &challenge.pin.file, N_("FILE"), N_("read the token's PIN from a file"),
			false },
		{ "pin-fd", OPTION_TEXT, &challenge.pin.fd, N_("NUMBER"), N_("read the token's PIN from a descriptor"),
			false },
		{ "at", OPTION_TEXT, &at, N_("TIME"), N_("act as if it were this time (RFC 3339); for tests"), false },
		{ NULL, OPTION_END, NULL, NULL, NULL, false },
	};
	enum exit_status status;

	status = options_parse(command, rows, &challenge.common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return (int)status;
	status = check_usage(command, &challenge);
	if (status == EXIT_STATUS_OK)
		status = clock_option(command, at, &challenge.now);
	if (status == EXIT_STATUS_OK && tool_context() == NULL)
		status = tool_no_memory();
	if (status == EXIT_STATUS_OK)
		status = issuer_open(challenge.dir, &challenge.issuer);
	if (status == EXIT_STATUS_OK)
		status = challenge.enrolment_path != NULL ? first_round(&challenge) : second_round(&challenge);
	if (status == EXIT_STATUS_OK)
		status = report(&challenge);
	clear(&challenge);
	return (int)status;
}
