/* worker.c: the threads that check, sign and enter what was ordered. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "tools/common/clock.h"
#include "tools/common/message.h"
#include "tools/issuer/serve/service.h"

/* With the lock. */
static void
let_go(struct service_job *job)
{
	if (--job->holders > 0)
		return;
	issuance_answer_clear(&job->answer);
	json_decref(job->request);
	free(job->person);
	free(job);
}

void
service_job_drop(struct service *service, struct service_job *job)
{
	pthread_mutex_lock(&service->lock);
	let_go(job);
	pthread_mutex_unlock(&service->lock);
}

bool
service_job_done(struct service *service, struct service_job *job)
{
	bool done;

	pthread_mutex_lock(&service->lock);
	done = job->done;
	pthread_mutex_unlock(&service->lock);
	return done;
}

/* With the lock: is another order of this access token under way? */
static bool
is_second(const struct service *service, const struct service_job *job)
{
	for (const struct service_job *one = service->jobs; one != NULL; one = one->next)
		if (strcmp(one->grant, job->grant) == 0)
			return true;
	for (size_t i = 0; i < service->worker_count; i++)
		if (service->workers[i].job != NULL && strcmp(service->workers[i].job->grant, job->grant) == 0)
			return true;
	return false;
}

bool
service_queue(struct service *service, struct service_job *job)
{
	bool room;

	pthread_mutex_lock(&service->lock);
	room = service->waiting < SERVICE_JOBS_MAX && !service->stopping && !is_second(service, job);
	if (room) {
		job->holders++;
		*service->last = job;
		service->last = &job->next;
		service->waiting++;
		pthread_cond_signal(&service->work);
	}
	pthread_mutex_unlock(&service->lock);
	return room;
}

bool
service_busy(struct service *service)
{
	bool busy;

	pthread_mutex_lock(&service->lock);
	busy = service->waiting > 0;
	pthread_mutex_unlock(&service->lock);
	return busy;
}

/* ---- The threads ---- */

/* NULL: go home. */
static struct service_job *
next_job(struct service_worker *worker)
{
	struct service *service = worker->service;
	struct service_job *job;

	pthread_mutex_lock(&service->lock);
	while (service->jobs == NULL && !service->ended)
		pthread_cond_wait(&service->work, &service->lock);
	job = service->ended ? NULL : service->jobs;
	if (job != NULL) {
		service->jobs = job->next;
		if (service->jobs == NULL)
			service->last = &service->jobs;
		job->next = NULL;
	}
	worker->job = job;
	pthread_mutex_unlock(&service->lock);
	return job;
}

static void
do_job(struct service_worker *worker, struct service_job *job)
{
	const struct service_options *options = worker->service->options;
	const bool renewal = job->device[0] != '\0';
	const struct issuance_order order = {
		.request = job->request,
		.person = job->person,
		.device = renewal ? job->device : NULL,
		.grant = renewal ? NULL : job->grant, /* an offer is good for one enrolment */
		.operator_ = options->operator_,
		.now = clock_now(),
		.renewal = renewal,
		.sealed = !options->take_plain,
		.supersede = !renewal, /* whoever made the offer looked at the person, and the old device ends */
	};

	job->good = issuance_run(worker->issuance, &order, &job->answer, &job->refusal);
	service_say(worker->service, "%s: %s", renewal ? "renewal" : "enrolment",
		job->good ? "issued" : issuance_error(job->refusal.code));
}

static void *
work(void *arg)
{
	struct service_worker *worker = arg;
	struct service *service = worker->service;
	struct service_job *job;

	while ((job = next_job(worker)) != NULL) {
		do_job(worker, job);
		pthread_mutex_lock(&service->lock);
		job->done = true;
		worker->job = NULL;
		service->waiting--;
		pthread_mutex_unlock(&service->lock);
		web_wake(service->web, job);
		service_job_drop(service, job);
	}
	return NULL;
}

/* The login is the process's, the session this worker's. */
static enum exit_status
open_session(struct service_worker *worker)
{
	struct service *service = worker->service;
	enum exit_status status;

	worker->token.p11 = service->token.p11;
	status = p11_token_open(&worker->token.p11, worker->issuer.token, true, &worker->token.token);
	worker->token.token.pin = service->token.token.pin;
	return status;
}

static enum exit_status
open_worker(struct service_worker *worker)
{
	const struct service_options *options = worker->service->options;
	const struct issuance_rules rules = { .require_bound = options->require_bound };
	enum exit_status status = issuer_open(options->dir, &worker->issuer);

	if (status == EXIT_STATUS_OK)
		status = open_session(worker);
	/* The identifier of this service is what proofs are meant for. */
	worker->issuer.uri = worker->service->origin;
	if (status == EXIT_STATUS_OK)
		status = issuance_open(&worker->issuer, &worker->token, &rules, &worker->issuance);
	return status;
}

enum exit_status
service_workers_start(struct service *service)
{
	const size_t count = service->options->workers.value;
	enum exit_status status = EXIT_STATUS_OK;

	service->workers = calloc(count, sizeof(*service->workers));
	if (service->workers == NULL)
		return tool_no_memory();
	for (size_t i = 0; status == EXIT_STATUS_OK && i < count; i++) {
		struct service_worker *worker = &service->workers[i];

		worker->service = service;
		service->worker_count = i + 1;
		status = open_worker(worker);
	}
	for (size_t i = 0; status == EXIT_STATUS_OK && i < count; i++) {
		struct service_worker *worker = &service->workers[i];

		worker->running = pthread_create(&worker->thread, NULL, work, worker) == 0;
		if (!worker->running) {
			tool_error(_("The server could not be started."));
			status = EXIT_STATUS_TROUBLE;
		}
	}
	return status;
}

void
service_workers_stop(struct service *service)
{
	pthread_mutex_lock(&service->lock);
	service->ended = true;
	pthread_cond_broadcast(&service->work);
	pthread_mutex_unlock(&service->lock);
	for (size_t i = 0; i < service->worker_count; i++) {
		struct service_worker *worker = &service->workers[i];

		if (worker->running)
			(void)pthread_join(worker->thread, NULL);
		issuance_close(worker->issuance);
		/* Its session alone: the module and the login are the service's. */
		p11_token_close(&worker->token.token);
		issuer_close(&worker->issuer);
	}
	free(service->workers);
	service->workers = NULL;
	service->worker_count = 0;
	pthread_mutex_lock(&service->lock);
	while (service->jobs != NULL) {
		struct service_job *job = service->jobs;

		service->jobs = job->next;
		let_go(job);
	}
	service->last = &service->jobs;
	service->waiting = 0;
	pthread_mutex_unlock(&service->lock);
}
