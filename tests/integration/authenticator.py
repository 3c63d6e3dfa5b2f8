#!/usr/bin/python3
# Both ends of an authenticator: `keys FOLDER` makes a helper program's keys and prints its public document, run without
# arguments it is the helper (what it is to do is in the file `mode` beside its keys: a word for each question, the last
# for all that follow), `drive` is a PKCS#11 program.
#
# SPDX-License-Identifier: BSD-2-Clause
import base64
import ctypes
import hashlib
import json
import os
import sys
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def raw(key):
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def make_keys(folder):
    sign = ec.generate_private_key(ec.SECP256R1())
    seal = x25519.X25519PrivateKey.generate()
    with open(folder + "/sign.pem", "wb") as out:
        out.write(sign.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                     serialization.NoEncryption()))
    with open(folder + "/seal", "wb") as out:
        out.write(seal.private_bytes(serialization.Encoding.Raw, serialization.PrivateFormat.Raw,
                                     serialization.NoEncryption()))
    point = sign.public_key().public_numbers()
    print(json.dumps({
        "sign": {"kty": "EC", "crv": "P-256", "x": b64(point.x.to_bytes(32, "big")),
                 "y": b64(point.y.to_bytes(32, "big"))},
        "seal": {"kty": "OKP", "crv": "X25519", "x": b64(raw(seal.public_key()))}}))


def open_box(folder, serial, box):
    """version || ephemeral key || (version || nonce || ciphertext and tag)"""
    seal = x25519.X25519PrivateKey.from_private_bytes(open(folder + "/seal", "rb").read())
    head, body = box[:33], box[33:]
    shared = seal.exchange(x25519.X25519PublicKey.from_public_bytes(head[1:]))
    info = b"mdoc-pkcs11 box" + head + raw(seal.public_key())
    key = HKDF(hashes.SHA256(), 32, None, info).derive(shared)
    return AESGCM(key).decrypt(body[1:13], body[13:], b"mdoc-pkcs11 authenticator" + serial.encode())


def answer(folder, question, verdict):
    secret = open_box(folder, question["serial"], unb64(question["box"]))
    digest = b64(hashlib.sha256(secret).digest()) if verdict == "accept" else ""
    text = "\n".join(["mdoc-pkcs11 authenticator 1", question["serial"], question["nonce"], verdict, digest])
    sign = serialization.load_pem_private_key(open(folder + "/sign.pem", "rb").read(), None)
    r, s = utils.decode_dss_signature(sign.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    made = {"verdict": verdict, "signature": b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))}
    if verdict == "accept":
        made["secret"] = b64(secret)
    return made


def next_mode(folder):
    mode, *rest = open(folder + "/mode").read().split()
    if rest:
        with open(folder + "/mode", "w") as out:
            out.write(" ".join(rest))
    return mode


def helper(folder):
    mode = next_mode(folder)
    with open(folder + "/seen", "a") as seen:
        print(mode, sorted(os.environ), sorted(os.listdir("/proc/self/fd"))[:3], file=seen)
    if mode == "die":
        os._exit(3)
    question = json.loads(sys.stdin.readline())
    assert question["version"] == 1 and question["act"] == "authenticate"
    if mode == "slow":
        time.sleep(600)
    if mode == "garbage":
        print("yes, it is he")
    elif mode == "replay":
        print(open(folder + "/kept").read())
    elif mode == "much":
        print("x" * 100000)
    else:
        made = answer(folder, question, "refuse" if mode == "refuse" else "accept")
        if mode == "accept":
            with open(folder + "/kept", "w") as out:
                json.dump(made, out)
        if mode == "forge":
            made["secret"] = b64(os.urandom(32))
        if mode == "unsigned":
            made["signature"] = b64(os.urandom(64))
        if mode == "turn":
            made = answer(folder, question, "refuse")
            made["verdict"] = "accept"
        print(json.dumps(made))
    sys.stdout.flush()
    time.sleep(600)  # whoever has answered is not waited for


class Area(ctypes.Structure):
    POLICY = ctypes.c_ulong * 4
    _fields_ = [("label", ctypes.c_char * 32), ("backend", ctypes.c_char_p), ("so_pin", ctypes.c_char_p),
                ("so_pin_len", ctypes.c_ulong), ("user", POLICY), ("so", POLICY), ("flags", ctypes.c_ulong),
                ("preset", ctypes.c_char_p), ("card", ctypes.c_char_p), ("authenticator", ctypes.c_char_p),
                ("authenticator_len", ctypes.c_ulong)]


class Interface(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("functions", ctypes.c_void_p), ("flags", ctypes.c_ulong)]


def make_area(module, label, so_pin, document):
    """The vendor interface, for what stock PKCS#11 can't say."""
    lib = ctypes.CDLL(module)
    lib.C_Initialize(None)
    interface = ctypes.POINTER(Interface)()
    assert lib.C_GetInterface(b"Vendor mdoc-pkcs11", None, ctypes.byref(interface), ctypes.c_ulong(0)) == 0
    make = ctypes.CFUNCTYPE(ctypes.c_ulong, ctypes.POINTER(Area), ctypes.POINTER(ctypes.c_ulong))(
        ctypes.c_void_p.from_address(interface.contents.functions + 8).value)
    area = Area(label=label.encode().ljust(32), so_pin=so_pin.encode(), so_pin_len=len(so_pin),
                authenticator=document, authenticator_len=len(document))
    slot = ctypes.c_ulong()
    rv = make(ctypes.byref(area), ctypes.byref(slot))
    lib.C_Finalize(None)
    return rv


def vendor_call(lib, index, *args):
    interface = ctypes.POINTER(Interface)()
    assert lib.C_GetInterface(b"Vendor mdoc-pkcs11", None, ctypes.byref(interface), ctypes.c_ulong(0)) == 0
    address = ctypes.c_void_p.from_address(interface.contents.functions + 8 * (1 + index)).value
    return ctypes.CFUNCTYPE(ctypes.c_ulong, ctypes.c_ulong)(address)(*args)


DISABLE = 13  # C_MDOC_DisablePin's place in the list


def login(module, slot, act):
    """C_Login by NULL PIN and what follows, without any wrapper."""
    lib = ctypes.CDLL(module)
    session = ctypes.c_ulong()
    lib.C_Initialize(None)
    assert lib.C_OpenSession(ctypes.c_ulong(slot), ctypes.c_ulong(6), None, None, ctypes.byref(session)) == 0
    if act == "disable":
        so_pin = sys.argv[5].encode()
        rv = lib.C_Login(session, ctypes.c_ulong(0), so_pin, ctypes.c_ulong(len(so_pin))) & 0xffffffff
        rv = rv or vendor_call(lib, DISABLE, session)
    else:
        rv = lib.C_Login(session, ctypes.c_ulong(1), None, ctypes.c_ulong(0)) & 0xffffffff
    if rv == 0 and act == "count":
        count = ctypes.c_ulong()
        handles = (ctypes.c_ulong * 50)()
        kind = ctypes.c_ulong(0)

        class Attribute(ctypes.Structure):
            _fields_ = [("type", ctypes.c_ulong), ("value", ctypes.c_void_p), ("len", ctypes.c_ulong)]
        wanted = Attribute(0, ctypes.cast(ctypes.byref(kind), ctypes.c_void_p), 8)
        assert lib.C_FindObjectsInit(session, ctypes.byref(wanted), ctypes.c_ulong(1)) == 0
        assert lib.C_FindObjects(session, handles, ctypes.c_ulong(50), ctypes.byref(count)) == 0
        print("objects", count.value)
    lib.C_Finalize(None)
    return rv


if len(sys.argv) == 1:
    helper(os.path.dirname(os.path.abspath(sys.argv[0])))
elif sys.argv[1] == "keys":
    make_keys(sys.argv[2])
elif sys.argv[1] == "area":
    print("rv 0x%x" % make_area(sys.argv[2], sys.argv[3], sys.argv[4], open(sys.argv[5], "rb").read().strip()))
else:
    started = time.monotonic()
    print("rv 0x%x" % login(sys.argv[2], int(sys.argv[3]), sys.argv[4]), "after %d s" % (time.monotonic() - started))
