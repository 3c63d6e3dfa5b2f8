/*
 * tokens/pin/policy.c: the rules for a new PIN.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/pin/policy.h"

const struct pin_limits pin_limits_vault_user = {
	.defaults = { .min_len = 8, .max_len = PIN_LEN_MAX, .tries = 5, .alphabet = TOKEN_PIN_ANY },
	.weak_min = 4,
};

const struct pin_limits pin_limits_vault_so = {
	.defaults = { .min_len = 16, .max_len = PIN_LEN_MAX, .tries = 10, .alphabet = TOKEN_PIN_ANY },
	.weak_min = 4,
};

const struct pin_limits pin_limits_tpm_user = {
	.defaults = { .min_len = 4, .max_len = PIN_LEN_MAX, .tries = 5, .alphabet = TOKEN_PIN_ANY },
	.weak_min = 4,
};

const struct pin_limits pin_limits_tpm_so = {
	.defaults = { .min_len = 16, .max_len = PIN_LEN_MAX, .tries = 10, .alphabet = TOKEN_PIN_ANY },
	.weak_min = 4,
};

enum token_result
pin_policy_complete(const struct pin_limits *limits, bool allow_weak, struct token_pin_policy *policy)
{
	unsigned floor = allow_weak ? limits->weak_min : limits->defaults.min_len;
	struct token_pin_policy full = *policy;

	if (full.min_len == 0)
		full.min_len = floor;
	if (full.max_len == 0)
		full.max_len = limits->defaults.max_len;
	if (full.tries == 0)
		full.tries = limits->defaults.tries;
	if (full.max_len < full.min_len || full.max_len > PIN_LEN_MAX)
		return TOKEN_ERR_ARG;
	if (full.tries > PIN_TRIES_MAX || (unsigned)full.alphabet > TOKEN_PIN_ALNUM_UPPER)
		return TOKEN_ERR_ARG;
	if (full.min_len < floor)
		return TOKEN_ERR_PIN_LENGTH;
	*policy = full;
	return TOKEN_OK;
}

/* How many bytes a code point has that begins with this byte; 0: none does. */
static size_t
utf8_len(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

/* Take one code point; false when there is no well-formed one (RFC 3629). */
static bool
utf8_next(const uint8_t **at, const uint8_t *end, uint32_t *code)
{
	static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = utf8_len(**at), i;
	uint32_t value;

	if (len == 0 || (size_t)(end - *at) < len)
		return false;
	value = len == 1 ? **at : **at & (0x7fu >> len);
	for (i = 1; i < len; i++) {
		if (((*at)[i] & 0xc0) != 0x80)
			return false;
		value = value << 6 | ((*at)[i] & 0x3fu);
	}
	if (value < lowest[len] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return false;
	*at += len;
	*code = value;
	return true;
}

/* Neither a control character nor one that is no character. */
static bool
is_printable(uint32_t code)
{
	if (code < 0x20 || (code >= 0x7f && code < 0xa0))
		return false;
	if (code == 0x2028 || code == 0x2029)
		return false;
	return !(code >= 0xfdd0 && code <= 0xfdef) && (code & 0xfffe) != 0xfffe;
}

struct seen {
	unsigned count;
	bool digits, uppers, others, unprintable;
};

static bool
look(struct secret pin, struct seen *seen)
{
	const uint8_t *at = pin.ptr, *end = pin.ptr != NULL ? pin.ptr + pin.len : NULL;
	uint32_t code = 0;

	*seen = (struct seen){ 0 };
	while (at != end) {
		if (!utf8_next(&at, end, &code))
			return false;
		seen->count++;
		if (code >= '0' && code <= '9')
			seen->digits = true;
		else if (code >= 'A' && code <= 'Z')
			seen->uppers = true;
		else
			seen->others = true;
		if (!is_printable(code))
			seen->unprintable = true;
	}
	return true;
}

static bool
in_alphabet(enum token_pin_alphabet alphabet, const struct seen *seen)
{
	switch (alphabet) {
	case TOKEN_PIN_ANY:
		return !seen->unprintable;
	case TOKEN_PIN_DIGITS:
		return !seen->uppers && !seen->others;
	case TOKEN_PIN_ALNUM_UPPER:
		return seen->digits && seen->uppers && !seen->others;
	}
	return false;
}

enum token_result
pin_check_new(const struct token_pin_policy *policy, struct secret pin)
{
	struct seen seen;

	if (pin.len > PIN_BYTES_MAX)
		return TOKEN_ERR_PIN_LENGTH;
	if (!look(pin, &seen))
		return TOKEN_ERR_PIN_ALPHABET;
	if (seen.count < policy->min_len || seen.count > policy->max_len)
		return TOKEN_ERR_PIN_LENGTH;
	return in_alphabet(policy->alphabet, &seen) ? TOKEN_OK : TOKEN_ERR_PIN_ALPHABET;
}

bool
pin_is_text(struct secret text)
{
	struct seen seen;

	return look(text, &seen) && !seen.unprintable;
}
