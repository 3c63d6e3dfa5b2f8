#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Does one verdict of an authenticator serve for two signatures? By C_* alone.

usage: authenticator_sign.py MODULE LABEL FACE

FACE has the helper's `mode` and what it has `seen`, a line a question. Prints a line a claim; exit 1 when one is wrong.
"""
import ctypes
import hashlib
import os
import sys

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from inbox import CKM_ECDSA, CKM_KEY_PAIR, P256, Attribute, Mechanism, Token, Ulong, places, template

CKA_SIGN, CKA_ALWAYS_AUTHENTICATE = 0x108, 0x202
USER, CONTEXT = Ulong(1), Ulong(2)
OK, PIN_INCORRECT, PIN_LOCKED, NOT_INITIALIZED, NOT_LOGGED_IN, NO_VERDICT = 0, 0xA0, 0xA4, 0x91, 0x101, 0xCD44021A
DIGEST = hashlib.sha256(b"what is signed").digest()
wrong = 0


def claim(truth, what):
    global wrong
    print(("right: " if truth else "WRONG: ") + what)
    wrong += not truth


class Face(Token):
    """A token that a face opens, and how often that was looked at."""

    def __init__(self, module, label, folder):
        super().__init__(module, label, places(os.environ["MDOC_PREFIX"] + "/include/mdoc-pkcs11.h"))
        self.folder = folder

    def mode(self, words):
        with open(self.folder + "/mode", "w", encoding="ascii") as out:
            out.write(words)

    def looks(self):
        try:
            with open(self.folder + "/seen", encoding="ascii") as seen:
                return len(seen.readlines())
        except FileNotFoundError:
            return 0

    def ask(self, user, pin=None, session=None):
        length = Ulong(len(pin) if pin else 0)
        return self.lib.C_Login(session or self.session, user, pin, length) & 0xFFFFFFFF

    def ordinary(self):
        """Not a holder key: what decides is CKA_ALWAYS_AUTHENTICATE."""
        public, private = template(params=P256, token=True), (Attribute * 4)()
        yes = ctypes.create_string_buffer(b"\1", 1)
        for row, kind in zip(private, (1, 2, CKA_SIGN, CKA_ALWAYS_AUTHENTICATE)):  # CKA_TOKEN, CKA_PRIVATE
            row.type, row.value, row.length = kind, ctypes.addressof(yes), 1
        mechanism, handles = Mechanism(CKM_KEY_PAIR, None, 0), (Ulong * 2)()
        rv = self.lib.C_GenerateKeyPair(self.session, ctypes.byref(mechanism), public, Ulong(2), private, Ulong(4),
                                        ctypes.byref(handles, 0), ctypes.byref(handles, ctypes.sizeof(Ulong)))
        assert rv == 0, hex(rv & 0xFFFFFFFF)
        return handles[0], handles[1]

    def begin(self, key, session=None):
        mechanism = Mechanism(CKM_ECDSA, None, 0)
        rv = self.lib.C_SignInit(session or self.session, ctypes.byref(mechanism), Ulong(key))
        assert rv == 0, hex(rv & 0xFFFFFFFF)

    def end(self, session=None):
        self.signature, length = ctypes.create_string_buffer(64), Ulong(64)
        return self.lib.C_Sign(session or self.session, DIGEST, Ulong(32), self.signature,
                               ctypes.byref(length)) & 0xFFFFFFFF

    def another_session(self):
        slot, session = (Ulong * 4)(), Ulong(0)  # CK_SESSION_INFO begins with the slot
        assert self.lib.C_GetSessionInfo(self.session, slot) == 0
        assert self.lib.C_OpenSession(Ulong(slot[0]), Ulong(6), None, None, ctypes.byref(session)) == 0
        return session


def is_good(face, public):
    half = [int.from_bytes(face.signature.raw[at:at + 32], "big") for at in (0, 32)]
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), face.point(public))
    key.verify(utils.encode_dss_signature(*half), DIGEST, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
    return True


def check_signatures(face, public, key, what):
    before = face.looks()
    face.begin(key)
    claim(face.end() == NOT_LOGGED_IN and face.looks() == before, f"{what}: the login's verdict is none for a signature")
    for number in (1, 2):
        face.begin(key)
        claim(face.ask(CONTEXT) == OK and face.looks() == before + number, f"{what}: signature {number} has its own look")
        claim(face.end() == OK and is_good(face, public), f"{what}: and is good")
        claim(face.end() == NOT_INITIALIZED, f"{what}: there is no other one in it")
    face.begin(key)
    claim(face.end() == NOT_LOGGED_IN, f"{what}: a third does without in vain")
    face.begin(key)
    claim(face.ask(CONTEXT) == OK and face.ask(CONTEXT) == OK and face.end() == OK, f"{what}: two verdicts for one")
    face.begin(key)
    claim(face.end() == NOT_LOGGED_IN, f"{what}: leave none over for the next")


def check_sessions(face, key):
    other = face.another_session()
    face.begin(key)
    face.begin(key, other)
    claim(face.ask(CONTEXT) == OK, "a verdict in one session")
    claim(face.end(other) == NOT_LOGGED_IN, "signs nothing in another")
    claim(face.end() == OK, "and what it was for")
    claim(face.ask(CONTEXT) == NOT_INITIALIZED, "without a signature to be made nobody is asked for a verdict")


def check_refusals(face, key):
    for mode, answer in (("refuse", PIN_INCORRECT), ("forge", NO_VERDICT), ("unsigned", NO_VERDICT),
                         ("turn", NO_VERDICT), ("replay", NO_VERDICT), ("die", NO_VERDICT)):
        face.mode(mode + " accept")
        face.begin(key)
        claim(face.ask(CONTEXT) == answer, f"{mode}: 0x{answer:x}")
        claim(face.end() == NOT_LOGGED_IN, f"{mode}: nothing is signed")
        face.begin(key)
        claim(face.ask(CONTEXT) == OK and face.end() == OK, f"{mode}: a right verdict gives the try back")
    looked = face.looks()
    face.begin(key)
    claim(face.ask(CONTEXT, b"himitsu-2026") == PIN_LOCKED, "the PIN that was is none")
    claim(face.end() == NOT_LOGGED_IN and face.looks() == looked, "signs nothing, and asks nobody")


def main():
    face = Face(*sys.argv[1:4])
    face.mode("accept")
    claim(face.ask(USER) == OK and face.looks() == 1, "one look opens the token")
    pairs = {"a key with CKA_ALWAYS_AUTHENTICATE": face.ordinary(), "a holder key": face.generate()}
    for what, (public, key) in pairs.items():
        check_signatures(face, public, key, what)
        check_sessions(face, key)
    check_refusals(face, pairs["a holder key"][1])
    assert face.lib.C_DestroyObject(face.session, Ulong(pairs["a holder key"][1])) == 0
    face.lib.C_Finalize(None)
    return wrong != 0


sys.exit(main())
