/*
 * lists.c: places in status lists. A list has a secret key, and copy n of it stands at the n-th value of a permutation
 * of its entries under that key: no entry twice, no search for a free one, and nobody without the key can tell which
 * entries belong together.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include "tools/issuer/register/internal.h"
#include "tools/issuer/register/permutation.h"

struct places {
	const char *base;
	int64_t size, when;
	size_t n;
	struct register_place *out;
};

struct list {
	int64_t id, size, used;
	char uri[256], secret[2 * PERMUTATION_KEY_LEN + 1];
};

static enum register_result
make_list(struct register_db *db, const struct places *places, struct list *list)
{
	enum register_result res;

	*list = (struct list){ .size = places->size };
	res = register_random(db, PERMUTATION_KEY_LEN, list->secret);
	if (res != REGISTER_OK)
		return res;
	/* Until it has a number the secret stands for its name, which must not be that of another. */
	const struct db_value row[] = { DB_TEXT(list->secret), DB_INT(list->size), DB_INT(places->when) };

	res = register_ask(db,
		"INSERT INTO lists (uri, bits, size, used, secret, created) VALUES ($1, 1, $2, 0, $1, $3) RETURNING id",
		row, DB_COUNT(row), NULL, &list->id);
	if (res == REGISTER_OK &&
		snprintf(list->uri, sizeof(list->uri), "%s/status/%lld", places->base, (long long)list->id) >=
			(int)sizeof(list->uri))
		res = register_wrong(db, "the address of a status list is too long");
	const struct db_value name[] = { DB_TEXT(list->uri), DB_INT(list->id) };

	return res == REGISTER_OK ? register_do(db, "UPDATE lists SET uri = $1 WHERE id = $2", name, 2) : res;
}

/* The newest list, or a new one when it has not so many entries left. */
static enum register_result
find_list(struct register_db *db, const struct places *places, struct list *list)
{
	enum register_result res;
	struct db_rows rows;
	bool room = false;

	res = register_failure(db,
		db_query(db->db, "SELECT id, uri, size, used, secret FROM lists ORDER BY id DESC LIMIT 1", NULL, 0,
			&rows));
	if (res == REGISTER_OK && db_has_row(&rows)) {
		list->id = db_number(&rows, 0);
		list->size = db_number(&rows, 2);
		list->used = db_number(&rows, 3);
		snprintf(list->uri, sizeof(list->uri), "%s", db_text(&rows, 1));
		snprintf(list->secret, sizeof(list->secret), "%s", db_text(&rows, 4));
		room = list->size - list->used >= (int64_t)places->n;
	}
	db_end(&rows);
	return res == REGISTER_OK && !room ? make_list(db, places, list) : res;
}

static bool
read_key(const char *text, uint8_t key[PERMUTATION_KEY_LEN])
{
	unsigned value;

	for (size_t i = 0; i < PERMUTATION_KEY_LEN; i++) {
		if (sscanf(text + 2 * i, "%2x", &value) != 1)
			return false;
		key[i] = (uint8_t)value;
	}
	return true;
}

static enum register_result
draw(struct register_db *db, const struct places *places, const struct list *list)
{
	uint8_t key[PERMUTATION_KEY_LEN];
	struct permutation permutation;
	bool done;

	if (strlen(list->secret) != 2 * PERMUTATION_KEY_LEN || !read_key(list->secret, key))
		return register_wrong(db, "a status list is damaged");
	done = permutation_open(&permutation, key, (uint64_t)list->size);
	for (size_t i = 0; i < places->n && done; i++) {
		places->out[i].list = list->id;
		strcpy(places->out[i].uri, list->uri);
		done = permutation_at(&permutation, (uint64_t)list->used + i, &places->out[i].idx);
	}
	permutation_close(&permutation);
	return done ? REGISTER_OK : register_wrong(db, "no places could be drawn");
}

static enum register_result
places_inside(struct register_db *db, void *arg)
{
	const struct places *places = arg;
	struct list list = { .id = 0 };
	enum register_result res;

	if ((int64_t)places->n > places->size)
		return register_wrong(db, "a status list has fewer entries than the batch has copies");
	res = find_list(db, places, &list);
	if (res == REGISTER_OK)
		res = draw(db, places, &list);
	const struct db_value used[] = { DB_INT(list.used + (int64_t)places->n), DB_INT(list.id) };

	return res == REGISTER_OK ? register_do(db, "UPDATE lists SET used = $1 WHERE id = $2", used, 2) : res;
}

enum register_result
register_places(struct register_db *db, const char *base, int64_t size, size_t n, int64_t when,
	struct register_place *out)
{
	struct places places = { base, size, when, n, out };

	return n == 0 ? REGISTER_OK : register_transact(db, true, places_inside, &places);
}
