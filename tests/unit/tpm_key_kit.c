/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/tpm_key_kit.h"

#include <string.h>

bool
key_login(struct guard_world *w)
{
	return guard_login(w, BACKEND_USER, KEY_PIN) == TOKEN_OK && backend_area_set_auth(w->area, w->auth) == TOKEN_OK;
}

bool
key_world(struct guard_world *w, const struct guard_setup *setup)
{
	return guard_begin(w, setup) && guard_so_sets(w, KEY_PIN) && key_login(w);
}

bool
key_new(struct guard_world *w, enum token_curve curve, struct token_key **key, struct secret *value)
{
	return tpm_keymaker.generate(w->area, curve, key, value) == TOKEN_OK;
}

enum token_result
key_signs(struct guard_world *w, struct token_key *key, size_t digest_len, uint8_t fill)
{
	uint8_t digest[80], sig[TOKEN_SIG_MAX], point[TOKEN_POINT_MAX];
	size_t sig_len = 0, point_len = 0;
	bool good = false;
	enum token_result res;

	memset(digest, fill, sizeof(digest));
	res = token_key_sign(key, digest, digest_len, sig, &sig_len);
	if (res != TOKEN_OK)
		return res;
	if (token_key_point(key, point, &point_len) != TOKEN_OK ||
		token_public_verify(w->libctx, token_key_curve(key), point, point_len, digest, digest_len, sig, sig_len,
			&good) != TOKEN_OK ||
		!good)
		return TOKEN_ERR_CRYPTO;
	return TOKEN_OK;
}
