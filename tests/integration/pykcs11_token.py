"""What a Python program does with a token, by PyKCS11.

    pykcs11_token.py MODULE LABEL

The PIN is in the environment's PIN, a wrong one in WRONG. Prints one line a claim; exit 1 when one is
wrong. Needs Debian's python3-pykcs11 and openssl.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import subprocess
import sys
import tempfile
import threading

import PyKCS11
from PyKCS11 import LowLevel

P256 = bytes.fromhex("06082a8648ce3d030107")
SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
THREADS = 8
EACH = 20
wrong = 0


def claim(truth, what):
    global wrong
    print(("right: " if truth else "WRONG: ") + what)
    if not truth:
        wrong += 1


def refused(code, what, call, *args):
    try:
        call(*args)
        claim(False, what)
    except PyKCS11.PyKCS11Error as error:
        claim(error.value & 0xFFFFFFFF == code, f"{what} ({error})")


def key_templates(label, key_id):
    both = [(PyKCS11.CKA_TOKEN, PyKCS11.CK_TRUE), (PyKCS11.CKA_LABEL, label), (PyKCS11.CKA_ID, key_id)]
    public = both + [(PyKCS11.CKA_EC_PARAMS, P256), (PyKCS11.CKA_VERIFY, PyKCS11.CK_TRUE)]
    private = both + [(PyKCS11.CKA_SIGN, PyKCS11.CK_TRUE), (PyKCS11.CKA_DERIVE, PyKCS11.CK_TRUE)]
    return public, private


def make_key(session, label, key_id):
    public, private = key_templates(label, key_id)
    return session.generateKeyPair(public, private, mecha=PyKCS11.MechanismECGENERATEKEYPAIR)


def point_of(session, public):
    """CKA_EC_POINT: a DER OCTET STRING of the uncompressed point."""
    der = bytes(session.getAttributeValue(public, [PyKCS11.CKA_EC_POINT])[0])
    claim(len(der) == 67 and der[:3] == b"\x04\x41\x04", "the point is an OCTET STRING")
    return der[2:]


def der_signature(raw):
    """r || s as OpenSSL wants it."""
    out = b""
    for part in (raw[:32], raw[32:]):
        number = part.lstrip(b"\0") or b"\0"
        if number[0] & 0x80:
            number = b"\0" + number
        out += bytes([2, len(number)]) + number
    return bytes([0x30, len(out)]) + out


def openssl_verifies(point, data, raw):
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, name) for name in ("key", "sig", "data")]
        for path, content in zip(paths, (SPKI + point, der_signature(raw), data)):
            with open(path, "wb") as file:
                file.write(content)
        return subprocess.run(
            ["openssl", "dgst", "-sha256", "-keyform", "DER", "-verify", paths[0], "-signature", paths[1], paths[2]],
            stdout=subprocess.DEVNULL, check=False).returncode == 0


def sign(session, key, data):
    return bytes(session.sign(key, data, PyKCS11.Mechanism(PyKCS11.CKM_ECDSA_SHA256)))


def verify(session, key, data, signature):
    return session.verify(key, data, signature, PyKCS11.Mechanism(PyKCS11.CKM_ECDSA_SHA256))


def in_threads(library, slot, private):
    """Each thread has a session of its own; all use one key."""
    made = []
    lock = threading.Lock()

    def work(name):
        session = library.openSession(slot)
        for i in range(EACH):
            data = f"thread {name}, message {i}".encode()
            signature = sign(session, private, data)
            with lock:
                made.append((data, signature))
        session.closeSession()

    threads = [threading.Thread(target=work, args=(name,)) for name in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return made


def before_login(library, slot):
    session = library.openSession(slot, PyKCS11.CKF_SERIAL_SESSION | PyKCS11.CKF_RW_SESSION)
    digest = session.digest(b"abc", PyKCS11.Mechanism(PyKCS11.CKM_SHA256))
    claim(bytes(digest).hex().startswith("ba7816bf"), "a digest before login")
    claim(len(set(session.generateRandom(64))) > 1, "random bytes before login")
    claim(session.getSessionInfo().state2text() == "CKS_RW_PUBLIC_SESSION", "a public session")
    refused(LowLevel.CKR_USER_NOT_LOGGED_IN, "no private key is made before login", make_key, session, "none", b"\x09")
    refused(LowLevel.CKR_PIN_INCORRECT, "a wrong PIN", session.login, os.environ["WRONG"])
    flags = library.getTokenInfo(slot).flags2text()
    claim("CKF_USER_PIN_COUNT_LOW" in flags, "which the token's flags say")
    session.login(os.environ["PIN"])
    flags = library.getTokenInfo(slot).flags2text()
    claim("CKF_USER_PIN_COUNT_LOW" not in flags, "until the right one")
    refused(LowLevel.CKR_USER_ALREADY_LOGGED_IN, "nobody logs in twice", session.login, os.environ["PIN"])
    return session


def find(session, **wanted):
    template = [(getattr(PyKCS11, "CKA_" + name), value) for name, value in wanted.items()]
    return session.findObjects(template)


def searches(session):
    for number in range(5):
        make_key(session, f"key {number}", bytes([0x20 + number]))
    private = PyKCS11.CKO_PRIVATE_KEY
    claim(len(find(session, CLASS=private)) == 6, "all private keys are found")
    claim(len(find(session, CLASS=private, LABEL="key 3")) == 1, "one by its label")
    claim(len(find(session, ID=b"\x22")) == 2, "a pair by its id")
    claim(len(find(session, LABEL="key")) == 0, "none by the beginning of one")
    claim(len({bytes(session.getAttributeValue(key, [0x00000004])[0]) for key in find(session, CLASS=private)}) == 6,
          "each has a CKA_UNIQUE_ID")
    for one in find(session, ID=b"\x22"):
        session.destroyObject(one)
    claim(len(find(session, ID=b"\x22")) == 0, "a destroyed pair is gone")


def data_objects(session):
    value = os.urandom(4096)
    session.createObject([
        (PyKCS11.CKA_CLASS, PyKCS11.CKO_DATA), (PyKCS11.CKA_TOKEN, PyKCS11.CK_TRUE),
        (PyKCS11.CKA_PRIVATE, PyKCS11.CK_TRUE), (PyKCS11.CKA_LABEL, "letter"),
        (PyKCS11.CKA_APPLICATION, "post"), (PyKCS11.CKA_VALUE, value)])
    found = find(session, CLASS=PyKCS11.CKO_DATA, APPLICATION="post")
    claim(len(found) == 1 and bytes(session.getAttributeValue(found[0], [PyKCS11.CKA_VALUE])[0]) == value,
          "private data comes back")


def main(module, label):
    library = PyKCS11.PyKCS11Lib()
    library.load(module)
    slot = next(one for one in library.getSlotList(tokenPresent=True) if library.getTokenInfo(one).label.strip() == label)
    session = before_login(library, slot)
    public, private = make_key(session, "main", b"\x01")
    point = point_of(session, public)
    signature = sign(session, private, b"message")
    claim(verify(session, public, b"message", signature), "the token verifies")
    claim(not verify(session, public, b"massage", signature), "and not another message")
    claim(openssl_verifies(point, b"message", signature), "OpenSSL verifies")
    claim(session.getAttributeValue(private, [PyKCS11.CKA_VALUE]) == [None], "a private key does not leave")
    made = in_threads(library, slot, private)
    claim(len(made) == THREADS * EACH and all(verify(session, public, *one) for one in made),
          f"{THREADS} threads made {EACH} signatures each")
    claim(len({one[1] for one in made}) == len(made), "all different")
    searches(session)
    data_objects(session)
    session.logout()
    claim(len(find(session, CLASS=PyKCS11.CKO_PRIVATE_KEY)) == 0, "no private key after logout")
    claim(len(find(session, CLASS=PyKCS11.CKO_DATA, APPLICATION="post")) == 0, "nor private data")
    claim(len(find(session, CLASS=PyKCS11.CKO_PUBLIC_KEY)) == 5, "public keys are there")
    claim(verify(session, public, b"message", signature), "and verify")
    refused(LowLevel.CKR_KEY_HANDLE_INVALID, "an old handle signs nothing", sign, session, private, b"message")
    session.closeSession()
    return 0 if wrong == 0 else 1


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except PyKCS11.PyKCS11Error as failure:
        sys.exit(f"pykcs11_token.py: {failure}")
