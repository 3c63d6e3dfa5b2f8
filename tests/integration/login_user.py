#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Log in with C_LoginUser as "provisioner" and say how that ended and what is to be seen.

usage: login_user.py MODULE LABEL CREDENTIAL-FILE

Prints the CK_RV and, after a login, the state of the session and how many objects it finds.
"""
import ctypes
import sys

Ulong = ctypes.c_ulong


def main():
    module, label, path = sys.argv[1:]
    lib = ctypes.CDLL(module)
    with open(path, "rb") as file:
        credential = file.readline().strip()
    count = Ulong(0)
    assert lib.C_Initialize(None) == 0
    assert lib.C_GetSlotList(1, None, ctypes.byref(count)) == 0
    slots = (Ulong * count.value)()
    assert lib.C_GetSlotList(1, slots, ctypes.byref(count)) == 0
    for slot in slots:
        info = ctypes.create_string_buffer(512)
        if lib.C_GetTokenInfo(Ulong(slot), info) == 0 and info.raw[:32].rstrip().decode() == label:
            break
    else:
        sys.exit("no such token")
    session = Ulong(0)
    assert lib.C_OpenSession(Ulong(slot), Ulong(6), None, None, ctypes.byref(session)) == 0
    name = b"provisioner"
    rv = lib.C_LoginUser(session, Ulong(1), credential, Ulong(len(credential)), name, Ulong(len(name)))
    print("C_LoginUser 0x%x" % (rv & 0xffffffff))
    if rv == 0:
        state = (Ulong * 4)()
        found = Ulong(0)
        handles = (Ulong * 100)()
        assert lib.C_GetSessionInfo(session, state) == 0
        assert lib.C_FindObjectsInit(session, None, Ulong(0)) == 0
        assert lib.C_FindObjects(session, handles, Ulong(100), ctypes.byref(found)) == 0
        print("state %d, records and holder keys %d" % (state[1], private_objects(lib, session, handles[: found.value])))
    lib.C_Finalize(None)


class Attribute(ctypes.Structure):
    _fields_ = [("type", Ulong), ("value", ctypes.c_void_p), ("length", Ulong)]


def private_objects(lib, session, handles):
    """How many of them have CKA_PRIVATE true; the provisioner's own three keys do not count."""
    private = 0
    for handle in handles:
        label = ctypes.create_string_buffer(64)
        attribute = Attribute(3, ctypes.addressof(label), 64)
        lib.C_GetAttributeValue(session, Ulong(handle), ctypes.byref(attribute), Ulong(1))
        if label.value in (b"provisioner attestation", b"provisioner tls", b"provisioner notices"):
            continue
        value = ctypes.c_ubyte(0)
        attribute = Attribute(2, ctypes.addressof(value), 1)
        if lib.C_GetAttributeValue(session, Ulong(handle), ctypes.byref(attribute), Ulong(1)) == 0:
            private += value.value
    return private


if __name__ == "__main__":
    main()
