/*
 * tests/unit/test_op_part.c: encryption and decryption in parts, and both together with digests and signatures.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cipher_kit.h"
#include "tests/unit/unit_mechanisms.h"

#define PLAIN_MAX 100

static struct holder_kit kit;
static CK_OBJECT_HANDLE key;
static CK_BYTE plain[PLAIN_MAX];

static int
set_up(void)
{
	CK_BYTE value[32] = { 1, 2, 3 };
	size_t i;

	holder_kit_new(&kit, 0);
	key = cipher_key(&kit, value, sizeof(value));
	for (i = 0; i < sizeof(plain); i++)
		plain[i] = (CK_BYTE)(i * 7);
	return 0;
}

static int
tear_down(void)
{
	holder_kit_free(&kit);
	return 0;
}

/* The two directions as one set of functions. */
struct way {
	CK_RV (*init)(CK_SESSION_HANDLE, CK_MECHANISM *, CK_OBJECT_HANDLE);
	CK_RV (*once)(CK_SESSION_HANDLE, CK_BYTE *, CK_ULONG, CK_BYTE *, CK_ULONG *);
	CK_RV (*update)(CK_SESSION_HANDLE, CK_BYTE *, CK_ULONG, CK_BYTE *, CK_ULONG *);
	CK_RV (*final)(CK_SESSION_HANDLE, CK_BYTE *, CK_ULONG *);
};

static struct way
encryption(void)
{
	return (struct way){ kit.p11->C_EncryptInit, kit.p11->C_Encrypt, kit.p11->C_EncryptUpdate,
		kit.p11->C_EncryptFinal };
}

static struct way
decryption(void)
{
	return (struct way){ kit.p11->C_DecryptInit, kit.p11->C_Decrypt, kit.p11->C_DecryptUpdate,
		kit.p11->C_DecryptFinal };
}

static void
prepare(struct cipher_setup *setup, CK_MECHANISM_TYPE type)
{
	memset(setup->iv, 5, sizeof(setup->iv));
	memset(setup->aad, 6, sizeof(setup->aad));
	cipher_setup(setup, type, cipher_iv_size(type), 20);
}

/* In pieces of 0 to `most` bytes; each output is asked for, refused with one byte less, and given exactly. */
static CK_RV
in_pieces(const struct way *way, CK_MECHANISM *mechanism, CK_BYTE *in, CK_ULONG len, CK_ULONG most, CK_BYTE *out,
	CK_ULONG *out_len)
{
	CK_ULONG at = 0, made = 0, n, need, got;
	CK_RV rv = way->init(kit.session, mechanism, key);

	while (rv == CKR_OK && at < len) {
		n = (CK_ULONG)rand() % (most + 1);
		n = n > len - at ? len - at : n;
		CU_ASSERT_EQUAL(way->update(kit.session, in + at, n, NULL, &need), CKR_OK);
		got = need - 1;
		if (need > 0) {
			CU_ASSERT_EQUAL(way->update(kit.session, in + at, n, out + made, &got), CKR_BUFFER_TOO_SMALL);
			CU_ASSERT_EQUAL(got, need);
		}
		got = need;
		rv = way->update(kit.session, in + at, n, out + made, &got);
		CU_ASSERT(rv != CKR_OK || got == need);
		at += n;
		made += got;
	}
	if (rv == CKR_OK)
		rv = way->final(kit.session, NULL, &need);
	if (rv != CKR_OK)
		return rv;
	got = need - 1;
	if (need > 0)
		CU_ASSERT_EQUAL(way->final(kit.session, out + made, &got), CKR_BUFFER_TOO_SMALL);
	got = need;
	rv = way->final(kit.session, out + made, &got);
	CU_ASSERT_EQUAL(got, need);
	*out_len = made + got;
	return rv;
}

static CK_RV
at_once(const struct way *way, CK_MECHANISM *mechanism, CK_BYTE *in, CK_ULONG len, CK_BYTE *out, CK_ULONG *out_len)
{
	CK_RV rv = way->init(kit.session, mechanism, key);

	return rv != CKR_OK ? rv : way->once(kit.session, in, len, out, out_len);
}

/* A text whose meaning depends on how it was cut into parts is lost to whoever cuts it otherwise. */
static void
test_pieces(void)
{
	const struct way in = encryption(), back = decryption();
	CK_BYTE once[PLAIN_MAX + 32], out[PLAIN_MAX + 32];
	CK_ULONG once_len, out_len, len, most;
	struct cipher_setup setup;
	size_t i;

	for (i = 0; i < CIPHER_MODES; i++)
		for (len = 0; len < PLAIN_MAX; len++) {
			if (!cipher_takes(cipher_modes[i], len))
				continue;
			prepare(&setup, cipher_modes[i]);
			once_len = sizeof(once);
			CU_ASSERT_EQUAL(at_once(&in, &setup.mechanism, plain, len, once, &once_len), CKR_OK);
			for (most = 1; most < 40; most += 6) {
				CU_ASSERT_EQUAL(in_pieces(&in, &setup.mechanism, plain, len, most, out, &out_len),
					CKR_OK);
				CU_ASSERT(out_len == once_len && memcmp(out, once, once_len) == 0);
				CU_ASSERT_EQUAL(in_pieces(&back, &setup.mechanism, once, once_len, most, out, &out_len),
					CKR_OK);
				CU_ASSERT(out_len == len && memcmp(out, plain, len) == 0);
			}
		}
}

/* Programs hand the same buffer in and out; what is still unread must not be overwritten. */
static void
test_in_place(void)
{
	const struct way ways[] = { encryption(), decryption() };
	CK_BYTE once[64], buffer[64], made[128];
	CK_ULONG len, got, total, way;
	struct cipher_setup setup;
	size_t i;

	for (i = 0; i < 5; i++) /* the modes that give something back before the end, and GCM's decryption */
		for (way = 0; way < 2; way++) {
			prepare(&setup, cipher_modes[i]);
			CU_ASSERT_EQUAL(ways[way].init(kit.session, &setup.mechanism, key), CKR_OK);
			for (total = 0, len = 0; len < 60; len += 20) {
				got = sizeof(made) - total;
				CU_ASSERT_EQUAL(ways[way].update(kit.session, plain + len, 20, made + total, &got),
					CKR_OK);
				total += got;
			}
			(void)ways[way].init(kit.session, NULL, key);
			memcpy(once, made, total > 64 ? 64 : total);
			CU_ASSERT_EQUAL(ways[way].init(kit.session, &setup.mechanism, key), CKR_OK);
			for (total = 0, len = 0; len < 60; len += 20) {
				memcpy(buffer, plain + len, 20);
				got = sizeof(buffer);
				CU_ASSERT_EQUAL(ways[way].update(kit.session, buffer, 20, buffer, &got), CKR_OK);
				CU_ASSERT(total + got <= 64 && memcmp(once + total, buffer, got) == 0);
				total += got;
			}
			(void)ways[way].init(kit.session, NULL, key);
		}
}

/* An operation that lives on after an error, or dies of a question, breaks every caller's second call. */
static void
test_rules(void)
{
	const struct way ways[] = { encryption(), decryption() };
	CK_BYTE out[64];
	CK_ULONG len, i;
	struct cipher_setup setup;

	prepare(&setup, CKM_AES_CBC);
	for (i = 0; i < 2; i++) {
		const struct way *way = &ways[i];

		len = sizeof(out);
		CU_ASSERT_EQUAL(way->once(kit.session, plain, 16, out, &len), CKR_OPERATION_NOT_INITIALIZED);
		CU_ASSERT_EQUAL(way->update(kit.session, plain, 16, out, &len), CKR_OPERATION_NOT_INITIALIZED);
		CU_ASSERT_EQUAL(way->final(kit.session, out, &len), CKR_OPERATION_NOT_INITIALIZED);
		CU_ASSERT_EQUAL(way->init(kit.session, &setup.mechanism, key), CKR_OK);
		CU_ASSERT_EQUAL(way->init(kit.session, &setup.mechanism, key), CKR_OPERATION_ACTIVE);
		CU_ASSERT_EQUAL(way->update(kit.session, NULL, 0, out, &len), CKR_OK); /* empty, and yet a part */
		CU_ASSERT_EQUAL(len, 0);
		len = sizeof(out);
		CU_ASSERT_EQUAL(way->once(kit.session, plain, 16, out, &len), CKR_OPERATION_ACTIVE);
		CU_ASSERT_EQUAL(way->final(kit.session, out, &len), CKR_OPERATION_NOT_INITIALIZED);

		CU_ASSERT_EQUAL(way->init(kit.session, &setup.mechanism, key), CKR_OK);
		CU_ASSERT_EQUAL(way->update(kit.session, NULL, 1, out, &len), CKR_ARGUMENTS_BAD);
		CU_ASSERT_EQUAL(way->update(kit.session, plain, 16, out, &len), CKR_OPERATION_NOT_INITIALIZED);
		CU_ASSERT_EQUAL(way->init(kit.session, &setup.mechanism, key), CKR_OK);
		CU_ASSERT_EQUAL(way->update(kit.session, plain, 16, out, NULL), CKR_ARGUMENTS_BAD);
		CU_ASSERT_EQUAL(way->final(kit.session, out, &len), CKR_OPERATION_NOT_INITIALIZED);

		CU_ASSERT_EQUAL(way->init(kit.session, &setup.mechanism, key), CKR_OK);
		len = 15;
		CU_ASSERT_EQUAL(way->once(kit.session, plain, 16, out, &len), CKR_BUFFER_TOO_SMALL);
		CU_ASSERT_EQUAL(len, 16);
		CU_ASSERT_EQUAL(way->once(kit.session, plain, 16, out, &len), CKR_OK);
		CU_ASSERT_EQUAL(way->update(kit.session, plain, 16, out, &len), CKR_OPERATION_NOT_INITIALIZED);

		CU_ASSERT_EQUAL(way->init(kit.session, &setup.mechanism, key), CKR_OK);
		len = sizeof(out);
		CU_ASSERT_EQUAL(way->update(kit.session, plain, 17, out, &len), CKR_OK);
		CU_ASSERT_EQUAL(len, 16);
		CU_ASSERT_EQUAL(way->final(kit.session, out, &len),
			i == 0 ? CKR_DATA_LEN_RANGE : CKR_ENCRYPTED_DATA_LEN_RANGE);
		CU_ASSERT_EQUAL(way->final(kit.session, out, &len), CKR_OPERATION_NOT_INITIALIZED);
		CU_ASSERT_EQUAL(way->init(kit.session, NULL, 0), CKR_OK);
	}
}

/* Bytes of a text that somebody changed must not reach the caller before he is told so. */
static void
test_unauthenticated(void)
{
	const struct way in = encryption(), back = decryption();
	CK_BYTE sealed[PLAIN_MAX + 16], out[PLAIN_MAX];
	const CK_BYTE none[PLAIN_MAX] = { 0 };
	CK_BYTE *much = calloc(1, 1 << 20);
	CK_ULONG len = sizeof(sealed), room, i;
	struct cipher_setup setup;

	prepare(&setup, CKM_AES_GCM);
	CU_ASSERT_EQUAL(at_once(&in, &setup.mechanism, plain, PLAIN_MAX, sealed, &len), CKR_OK);
	sealed[3] ^= 1;
	memset(out, 0, sizeof(out));
	CU_ASSERT_EQUAL(back.init(kit.session, &setup.mechanism, key), CKR_OK);
	room = sizeof(out);
	CU_ASSERT_EQUAL(back.update(kit.session, sealed, len, out, &room), CKR_OK);
	CU_ASSERT_EQUAL(room, 0);
	room = sizeof(out);
	CU_ASSERT_EQUAL(back.final(kit.session, out, &room), CKR_ENCRYPTED_DATA_INVALID);
	CU_ASSERT_EQUAL(memcmp(out, none, sizeof(out)), 0);
	CU_ASSERT_EQUAL(back.final(kit.session, out, &room), CKR_OPERATION_NOT_INITIALIZED);
	/* What is kept has a bound. */
	CU_ASSERT_EQUAL(back.init(kit.session, &setup.mechanism, key), CKR_OK);
	for (i = 0; i < 16; i++) {
		room = sizeof(out);
		CU_ASSERT_EQUAL(back.update(kit.session, much, 1 << 20, out, &room), CKR_OK);
	}
	room = sizeof(out);
	CU_ASSERT_EQUAL(back.update(kit.session, much, 1, out, &room), CKR_ENCRYPTED_DATA_LEN_RANGE);
	CU_ASSERT_EQUAL(back.final(kit.session, out, &room), CKR_OPERATION_NOT_INITIALIZED);
	free(much);
}

static CK_ULONG
digest_of(CK_BYTE *data, CK_ULONG len, CK_BYTE out[32])
{
	CK_MECHANISM sha256 = { CKM_SHA256, NULL, 0 };
	CK_ULONG out_len = 32;

	CU_ASSERT_EQUAL(kit.p11->C_DigestInit(kit.session, &sha256), CKR_OK);
	CU_ASSERT_EQUAL(kit.p11->C_Digest(kit.session, data, len, out, &out_len), CKR_OK);
	return out_len;
}

/* Two functions in one call must do what the two do one after the other, in place too. */
static void
test_dual_digest(void)
{
	CK_MECHANISM sha256 = { CKM_SHA256, NULL, 0 };
	CK_BYTE sealed[128], opened[128], digest[32], wanted[32];
	CK_ULONG len, sealed_len, opened_len, digest_len = 32;
	struct cipher_setup setup;

	prepare(&setup, CKM_AES_CTR);
	len = sizeof(sealed);
	CU_ASSERT_EQUAL(kit.p11->C_DigestEncryptUpdate(kit.session, plain, 50, sealed, &len),
		CKR_OPERATION_NOT_INITIALIZED);
	(void)digest_of(plain, 80, wanted);
	CU_ASSERT_EQUAL(kit.p11->C_EncryptInit(kit.session, &setup.mechanism, key), CKR_OK);
	CU_ASSERT_EQUAL(kit.p11->C_DigestEncryptUpdate(kit.session, plain, 50, sealed, &len),
		CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(kit.p11->C_DigestInit(kit.session, &sha256), CKR_OK);
	CU_ASSERT_EQUAL(kit.p11->C_DigestEncryptUpdate(kit.session, plain, 50, NULL, &len), CKR_OK);
	CU_ASSERT_EQUAL(len, 50);
	len = 49;
	CU_ASSERT_EQUAL(kit.p11->C_DigestEncryptUpdate(kit.session, plain, 50, sealed, &len), CKR_BUFFER_TOO_SMALL);
	memcpy(sealed, plain, 80);
	len = 50;
	CU_ASSERT_EQUAL(kit.p11->C_DigestEncryptUpdate(kit.session, sealed, 50, sealed, &len), CKR_OK);
	sealed_len = sizeof(sealed) - 50;
	CU_ASSERT_EQUAL(kit.p11->C_DigestEncryptUpdate(kit.session, plain + 50, 30, sealed + 50, &sealed_len), CKR_OK);
	CU_ASSERT_EQUAL(kit.p11->C_EncryptFinal(kit.session, opened, &len), CKR_OK);
	CU_ASSERT_EQUAL(kit.p11->C_DigestFinal(kit.session, digest, &digest_len), CKR_OK);
	CU_ASSERT_EQUAL(memcmp(digest, wanted, 32), 0);

	CU_ASSERT_EQUAL(kit.p11->C_DecryptInit(kit.session, &setup.mechanism, key), CKR_OK);
	CU_ASSERT_EQUAL(kit.p11->C_DigestInit(kit.session, &sha256), CKR_OK);
	opened_len = sizeof(opened);
	CU_ASSERT_EQUAL(kit.p11->C_DecryptDigestUpdate(kit.session, sealed, 80, opened, &opened_len), CKR_OK);
	CU_ASSERT(opened_len == 80 && memcmp(opened, plain, 80) == 0);
	len = sizeof(opened);
	CU_ASSERT_EQUAL(kit.p11->C_DecryptFinal(kit.session, opened, &len), CKR_OK);
	digest_len = 32;
	CU_ASSERT_EQUAL(kit.p11->C_DigestFinal(kit.session, digest, &digest_len), CKR_OK);
	CU_ASSERT_EQUAL(memcmp(digest, wanted, 32), 0);
}

static void
test_dual_signature(void)
{
	CK_MECHANISM ecdsa = { CKM_ECDSA_SHA256, NULL, 0 };
	CK_OBJECT_HANDLE public_key = 0;
	const CK_OBJECT_HANDLE private_key = holder_kit_pair(&kit, false, NULL, &public_key);
	CK_BYTE sealed[128], opened[128], sig[64];
	CK_ULONG len, sig_len = sizeof(sig);
	struct cipher_setup setup;

	prepare(&setup, CKM_AES_CTR);
	CU_ASSERT_EQUAL(kit.p11->C_EncryptInit(kit.session, &setup.mechanism, key), CKR_OK);
	CU_ASSERT_EQUAL(kit.p11->C_SignInit(kit.session, &ecdsa, private_key), CKR_OK);
	len = sizeof(sealed);
	CU_ASSERT_EQUAL(kit.p11->C_SignEncryptUpdate(kit.session, plain, 80, sealed, &len), CKR_OK);
	CU_ASSERT_EQUAL(kit.p11->C_EncryptFinal(kit.session, opened, &len), CKR_OK);
	CU_ASSERT_EQUAL(kit.p11->C_SignFinal(kit.session, sig, &sig_len), CKR_OK);
	CU_ASSERT_EQUAL(kit.p11->C_DecryptInit(kit.session, &setup.mechanism, key), CKR_OK);
	CU_ASSERT_EQUAL(kit.p11->C_VerifyInit(kit.session, &ecdsa, public_key), CKR_OK);
	len = sizeof(opened);
	CU_ASSERT_EQUAL(kit.p11->C_DecryptVerifyUpdate(kit.session, sealed, 80, opened, &len), CKR_OK);
	CU_ASSERT(len == 80 && memcmp(opened, plain, 80) == 0);
	CU_ASSERT_EQUAL(kit.p11->C_DecryptFinal(kit.session, opened, &len), CKR_OK);
	CU_ASSERT_EQUAL(kit.p11->C_VerifyFinal(kit.session, sig, sig_len), CKR_OK);
	/* One that cannot take parts ends both. */
	ecdsa.mechanism = CKM_ECDSA;
	CU_ASSERT_EQUAL(kit.p11->C_EncryptInit(kit.session, &setup.mechanism, key), CKR_OK);
	CU_ASSERT_EQUAL(kit.p11->C_SignInit(kit.session, &ecdsa, private_key), CKR_OK);
	len = sizeof(sealed);
	CU_ASSERT_NOT_EQUAL(kit.p11->C_SignEncryptUpdate(kit.session, plain, 80, sealed, &len), CKR_OK);
	CU_ASSERT_EQUAL(kit.p11->C_EncryptFinal(kit.session, opened, &len), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(kit.p11->C_SignFinal(kit.session, sig, &sig_len), CKR_OPERATION_NOT_INITIALIZED);
}

static CU_TestInfo tests[] = {
	{ "pieces", test_pieces },
	{ "in place", test_in_place },
	{ "rules", test_rules },
	{ "nothing unauthenticated", test_unauthenticated },
	{ "with a digest", test_dual_digest },
	{ "with a signature", test_dual_signature },
	CU_TEST_INFO_NULL,
};

CU_SuiteInfo suite_op_part = { "encryption in parts", set_up, tear_down, NULL, NULL, tests };
