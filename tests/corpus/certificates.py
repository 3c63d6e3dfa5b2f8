"""X.509 written by hand, so that every rule of a certificate profile can be broken alone.

SPDX-License-Identifier: BSD-2-Clause
"""
import hashlib

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa, padding


def tlv(tag, *parts):
    body = b"".join(parts)
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + body


def sequence(*parts):
    return tlv(0x30, *parts)


def integer(value):
    return tlv(2, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def oid(text):
    numbers = [int(n) for n in text.split(".")]
    body = [numbers[0] * 40 + numbers[1]]
    for number in numbers[2:]:
        digits = [number & 0x7F]
        while number > 0x7F:
            number >>= 7
            digits.insert(0, 0x80 | number & 0x7F)
        body += digits
    return tlv(6, bytes(body))


def utf8(text):
    return tlv(12, text.encode())


def name(*attributes):
    """(oid, text) pairs; C is a PrintableString."""
    kinds = {"2.5.4.6": 19}
    return sequence(*(tlv(0x31, sequence(oid(o), tlv(kinds.get(o, 12), text.encode()))) for o, text in attributes))


C, CN, ST, O = "2.5.4.6", "2.5.4.3", "2.5.4.8", "2.5.4.10"


def time(when):
    if when.year < 2050:
        return tlv(0x17, when.strftime("%y%m%d%H%M%SZ").encode())
    return tlv(0x18, when.strftime("%Y%m%d%H%M%SZ").encode())


def public_info(key):
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def key_id(key):
    public = key.public_key()
    if isinstance(public, ec.EllipticCurvePublicKey):
        bits = public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    elif isinstance(public, rsa.RSAPublicKey):
        bits = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    else:
        bits = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha1(bits).digest()


ECDSA = {"sha1": "1.2.840.10045.4.1", "sha256": "1.2.840.10045.4.3.2", "sha384": "1.2.840.10045.4.3.3",
         "sha512": "1.2.840.10045.4.3.4"}
HASH = {"sha1": hashes.SHA1, "sha256": hashes.SHA256, "sha384": hashes.SHA384, "sha512": hashes.SHA512}


def sign(key, digest, tbs):
    """(AlgorithmIdentifier, signature)"""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return sequence(oid("1.3.101.112")), key.sign(tbs)
    if isinstance(key, ed448.Ed448PrivateKey):
        return sequence(oid("1.3.101.113")), key.sign(tbs)
    if isinstance(key, rsa.RSAPrivateKey):
        return sequence(oid("1.2.840.113549.1.1.11"), tlv(5)), key.sign(tbs, padding.PKCS1v15(), hashes.SHA256())
    return sequence(oid(ECDSA[digest])), key.sign(tbs, ec.ECDSA(HASH[digest]()))


# ---- extensions: (oid, critical, value) ----

def basic_constraints(ca, path=None, critical=True):
    parts = ([tlv(1, b"\xff")] if ca else []) + ([integer(path)] if path is not None else [])
    return "2.5.29.19", critical, sequence(*parts)


USAGE = {"digitalSignature": 0, "nonRepudiation": 1, "keyEncipherment": 2, "keyAgreement": 4, "keyCertSign": 5, "cRLSign": 6}


def key_usage(*uses, critical=True):
    bits = 0
    last = 0
    for use in uses:
        bits |= 0x80 >> USAGE[use]
        last = max(last, USAGE[use])
    return "2.5.29.15", critical, tlv(3, bytes([7 - last, bits]))


def extended_key_usage(*oids, critical=True):
    return "2.5.29.37", critical, sequence(*map(oid, oids))


def subject_key_id(value, critical=False):
    return "2.5.29.14", critical, tlv(4, value)


def authority_key_id(value, critical=False):
    return "2.5.29.35", critical, sequence(tlv(0x80, value) if value is not None else b"")


def issuer_alt_name(uri="https://iaca.example/", kind=0x86, critical=False):
    return "2.5.29.18", critical, sequence(tlv(kind, uri.encode()))


def crl_points(uri="https://iaca.example/crl", kind=0x86, reasons=None, issuer=None, critical=False):
    point = tlv(0xA0, tlv(0xA0, tlv(kind, uri.encode())))
    if reasons is not None:
        point += tlv(0x81, reasons)
    if issuer is not None:
        point += tlv(0xA2, tlv(0xA4, issuer))
    return "2.5.29.31", critical, sequence(sequence(point))


class Spec:
    """A certificate; set a field to change it."""

    def __init__(self, **fields):
        self.version = 2
        self.serial = 0x1122334455667788
        self.digest = "sha256"
        self.unique_id = None
        self.trailing = b""
        self.signature = None  # another one than the issuer's
        self.inner_algorithm = None
        self.__dict__.update(fields)

    def extension(self, number):
        return next(e for e in self.extensions if e[0] == number)

    def drop(self, number):
        self.extensions = [e for e in self.extensions if e[0] != number]

    def replace(self, extension):
        self.extensions = [extension if e[0] == extension[0] else e for e in self.extensions]

    def add(self, extension):
        self.extensions = self.extensions + [extension]

    def der(self):
        algorithm = self.inner_algorithm or sign(self.issuer_key, self.digest, b"")[0]
        extensions = [sequence(oid(o), tlv(1, b"\xff") if critical else b"", tlv(4, value))
                      for o, critical, value in self.extensions]
        tbs = sequence(
            tlv(0xA0, integer(self.version)) if self.version > 0 else b"", integer(self.serial), algorithm,
            self.issuer, sequence(time(self.not_before), time(self.not_after)), self.subject,
            self.public_info if hasattr(self, "public_info") else public_info(self.key),
            tlv(0xA3, sequence(*extensions)) if extensions and self.version == 2 else b"")
        outer, signature = sign(self.issuer_key, self.digest, tbs)
        return sequence(tbs, outer, tlv(3, b"\0", self.signature or signature)) + self.trailing
