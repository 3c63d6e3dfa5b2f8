/*
 * The table. Each cell has the operations that are always allowed and, after a bar, those that only an area without a
 * closed list allows:
 *
 *   f find   r read   c create   m modify   d destroy   u use: sign, derive, encrypt…   x export: wrap, copy out
 *
 * and of the PIN and the area itself, which are no objects:
 *
 *   s set   m change with the old one   d disable   k record an identity check   p suspend   e resume   t retire
 *   g grant and revoke
 *
 * The security officer writes no records and reads none; the provisioner reads nothing and uses no key of the holder's;
 * a named user never uses a key.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/access.h"

#include <string.h>

enum column { NOBODY, USER, SO, PROVISIONER, READ, WRITE, PIN, FRONT, COLUMNS };

static const char *const table[TOKEN_ACCESS_COUNT][COLUMNS] = {
	/* clang-format off */
	                                /* nobody   user       SO          prov.   READ  WRITE   PIN  FRONT */
	[TOKEN_ACCESS_PUBLIC_DATA]       = { "fr|cmd", "frcmd",   "fr|cmd",   "fr|cmd", "fr", "frcmd", "fr", "fr" },
	[TOKEN_ACCESS_DATA]              = { "",       "frcmd",   "",         "",       "fr", "frcmd", "",   "" },
	[TOKEN_ACCESS_FRONT]             = { "",       "frcmd",   "",         "",       "fr", "frcmd", "",   "fr" },
	[TOKEN_ACCESS_RECORD]            = { "",       "frcd",    "",         "",       "",   "",      "",   "" },
	[TOKEN_ACCESS_HOLDER_KEY]        = { "",       "frcmdu",  "",         "",       "",   "",      "",   "" },
	[TOKEN_ACCESS_HOLDER_PUBLIC]     = { "",       "frcmd",   "",         "",       "",   "",      "",   "" },
	[TOKEN_ACCESS_KEY]               = { "",       "frcmdux", "",         "",       "",   "",      "",   "" },
	[TOKEN_ACCESS_OPEN_KEY]          = { "fr",     "frcmdux", "fr|cmdux", "fr",     "fr", "fr",    "fr", "fr" },
	[TOKEN_ACCESS_SECRET_KEY]        = { "",       "frcmdux", "",         "",       "",   "",      "",   "" },
	[TOKEN_ACCESS_OPEN_SECRET_KEY]   = { "fr",     "frcmdux", "fr|cmdux", "fr",     "fr", "fr",    "fr", "fr" },
	[TOKEN_ACCESS_PUBLIC_KEY]        = { "fr|cmd", "frcmd",   "fr|cmd",   "fr|cmd", "fr", "fr",    "fr", "fr" },
	[TOKEN_ACCESS_HIDDEN_PUBLIC_KEY] = { "",       "frcmd",   "",         "",       "",   "",      "",   "" },
	[TOKEN_ACCESS_CERTIFICATE]       = { "fr|cmd", "frcmd",   "frcmd",    "fr|cmd", "fr", "frcmd", "fr", "fr" },
	[TOKEN_ACCESS_HIDDEN_CERTIFICATE] = { "",      "frcmd",   "",         "",       "fr", "frcmd", "",   "" },
	[TOKEN_ACCESS_TRUSTED]           = { "fr",     "frmdu",   "frcmdu",   "fr",     "fr", "fr",    "fr", "fr" },
	[TOKEN_ACCESS_STATUS]            = { "fr",     "fr",      "fr",       "fr",     "fr", "fr",    "fr", "fr" },
	[TOKEN_ACCESS_STATUS_DETAILS]    = { "",       "r",       "",         "",       "",   "",      "",   "" },
	[TOKEN_ACCESS_INBOX]             = { "",       "frd",     "",         "fc",     "",   "",      "",   "" },
	[TOKEN_ACCESS_PROVISIONER_KEY]   = { "",       "",        "",         "fru",    "",   "",      "",   "" },
	[TOKEN_ACCESS_SESSION]           = { "",       "frcmdux", "",         "",       "",   "",      "",   "" },
	[TOKEN_ACCESS_BATCH]             = { "",       "c",       "",         "",       "",   "c",     "",   "" },
	[TOKEN_ACCESS_PIN]               = { "m",      "m",       "sd",       "",       "",   "",      "s",  "" },
	[TOKEN_ACCESS_SO_PIN]            = { "",       "",        "m",        "",       "",   "",      "",   "" },
	[TOKEN_ACCESS_AREA]              = { "",       "t",       "kpetg",    "p",      "",   "",      "k",  "" },
	/* clang-format on */
};

static unsigned
operation(char letter)
{
	static const char letters[] = "frcmduxskpetg";
	const char *at = strchr(letters, letter);

	return at != NULL && letter != '\0' ? 1u << (at - letters) : 0;
}

static unsigned
cell(const char *text, bool closed)
{
	unsigned operations = 0;

	for (; *text != '\0' && (*text != '|' || !closed); text++)
		operations |= operation(*text);
	return operations;
}

static unsigned
allowed(struct access_who who, enum token_access what, bool closed)
{
	static const enum column columns[] = {
		[TOKEN_NOBODY] = NOBODY,
		[TOKEN_USER] = USER,
		[TOKEN_SO] = SO,
		[TOKEN_PROVISIONER] = PROVISIONER,
	};
	static const enum column rights[] = { READ, WRITE, PIN, FRONT };
	unsigned operations = 0;

	if ((unsigned)what >= TOKEN_ACCESS_COUNT)
		return 0;
	if (who.role != TOKEN_NAMED)
		return (size_t)who.role < sizeof(columns) / sizeof(columns[0])
			? cell(table[what][columns[who.role]], closed)
			: 0;
	for (size_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++)
		if ((who.rights & 1u << i) != 0)
			operations |= cell(table[what][rights[i]], closed);
	return operations;
}

bool
access_allows(struct access_who who, enum token_access what, unsigned operations, bool closed)
{
	return operations != 0 && (allowed(who, what, closed) & operations) == operations;
}

enum token_access
access_of(const struct token_attrs *attrs, enum token_object_kind kind, bool private_, bool authenticated, bool front)
{
	switch (kind) {
	case TOKEN_OBJECT_HOLDER_PRIVATE:
		return TOKEN_ACCESS_HOLDER_KEY;
	case TOKEN_OBJECT_HOLDER_PUBLIC:
		return TOKEN_ACCESS_HOLDER_PUBLIC;
	case TOKEN_OBJECT_RECORD:
		return TOKEN_ACCESS_RECORD;
	case TOKEN_OBJECT_ORDINARY:
		break;
	}
	if (!private_ && authenticated && attrs_bool(attrs, CKA_TRUSTED, false))
		return TOKEN_ACCESS_TRUSTED;
	switch (attrs_ulong(attrs, CKA_CLASS, CKO_DATA)) {
	case CKO_PRIVATE_KEY:
		return private_ ? TOKEN_ACCESS_KEY : TOKEN_ACCESS_OPEN_KEY;
	case CKO_PUBLIC_KEY:
		return private_ ? TOKEN_ACCESS_HIDDEN_PUBLIC_KEY : TOKEN_ACCESS_PUBLIC_KEY;
	case CKO_CERTIFICATE:
		return private_ ? TOKEN_ACCESS_HIDDEN_CERTIFICATE : TOKEN_ACCESS_CERTIFICATE;
	case CKO_DATA:
		return private_ ? (front ? TOKEN_ACCESS_FRONT : TOKEN_ACCESS_DATA) : TOKEN_ACCESS_PUBLIC_DATA;
	default:
		return private_ ? TOKEN_ACCESS_SECRET_KEY : TOKEN_ACCESS_OPEN_SECRET_KEY;
	}
}

bool
access_finds_private(struct access_who who, enum token_object_kind kind)
{
	if (who.role == TOKEN_USER)
		return true;
	return who.role == TOKEN_NAMED && kind == TOKEN_OBJECT_ORDINARY &&
		(who.rights & (TOKEN_RIGHT_READ | TOKEN_RIGHT_WRITE | TOKEN_RIGHT_FRONT)) != 0;
}
