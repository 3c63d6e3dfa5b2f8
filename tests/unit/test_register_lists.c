/* test_register_lists.c: places in status lists. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "tests/unit/register_kit.h"
#include "tests/unit/unit_issuer.h"
#include "tools/issuer/register/permutation.h"

#define NOW KIT_NOW
#define MILLION 1000000
#define DAY 86400

/* Otherwise two copies would share an entry, so that who loses one record loses another's too; or the place of one copy
 * would tell that of the next. */
static void
test_permutation(void)
{
	static const uint64_t sizes[] = { 1, 2, 3, 5, 16, 17, 1000, MILLION };
	const uint8_t key[PERMUTATION_KEY_LEN] = { 7 }, other[PERMUTATION_KEY_LEN] = { 8 };
	struct permutation permutation, second;
	uint64_t at, elsewhere, neighbours = 0, same = 0, last = 0;
	uint8_t *seen = malloc(MILLION);

	CU_ASSERT_PTR_NOT_NULL_FATAL(seen);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		memset(seen, 0, MILLION);
		CU_ASSERT_FATAL(permutation_open(&permutation, key, sizes[i]));
		for (uint64_t n = 0; n < sizes[i]; n++) {
			if (!permutation_at(&permutation, n, &at) || at >= sizes[i] || seen[at] != 0)
				CU_FAIL_FATAL("an entry twice, or none");
			seen[at] = 1;
			if (sizes[i] == MILLION)
				neighbours += at + 1 == last || last + 1 == at;
			last = at;
		}
		CU_ASSERT(!permutation_at(&permutation, sizes[i], &at));
		permutation_close(&permutation);
	}
	CU_ASSERT(neighbours < 20); /* two are to be expected */
	CU_ASSERT_FATAL(permutation_open(&permutation, key, MILLION) && permutation_open(&second, other, MILLION));
	for (uint64_t n = 0; n < 1000; n++) {
		CU_ASSERT(permutation_at(&permutation, n, &at) && permutation_at(&second, n, &elsewhere));
		same += at == elsewhere;
	}
	CU_ASSERT(same < 5);
	permutation_close(&permutation);
	permutation_close(&second);
	CU_ASSERT(!permutation_open(&permutation, key, 0));
	permutation_close(&permutation);
	free(seen);
}

/* Otherwise a full list would stop the issuer, or give out an entry a second time. */
static void
test_full_list(void)
{
	struct register_db *db = kit_fresh();
	struct register_place places[64];
	bool seen[3][20] = { { false } };

	CU_ASSERT_EQUAL(register_places(db, "https://i", 20, 21, NOW, places), REGISTER_ERROR);
	for (size_t batch = 0; batch < 6; batch++) {
		CU_ASSERT_EQUAL(register_places(db, "https://i", 20, 8, NOW, places), REGISTER_OK);
		for (size_t i = 0; i < 8; i++) {
			CU_ASSERT_FATAL(places[i].list >= 1 && places[i].list <= 3 && places[i].idx < 20);
			CU_ASSERT(!seen[places[i].list - 1][places[i].idx]);
			seen[places[i].list - 1][places[i].idx] = true;
		}
	}
	CU_ASSERT_STRING_EQUAL(places[0].uri, "https://i/status/3");
	CU_ASSERT_EQUAL(kit_count("SELECT count(*) FROM lists"), 3);
	kit_drop(db);
}

struct bits {
	uint8_t set[1000];
	size_t n;
};

static bool
take(void *arg, uint64_t idx)
{
	struct bits *bits = arg;

	if (idx >= sizeof(bits->set))
		return false;
	bits->set[idx] = 1;
	bits->n++;
	return true;
}

static size_t
invalid(struct register_db *db, int64_t now)
{
	struct register_list list = { .id = 0 };
	struct bits bits = { .n = 0 };

	if (register_next_list(db, 0, now, &list) != REGISTER_OK)
		return SIZE_MAX;
	CU_ASSERT_EQUAL(list.size, 1000);
	CU_ASSERT_EQUAL(register_list_entries(db, list.id, now, take, &bits), REGISTER_OK);
	return bits.n;
}

static void
change(struct register_db *db, int64_t device, enum register_act act)
{
	const struct register_change what = { device, act, NULL, NOW };

	CU_ASSERT_EQUAL(register_change_state(db, &what, NULL), REGISTER_OK);
}

/* Otherwise a suspended or revoked record would pass at a reader that asks (R-CARD-44, R-SUS-01), or an honest one fail. */
static void
test_entries(void)
{
	struct register_db *db = kit_fresh();
	struct register_issued a, b, c;
	const struct kit_issue first = { .name = "a", .n = 3, .list_size = 1000 };
	const struct kit_issue second = { .name = "b", .n = 4, .list_size = 1000, .ds = "0b" };
	int64_t n;

	CU_ASSERT_EQUAL(invalid(db, NOW), SIZE_MAX);
	CU_ASSERT_EQUAL(kit_issue(db, &first, &a), REGISTER_OK);
	CU_ASSERT_EQUAL(kit_issue(db, &second, &b), REGISTER_OK);
	CU_ASSERT_EQUAL(invalid(db, NOW), 0);
	change(db, a.device, REGISTER_ACT_SUSPEND);
	CU_ASSERT_EQUAL(invalid(db, NOW), 3);
	change(db, a.device, REGISTER_ACT_RESUME);
	CU_ASSERT_EQUAL(invalid(db, NOW), 0);
	change(db, a.device, REGISTER_ACT_EXHAUST);
	CU_ASSERT_EQUAL(invalid(db, NOW), 3);
	const struct kit_issue renewal = { .name = "c", .n = 2, .list_size = 1000, .device = a.device };

	CU_ASSERT_EQUAL(kit_issue(db, &renewal, &c), REGISTER_OK);
	CU_ASSERT_EQUAL(invalid(db, NOW), 3); /* the new ones are good, the old ones stay ended */
	CU_ASSERT_EQUAL(register_compromise(db, "0b", 1, NOW, &n), REGISTER_OK);
	CU_ASSERT_EQUAL(invalid(db, NOW), 7);
	change(db, a.device, REGISTER_ACT_REVOKE);
	CU_ASSERT_EQUAL(invalid(db, NOW), 9);
	CU_ASSERT_EQUAL(invalid(db, NOW + 40 * DAY), SIZE_MAX); /* nothing on it is valid by then */
	kit_drop(db);
}

void
add_register_lists_tests(void)
{
	const struct kit_suite suites = kit_suites("places in status lists");

	CU_add_test(suites.suite[0], "a permutation", test_permutation);
	kit_add(&suites, "a list that is full", test_full_list);
	kit_add(&suites, "what is not valid", test_entries);
}
