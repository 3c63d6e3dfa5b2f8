"""A holder's program without our own code: python3-cryptography and python3-cbor2.

  session_device.py SOCKET [--curve NAME] [--nfc static|FILE] [--end STATUS] [--with STATUS] [--mac] [--connect] [--silent]

Writes iaca.der and qr.txt (or select.ndef) into the current folder, waits at a Unix socket for one reader, shows what it
asks for as a line of JSON, answers with a document that it made itself, and shows the status with which the reader ends.

  --curve    of the device's key of the session: P-256, P-384, X25519, brainpoolP256r1
  --nfc      hand over by NFC: static, or negotiated with that Handover Request message
  --end      answer with this status and no data
  --with     answer with data and this status
  --mac      a deviceMac instead of a signature
  --connect  the reader waits at the socket
  --silent   never answer

SPDX-License-Identifier: BSD-2-Clause
"""
import argparse
import base64
import hashlib
import json
import socket
import struct
import time

import cbor2
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import lists_world as world

CURVES = {"P-256": (1, ec.SECP256R1), "P-384": (2, ec.SECP384R1), "brainpoolP256r1": (256, ec.BrainpoolP256R1)}


def embedded(encoded):
    return cbor2.CBORTag(24, encoded)


class Key:
    """An ephemeral key, as a COSE_Key and for ECDH with the reader's."""

    def __init__(self, curve):
        self.curve = curve
        if curve == "X25519":
            self.key = x25519.X25519PrivateKey.generate()
            self.cose = {1: 1, -1: 4, -2: self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)}
        else:
            number, group = CURVES[curve]
            self.key = ec.generate_private_key(group())
            point, size = self.key.public_key().public_numbers(), (group.key_size + 7) // 8
            self.cose = {1: 2, -1: number, -2: point.x.to_bytes(size, "big"), -3: point.y.to_bytes(size, "big")}

    def agree(self, cose):
        assert cose[-1] == self.cose[-1], "another curve"
        if self.curve == "X25519":
            return self.key.exchange(x25519.X25519PublicKey.from_public_bytes(cose[-2]))
        x, y = (int.from_bytes(cose[i], "big") for i in (-2, -3))
        return self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicNumbers(x, y, CURVES[self.curve][1]()).public_key())


def derive(secret, salt, info):
    return HKDF(hashes.SHA256(), 32, hashlib.sha256(salt).digest(), info).derive(secret)


def record(name, ident, payload, tnf):
    """One NDEF record; flags of the message's first and last are set by ndef()."""
    flags = tnf | 0x10 | (0x08 if ident else 0)
    head = bytes([flags, len(name), len(payload)]) + (bytes([len(ident)]) if ident else b"")
    return bytearray(head + name + ident + payload)


def ndef(*records):
    records[0][0] |= 0x80
    records[-1][0] |= 0x40
    return b"".join(records)


def select_message(engagement):
    carrier = ndef(record(b"ac", b"", b"\x01\x010\x01\x04mdoc", 1))
    return ndef(record(b"Hs", b"", b"\x15" + carrier, 1),
                record(b"iso.org:18013:deviceengagement", b"mdoc", engagement, 4),
                record(b"application/vnd.bluetooth.le.oob", b"0", b"\x02\x1c\x00", 2))


class Peer:
    def __init__(self, path, connect):
        self.connect = path if connect else None
        if connect:
            return
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(path)
        self.server.listen(1)
        self.server.settimeout(30)

    def accept(self):
        if self.connect:
            self.stream = socket.socket(socket.AF_UNIX)
            for _ in range(200):
                try:
                    self.stream.connect(self.connect)
                    break
                except OSError:
                    time.sleep(0.05)
        else:
            self.stream, _ = self.server.accept()
        self.stream.settimeout(30)

    def read(self):
        head = self.exactly(4)
        return self.exactly(struct.unpack(">I", head)[0])

    def exactly(self, count):
        data = b""
        while len(data) < count:
            piece = self.stream.recv(count - len(data))
            if not piece:
                raise EOFError("the reader has gone")
            data += piece
        return data

    def write(self, message):
        self.stream.sendall(struct.pack(">I", len(message)) + message)


def mac_document(document, transcript, secret, doc_type):
    """Put a deviceMac in place of the signature (9.1.3.5); secret: of the reader's key and the mdoc's."""
    salt = cbor2.dumps(embedded(cbor2.dumps(transcript)))
    key = derive(secret, salt, b"EMacKey")
    names = document["deviceSigned"]["nameSpaces"]
    payload = cbor2.dumps(embedded(cbor2.dumps(["DeviceAuthentication", transcript, doc_type, names])))
    head = cbor2.dumps({1: 5})
    tag = hmac.HMAC(key, hashes.SHA256())
    tag.update(cbor2.dumps(["MAC0", head, b"", payload]))
    document["deviceSigned"]["deviceAuth"] = {"deviceMac": [head, {}, None, tag.finalize()]}


def make_response(args, transcript, reader_key):
    """The document, signed for this session, with the MSO's device key from lists_world."""
    world.transcript = lambda: transcript
    kept = []
    generate = world.ec.generate_private_key

    def keep(curve):
        kept.append(generate(curve))
        return kept[-1]

    iaca = world.Party("IACA", ["key_cert_sign", "crl_sign"], ca=True, key=args.iaca_key)
    signer = world.Party("DS", ["digital_signature"], "1.0.18013.5.1.2", iaca)
    world.ec.generate_private_key = keep
    document = world.document(signer, {})
    world.ec.generate_private_key = generate
    if args.mac:
        x, y = (int.from_bytes(reader_key[i], "big") for i in (-2, -3))
        public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        mac_document(document, transcript, kept[0].exchange(ec.ECDH(), public), world.MDL)
    return iaca, cbor2.dumps({"version": "1.0", "documents": [document], "status": 0})


def hold(args):
    device = Key(args.curve)
    engagement = cbor2.dumps({0: "1.0", 1: [1, embedded(cbor2.dumps(device.cose))]})
    handover = None
    peer = Peer(args.socket, args.connect)
    if args.nfc:
        select = select_message(engagement)
        handover = [select, None if args.nfc == "static" else world.read(args.nfc)]
        world.write("select.ndef", select)
    else:
        text = "mdoc:" + base64.urlsafe_b64encode(engagement).rstrip(b"=").decode()
        world.write("qr.txt", text.encode() + b"\n")
    args.iaca_key = ec.generate_private_key(ec.SECP256R1())
    world.write("iaca.der", world.Party("IACA", ["key_cert_sign", "crl_sign"], ca=True, key=args.iaca_key).der)
    world.write("ready", b"")
    peer.accept()
    establishment = cbor2.loads(peer.read())
    reader = establishment["eReaderKey"].value
    transcript = [embedded(engagement), embedded(reader), handover]
    salt = cbor2.dumps(embedded(cbor2.dumps(transcript)))
    secret = device.agree(cbor2.loads(reader))
    ours, theirs = AESGCM(derive(secret, salt, b"SKDevice")), AESGCM(derive(secret, salt, b"SKReader"))
    request = cbor2.loads(theirs.decrypt(bytes(8) + struct.pack(">I", 1), establishment["data"], None))
    asked = [cbor2.loads(doc["itemsRequest"].value) for doc in request["docRequests"]]
    print(json.dumps([{"docType": doc["docType"], "nameSpaces": doc["nameSpaces"]} for doc in asked]), flush=True)
    if args.end is not None:
        peer.write(cbor2.dumps({"status": args.end}))
        return
    if args.silent:
        world.write("asked", b"")
        print("status", cbor2.loads(peer.read()).get("status"), flush=True)
        return
    _, response = make_response(args, transcript, cbor2.loads(reader))
    data = ours.encrypt(bytes(7) + b"\x01" + struct.pack(">I", 1), response, None)
    message = {"data": data}
    if args.with_status is not None:
        message["status"] = args.with_status
    peer.write(cbor2.dumps(message))
    try:
        print("status", cbor2.loads(peer.read()).get("status"), flush=True)
    except EOFError:
        print("closed", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("socket")
    parser.add_argument("--curve", default="P-256")
    parser.add_argument("--nfc")
    parser.add_argument("--end", type=int)
    parser.add_argument("--with", type=int, dest="with_status")
    parser.add_argument("--mac", action="store_true")
    parser.add_argument("--connect", action="store_true")
    parser.add_argument("--silent", action="store_true")
    hold(parser.parse_args())


if __name__ == "__main__":
    main()
