#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Renewal by a program that is not ours: C_LoginUser, C_GenerateKeyPair and the vendor interface by ctypes, JWT and
JWE by jwcrypto.

usage: inbox.py MODULE LABEL COMMAND ...

  keys CREDENTIAL-FILE NONCE     as the provisioner make two holder keys; print their key attestation
  verify JWT NONCE               verify one; print what it says of the device
  put CREDENTIAL-FILE KIND TEXT  as the provisioner put the text, encrypted to the key of the inbox, into the inbox
  fill CREDENTIAL-FILE SIZE      as the provisioner put so many random bytes until the answer is not CKR_OK; print that
  empty PIN-FILE                 as the user remove all entries; print how many
  open PIN-FILE                  as the user open the keys, sign with each, and decrypt what the inbox has
  take PIN-FILE FILE             as the user write the last response to a file
  give CREDENTIAL-FILE FILE      as the provisioner put such a file, as it is, into the inbox
  thief CREDENTIAL-FILE          as the provisioner try to read and to use all that there is; print what succeeded
"""
import ctypes
import hashlib
import json
import os
import re
import sys

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from jwcrypto import jwe, jwk, jws

Ulong = ctypes.c_ulong
CKA_CLASS, CKA_TOKEN, CKA_PRIVATE, CKA_LABEL, CKA_VALUE = 0, 1, 2, 3, 0x11
CKA_KEY_TYPE, CKA_ID, CKA_SENSITIVE, CKA_EXTRACTABLE, CKA_VALUE_LEN = 0x100, 0x102, 0x103, 0x162, 0x161
CKA_EC_PARAMS, CKA_EC_POINT, CKA_HOLDER = 0x180, 0x181, 0xCD440100
CKO_PUBLIC, CKO_PRIVATE_KEY = 2, 3
CKM_KEY_PAIR, CKM_ECDSA, CKM_ECDH = 0x1040, 0x1041, 0x1050
P256 = bytes.fromhex("06082a8648ce3d030107")
# The place of each function in CK_MDOC_FUNCTION_LIST, from its end.
INBOX = ["Put", "List", "Get", "Remove", "OpenKeys"]


class Attribute(ctypes.Structure):
    _fields_ = [("type", Ulong), ("value", ctypes.c_void_p), ("length", Ulong)]


class Mechanism(ctypes.Structure):
    _fields_ = [("type", Ulong), ("parameter", ctypes.c_void_p), ("length", Ulong)]


class Derive(ctypes.Structure):
    _fields_ = [("kdf", Ulong), ("shared_len", Ulong), ("shared", ctypes.c_void_p), ("len", Ulong),
                ("point", ctypes.c_void_p)]


class Interface(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("functions", ctypes.c_void_p), ("flags", Ulong)]


class Entry(ctypes.Structure):
    _fields_ = [("id", Ulong), ("kind", Ulong), ("received", Ulong), ("length", Ulong)]


def template(**attributes):
    """An array of attributes; the bytes are kept by it."""
    names = {"cls": CKA_CLASS, "token": CKA_TOKEN, "private": CKA_PRIVATE, "label": CKA_LABEL, "holder": CKA_HOLDER,
             "params": CKA_EC_PARAMS, "sensitive": CKA_SENSITIVE, "extractable": CKA_EXTRACTABLE,
             "kind": CKA_KEY_TYPE, "size": CKA_VALUE_LEN}
    array = (Attribute * len(attributes))()
    array.kept = []
    for at, (name, value) in zip(array, attributes.items()):
        if isinstance(value, bool):
            value = bytes([value])
        elif isinstance(value, int):
            value = value.to_bytes(ctypes.sizeof(Ulong), sys.byteorder)
        room = ctypes.create_string_buffer(value, len(value))
        array.kept.append(room)
        at.type, at.value, at.length = names[name], ctypes.addressof(room), len(value)
    return array


class Token:
    def __init__(self, module, label, place):
        self.lib = ctypes.CDLL(module)
        assert self.lib.C_Initialize(None) == 0
        count = Ulong(0)
        assert self.lib.C_GetSlotList(1, None, ctypes.byref(count)) == 0
        slots = (Ulong * count.value)()
        assert self.lib.C_GetSlotList(1, slots, ctypes.byref(count)) == 0
        info = ctypes.create_string_buffer(512)
        found = [s for s in slots if self.lib.C_GetTokenInfo(Ulong(s), info) == 0
                 and info.raw[:32].rstrip().decode() == label]
        self.session = Ulong(0)
        assert self.lib.C_OpenSession(Ulong(found[0]), Ulong(6), None, None, ctypes.byref(self.session)) == 0
        interface = ctypes.POINTER(Interface)()
        assert self.lib.C_GetInterface(b"Vendor mdoc-pkcs11", None, ctypes.byref(interface), Ulong(0)) == 0
        self.functions = interface.contents.functions
        self.place = place

    def vendor(self, name, *arguments):
        # CK_VERSION and padding, then one pointer each
        at = self.functions + ctypes.sizeof(ctypes.c_void_p) * (1 + self.place[name])
        address = ctypes.cast(at, ctypes.POINTER(ctypes.c_void_p)).contents.value
        return ctypes.CFUNCTYPE(Ulong)(address)(*arguments) & 0xFFFFFFFF

    def login(self, path):
        with open(path, "rb") as file:
            credential = file.readline().strip()
        name = b"provisioner"
        rv = self.lib.C_LoginUser(self.session, Ulong(1), credential, Ulong(len(credential)), name, Ulong(len(name)))
        assert rv == 0, hex(rv)

    def login_user(self, path):
        with open(path, "rb") as file:
            self.pin = file.readline().strip()
        rv = self.lib.C_Login(self.session, Ulong(1), self.pin, Ulong(len(self.pin)))
        assert rv == 0, hex(rv)

    def find(self, **attributes):
        handles, count = (Ulong * 3000)(), Ulong(0)
        array = template(**attributes)
        assert self.lib.C_FindObjectsInit(self.session, array, Ulong(len(array))) == 0
        assert self.lib.C_FindObjects(self.session, handles, Ulong(3000), ctypes.byref(count)) == 0
        assert self.lib.C_FindObjectsFinal(self.session) == 0
        return handles[: count.value]

    def attribute(self, handle, kind):
        room = ctypes.create_string_buffer(65536)
        array = (Attribute * 1)(Attribute(kind, ctypes.addressof(room), 65536))
        rv = self.lib.C_GetAttributeValue(self.session, Ulong(handle), array, Ulong(1)) & 0xFFFFFFFF
        return (rv, room.raw[: array[0].length] if rv == 0 else b"")

    def point(self, handle):
        rv, der = self.attribute(handle, CKA_EC_POINT)
        assert rv == 0, hex(rv)
        return der[3:] if der[1] == 0x81 else der[2:]

    def generate(self):
        public = template(params=P256, token=True, private=True)
        private = template(holder=True, token=True, private=True)
        mechanism, handles = Mechanism(CKM_KEY_PAIR, None, 0), (Ulong * 2)()
        rv = self.lib.C_GenerateKeyPair(self.session, ctypes.byref(mechanism), public, Ulong(3), private, Ulong(3),
                                        ctypes.byref(handles, 0), ctypes.byref(handles, ctypes.sizeof(Ulong)))
        assert rv == 0, hex(rv & 0xFFFFFFFF)
        return handles[0], handles[1]

    def sign(self, handle, digest, with_pin):
        mechanism = Mechanism(CKM_ECDSA, None, 0)
        rv = self.lib.C_SignInit(self.session, ctypes.byref(mechanism), Ulong(handle))
        if rv == 0 and with_pin:
            rv = self.lib.C_Login(self.session, Ulong(2), self.pin, Ulong(len(self.pin)))
        room, length = ctypes.create_string_buffer(160), Ulong(160)
        if rv == 0:
            rv = self.lib.C_Sign(self.session, digest, Ulong(len(digest)), room, ctypes.byref(length))
        return rv & 0xFFFFFFFF, room.raw[: length.value]

    def derive(self, handle, point):
        peer = ctypes.create_string_buffer(point, len(point))
        parameter = Derive(1, 0, None, len(point), ctypes.addressof(peer))
        mechanism = Mechanism(CKM_ECDH, ctypes.addressof(parameter), ctypes.sizeof(parameter))
        array = template(cls=4, kind=0x10, token=False, sensitive=False, extractable=True)
        made = Ulong(0)
        rv = self.lib.C_DeriveKey(self.session, ctypes.byref(mechanism), Ulong(handle), array, Ulong(len(array)),
                                  ctypes.byref(made)) & 0xFFFFFFFF
        return (rv, self.attribute(made.value, CKA_VALUE)[1] if rv == 0 else b"")

    def entries(self):
        count = Ulong(0)
        assert self.vendor("List", self.session, None, ctypes.byref(count)) == 0
        array = (Entry * max(count.value, 1))()
        assert self.vendor("List", self.session, array, ctypes.byref(count)) == 0
        return list(array)[: count.value]

    def get(self, entry):
        length = Ulong(entry.length)
        room = ctypes.create_string_buffer(max(entry.length, 1))
        rv = self.vendor("Get", self.session, Ulong(entry.id), room, ctypes.byref(length))
        return rv, room.raw[: length.value] if rv == 0 else b""

    def put(self, kind, data):
        number = Ulong(0)
        return self.vendor("Put", self.session, Ulong(kind), data, Ulong(len(data)), ctypes.byref(number))

    def attest(self, keys, nonce):
        handles, length = (Ulong * len(keys))(*keys), Ulong(0)
        arguments = (self.session, handles, Ulong(len(keys)), nonce, Ulong(len(nonce)), None, Ulong(0))
        rv = self.vendor("AttestKeys", *arguments, None, ctypes.byref(length))
        assert rv == 0, hex(rv)
        room = ctypes.create_string_buffer(length.value)
        assert self.vendor("AttestKeys", *arguments, room, ctypes.byref(length)) == 0
        return room.raw[: length.value].decode()


def concat_kdf(secret, enc, bits):
    """RFC 7518, 4.6.2, one round."""
    def sized(data):
        return len(data).to_bytes(4, "big") + data
    return hashlib.sha256((1).to_bytes(4, "big") + secret + sized(enc) + sized(b"") + sized(b"")
                          + bits.to_bytes(4, "big")).digest()


def decrypt(token, handle, text):
    """A compact JWE (ECDH-ES, A256GCM) by the agreement of a key in the token."""
    parts = text.split(".")
    decoded = [jwk.base64url_decode(part) for part in parts]
    header = json.loads(decoded[0])
    rv, secret = token.derive(handle, jwk.base64url_decode(header["epk"]["x"]))
    assert rv == 0, hex(rv)
    key = concat_kdf(secret, header["enc"].encode(), 256)
    return AESGCM(key).decrypt(decoded[2], decoded[3] + decoded[4], parts[0].encode())


def encrypt(point, text):
    recipient = jwk.JWK(kty="OKP", crv="X25519", x=jwk.base64url_encode(point))
    made = jwe.JWE(text.encode(), json.dumps({"alg": "ECDH-ES", "enc": "A256GCM"}))
    made.add_recipient(recipient)
    return made.serialize(compact=True)


def verify(text, nonce):
    signed = jws.JWS()
    signed.deserialize(text)
    key = jwk.JWK(**json.loads(signed.objects["protected"])["jwk"])
    signed.verify(key)
    header, claims = json.loads(signed.objects["protected"]), json.loads(signed.payload)
    assert header["typ"] == "key-attestation+jwt" and header["alg"] == "ES256"
    assert claims["nonce"] == nonce and claims["exp"] > claims["iat"]
    for attested in claims["attested_keys"]:
        assert jwk.JWK(**attested)["kty"] == "EC" and "d" not in attested
    device = claims["mdoc_pkcs11"]
    assert device["response"]["crv"] == "X25519" and device["notices"]["crv"] == "P-256" and len(device["tls"]) == 43
    print("attested %d, backend %s, bound %s" % (len(claims["attested_keys"]), device["backend"], device["bound"]))


def open_keys(token):
    count = Ulong(0)
    rv = token.vendor("OpenKeys", token.session, ctypes.byref(count))
    assert rv == 0, hex(rv)
    print("opened %d" % count.value)
    digest = hashlib.sha256(b"possession").digest()
    for handle in token.find(holder=True, cls=CKO_PRIVATE_KEY):
        without, _ = token.sign(handle, digest, False)
        rv, signature = token.sign(handle, digest, True)
        if rv != 0:
            print("sign 0x%x" % rv)  # it has its record
            continue
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), token.point(handle))
        half = len(signature) // 2
        der = utils.encode_dss_signature(int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big"))
        key.verify(der, digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
        print("without the PIN 0x%x, with it a signature" % without)
    (inbox_key,) = token.find(label=b"inbox", cls=CKO_PRIVATE_KEY)
    for entry in token.entries():
        rv, data = token.get(entry)
        assert rv == 0, hex(rv)
        print("kind %d: %s" % (entry.kind, decrypt(token, inbox_key, data.decode()).decode()))


def thief(token):
    """Whatever comes out here that is not public or its own is a theft."""
    digest = bytes(32)
    handles = set(token.find()) | set(range(1, 200)) | set(token.find(label=b"inbox"))
    stolen = []
    own = set(token.find(label=b"provisioner tls")) | set(token.find(label=b"provisioner notices"))
    for handle in handles:
        if handle in own:
            continue
        if token.attribute(handle, CKA_PRIVATE) == (0, b"\1") and token.attribute(handle, CKA_VALUE)[0] == 0:
            stolen.append("value of %d" % handle)
        if token.sign(handle, digest, False)[0] == 0:
            stolen.append("signature of %d" % handle)
        if token.derive(handle, bytes(31) + b"\x09")[0] == 0:
            stolen.append("secret of %d" % handle)
    for entry in token.entries():
        if token.get(entry)[0] == 0:
            stolen.append("entry %d" % entry.id)
    if token.vendor("OpenKeys", token.session, ctypes.byref(Ulong(0))) == 0:
        stolen.append("keys")
    print("stolen: %s" % (", ".join(stolen) or "nothing"))


def places(header):
    """Where the vendor interface has its functions, from the installed header."""
    with open(header, encoding="utf-8") as file:
        names = re.findall(r"\(\*C_MDOC_([A-Za-z]+)\)", file.read())
    place = {name: at for at, name in enumerate(names)}
    place.update({name: place["Inbox" + name] for name in INBOX})
    return place


def main():
    module, label, command = sys.argv[1:4]
    rest = sys.argv[4:]
    if command == "verify":
        verify(*rest)
        return
    token = Token(module, label, places(os.environ["MDOC_PREFIX"] + "/include/mdoc-pkcs11.h"))
    if command in ("open", "empty", "take"):
        token.login_user(rest[0])
        entries = token.entries()
        if command == "open":
            open_keys(token)
        elif command == "take":
            with open(rest[1], "wb") as file:
                file.write(token.get([entry for entry in entries if entry.kind == 2][-1])[1])
        else:
            answers = {token.vendor("Remove", token.session, Ulong(entry.id)) for entry in entries}
            print("removed %d: %s" % (len(entries), ", ".join("0x%x" % rv for rv in answers)))
    else:
        token.login(rest[0])
    if command == "keys":
        keys = [token.generate()[1] for _ in range(2)]
        print(token.attest(keys, rest[1].encode()))
    elif command == "put":
        (public,) = token.find(label=b"inbox", cls=CKO_PUBLIC)
        print("put 0x%x" % token.put(int(rest[1]), encrypt(token.point(public), rest[2]).encode()))
    elif command == "give":
        with open(rest[1], "rb") as file:
            sys.exit(token.put(2, file.read()) != 0)
    elif command == "fill":
        rv, kept, size = 0, len(token.entries()), int(rest[1])
        while rv == 0:
            rv = token.put(2, os.urandom(size))
        print("put 0x%x after %s" % (rv, "some" if len(token.entries()) > kept else "none"))
    elif command == "thief":
        thief(token)
    token.lib.C_Finalize(None)


if __name__ == "__main__":
    main()
