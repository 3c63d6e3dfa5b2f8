#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Make a whole DeviceResponse with a stock PKCS#11 binding: CKM_MDOC_DEVICE_RESPONSE and C_Sign.

usage: pykcs11.py MODULE TOKEN-LABEL PIN-FILE REQUEST TRANSCRIPT OUT [NAMESPACE:ELEMENT ...]

REQUEST is a DeviceRequest and TRANSCRIPT a SessionTranscript, each bare or in its tag 24 form.
With elements at the end just those are agreed to; without them all that is asked, but never the
個人番号. Spends one copy. Exit 0 when OUT was written, 1 otherwise.
"""
import struct
import sys

import PyKCS11

CKM_MDOC_DEVICE_RESPONSE = 0xCD440002
CKA_MDOC_COPY_STATE = 0xCD440101
CKV_MDOC_COPY_UNUSED = 1
CKR_MDOC_DOCTYPE = 0xCD440201


def head(major, count):
    """The head of a CBOR item."""
    for extra, size, form in ((24, 1, ">B"), (25, 2, ">H"), (26, 4, ">I")):
        if count < 24:
            return bytes([major << 5 | count])
        if count < 1 << (8 * size):
            return bytes([major << 5 | extra]) + struct.pack(form, count)
    raise ValueError("too long")


def text(string):
    data = string.encode()
    return head(3, len(data)) + data


def embedded(path):
    """The file's item as #6.24(bstr), which it may be already."""
    with open(path, "rb") as file:
        data = file.read()
    return data if data[:2] == b"\xd8\x18" else b"\xd8\x18" + head(2, len(data)) + data


def agreed(names):
    """{namespace: [element, ...]}"""
    spaces = {}
    for name in names:
        space, element = name.rsplit(":", 1)
        spaces.setdefault(space, []).append(element)
    out = head(5, len(spaces))
    for space, elements in spaces.items():
        out += text(space) + head(4, len(elements)) + b"".join(text(element) for element in elements)
    return out


def check(rv):
    if rv != PyKCS11.CKR_OK:
        raise PyKCS11.PyKCS11Error(rv)


def find_slot(library, label):
    for slot in library.getSlotList(tokenPresent=True):
        if library.getTokenInfo(slot).label.strip() == label:
            return slot
    raise SystemExit(f"pykcs11.py: no token {label}")


def sign(session, pin, key, data):
    """C_SignInit, length query, PIN, C_Sign. The length query spends nothing."""
    mechanism = PyKCS11.Mechanism(CKM_MDOC_DEVICE_RESPONSE).to_native()
    answer = PyKCS11.ckbytelist()
    check(session.lib.C_SignInit(session.session, mechanism, key))
    check(session.lib.C_Sign(session.session, data, answer))
    session.login(pin, PyKCS11.CKU_CONTEXT_SPECIFIC)
    check(session.lib.C_Sign(session.session, data, answer))
    return bytes(answer)


def respond(session, pin, data):
    """The first unused copy whose docType is asked for answers."""
    template = [
        (PyKCS11.CKA_CLASS, PyKCS11.CKO_PRIVATE_KEY),
        (CKA_MDOC_COPY_STATE, struct.pack("L", CKV_MDOC_COPY_UNUSED)),
    ]
    for key in session.findObjects(template):
        try:
            return sign(session, pin, key, data)
        except PyKCS11.PyKCS11Error as error:
            if error.value & 0xFFFFFFFF != CKR_MDOC_DOCTYPE:
                raise
    raise SystemExit("pykcs11.py: no copy is left that could answer")


def main(args):
    if len(args) < 6:
        raise SystemExit(__doc__)
    module, label, pin_file, request, transcript, out = args[:6]
    with open(pin_file, encoding="utf-8") as file:
        pin = file.readline().rstrip("\n")
    items = [embedded(transcript), embedded(request)]
    if args[6:]:
        items.append(agreed(args[6:]))
    data = PyKCS11.ckbytelist(head(4, len(items)) + b"".join(items))
    library = PyKCS11.PyKCS11Lib()
    library.load(module)
    session = library.openSession(find_slot(library, label), PyKCS11.CKF_SERIAL_SESSION)
    try:
        session.login(pin)
        answer = respond(session, pin, data)
    except PyKCS11.PyKCS11Error as error:
        raise SystemExit(f"pykcs11.py: {error}") from error
    finally:
        session.closeSession()
    with open(out, "wb") as file:
        file.write(answer)
    print(f"{out}: DeviceResponse of {len(answer)} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
