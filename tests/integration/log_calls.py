#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Put values that nobody may see through a PKCS#11 module, or look for them in its log.

usage: log_calls.py calls MODULE TOKEN-LABEL    use the secrets in every way that takes them
       log_calls.py load MODULE TOKEN-LABEL N   N calls in each of four threads
       log_calls.py search LOG [FILE ...]       exit 1 if a secret is in the log, in any spelling; the first
                                                line of each FILE is one, and of a .json all texts are
       log_calls.py lines LOG                   exit 1 if a line is not whole, or a record not in one piece

Secrets come from the environment: PIN, SO, WRONG, NEW.
"""
import base64
import json
import os
import re
import sys
import threading

import PyKCS11
from PyKCS11 import LowLevel as L

PINS = [os.environ[name].encode() for name in ("PIN", "SO", "WRONG", "NEW")]
# A scalar of P-256, the values of two secret keys and a data object, a plaintext and a nonce.
SCALAR = bytes.fromhex("5ea1ab1e0b5e55ed0ddba115c0a1e5ce0dd1ba11fa11ed1ce0ca5cade5babb1e")
AES_KEY = bytes.fromhex("deadc0de0ff1ce15ba5eba11ab1ea11e")
GENERIC = b"a shared secret that is not for the log"
DATA = b"my number is 0123456789018, and my name is on no log"
PLAIN = b"sixteen octets!!" * 2
SEED = b"this would be a seed of the random generator"
P256 = bytes.fromhex("06082a8648ce3d030107")
SECRETS = PINS + [SCALAR, AES_KEY, GENERIC, DATA, PLAIN, SEED]
T, F = True, False


def quietly(function, *args):
    """Whatever the answer is, the log has seen the call."""
    try:
        return function(*args)
    except PyKCS11.PyKCS11Error:
        return None


def find_slot(library, label):
    for slot in library.getSlotList(tokenPresent=True):
        if library.getTokenInfo(slot).label.strip() == label:
            return slot
    raise SystemExit(f"log_calls.py: no token {label}")


def open_library(module):
    library = PyKCS11.PyKCS11Lib()
    library.load(module)
    return library


def use_pins(library, slot):
    pin, so, wrong, new = (value.decode() for value in PINS)
    session = library.openSession(slot, PyKCS11.CKF_SERIAL_SESSION | PyKCS11.CKF_RW_SESSION)
    quietly(session.login, wrong)
    session.login(so, PyKCS11.CKU_SO)
    session.initPin(new)
    session.logout()
    session.setPin(new, pin)
    quietly(session.setPin, wrong, new)
    session.login(pin)
    return session


def make_keys(session):
    """The keys that exist afterwards, by name; None for a class that the module does not take."""
    private = [(L.CKA_CLASS, L.CKO_PRIVATE_KEY), (L.CKA_KEY_TYPE, L.CKK_EC), (L.CKA_TOKEN, T), (L.CKA_PRIVATE, T),
               (L.CKA_LABEL, "imported"), (L.CKA_ID, (1, 2)), (L.CKA_EC_PARAMS, tuple(P256)), (L.CKA_SIGN, T),
               (L.CKA_SENSITIVE, F), (L.CKA_EXTRACTABLE, T), (L.CKA_VALUE, tuple(SCALAR))]
    aes = [(L.CKA_CLASS, L.CKO_SECRET_KEY), (L.CKA_KEY_TYPE, L.CKK_AES), (L.CKA_PRIVATE, T), (L.CKA_SENSITIVE, F),
           (L.CKA_EXTRACTABLE, T), (L.CKA_ENCRYPT, T), (L.CKA_DECRYPT, T), (L.CKA_WRAP, T), (L.CKA_UNWRAP, T),
           (L.CKA_VALUE, tuple(AES_KEY))]
    generic = [(L.CKA_CLASS, L.CKO_SECRET_KEY), (L.CKA_KEY_TYPE, L.CKK_GENERIC_SECRET), (L.CKA_PRIVATE, T),
               (L.CKA_SENSITIVE, F), (L.CKA_EXTRACTABLE, T), (L.CKA_VALUE, tuple(GENERIC))]
    data = [(L.CKA_CLASS, L.CKO_DATA), (L.CKA_TOKEN, T), (L.CKA_PRIVATE, T), (L.CKA_LABEL, "note"),
            (L.CKA_VALUE, tuple(DATA))]
    return {name: quietly(session.createObject, template)
            for name, template in (("private", private), ("aes", aes), ("generic", generic), ("data", data))}


def use_keys(session, keys):
    for key in keys.values():
        if key is not None:
            quietly(session.getAttributeValue, key, [L.CKA_LABEL, L.CKA_ID, L.CKA_VALUE, L.CKA_SENSITIVE])
            quietly(session.setAttributeValue, key, [(L.CKA_LABEL, "changed")])
    wrapping = PyKCS11.Mechanism(L.CKM_AES_KEY_WRAP, None)
    template = [(L.CKA_CLASS, L.CKO_SECRET_KEY), (L.CKA_KEY_TYPE, L.CKK_GENERIC_SECRET), (L.CKA_SENSITIVE, F),
                (L.CKA_EXTRACTABLE, T)]
    for name in ("aes", "generic"):
        wrapped = quietly(session.wrapKey, keys["aes"], keys[name], wrapping)
        if wrapped is not None:
            key = quietly(session.unwrapKey, keys["aes"], wrapped, template, wrapping)
            if key is not None:
                quietly(session.getAttributeValue, key, [L.CKA_VALUE])
    cbc = PyKCS11.Mechanism(L.CKM_AES_CBC, bytes(16))
    secret = quietly(session.encrypt, keys["aes"], PLAIN, cbc)
    if secret is not None:
        quietly(session.decrypt, keys["aes"], secret, cbc)
    quietly(session.sign, keys["private"], PLAIN, PyKCS11.Mechanism(L.CKM_ECDSA, None))
    quietly(session.digest, DATA, PyKCS11.Mechanism(L.CKM_SHA256, None))
    quietly(session.seedRandom, SEED)


def calls(module, label):
    library = open_library(module)
    session = use_pins(library, find_slot(library, label))
    keys = make_keys(session)
    missing = [name for name, key in keys.items() if key is None]
    use_keys(session, keys)
    session.logout()
    session.closeSession()
    if missing:
        raise SystemExit(f"log_calls.py: not made: {missing}")


def load(module, label, count):
    library = open_library(module)
    slot = find_slot(library, label)

    def run():
        session = library.openSession(slot, PyKCS11.CKF_SERIAL_SESSION)
        for _ in range(count):
            session.findObjects([(L.CKA_CLASS, L.CKO_PRIVATE_KEY), (L.CKA_LABEL, "a label")])
        session.closeSession()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def spellings(secret):
    yield secret
    for form in (secret.hex(), secret.hex(" "), secret.hex(":")):
        yield form.encode()
        yield form.upper().encode()
    yield base64.b64encode(secret).rstrip(b"=")[:-1]
    yield base64.urlsafe_b64encode(secret).rstrip(b"=")[:-1]
    yield str(list(secret))[1:-1].encode()


def texts(value):
    """All texts of a JSON value that are long enough to be told from others."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    return [value.encode()[:48]] if isinstance(value, str) and len(value.encode()) >= 8 else []


def secrets_of(path):
    with open(path, "rb") as file:
        return texts(json.load(file)) if path.endswith(".json") else [file.readline().strip()]


def search(path, *files):
    with open(path, "rb") as file:
        log = file.read()
    secrets = SECRETS + [secret for name in files for secret in secrets_of(name)]
    found = [form for secret in secrets for part in (secret, secret[:12]) for form in spellings(part) if form in log]
    for form in found:
        print("in the log:", form)
    if found or b"C_Login" not in log:
        raise SystemExit(1)


LINE = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z (\d+:\d+) #(\d+) (C_\w+( = CKR_\w+, \d+ us)?$|  .*)$")


def lines(path):
    """The lines of a record, all of one call and one moment, follow each other."""
    finished, last = set(), None
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            match = LINE.match(line.rstrip("\n"))
            if match is None or not line.endswith("\n"):
                raise SystemExit(f"line {number} is not whole: {line!r}")
            record = (line.split(" ", 1)[0], match[1], match[2])
            if record != last and record in finished:
                raise SystemExit(f"line {number} belongs to an earlier record: {line!r}")
            finished.add(record)
            last = record
    if len(finished) < 100:
        raise SystemExit("too few records to tell")


def main(args):
    command = args[1] if len(args) > 1 else ""
    if command == "calls" and len(args) == 4:
        calls(*args[2:])
    elif command == "load" and len(args) == 5:
        load(args[2], args[3], int(args[4]))
    elif command == "search" and len(args) >= 3:
        search(*args[2:])
    elif command == "lines" and len(args) == 3:
        lines(args[2])
    else:
        raise SystemExit(__doc__)


main(sys.argv)
