#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""An application that goes on while its TPM is switched off, killed, cleared or robbed.

usage: tpm_calls.py steps MODULE TOKEN-LABEL          do what stdin says, a word a line, and answer with a CK_RV each:
                                                      login wrong logout sign again slots quit
       tpm_calls.py wrong MODULE TOKEN-LABEL N        N logins with WRONG: how often which CK_RV
       tpm_calls.py work MODULE TOKEN-LABEL N ID      N signatures and key agreements, and errors of all kinds between
                                                      them; exit 1 if one is not as it should be

PIN and WRONG come from the environment. "sign" takes a key labelled "key", "again" makes a new key pair first.
"""
import os
import signal
import sys
from collections import Counter

import PyKCS11
from PyKCS11 import LowLevel as L

# What is written to a TPM that is gone must not end the application, whatever the application does about signals.
signal.signal(signal.SIGPIPE, signal.SIG_DFL)

P256 = bytes.fromhex("06082a8648ce3d030107")
VENDOR = {0xCD440213: "CKR_MDOC_TPM_OTHER", 0xCD440214: "CKR_MDOC_TPM_INDEX_LOST", 0xCD440215: "CKR_MDOC_STORE_ROLLED_BACK"}
POINT = bytes.fromhex(
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")


def name_of(rv):
    rv &= 0xFFFFFFFF
    return VENDOR.get(rv) or PyKCS11.CKR.get(rv) or f"0x{rv:x}"


def answer_of(function, *args):
    try:
        function(*args)
    except PyKCS11.PyKCS11Error as error:
        return name_of(error.value)
    return "CKR_OK"


class Application:
    def __init__(self, module, label):
        self.library = PyKCS11.PyKCS11Lib()
        self.library.load(module)
        self.slot = next(slot for slot in self.library.getSlotList(tokenPresent=True)
                         if self.library.getTokenInfo(slot).label.strip() == label)
        self.session = self.library.openSession(self.slot, PyKCS11.CKF_SERIAL_SESSION | PyKCS11.CKF_RW_SESSION)

    def login(self):
        self.session.login(os.environ["PIN"])

    def wrong(self):
        self.session.login(os.environ["WRONG"])

    def logout(self):
        self.session.logout()

    def slots(self):
        for slot in self.library.getSlotList(tokenPresent=True):
            self.library.getTokenInfo(slot)

    def key(self, label):
        found = self.session.findObjects([(PyKCS11.CKA_CLASS, PyKCS11.CKO_PRIVATE_KEY), (PyKCS11.CKA_LABEL, label)])
        if not found:
            raise PyKCS11.PyKCS11Error(PyKCS11.CKR_KEY_HANDLE_INVALID)
        return found[0]

    def sign(self, label="key"):
        return bytes(self.session.sign(self.key(label), os.urandom(32), PyKCS11.Mechanism(PyKCS11.CKM_ECDSA)))

    def again(self):
        self.pair("again", b"\x0a")
        self.sign("again")

    def pair(self, label, key_id, more=()):
        both = [(PyKCS11.CKA_TOKEN, True), (PyKCS11.CKA_LABEL, label), (PyKCS11.CKA_ID, key_id)]
        public = both + [(PyKCS11.CKA_EC_PARAMS, P256)]
        private = both + [(PyKCS11.CKA_SIGN, True), (PyKCS11.CKA_DERIVE, True)] + list(more)
        return self.session.generateKeyPair(public, private, mecha=PyKCS11.MechanismECGENERATEKEYPAIR)

    def raw_sign(self, key, data):
        mechanism, out = PyKCS11.Mechanism(PyKCS11.CKM_ECDSA).to_native(), PyKCS11.ckbytelist()
        rv = self.session.lib.C_SignInit(self.session.session, mechanism, key)
        if rv == L.CKR_OK:
            rv = self.session.lib.C_Sign(self.session.session, PyKCS11.ckbytelist(data), out)
        if rv == L.CKR_OK:
            rv = self.session.lib.C_Sign(self.session.session, PyKCS11.ckbytelist(data), out)
        return name_of(rv)

    def derive(self, key, point):
        template = [(PyKCS11.CKA_CLASS, PyKCS11.CKO_SECRET_KEY), (PyKCS11.CKA_KEY_TYPE, PyKCS11.CKK_GENERIC_SECRET),
                    (PyKCS11.CKA_TOKEN, False), (PyKCS11.CKA_VALUE_LEN, 32)]
        made = self.session.deriveKey(key, template, PyKCS11.ECDH1_DERIVE_Mechanism(point))
        self.session.destroyObject(made)


def steps(module, label):
    application = Application(module, label)
    print("ready", flush=True)
    for line in sys.stdin:
        word = line.strip()
        if word == "quit":
            break
        print(answer_of(getattr(application, word)), flush=True)


def wrong_pins(module, label, count):
    application = Application(module, label)
    answers = Counter(answer_of(application.wrong) for _ in range(int(count)))
    for name, times in sorted(answers.items()):
        print(name, times)


def work(module, label, count, key_id):
    """Now and then something that has to fail, each in another place."""
    application = Application(module, label)
    answers = Counter([answer_of(application.login)])
    key_id = bytes.fromhex(key_id)
    _, key = application.pair("work", key_id)
    _, always = application.pair("always", key_id + b"a", [(PyKCS11.CKA_ALWAYS_AUTHENTICATE, True)])
    bad = bytearray(POINT)
    bad[40] ^= 1
    for number in range(int(count)):
        kind = number % 20
        if kind == 3:
            answers["a point that is none: " + answer_of(application.derive, key, bytes(bad))] += 1
        elif kind == 7:
            answers["no digest: " + application.raw_sign(key, bytes(2000))] += 1
        elif kind == 11:
            answers["no PIN for it: " + application.raw_sign(always, os.urandom(32))] += 1
        elif kind == 15:
            answers["no such curve: " + answer_of(
                application.session.generateKeyPair, [(PyKCS11.CKA_EC_PARAMS, bytes.fromhex("06052b8104000a"))], [],
                PyKCS11.MechanismECGENERATEKEYPAIR)] += 1
        elif kind % 3 == 0:
            answers["agreed: " + answer_of(application.derive, key, POINT)] += 1
        else:
            answers["signed: " + answer_of(application.sign, "work")] += 1
    for name, times in sorted(answers.items()):
        print(name, times)
    good = all(name.endswith("CKR_OK") for name in answers if name.startswith(("CKR", "agreed", "signed")))
    refused = all(not name.endswith("CKR_OK") for name in answers if name.startswith("no ") or name.startswith("a point"))
    sys.exit(0 if good and refused else 1)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    {"steps": steps, "wrong": wrong_pins, "work": work}[sys.argv[1]](*sys.argv[2:])
