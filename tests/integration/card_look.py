#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a system sees and may do in an area of a card, through C_* alone.

usage: card_look.py MODULE LABEL NAME FILE [write APPLICATION LABEL VALUE] [pin PIN]

Logs NAME in by C_LoginUser with the first line of FILE; NAME "user": the holder, by C_Login, "so": the security officer; "-": nobody. Prints the
CK_RV, a line "sees LABEL VALUE" for each private object, and what each act was answered.
"""
import ctypes
import sys

Ulong = ctypes.c_ulong
CLASS, TOKEN, PRIVATE, LABEL, APPLICATION, VALUE = 0, 1, 2, 3, 0x10, 0x11
DATA, PRIVATE_KEY = 0, 3


class Attribute(ctypes.Structure):
    _fields_ = [("type", Ulong), ("value", ctypes.c_void_p), ("length", Ulong)]


def attributes(pairs):
    keep = [ctypes.create_string_buffer(value, len(value)) for _, value in pairs]
    rows = (Attribute * len(pairs))()
    for row, (kind, value), buffer in zip(rows, pairs, keep):
        row.type, row.value, row.length = kind, ctypes.addressof(buffer), len(value)
    return rows, keep


def read(lib, session, handle, kind):
    row = Attribute(kind, None, 0)
    if lib.C_GetAttributeValue(session, Ulong(handle), ctypes.byref(row), Ulong(1)) != 0:
        return b""
    buffer = ctypes.create_string_buffer(row.length + 1)
    row.value = ctypes.addressof(buffer)
    lib.C_GetAttributeValue(session, Ulong(handle), ctypes.byref(row), Ulong(1))
    return buffer.raw[: row.length]


def word(number):
    return bytes(Ulong(number))


def say(what, rv):
    print("%s 0x%x" % (what, rv & 0xFFFFFFFF))


def open_session(lib, label):
    count = Ulong(0)
    assert lib.C_Initialize(None) == 0
    assert lib.C_GetSlotList(1, None, ctypes.byref(count)) == 0
    slots = (Ulong * count.value)()
    assert lib.C_GetSlotList(1, slots, ctypes.byref(count)) == 0
    session = Ulong(0)
    for slot in slots:
        info = ctypes.create_string_buffer(512)
        if lib.C_GetTokenInfo(Ulong(slot), info) == 0 and info.raw[:32].rstrip().decode() == label:
            assert lib.C_OpenSession(Ulong(slot), Ulong(6), None, None, ctypes.byref(session)) == 0
            return session
    sys.exit("no such token")


def log_in(lib, session, name, path):
    if name == "-":
        return
    with open(path, "rb") as file:
        secret = file.readline().strip()
    if name in ("user", "so"):
        say("login", lib.C_Login(session, Ulong(1 if name == "user" else 0), secret, Ulong(len(secret))))
    else:
        text = name.encode()
        say("login", lib.C_LoginUser(session, Ulong(1), secret, Ulong(len(secret)), text, Ulong(len(text))))


def look(lib, session):
    rows, _keep = attributes([(PRIVATE, b"\x01")])
    handles, found = (Ulong * 100)(), Ulong(0)
    assert lib.C_FindObjectsInit(session, rows, Ulong(1)) == 0
    assert lib.C_FindObjects(session, handles, Ulong(100), ctypes.byref(found)) == 0
    assert lib.C_FindObjectsFinal(session) == 0
    for handle in handles[: found.value]:
        value = read(lib, session, handle, VALUE)
        print("sees", read(lib, session, handle, LABEL).decode(), value[:80].decode("latin-1"))
    return handles[: found.value]


def act(lib, session, words):
    if words[0] == "write":
        application, label, value = (text.encode() for text in words[1:4])
        rows, _keep = attributes([(CLASS, word(DATA)), (TOKEN, b"\x01"), (PRIVATE, b"\x01"), (APPLICATION, application),
                                  (LABEL, label), (VALUE, value)])
        handle = Ulong(0)
        say("write", lib.C_CreateObject(session, rows, Ulong(len(rows)), ctypes.byref(handle)))
        return words[4:]
    pin = words[1].encode()
    say("pin", lib.C_InitPIN(session, pin, Ulong(len(pin))))
    return words[2:]


def main():
    module, label, name, path = sys.argv[1:5]
    lib = ctypes.CDLL(module)
    session = open_session(lib, label)
    log_in(lib, session, name, path)
    look(lib, session)
    words = sys.argv[5:]
    while words:
        words = act(lib, session, words)
    lib.C_Finalize(None)


if __name__ == "__main__":
    main()
