"""Objects of a token, without OpenSSL.

    provider_objects.py odd MODULE LABEL             put some in that no honest program would make; the PIN is
                                                     in the environment's PIN
    provider_objects.py restricted MODULE LABEL      make two key pairs, "signer" without CKA_DERIVE and "deriver"
                                                     without CKA_SIGN
    provider_objects.py public MODULE LABEL OBJECT   the public key of that label, as DER on standard output
    provider_objects.py reference DESCRIPTION URI    DER that refers to a key by its URI, on standard output

Needs Debian's python3-pykcs11.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import sys

import PyKCS11
from PyKCS11 import PyKCS11 as p11

P256 = bytes.fromhex("06082a8648ce3d030107")
NOBODYS = bytes.fromhex("06072a030405060708")  # an OID that no curve has
OFF_CURVE = bytes.fromhex("044104") + bytes(range(1, 65))
BASE = [(p11.CKA_TOKEN, True)]


def certificate(label, value):
    return BASE + [
        (p11.CKA_CLASS, p11.CKO_CERTIFICATE), (p11.CKA_CERTIFICATE_TYPE, p11.CKC_X_509), (p11.CKA_PRIVATE, False),
        (p11.CKA_LABEL, label), (p11.CKA_SUBJECT, b"0\0"), (p11.CKA_VALUE, value)]


def public_key(label, params, point):
    return BASE + [
        (p11.CKA_CLASS, p11.CKO_PUBLIC_KEY), (p11.CKA_KEY_TYPE, p11.CKK_EC), (p11.CKA_PRIVATE, False),
        (p11.CKA_LABEL, label), (p11.CKA_EC_PARAMS, params), (p11.CKA_EC_POINT, point)]


def private_key(label, params):
    return BASE + [
        (p11.CKA_CLASS, p11.CKO_PRIVATE_KEY), (p11.CKA_KEY_TYPE, p11.CKK_EC), (p11.CKA_PRIVATE, True),
        (p11.CKA_SENSITIVE, True), (p11.CKA_SIGN, True), (p11.CKA_DERIVE, True), (p11.CKA_LABEL, label),
        (p11.CKA_EC_PARAMS, params), (p11.CKA_VALUE, bytes(range(32)))]


OBJECTS = [
    certificate("rubbish", os.urandom(300)),
    certificate("cut", bytes.fromhex("3082ffff3082")),
    public_key("odd-curve", NOBODYS, OFF_CURVE),
    public_key("off-curve", P256, OFF_CURVE),
    public_key("no-der", b"\x30\x84\xff\xff\xff\xff", b"\x04\x84\xff\xff\xff\xff"),
    private_key("odd-curve", NOBODYS),
    private_key("no-der", b"\x06\xff"),
    private_key("no-point", P256),
]


EC = bytes.fromhex("06072a8648ce3d0201")
ALGORITHMS = {(0x40, 32): "06032b6570", (0x40, 57): "06032b6571", (0x41, 32): "06032b656e", (0x41, 56): "06032b656f"}


def der(tag, content):
    """DER of up to 255 bytes of content."""
    return bytes([tag] + ([0x81] if len(content) > 127 else []) + [len(content)]) + content


def public(session, label):
    found = session.findObjects([(p11.CKA_CLASS, p11.CKO_PUBLIC_KEY), (p11.CKA_LABEL, label)])
    kind, params, point = session.getAttributeValue(found[0], [p11.CKA_KEY_TYPE, p11.CKA_EC_PARAMS, p11.CKA_EC_POINT])
    params, point = bytes(params), bytes(point)
    if point[0] == 4 and len(point) in (point[1] + 2, point[2] + 3):
        point = point[2:] if point[1] + 2 == len(point) else point[3:]
    algorithm = EC + params if kind == p11.CKK_EC else bytes.fromhex(ALGORITHMS[(kind, len(point))])
    sys.stdout.buffer.write(der(0x30, der(0x30, algorithm) + der(3, b"\0" + point)))


def odd(session):
    session.login(os.environ["PIN"])
    for template in OBJECTS:
        session.createObject(template)


def restricted(session):
    session.login(os.environ["PIN"])
    for key_id, label, sign, derive in ((b"\x04", "signer", True, False), (b"\x05", "deriver", False, True)):
        both = BASE + [(p11.CKA_LABEL, label), (p11.CKA_ID, key_id)]
        session.generateKeyPair(both + [(p11.CKA_EC_PARAMS, P256)], both + [
            (p11.CKA_PRIVATE, True), (p11.CKA_SENSITIVE, True), (p11.CKA_SIGN, sign), (p11.CKA_DERIVE, derive)],
            mecha=PyKCS11.MechanismECGENERATEKEYPAIR)


def reference(description, uri):
    content = b""
    for tag, text in ((0x1A, description), (0x0C, uri)):
        content += der(tag, text.encode())
    sys.stdout.buffer.write(b"\x30\x82" + len(content).to_bytes(2, "big") + content)


def main(command, module, label, *rest):
    library = PyKCS11.PyKCS11Lib()
    library.load(module)
    slot = next(one for one in library.getSlotList(tokenPresent=True) if library.getTokenInfo(one).label.strip() == label)
    session = library.openSession(slot, PyKCS11.CKF_SERIAL_SESSION | PyKCS11.CKF_RW_SESSION)
    {"odd": odd, "public": public, "restricted": restricted}[command](session, *rest)
    session.closeSession()


if __name__ == "__main__":
    if sys.argv[1] == "reference":
        reference(*sys.argv[2:])
    else:
        main(*sys.argv[1:])
