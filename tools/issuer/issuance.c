/*
 * issuance.c: one order from its request to the register: what is ready before the first, and the three steps of each
 * (R-ISS-01, R-EXH-02).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <mdoc/base64url.h>
#include "tools/common/message.h"
#include "tools/issuer/issuance_internal.h"

#define EDITION_2021 "2021"
#define EDITION_STATUS "2021+status"

/* ---- What is ready before the first order ---- */

static enum exit_status
read_certificates(struct issuance *issuance)
{
	const struct mdoc_buf *certificates[] = { &issuance->issuer->iaca, &issuance->issuer->ds };

	for (size_t i = 0; i < 2; i++) {
		struct mdoc_public_key key;
		struct mdoc_cert *cert = NULL;

		if (mdoc_cert_parse(tool_context(), mdoc_buf_bytes(certificates[i]), &cert, NULL) != MDOC_OK ||
			mdoc_cert_public_key(cert, &key) != MDOC_OK) {
			mdoc_cert_free(cert);
			tool_error(_("The issuer's certificates in %s cannot be read."), issuance->issuer->dir);
			return EXIT_STATUS_INPUT;
		}
		issuance->from[i] = mdoc_cert_not_before(cert);
		issuance->until[i] = mdoc_cert_not_after(cert);
		issuance->curves[i] = mdoc_curve_name(key.curve);
		mdoc_cert_free(cert);
	}
	issuance->chain = mdoc_buf_bytes(&issuance->issuer->ds);
	if (issuer_certificate_serial(issuance->chain, issuance->serial))
		return EXIT_STATUS_OK;
	tool_error(_("%s/ds.pem is not the certificate of a document signer"), issuance->issuer->dir);
	return EXIT_STATUS_INPUT;
}

static enum exit_status
find_keys(struct issuance *issuance)
{
	struct issuer *issuer = issuance->issuer;
	enum exit_status status;

	if (issuance->token == NULL)
		return EXIT_STATUS_OK;
	status = issuer_find_key(issuance->token, issuer->ds_key, issuance->chain, &issuance->ds_key, &issuance->ds);
	if (status != EXIT_STATUS_OK)
		return status;
	mdoc_p11_signer(&issuance->ds_key, issuance->ds.curve, &issuance->token_signer);
	issuance->ds_signer = issuance->token_signer;
	issuance->ds_signer.sign = issuance_sign_checked;
	issuance->ds_signer.arg = issuance;
	if (mdoc_key_to_evp(tool_context(), &issuance->ds, &issuance->ds_pkey) != MDOC_OK)
		return tool_no_memory();
	if (issuer->messages_key.ptr == NULL)
		return EXIT_STATUS_OK;
	status = issuer_find_key(issuance->token, issuer->messages_key, mdoc_buf_bytes(&issuer->messages),
		&issuance->messages_key, &issuance->messages);
	if (status != EXIT_STATUS_OK)
		return status;
	mdoc_p11_signer(&issuance->messages_key, issuance->messages.curve, &issuance->messages_signer);
	issuance->seals = true;
	return EXIT_STATUS_OK;
}

static enum exit_status
take_rules(struct issuance *issuance, const struct issuance_rules *rules)
{
	const json_t *config = issuance->issuer->config;
	const char *edition = json_string_value(json_object_get(config, "edition"));
	const char *policy = json_string_value(json_object_get(config, "algorithm_policy"));

	issuance->require_attestation = rules->require_attestation || issuance->issuer->require_attestation;
	issuance->require_bound = rules->require_bound || json_is_true(json_object_get(config, "require_bound"));
	if (rules->edition != NULL)
		edition = rules->edition;
	if (edition == NULL)
		edition = EDITION_STATUS;
	if (strcmp(edition, EDITION_STATUS) != 0 && strcmp(edition, EDITION_2021) != 0) {
		tool_error(_("There is no edition \"%s\": %s or %s"), edition, EDITION_STATUS, EDITION_2021);
		return EXIT_STATUS_INPUT;
	}
	issuance->with_status = strcmp(edition, EDITION_STATUS) == 0;
	issuance->edition = issuance->with_status ? EDITION_STATUS : EDITION_2021;
	if (rules->policy != NULL)
		policy = rules->policy;
	return policy != NULL ? algorithm_policy_read(policy, &issuance->policy) : EXIT_STATUS_OK;
}

enum exit_status
issuance_open(struct issuer *issuer, struct issuer_token *token, const struct issuance_rules *rules,
	struct issuance **out)
{
	static const struct issuance_rules none = { .edition = NULL };
	struct issuance *made = calloc(1, sizeof(*made));
	enum exit_status status;

	*out = made;
	if (made == NULL || tool_context() == NULL)
		return tool_no_memory();
	made->issuer = issuer;
	made->token = token;
	status = take_rules(made, rules != NULL ? rules : &none);
	if (status == EXIT_STATUS_OK)
		status = read_certificates(made);
	if (status == EXIT_STATUS_OK)
		status = find_keys(made);
	return status;
}

void
issuance_close(struct issuance *issuance)
{
	if (issuance == NULL)
		return;
	algorithm_policy_clear(&issuance->policy);
	EVP_PKEY_free(issuance->ds_pkey);
	free(issuance);
}

/* ---- First step ---- */

struct register_batch
issuance_batch(const struct issuance *issuance, const struct issuance_work *work)
{
	return (struct register_batch){
		.nonce = work->proofs.nonce,
		.doc_type = issuance->issuer->doc_type,
		.person = work->order.renewal ? NULL : work->order.person,
		.ds_serial = issuance->serial,
		.edition = issuance->edition,
		.issued = work->order.now,
		.valid_until = work->valid_until,
		.thumbprints = work->thumbprints,
		.places = work->places,
		.count = work->proofs.count,
		.tpm = { work->tpm_name, work->evidence.count > 0 ? work->tpm_certificate : NULL },
		.device = work->claims_device ? &work->device : NULL,
		.supersede = work->order.supersede,
		.notification = work->notification,
		.grant = work->order.grant,
		.seen = work->has_person ? &work->person : NULL,
	};
}

/* What the register keeps of a new device; the texts are the claim's. */
static void
describe_device(struct issuance_work *work)
{
	struct device_claim *claim = &work->claim;

	if (!work->claims_device || work->order.renewal)
		return;
	work->device = (struct register_device){
		.serial = claim->serial,
		.backend = claim->backend,
		.attestation = claim->attestation_jwk,
		.attestation_thumbprint = claim->attestation_thumbprint,
		.response = claim->response_jwk,
		.response_thumbprint = claim->response_thumbprint,
		.notice = claim->notice_jwk,
		.tls = claim->tls,
		.bound = claim->bound || work->evidence.count > 0,
	};
}

static bool
make_notification(struct issuance_work *work)
{
	uint8_t bytes[16];
	struct mdoc_buf text = MDOC_BUF_EMPTY;
	bool done = RAND_bytes_ex(mdoc_context_libctx(tool_context()), bytes, sizeof(bytes), 0) == 1;

	if (done)
		mdoc_base64url_encode(&text, mdoc_bytes_of(bytes, sizeof(bytes)));
	done = done && text.err == MDOC_OK && text.len == ISSUANCE_NOTIFICATION_LEN;
	if (done)
		memcpy(work->notification, text.ptr, ISSUANCE_NOTIFICATION_LEN);
	mdoc_buf_clear(&text);
	return done;
}

static bool
ask_register(struct issuance *issuance, struct issuance_work *work, struct issuance_refusal *refusal)
{
	struct register_batch batch;
	size_t key = 0;

	work->thumbprints = calloc(work->proofs.count, sizeof(*work->thumbprints));
	if (work->thumbprints == NULL || !make_notification(work))
		return issuance_no_memory(refusal);
	for (size_t i = 0; i < work->proofs.count; i++)
		work->thumbprints[i] = work->proofs.keys[i].thumbprint;
	describe_device(work);
	batch = issuance_batch(issuance, work);
	return issuance_register(issuance, refusal, register_check(issuance->issuer->db, &batch, &key), key);
}

/* R-IKC-02: what was refused leaves a trace, too. */
static void
log_refusal(struct issuance *issuance, const struct issuance_order *order, const struct issuance_refusal *refusal)
{
	if (refusal->code != ISSUANCE_TROUBLE)
		(void)register_log(issuance->issuer->db, order->now, "issue-refused", issuance_error(refusal->code));
}

bool
issuance_check(struct issuance *issuance, const struct issuance_order *order, struct issuance_work **work,
	struct issuance_refusal *refusal)
{
	struct issuance_work *made = calloc(1, sizeof(*made));
	bool good;

	*work = made;
	*refusal = (struct issuance_refusal){ .code = ISSUANCE_DONE };
	if (made == NULL)
		return issuance_no_memory(refusal);
	made->order = *order;
	made->claims.values = MDOC_BUF_EMPTY;
	register_set_operator(issuance->issuer->db, order->operator_ != NULL ? order->operator_ : "service");
	good = issuance_read_request(issuance, made, refusal) && issuance_read_record(issuance, made, refusal) &&
		ask_register(issuance, made, refusal);
	if (!good)
		log_refusal(issuance, order, refusal);
	return good;
}

/* ---- Third step ---- */

bool
issuance_enter(struct issuance *issuance, struct issuance_work *work, struct issuance_refusal *refusal)
{
	const struct register_batch batch = issuance_batch(issuance, work);
	size_t key = 0;

	return issuance_register(issuance, refusal,
		register_issue_batch(issuance->issuer->db, &batch, &key, &work->issued), key);
}

bool
issuance_enter_many(struct issuance *issuance, struct issuance_work *const *works, size_t count,
	struct issuance_refusal *refusals)
{
	struct register_order *orders = calloc(count, sizeof(*orders));
	enum register_result res;
	bool done;

	if (orders == NULL)
		return issuance_no_memory(&refusals[0]);
	for (size_t i = 0; i < count; i++)
		orders[i].batch = issuance_batch(issuance, works[i]);
	res = register_issue_many(issuance->issuer->db, orders, count);
	done = res == REGISTER_OK;
	for (size_t i = 0; i < count && done; i++) {
		(void)issuance_register(issuance, &refusals[i], orders[i].result, orders[i].key);
		works[i]->issued = orders[i].issued;
	}
	if (!done)
		(void)issuer_register_error(_("The batches cannot be entered in the register."), issuance->issuer->db,
			res);
	free(orders);
	return done;
}

size_t
issuance_copies(const struct issuance_work *work)
{
	return work->proofs.count;
}

const char *
issuance_notification(const struct issuance_work *work)
{
	return work->notification;
}

void
issuance_take(struct issuance_work *work, struct issuance_answer *answer)
{
	*answer = work->answer;
	work->answer = (struct issuance_answer){ .response = NULL };
	json_decref(work->credentials);
	work->credentials = NULL;
}

bool
issuance_run(struct issuance *issuance, const struct issuance_order *order, struct issuance_answer *answer,
	struct issuance_refusal *refusal)
{
	struct issuance_work *work;
	bool done;

	*answer = (struct issuance_answer){ .response = NULL };
	done = issuance_check(issuance, order, &work, refusal) && issuance_sign(issuance, work, refusal) &&
		issuance_enter(issuance, work, refusal);
	if (done)
		issuance_take(work, answer);
	issuance_work_free(work);
	return done;
}

void
issuance_answer_clear(struct issuance_answer *answer)
{
	json_decref(answer->response);
	free(answer->jwe);
	free(answer->signature);
	*answer = (struct issuance_answer){ .response = NULL };
}

void
issuance_work_free(struct issuance_work *work)
{
	if (work == NULL)
		return;
	proofs_clear(&work->proofs);
	evidence_clear(&work->evidence);
	if (work->has_device)
		register_device_clear(&work->device);
	register_person_clear(&work->person);
	device_claim_clear(&work->claim);
	claims_clear(&work->claims);
	json_decref(work->json);
	json_decref(work->credentials);
	free(work->kid);
	free(work->thumbprints);
	free(work->places);
	issuance_answer_clear(&work->answer);
	free(work);
}
