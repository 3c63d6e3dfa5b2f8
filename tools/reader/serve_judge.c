/*
 * serve_judge.c: responses are judged one after the other, and only what may be shown is kept, for as long as it is
 * shown.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/common/message.h"
#include "tools/reader/html.h"
#include "tools/reader/keep.h"
#include "tools/reader/serve.h"

/* What is judged and what comes of it, while the lock is not held. */
struct job {
	struct serve_transaction *transaction; /* stays: it is SERVE_JUDGING */
	struct mdoc_buf responses[SERVE_CREDENTIALS];
	struct mdoc_buf transcript;
	struct mdoc_buf html;
	json_t *json;
	enum serve_state state;
};

static bool
take(struct serve *serve, struct job *job)
{
	struct serve_transaction *one;

	pthread_mutex_lock(&serve->lock);
	one = serve->jobs;
	if (one != NULL) {
		serve->jobs = one->job;
		if (serve->jobs == NULL)
			serve->last_job = &serve->jobs;
		job->transaction = one;
		memcpy(job->responses, one->responses, sizeof(job->responses));
		memset(one->responses, 0, sizeof(one->responses));
		job->transcript = one->transcript;
		one->transcript = MDOC_BUF_EMPTY;
	}
	pthread_mutex_unlock(&serve->lock);
	return one != NULL;
}

static void
put_back(struct serve *serve, struct job *job)
{
	struct serve_transaction *one = job->transaction;

	pthread_mutex_lock(&serve->lock);
	one->html = job->html;
	one->json = job->json;
	serve_say(serve, one, "%s", serve_state_name(job->state));
	serve_set_state(serve, one, job->state);
	if (one->ended)
		serve_end(serve, one);
	pthread_mutex_unlock(&serve->lock);
	for (size_t i = 0; i < SERVE_CREDENTIALS; i++)
		mdoc_buf_clear(&job->responses[i]);
	mdoc_buf_clear(&job->transcript);
}

/* What is asked for with the intent to keep it, in a folder, each under its transaction's name. */
static enum exit_status
keep(const struct serve *serve, const struct job *job, const struct reader_result *result, size_t index)
{
	char *path = NULL;
	enum exit_status status;

	if (serve->options->store == NULL || result->summary != MDOC_OK)
		return EXIT_STATUS_OK;
	if (asprintf(&path, "%s/%s-%zu.json", serve->options->store, job->transaction->name, index) < 0)
		return tool_no_memory();
	status = keep_result(result, serve->requests[index], path);
	free(path);
	return status;
}

static enum serve_state
state_of(const struct reader_result *result)
{
	static const enum serve_state states[] = {
		[RESULT_VERIFIED] = SERVE_VERIFIED,
		[RESULT_UNDETERMINED] = SERVE_UNDETERMINED,
		[RESULT_NOT_VERIFIED] = SERVE_NOT_VERIFIED,
	};

	return states[result_conclusion(result)];
}

/* One response: its verdict into the page or the JSON. */
static enum exit_status
judge_one(struct serve *serve, struct job *job, size_t index)
{
	struct judged judged = {
		.response = mdoc_buf_bytes(&job->responses[index]),
		.transcript = mdoc_buf_bytes(&job->transcript),
		.request = serve->requests[index],
	};
	const struct html_options options = { .fragment = true };
	enum exit_status status = judge_response(serve->judge, &judged);
	const struct reader_result result = { .verdict = judged.verdict, .summary = judged.summary, .now = judged.now };
	json_t *json = NULL;

	if (status == EXIT_STATUS_OK && job->transaction->api) {
		json = result_json(&result);
		status = json_array_append_new(job->json, json) == 0 ? EXIT_STATUS_OK : tool_no_memory();
	} else if (status == EXIT_STATUS_OK) {
		status = result_html(&result, &options, &job->html);
	}
	if (status == EXIT_STATUS_OK)
		status = keep(serve, job, &result, index);
	if (status == EXIT_STATUS_OK && state_of(&result) > job->state)
		job->state = state_of(&result); /* of several documents the worst */
	mdoc_verdict_free(judged.verdict);
	return status;
}

bool
serve_judge_next(struct serve *serve)
{
	struct job job = { .state = SERVE_VERIFIED };
	enum exit_status status = EXIT_STATUS_OK;

	if (!take(serve, &job))
		return false;
	if (job.transaction->api)
		job.json = json_array();
	for (size_t i = 0; i < serve->dcql.count && status == EXIT_STATUS_OK; i++)
		status = judge_one(serve, &job, i);
	if (status != EXIT_STATUS_OK) {
		/* Why was said on stderr: it is no fault of the wallet. */
		mdoc_buf_clear(&job.html);
		json_decref(job.json);
		job.json = NULL;
		job.state = SERVE_FAILED;
		pthread_mutex_lock(&serve->lock);
		snprintf(job.transaction->reason, sizeof(job.transaction->reason), "%s",
			_("The response could not be checked, or what is to be kept not be written."));
		pthread_mutex_unlock(&serve->lock);
	}
	put_back(serve, &job);
	return true;
}
