#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The key for notices of a token's provisioner as a JWK, and the token's serial number, as an enrolment has them.

usage: notice_key.py MODULE LABEL CREDENTIAL-FILE
"""
import base64
import ctypes
import json
import sys

Ulong = ctypes.c_ulong


class Attribute(ctypes.Structure):
    _fields_ = [("type", Ulong), ("value", ctypes.c_void_p), ("length", Ulong)]


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def main():
    module, label, path = sys.argv[1:]
    lib = ctypes.CDLL(module)
    with open(path, "rb") as file:
        credential = file.readline().strip()
    count, slots, session, found, key = Ulong(100), (Ulong * 100)(), Ulong(0), Ulong(0), Ulong(0)
    assert lib.C_Initialize(None) == 0
    assert lib.C_GetSlotList(1, slots, ctypes.byref(count)) == 0
    for slot in slots[: count.value]:
        info = ctypes.create_string_buffer(512)
        if lib.C_GetTokenInfo(Ulong(slot), info) == 0 and info.raw[:32].rstrip().decode() == label:
            break
    else:
        sys.exit("no such token")
    assert lib.C_OpenSession(Ulong(slot), Ulong(6), None, None, ctypes.byref(session)) == 0
    name = b"provisioner"
    assert lib.C_LoginUser(session, Ulong(1), credential, Ulong(len(credential)), name, Ulong(len(name))) == 0
    wanted = ctypes.create_string_buffer(b"provisioner notices", 19)
    template = Attribute(3, ctypes.addressof(wanted), 19)
    assert lib.C_FindObjectsInit(session, ctypes.byref(template), Ulong(1)) == 0
    assert lib.C_FindObjects(session, ctypes.byref(key), Ulong(1), ctypes.byref(found)) == 0 and found.value == 1
    point = ctypes.create_string_buffer(100)
    attribute = Attribute(0x181, ctypes.addressof(point), 100)
    assert lib.C_GetAttributeValue(session, key, ctypes.byref(attribute), Ulong(1)) == 0
    raw = point.raw[: attribute.length][-64:]
    print(json.dumps({"kty": "EC", "crv": "P-256", "x": b64(raw[:32]), "y": b64(raw[32:])}))
    print(info.raw[80:96].decode().strip())


main()
