/*
 * files.c: what anybody may get: an offer by its id (OpenID4VCI 1.0, 4.1.3), status lists and the revocation list of the
 * issuer's folder.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/common/clock.h"
#include "tools/common/file.h"
#include "tools/issuer/serve/offer.h"
#include "tools/issuer/serve/service.h"

void
service_offer(struct service *service, const char *id, struct web_reply *reply)
{
	struct register_grant grant = { .person = 0 };
	char code[SECRET_TEXT + 1], hash[SECRET_HASH + 1];
	json_t *offer = NULL;

	if (secret_code_of(tool_context(), id, code) && secret_hash(tool_context(), code, hash) &&
		register_grant_find(service->issuer.db, hash, clock_now(), &grant) == REGISTER_OK)
		offer = offer_json(service->origin, service->issuer.configuration_id, code, grant.secret != NULL);
	if (offer != NULL)
		web_reply_json(reply, 200, offer);
	else
		web_reply_error(reply, 404, "not_found",
			"there is no such offer, or it was taken, or its time is over");
	register_grant_clear(&grant);
}

/* "status/1", "iaca.crl": digits and small letters, so that no name leads out of the folder. */
static bool
is_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	const char *at = strncmp(name, "status/", 7) == 0 ? name + 7 : name;

	return at[0] != '\0' && strlen(at) < SERVICE_LIST_MAX &&
		(at[strspn(at, letters)] == '\0' || strcmp(name, "iaca.crl") == 0);
}

void
service_list(struct service *service, const char *name, struct web_reply *reply)
{
	const bool status_list = strncmp(name, "status/", 7) == 0;
	char *path = is_name(name) ? issuer_path(service->options->dir, name) : NULL;

	if (path == NULL || access(path, R_OK) != 0 || file_read(path, FILE_CRL_MAX, &reply->body) != EXIT_STATUS_OK) {
		mdoc_buf_clear(&reply->body);
		web_reply_error(reply, 404, "not_found", NULL);
	} else {
		reply->status = 200;
		reply->type = status_list ? "application/statuslist+cwt" : "application/pkix-crl";
	}
	free(path);
}
