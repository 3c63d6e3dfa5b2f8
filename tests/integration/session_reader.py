"""A reader of ISO/IEC 18013-5 without our own code: python3-cryptography and python3-cbor2.

  session_reader.py STREAM ENGAGEMENT OUT [OPTION...]

STREAM      unix:PATH, tcp:HOST:PORT, or fd:IN:OUT; the program at the other end waits there
ENGAGEMENT  a file with the "mdoc:" text
OUT         a folder: response.cbor (of the last request) and transcript.cbor are written there
  --ask NS:NAME        (several) of the My Number Card; default: the name
  --reader NAME        sign with NAME.key, NAME.pem
  --times N            ask so many times
  --raw HEX            ask with these bytes
  --nfc REQUEST        ENGAGEMENT is a Handover Select message of NFC; REQUEST a Handover Request, "-": static handover
  --no-end             close without ending the session
  --wait SECONDS       before anything is sent

Prints what the holder answered: "response STATUS BYTES", "status N", "closed". The exit code is 0 when each request got a
response with status 0.

SPDX-License-Identifier: BSD-2-Clause
"""
import argparse
import base64
import os
import socket
import struct
import sys
import time

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

JP = "org.iso.23220.1.jp.mnc"
CURVES = {1: ec.SECP256R1, 2: ec.SECP384R1, 3: ec.SECP521R1, 256: ec.BrainpoolP256R1}


def tag24(encoded):
    return cbor2.CBORTag(24, encoded)


class Stream:
    def __init__(self, name):
        kind, _, rest = name.partition(":")
        if kind == "unix":
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.connect(rest)
        elif kind == "tcp":
            host, _, port = rest.rpartition(":")
            self.sock = socket.create_connection((host, int(port)))
        else:
            self.sock = None
            self.fds = [int(fd) for fd in rest.split(":")]

    def take(self, count):
        data = b""
        while len(data) < count:
            got = self.sock.recv(count - len(data)) if self.sock else os.read(self.fds[0], count - len(data))
            if not got:
                return None
            data += got
        return data

    def read(self):
        head = self.take(4)
        return None if head is None else self.take(struct.unpack(">I", head)[0])

    def write(self, message):
        framed = struct.pack(">I", len(message)) + message
        if self.sock:
            self.sock.sendall(framed)
        else:
            while framed:
                framed = framed[os.write(self.fds[1], framed):]

    def close(self):
        if self.sock:
            self.sock.close()
        else:
            for fd in self.fds:
                os.close(fd)


def records(message):
    """(type, payload) of each record of an NDEF message."""
    at = 0
    while at < len(message):
        flags, type_len = message[at], message[at + 1]
        short = flags & 0x10
        length = message[at + 2] if short else struct.unpack(">I", message[at + 2:at + 6])[0]
        at += 3 if short else 6
        id_len = 0
        if flags & 0x08:
            id_len = message[at]
            at += 1
        yield message[at:at + type_len], message[at + type_len + id_len:at + type_len + id_len + length]
        at += type_len + id_len + length


def agree(device):
    """(our COSE_Key, shared secret) for the device's COSE_Key."""
    curve = device[-1]
    if curve == 4:
        own = x25519.X25519PrivateKey.generate()
        raw = own.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return {1: 1, -1: 4, -2: raw}, own.exchange(x25519.X25519PublicKey.from_public_bytes(device[-2]))
    own = ec.generate_private_key(CURVES[curve]())
    peer = ec.EllipticCurvePublicNumbers(int.from_bytes(device[-2], "big"), int.from_bytes(device[-3], "big"),
                                         CURVES[curve]()).public_key()
    point = own.public_key().public_numbers()
    size = (own.curve.key_size + 7) // 8
    key = {1: 2, -1: curve, -2: point.x.to_bytes(size, "big"), -3: point.y.to_bytes(size, "big")}
    return key, own.exchange(ec.ECDH(), peer)


class Session:
    def __init__(self, engagement, handover):
        device = cbor2.loads(cbor2.loads(engagement)[1][1].value)
        key, shared = agree(device)
        self.key_bytes = cbor2.dumps(key)
        # The engagement goes in as it came, which a decoder and an encoder would not promise.
        self.transcript = (b"\x83" + cbor2.dumps(tag24(engagement)) + cbor2.dumps(tag24(self.key_bytes)) +
                           cbor2.dumps(handover))
        digest = hashes.Hash(hashes.SHA256())
        digest.update(cbor2.dumps(tag24(self.transcript)))
        salt = digest.finalize()
        self.ours, self.theirs = (AESGCM(HKDF(hashes.SHA256(), 32, salt, info).derive(shared))
                                  for info in (b"SKReader", b"SKDevice"))
        self.sent = self.received = 0

    def seal(self, plain):
        self.sent += 1
        message = {"data": self.ours.encrypt(struct.pack(">QI", 0, self.sent), plain, None)}
        if self.sent == 1:
            message = {"eReaderKey": tag24(self.key_bytes), **message}
        return cbor2.dumps(message)

    def open(self, sealed):
        self.received += 1
        return self.theirs.decrypt(struct.pack(">QI", 1, self.received), sealed, None)


def request(session, args):
    names = {}
    for name in args.ask or ["org.iso.23220.1.jp:full_name_unicode"]:
        ns, _, element = name.rpartition(":")
        names.setdefault(ns, {})[element] = False
    items = tag24(cbor2.dumps({"docType": JP, "nameSpaces": names}))
    doc = {"itemsRequest": items}
    if args.reader:
        with open(args.reader + ".key", "rb") as file:
            key = serialization.load_pem_private_key(file.read(), None)
        with open(args.reader + ".pem", "rb") as file:
            cert = x509.load_pem_x509_certificate(file.read()).public_bytes(serialization.Encoding.DER)
        payload = b"\x83" + cbor2.dumps("ReaderAuthentication") + session.transcript + cbor2.dumps(items)
        head = cbor2.dumps({1: -7})
        signed = cbor2.dumps(["Signature1", head, b"", cbor2.dumps(tag24(payload))])
        r, s = utils.decode_dss_signature(key.sign(signed, ec.ECDSA(hashes.SHA256())))
        doc["readerAuth"] = [head, {33: cert}, None, r.to_bytes(32, "big") + s.to_bytes(32, "big")]
    return cbor2.dumps({"version": "1.0", "docRequests": [doc]})


def exchange(stream, session, args):
    """Ask once; whether there was a good response."""
    try:
        stream.write(session.seal(bytes.fromhex(args.raw) if args.raw else request(session, args)))
    except BrokenPipeError:
        pass  # what it said before it closed is still there to read
    message = stream.read()
    if message is None:
        print("closed")
        return False
    answer = cbor2.loads(message)
    good = False
    if "data" in answer:
        response = session.open(answer["data"])
        status = cbor2.loads(response)["status"]
        print("response", status, len(response))
        with open(os.path.join(args.out, "response.cbor"), "wb") as file:
            file.write(response)
        good = status == 0
    if "status" in answer:
        print("status", answer["status"])
    return good and "status" not in answer


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("stream")
    parser.add_argument("engagement")
    parser.add_argument("out")
    parser.add_argument("--ask", action="append")
    parser.add_argument("--reader")
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--raw")
    parser.add_argument("--nfc")
    parser.add_argument("--no-end", action="store_true")
    parser.add_argument("--wait", type=float, default=0)
    args = parser.parse_args()
    with open(args.engagement, "rb") as file:
        content = file.read()
    if args.nfc:
        engagement = dict(records(content))[b"iso.org:18013:deviceengagement"]
        handover = [content, None if args.nfc == "-" else open(args.nfc, "rb").read()]
    else:
        text = content.strip().decode("ascii")
        assert text.startswith("mdoc:")
        engagement = base64.urlsafe_b64decode(text[5:] + "=" * (-len(text[5:]) % 4))
        handover = None
    stream = Stream(args.stream)
    session = Session(engagement, handover)
    with open(os.path.join(args.out, "transcript.cbor"), "wb") as file:
        file.write(session.transcript)
    time.sleep(args.wait)
    good = True
    for _ in range(args.times):
        good = good and exchange(stream, session, args)
    if good and not args.no_end:
        stream.write(cbor2.dumps({"status": 20}))
    stream.close()
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
