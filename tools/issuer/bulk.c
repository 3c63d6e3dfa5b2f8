/*
 * bulk.c: many orders at once. Threads check, sign and write; this one enters in the register what they have written, in
 * groups, and only then gives the files their names.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/common/clock.h"
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/terminal.h"
#include "tools/issuer/bulk_internal.h"

/* An order between a thread that signed it and the register. */
struct made {
	struct bulk_item item;
	struct issuance_work *work;
	struct issuance_refusal refusal;
	char *part; /* NULL: refused, or had its response before */
	bool already;
};

struct run {
	const struct bulk *bulk;
	struct bulk_source source;
	pthread_mutex_t lock;
	pthread_cond_t filled, emptied;
	struct made *queue[BULK_GROUP];
	size_t queued;
	size_t working; /* threads that still run */
	bool stop;
	enum exit_status status; /* of what stopped it */
	struct register_place places[BULK_PLACES];
	size_t places_left;
	/* counted by the thread that enters */
	size_t done, issued, already, refused, copies;
};

struct worker {
	struct run *run;
	struct issuer issuer;
	struct issuer_token token;
	struct issuance *issuance;
	pthread_t thread;
	bool started;
};

static void
made_free(struct made *made)
{
	if (made == NULL)
		return;
	issuance_work_free(made->work);
	bulk_item_clear(&made->item);
	free(made->part);
	free(made);
}

static void
stop(struct run *run, enum exit_status status)
{
	pthread_mutex_lock(&run->lock);
	if (!run->stop)
		run->status = status;
	run->stop = true;
	pthread_cond_broadcast(&run->filled);
	pthread_cond_broadcast(&run->emptied);
	pthread_mutex_unlock(&run->lock);
}

/* ---- The threads that sign ---- */

static enum exit_status
take_item(struct run *run, struct bulk_item *item, bool *more)
{
	enum exit_status status = EXIT_STATUS_OK;

	pthread_mutex_lock(&run->lock);
	*more = !run->stop;
	if (*more)
		status = bulk_source_next(&run->source, item, more);
	pthread_mutex_unlock(&run->lock);
	return status;
}

/* Entries of status lists are drawn for many orders at once: each draw is a transaction. */
static bool
give_places(struct worker *worker, struct made *made)
{
	struct run *run = worker->run;
	const size_t need = issuance_copies(made->work);
	bool good = true;

	if (!issuance_wants_places(worker->issuance))
		return true;
	pthread_mutex_lock(&run->lock);
	if (run->places_left < need && need <= BULK_PLACES) {
		good = register_places(worker->issuer.db, worker->issuer.uri, worker->issuer.list_size, BULK_PLACES,
			       run->bulk->order->now, run->places) == REGISTER_OK;
		run->places_left = good ? BULK_PLACES : 0;
	}
	if (good && need <= run->places_left) {
		run->places_left -= need;
		good = issuance_give_places(made->work, &run->places[run->places_left]);
	}
	pthread_mutex_unlock(&run->lock);
	if (!good)
		tool_error("%s", _("No entries of a status list could be drawn."));
	return good;
}

static enum exit_status
write_part(struct run *run, struct made *made)
{
	struct issuance_answer answer;
	enum exit_status status = EXIT_STATUS_TROUBLE;
	json_t *response;
	char *text = NULL;

	issuance_take(made->work, &answer);
	response = answer.jwe != NULL ? issuance_sealed_json(&answer) : json_incref(answer.response);
	made->part = bulk_part_path(run->bulk->out, made->item.name, issuance_notification(made->work));
	if (response != NULL && made->part != NULL)
		text = json_dumps(response, JSON_COMPACT);
	if (text != NULL)
		status = file_write(made->part, 0600, mdoc_text(text));
	else
		(void)tool_no_memory();
	free(text);
	json_decref(response);
	issuance_answer_clear(&answer);
	return status;
}

static bool
has_response(const struct run *run, const struct made *made)
{
	char *path = bulk_final_path(run->bulk->out, made->item.name);
	const bool has = path != NULL && file_exists(path);

	free(path);
	return has;
}

/* One order; EXIT_STATUS_OK also when it was refused. */
static enum exit_status
make(struct worker *worker, struct made *made)
{
	struct run *run = worker->run;
	struct issuance_order order = *run->bulk->order;

	made->already = has_response(run, made);
	if (made->already)
		return EXIT_STATUS_OK;
	if (bulk_item_read(&run->source, &made->item) != EXIT_STATUS_OK) {
		made->refusal =
			(struct issuance_refusal){ .code = ISSUANCE_BAD_REQUEST, .what = N_("It is no order.") };
		return EXIT_STATUS_OK;
	}
	order.request = json_object_get(made->item.json, "request");
	order.claims = json_object_get(made->item.json, "claims");
	order.person = json_string_value(json_object_get(made->item.json, "person"));
	if (issuance_check(worker->issuance, &order, &made->work, &made->refusal) && !give_places(worker, made))
		return EXIT_STATUS_TROUBLE;
	if (made->refusal.code == ISSUANCE_DONE && issuance_sign(worker->issuance, made->work, &made->refusal))
		return write_part(run, made);
	return made->refusal.code == ISSUANCE_TROUBLE ? EXIT_STATUS_TROUBLE : EXIT_STATUS_OK;
}

static bool
hand_over(struct run *run, struct made *made)
{
	bool taken;

	pthread_mutex_lock(&run->lock);
	while (run->queued == BULK_GROUP && !run->stop)
		pthread_cond_wait(&run->emptied, &run->lock);
	taken = !run->stop;
	if (taken)
		run->queue[run->queued++] = made;
	pthread_cond_signal(&run->filled);
	pthread_mutex_unlock(&run->lock);
	return taken;
}

static void
work(struct worker *worker)
{
	enum exit_status status = EXIT_STATUS_OK;
	bool more = true;

	while (more && status == EXIT_STATUS_OK) {
		struct made *made = calloc(1, sizeof(*made));

		if (made == NULL)
			status = tool_no_memory();
		else
			status = take_item(worker->run, &made->item, &more);
		if (status == EXIT_STATUS_OK && more)
			status = make(worker, made);
		if (status != EXIT_STATUS_OK || !more || !hand_over(worker->run, made)) {
			made_free(made); /* a part that is left is put right by the next run */
			break;
		}
	}
	if (status != EXIT_STATUS_OK)
		stop(worker->run, status);
}

static void *
worker_main(void *arg)
{
	struct worker *worker = arg;
	struct run *run = worker->run;

	work(worker);
	pthread_mutex_lock(&run->lock);
	run->working--;
	pthread_cond_signal(&run->filled);
	pthread_mutex_unlock(&run->lock);
	return NULL;
}

/* ---- The thread that enters ---- */

static enum exit_status
say_refused(struct run *run, const struct made *made)
{
	char *path = bulk_refused_path(run->bulk->out, made->item.name);
	json_t *json = issuance_json(&made->refusal);
	enum exit_status status;

	run->refused++;
	tool_error(_("Order %s was refused."), made->item.name);
	issuance_say(&made->refusal);
	status = path == NULL || json == NULL ? tool_no_memory() : json_write(path, 0600, json);
	json_decref(json);
	free(path);
	return status;
}

/* The response counts from now on. */
static enum exit_status
name_file(struct run *run, struct made *made)
{
	char *final = bulk_final_path(run->bulk->out, made->item.name);
	char *refused = bulk_refused_path(run->bulk->out, made->item.name);
	enum exit_status status = EXIT_STATUS_TROUBLE;

	if (final != NULL && refused != NULL && rename(made->part, final) == 0)
		status = EXIT_STATUS_OK;
	else
		tool_error("%s: %s", made->part, strerror(errno));
	if (refused != NULL)
		(void)unlink(refused);
	free(final);
	free(refused);
	run->issued++;
	run->copies += issuance_copies(made->work);
	return status;
}

static enum exit_status
enter_group(struct run *run, struct issuance *issuance, struct made **group, size_t n)
{
	struct issuance_work *works[BULK_GROUP];
	struct issuance_refusal refusals[BULK_GROUP];
	struct made *entered[BULK_GROUP];
	enum exit_status status = EXIT_STATUS_OK;
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		run->done++;
		run->already += group[i]->already;
		if (group[i]->part == NULL) {
			if (!group[i]->already && status == EXIT_STATUS_OK)
				status = say_refused(run, group[i]);
			continue;
		}
		works[count] = group[i]->work;
		entered[count++] = group[i];
	}
	if (count > 0 && !issuance_enter_many(issuance, works, count, refusals))
		return EXIT_STATUS_TROUBLE;
	for (size_t i = 0; i < count && status == EXIT_STATUS_OK; i++) {
		entered[i]->refusal = refusals[i];
		if (refusals[i].code == ISSUANCE_DONE) {
			status = name_file(run, entered[i]);
		} else {
			(void)unlink(entered[i]->part);
			status = say_refused(run, entered[i]);
		}
	}
	return status == EXIT_STATUS_OK && count > 0 ? bulk_sync_folder(run->bulk->out) : status;
}

/* What is there, at least one; 0: all threads have ended. */
static size_t
collect(struct run *run, struct made **group)
{
	size_t n;

	pthread_mutex_lock(&run->lock);
	while (run->queued == 0 && run->working > 0)
		pthread_cond_wait(&run->filled, &run->lock);
	n = run->queued;
	memcpy(group, run->queue, n * sizeof(*group));
	run->queued = 0;
	pthread_cond_broadcast(&run->emptied);
	pthread_mutex_unlock(&run->lock);
	return n;
}

static void
enter_all(struct run *run, struct issuance *issuance)
{
	struct made *group[BULK_GROUP];
	size_t n;

	while ((n = collect(run, group)) > 0) {
		/* What was signed when another thread had trouble is good all the same. */
		const enum exit_status status = enter_group(run, issuance, group, n);

		for (size_t i = 0; i < n; i++)
			made_free(group[i]);
		if (status != EXIT_STATUS_OK)
			stop(run, status);
		else
			terminal_progress(_("orders"), run->done, run->source.count);
	}
}

/* ---- The run ---- */

static enum exit_status
start_worker(struct run *run, struct worker *worker)
{
	const struct bulk *bulk = run->bulk;
	enum exit_status status;

	worker->run = run;
	status = issuer_open(bulk->issuer->dir, &worker->issuer);
	if (status == EXIT_STATUS_OK)
		status = issuer_token_again(bulk->token, &worker->token);
	if (status == EXIT_STATUS_OK)
		status = issuance_open(&worker->issuer, &worker->token, bulk->rules, &worker->issuance);
	if (status != EXIT_STATUS_OK)
		return status;
	pthread_mutex_lock(&run->lock);
	worker->started = pthread_create(&worker->thread, NULL, worker_main, worker) == 0;
	run->working += worker->started;
	pthread_mutex_unlock(&run->lock);
	return worker->started ? EXIT_STATUS_OK : tool_no_memory();
}

static enum exit_status
run_workers(struct run *run, struct issuance *issuance)
{
	const long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t jobs = run->bulk->jobs.given ? run->bulk->jobs.value : processors > 0 ? (size_t)processors : 1;
	struct worker *workers;
	enum exit_status status = EXIT_STATUS_OK;

	if (jobs > BULK_JOBS_MAX)
		jobs = BULK_JOBS_MAX;
	workers = calloc(jobs, sizeof(*workers));
	if (workers == NULL)
		return tool_no_memory();
	for (size_t i = 0; i < jobs && status == EXIT_STATUS_OK; i++)
		status = start_worker(run, &workers[i]);
	if (status != EXIT_STATUS_OK)
		stop(run, status);
	enter_all(run, issuance);
	for (size_t i = 0; i < jobs; i++) {
		if (workers[i].started)
			(void)pthread_join(workers[i].thread, NULL);
		issuance_close(workers[i].issuance);
		issuer_token_close(&workers[i].token);
		issuer_close(&workers[i].issuer);
	}
	free(workers);
	return run->stop ? run->status : EXIT_STATUS_OK;
}

static enum exit_status
report(const struct run *run, int64_t milliseconds)
{
	enum exit_status status;
	json_t *json;

	if (!run->bulk->json) {
		tool_note(_("%zu orders: %zu issued (%zu copies), %zu had their response before, %zu refused"),
			run->done, run->issued, run->copies, run->already, run->refused);
		return EXIT_STATUS_OK;
	}
	json = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "orders", (json_int_t)run->done, "issued",
		(json_int_t)run->issued, "copies", (json_int_t)run->copies, "already", (json_int_t)run->already,
		"refused", (json_int_t)run->refused, "milliseconds", (json_int_t)milliseconds);
	status = json == NULL ? tool_no_memory() : json_print(json);
	json_decref(json);
	return status;
}

enum exit_status
bulk_issue(const struct bulk *bulk)
{
	struct run *run = calloc(1, sizeof(*run));
	const int64_t begun = clock_monotonic();
	struct issuance *issuance = NULL;
	enum exit_status status;

	if (run == NULL)
		return tool_no_memory();
	run->bulk = bulk;
	(void)pthread_mutex_init(&run->lock, NULL);
	(void)pthread_cond_init(&run->filled, NULL);
	(void)pthread_cond_init(&run->emptied, NULL);
	status = bulk_recover(bulk->out, bulk->issuer->db);
	if (status == EXIT_STATUS_OK)
		status = bulk_source_open(bulk->from, &run->source);
	if (status == EXIT_STATUS_OK)
		status = issuance_open(bulk->issuer, NULL, bulk->rules, &issuance);
	if (status == EXIT_STATUS_OK)
		status = run_workers(run, issuance);
	if (status == EXIT_STATUS_OK)
		status = report(run, clock_monotonic() - begun);
	if (status == EXIT_STATUS_OK && run->refused > 0)
		status = EXIT_STATUS_NO;
	issuance_close(issuance);
	bulk_source_close(&run->source);
	(void)pthread_cond_destroy(&run->emptied);
	(void)pthread_cond_destroy(&run->filled);
	(void)pthread_mutex_destroy(&run->lock);
	free(run);
	return status;
}
