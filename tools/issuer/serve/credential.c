/*
 * credential.c: the nonce, credential and notification endpoints (OpenID4VCI 1.0, 7, 8 and 11).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/common/clock.h"
#include "tools/common/jwt.h"
#include "tools/common/message.h"
#include "tools/issuer/device_attestation.h"
#include "tools/issuer/serve/service.h"

void
service_nonce(struct service *service, struct web_reply *reply)
{
	char nonce[SECRET_NONCE + 1];

	if (!secret_nonce(tool_context(), service->nonce_key, clock_now(), nonce)) {
		web_reply_error(reply, 500, "server_error", NULL);
		return;
	}
	web_reply_json(reply, 200, json_pack("{s:s}", "c_nonce", nonce));
}

/* ---- What a request says, before anything of it is checked ---- */

/* A member of the claims, or of the header, of the first proof; a copy; NULL: there is none. */
static char *
of_first_proof(const json_t *request, const char *type, bool header, const char *member)
{
	const json_t *jwts = json_object_get(json_object_get(request, "proofs"), type);
	const char *text = json_string_value(json_array_get(jwts, 0));
	const char *value = NULL;
	char *copy = NULL;
	struct jwt jwt;

	if (text == NULL || jwt_parse(mdoc_text(text), &jwt) != MDOC_OK)
		return NULL;
	value = json_string_value(json_object_get(header ? jwt.header : jwt.claims, member));
	if (value != NULL)
		copy = strdup(value);
	jwt_clear(&jwt);
	return copy;
}

/* The TLS key that a key attestation of a token of ours names. */
static bool
names_line(const char *attestation, const char *tls)
{
	struct jwt jwt;
	const char *named;
	bool same = false;

	if (jwt_parse(mdoc_text(attestation), &jwt) == MDOC_OK) {
		named = json_string_value(json_object_get(json_object_get(jwt.claims, DEVICE_CLAIM), "tls"));
		same = named != NULL && strcmp(named, tls) == 0;
		jwt_clear(&jwt);
	}
	return same;
}

/*
 * An enrolment registers the key of the line that it came over, and no other (R-CARD-07). A wallet that attests nothing
 * gets copies, but is no enrolment that could be renewed.
 */
static bool
is_on_its_line(const json_t *request, const char *tls)
{
	const json_t *own = json_array_get(json_object_get(json_object_get(request, "proofs"), "attestation"), 0);
	char *attestation = of_first_proof(request, "jwt", true, "key_attestation");
	bool good = true;

	/* Beside the evidence of a TPM; or it is the proof itself. */
	if (attestation == NULL)
		attestation = of_first_proof(request, "attestation", true, "key_attestation");
	if (attestation == NULL && json_is_string(own))
		attestation = strdup(json_string_value(own));
	if (attestation != NULL && device_attestation_is(attestation))
		good = names_line(attestation, tls);
	free(attestation);
	return good;
}

/* A nonce is entered in the register when it comes back: whoever asks for one costs nothing. */
static bool
take_nonce(struct service *service, const json_t *request, struct web_reply *reply)
{
	const int64_t now = clock_now();
	char *nonce = of_first_proof(request, "jwt", false, "nonce");
	bool good;

	if (nonce == NULL)
		nonce = of_first_proof(request, "attestation", false, "nonce");
	good = nonce != NULL && secret_nonce_is(tool_context(), service->nonce_key, nonce, now, SERVICE_NONCE_LIFE);
	/* It may be there from a request that failed; whether it was used is checked with the order. */
	if (good)
		(void)register_offer(service->issuer.db, nonce, now);
	else
		web_reply_error(reply, 400, "invalid_nonce", "the nonce is missing, too old, or not from here");
	free(nonce);
	return good;
}

/* ---- Credentials ---- */

static void
reply_answer(struct service_job *job, struct web_reply *reply)
{
	struct issuance_answer *answer = &job->answer;

	if (!job->good) {
		web_reply_json(reply, job->refusal.code == ISSUANCE_TROUBLE ? 500 : 400, issuance_json(&job->refusal));
		return;
	}
	if (answer->jwe == NULL) {
		web_reply_json(reply, 200, json_incref(answer->response));
		return;
	}
	reply->status = 200;
	reply->type = "application/jwt";
	mdoc_buf_append(&reply->body, mdoc_text(answer->jwe));
	if (answer->signature != NULL) {
		reply->headers[0].name = SERVICE_SIGNATURE;
		reply->headers[0].value = strdup(answer->signature);
	}
}

static struct service_job *
make_job(json_t *request, const struct service_client *client)
{
	struct service_job *job = calloc(1, sizeof(*job));

	if (job == NULL)
		return NULL;
	job->holders = 1;
	job->request = json_incref(request);
	memcpy(job->device, client->device, sizeof(job->device));
	snprintf(job->grant, sizeof(job->grant), "%s",
		client->device[0] == '\0' && client->grant.secret != NULL ? client->grant.secret : client->grant.hash);
	if (client->device[0] == '\0' && client->grant.detail != NULL)
		job->person = strdup(client->grant.detail);
	return job;
}

static bool
is_unused(struct service *service, const struct service_client *client, struct web_reply *reply)
{
	const bool good = client->device[0] != '\0' || service_may_enrol(service, &client->grant);

	if (!good)
		web_reply_error(reply, 400, "credential_request_denied", "this offer has been taken");
	return good;
}

static void
order(struct service *service, struct web_request *request, json_t *json, const struct service_client *client,
	struct web_reply *reply)
{
	struct service_job *job;

	if (!is_on_its_line(json, client->tls)) {
		web_reply_error(reply, 400, "invalid_proof", "the key attestation names another TLS key");
		return;
	}
	if (!is_unused(service, client, reply) || !take_nonce(service, json, reply))
		return;
	job = make_job(json, client);
	if (job == NULL) {
		web_reply_error(reply, 500, "server_error", NULL);
		return;
	}
	if (!service_queue(service, job)) {
		service_job_drop(service, job);
		web_reply_error(reply, 503, "temporarily_unavailable", NULL);
		reply->retry_after = 10;
		return;
	}
	request->kept = job;
	web_wait(request, job, SERVICE_WAIT);
	/* It may have been done before anybody waited. */
	if (service_job_done(service, job))
		web_wake(service->web, job);
}

void
service_credential(struct service *service, struct web_request *request, struct web_reply *reply)
{
	struct service_client client = { .device = "" };
	json_t *json = NULL;

	if (request->kept != NULL) {
		if (service_job_done(service, request->kept))
			reply_answer(request->kept, reply);
		else
			web_reply_error(reply, 503, "temporarily_unavailable", NULL);
		return;
	}
	if (service_authorize(service, request, reply, &client)) {
		json = json_loadb((const char *)request->body.ptr, request->body.len, JSON_REJECT_DUPLICATES, NULL);
		if (json_is_object(json))
			order(service, request, json, &client, reply);
		else
			web_reply_error(reply, 400, "invalid_credential_request", "the body is not a JSON object");
	}
	json_decref(json);
	service_client_clear(&client);
}

/* ---- Notifications ---- */

/* credential_accepted: the holder has bound the copies, and what was before them ends. Nobody else says so. */
static unsigned
note(struct service *service, const char *tls, const char *id, const char *event, const char **code)
{
	static const char *const events[] = { "credential_accepted", "credential_failure", "credential_deleted" };
	enum register_result res = REGISTER_OK;
	bool known = false, own = false;

	for (size_t i = 0; event != NULL && i < sizeof(events) / sizeof(events[0]); i++)
		known = known || strcmp(event, events[i]) == 0;
	*code = "invalid_notification_request";
	if (id == NULL || !known)
		return 400;
	*code = "invalid_notification_id";
	res = register_notification_is_of(service->issuer.db, id, tls, &own);
	if (res != REGISTER_OK || !own)
		return res == REGISTER_OK ? 400 : 500;
	if (strcmp(event, "credential_accepted") == 0)
		res = register_delivered(service->issuer.db, id, clock_now(), NULL);
	else
		res = register_log(service->issuer.db, clock_now(), event, NULL);
	if (res == REGISTER_OK)
		return 204;
	return res == REGISTER_END ? 400 : 500;
}

void
service_notification(struct service *service, struct web_request *request, struct web_reply *reply)
{
	struct service_client client = { .device = "" };
	const char *code = NULL;
	json_t *json = NULL;
	unsigned status;

	if (!service_authorize(service, request, reply, &client))
		goto out;
	json = json_loadb((const char *)request->body.ptr, request->body.len, JSON_REJECT_DUPLICATES, NULL);
	status = note(service, client.tls, json_string_value(json_object_get(json, "notification_id")),
		json_string_value(json_object_get(json, "event")), &code);
	if (status == 204)
		reply->status = 204;
	else
		web_reply_error(reply, status, code, NULL);
out:
	json_decref(json);
	service_client_clear(&client);
}
