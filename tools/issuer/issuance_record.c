/*
 * issuance_record.c: for whom, what, and until when: the person's card (R-REN-02), the claims (R-MIN-01), the law's month
 * and what ends it earlier (R-VAL-01, R-VAL-02), and the dates of algorithms (R-FUT-05).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "tools/common/message.h"
#include "tools/common/value.h"
#include "tools/issuer/ages.h"
#include "tools/issuer/issuance_internal.h"

#define RENEWAL_AHEAD ((int64_t)3 * 86400) /* before the end: expectedUpdate */

static const char refused[] = N_("The request is refused; nothing was issued.");

/* ---- The person ---- */

/* R-REN-02: the card is in operation, and it and its signature certificate have not ended. */
static bool
check_card(const struct issuance_work *work, struct issuance_refusal *refusal)
{
	const struct register_person *person = &work->person;
	const struct {
		int64_t until;
		const char *over, *unknown;
	} ends[] = {
		{ person->card_until, N_("The person's card has lapsed."),
			N_("The register does not say until when the person's card is valid.") },
		{ person->signature_until, N_("The signature certificate of the person's card has lapsed."),
			N_("The register does not say until when the card's signature certificate is valid.") },
	};
	static const char advice[] =
		N_("Let the holder ask the municipality; when the register was wrong: \"mdoc-issuer "
		   "person update\".");

	if (person->card_status != REGISTER_LAW_OPERATING)
		return issuance_refuse(refusal, ISSUANCE_DENIED, refused, N_("The person's card is not in operation."),
			advice);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (ends[i].until == 0 && work->order.renewal)
			return issuance_refuse(refusal, ISSUANCE_DENIED, refused, ends[i].unknown, advice);
		if (ends[i].until != 0 && ends[i].until < work->order.now)
			return issuance_refuse(refusal, ISSUANCE_DENIED, refused, ends[i].over, advice);
	}
	return true;
}

static bool
find_person(struct issuance *issuance, struct issuance_work *work, struct issuance_refusal *refusal)
{
	const char *reference = work->order.person;
	enum register_result res;

	if (work->order.renewal) {
		if (work->device.reference == NULL)
			return issuance_register(issuance, refusal, REGISTER_PERSON_UNKNOWN, 0);
		if (reference != NULL && strcmp(reference, work->device.reference) != 0)
			return issuance_refuse(refusal, ISSUANCE_DENIED, refused,
				N_("The device is not that person's."), NULL);
		reference = work->device.reference;
	}
	if (reference == NULL)
		return true;
	res = register_person_find(issuance->issuer->db, reference, &work->person);
	if (res == REGISTER_PERSON_UNKNOWN && work->order.claims != NULL && !work->order.renewal)
		return true; /* register_issue() enters the reference */
	if (res != REGISTER_OK)
		return issuance_register(issuance, refusal, res, 0);
	work->has_person = true;
	return check_card(work, refusal);
}

/* ---- Claims ---- */

static bool
load_claims(struct issuance_work *work, struct issuance_refusal *refusal)
{
	if (work->order.claims != NULL)
		work->json = json_deep_copy(work->order.claims);
	else if (work->has_person && work->person.claims != NULL)
		work->json = json_loads(work->person.claims, JSON_REJECT_DUPLICATES, NULL);
	else
		return issuance_refuse(refusal, ISSUANCE_DENIED, refused,
			N_("The register has no claims of the person."),
			N_("Enter them: \"mdoc-issuer person add\" or \"person update\"."));
	return work->json != NULL || issuance_no_memory(refusal);
}

static bool
take_ages(struct issuance_work *work, int64_t *until, struct issuance_refusal *refusal)
{
	const char *birth_date = work->has_person ? work->person.birth_date : NULL;
	const enum ages_result res = ages_reckon(work->json, birth_date, work->order.now, until);

	if (res == AGES_MEMORY)
		return issuance_no_memory(refusal);
	return res == AGES_OK ||
		issuance_refuse(refusal, ISSUANCE_DENIED, N_("The claims cannot be used."), ages_sentence(res), NULL);
}

/* R-MIN-01, R-CARD-51: only the elements of the record, with values of their form. */
static bool
build_claims(struct issuance *issuance, struct issuance_work *work, struct issuance_refusal *refusal)
{
	const char *folder = work->order.claims != NULL ? work->order.claims_folder : NULL;
	char name[ISSUANCE_DETAIL_MAX + 1];
	struct claims_place place;
	enum claims_result res;

	res = claims_build(work->json, folder, issuance->issuer->doc_type, &work->claims, &place);
	if (res == CLAIMS_OK)
		return true;
	if (res == CLAIMS_MEMORY)
		return issuance_no_memory(refusal);
	(void)issuance_refuse(refusal, res == CLAIMS_NOT_ALLOWED ? ISSUANCE_DENIED : ISSUANCE_BAD_CLAIMS,
		N_("The claims cannot be used."), claims_sentence(res), NULL);
	if (place.ns != NULL && place.element != NULL) {
		(void)snprintf(name, sizeof(name), "%s: %s", place.ns, place.element);
		issuance_detail(refusal, name);
	}
	return false;
}

/* ---- Validity ---- */

static bool
check_certificates(const struct issuance *issuance, struct issuance_work *work, struct issuance_refusal *refusal)
{
	char end[32];

	for (size_t i = 0; i < 2; i++) {
		if (work->order.now >= issuance->from[i] && work->valid_until <= issuance->until[i])
			continue;
		(void)issuance_refuse(refusal, ISSUANCE_DENIED,
			N_("The issuer's certificates do not cover the validity of the record."),
			i == 0 ? N_("The IACA certificate ends before it, or has not begun.")
			       : N_("The document signer's certificate ends before it, or has not begun."),
			i == 0 ? N_("Make a new issuer, with \"mdoc-issuer init\" and another folder.")
			       : N_("Make a new document signer: \"mdoc-issuer keys replace --key ds\"."));
		time_print_jst(issuance->until[i], end);
		issuance_detail(refusal, end);
		return false;
	}
	return true;
}

/* R-VAL-01: one month at most, less when an age changes before; expectedUpdate is when a renewal is due. */
static bool
set_validity(const struct issuance *issuance, struct issuance_work *work, int64_t ages_until,
	struct issuance_refusal *refusal)
{
	const int64_t month = mdoc_law_valid_until(work->order.now);

	work->valid_until = ages_until < month ? ages_until : month;
	work->expected_update = work->valid_until - RENEWAL_AHEAD;
	if (work->expected_update < work->order.now)
		work->expected_update = work->order.now;
	return check_certificates(issuance, work, refusal);
}

/* R-FUT-05: nothing new with an algorithm past its date. */
static bool
check_policy(const struct issuance *issuance, const struct issuance_work *work, struct issuance_refusal *refusal)
{
	const char *names[] = { issuance->token != NULL ? mdoc_alg_name(issuance->ds_signer.alg) : NULL,
		issuance->curves[0], issuance->curves[1], "SHA-256" };
	const char *late = NULL;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && late == NULL; i++)
		if (!algorithm_policy_issues(&issuance->policy, names[i], work->order.now))
			late = names[i];
	for (size_t i = 0; i < work->proofs.count && late == NULL; i++) {
		const char *curve = mdoc_curve_name(work->proofs.keys[i].key.curve);

		if (!algorithm_policy_issues(&issuance->policy, curve, work->order.now))
			late = curve;
	}
	if (late == NULL)
		return true;
	(void)issuance_refuse(refusal, ISSUANCE_DENIED, refused,
		N_("An algorithm is past the date to which it is issued with."),
		N_("Use keys of another kind; the dates are those of the algorithm policy."));
	issuance_detail(refusal, late);
	return false;
}

bool
issuance_read_record(struct issuance *issuance, struct issuance_work *work, struct issuance_refusal *refusal)
{
	int64_t ages_until;

	return check_policy(issuance, work, refusal) && find_person(issuance, work, refusal) &&
		load_claims(work, refusal) && take_ages(work, &ages_until, refusal) &&
		build_claims(issuance, work, refusal) && set_validity(issuance, work, ages_until, refusal);
}
