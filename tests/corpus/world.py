"""An issuer, a holder and a reader that can each make one mistake: a DeviceResponse is put together stage
by stage, and a case changes one stage.

SPDX-License-Identifier: BSD-2-Clause
"""
import datetime
import hashlib
import hmac

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

import certificates as x
from cbor import Raw, Tag, embedded, encode, tdate

UTC = datetime.timezone.utc
DAY = datetime.timedelta(days=1)
NOW = datetime.datetime(2026, 6, 15, 12, tzinfo=UTC)
DOC_TYPE = "org.iso.18013.5.1.mDL"
MDL = "org.iso.18013.5.1"
MNC = "org.iso.23220.1.jp.mnc"

CURVES = {  # name: (class, COSE curve, COSE algorithm, digest, bytes of a coordinate)
    "P-256": (ec.SECP256R1, 1, -7, "sha256", 32),
    "P-384": (ec.SECP384R1, 2, -35, "sha384", 48),
    "P-521": (ec.SECP521R1, 3, -36, "sha512", 66),
    "brainpoolP256r1": (ec.BrainpoolP256R1, 256, -7, "sha256", 32),
    "brainpoolP384r1": (ec.BrainpoolP384R1, 258, -35, "sha384", 48),
    "brainpoolP512r1": (ec.BrainpoolP512R1, 259, -36, "sha512", 64),
    "secp256k1": (ec.SECP256K1, 8, -47, "sha256", 32),
    "P-224": (ec.SECP224R1, 0, -7, "sha256", 28),
}


def new_key(curve="P-256"):
    if curve == "Ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if curve == "Ed448":
        return ed448.Ed448PrivateKey.generate()
    return ec.generate_private_key(CURVES[curve][0]())


def curve_of(key):
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "Ed25519"
    if isinstance(key, ed448.Ed448PrivateKey):
        return "Ed448"
    return next(n for n, row in CURVES.items() if isinstance(key.curve, row[0]))


def cose_key(key, compressed=False):
    curve = curve_of(key)
    if curve.startswith("Ed"):
        from cryptography.hazmat.primitives import serialization as s
        raw = key.public_key().public_bytes(s.Encoding.Raw, s.PublicFormat.Raw)
        return {1: 1, -1: 6 if curve == "Ed25519" else 7, -2: raw}
    numbers, size = key.public_key().public_numbers(), CURVES[curve][4]
    y = bool(numbers.y & 1) if compressed else numbers.y.to_bytes(size, "big")
    return {1: 2, -1: CURVES[curve][1], -2: numbers.x.to_bytes(size, "big"), -3: y}


def algorithm(key):
    curve = curve_of(key)
    return -8 if curve.startswith("Ed") else CURVES[curve][2]


ORDER = {"P-256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551}


def raw_sign(key, tbs, high_s=None, digest=None):
    """r||s; high_s: that half of s, True or False."""
    curve = curve_of(key)
    if curve.startswith("Ed"):
        return key.sign(tbs)
    _, _, _, of_curve, size = CURVES[curve]
    r, s = decode_dss_signature(key.sign(tbs, ec.ECDSA(x.HASH[digest or of_curve]())))
    if high_s is not None and (s > ORDER[curve] // 2) != high_s:
        s = ORDER[curve] - s
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def sig_structure(protected, payload):
    return encode(["Signature1", protected, b"", payload])


class Pki:
    """Keys and certificates; the specs may be changed before certificates are asked for."""

    def __init__(self, iaca_curve="P-256", ds_curve="P-256"):
        self.iaca_key, self.ds_key = new_key(iaca_curve), new_key(ds_curve)
        subject = x.name((x.C, "JP"), (x.CN, "Corpus IACA"))
        self.iaca = x.Spec(
            key=self.iaca_key, issuer_key=self.iaca_key, subject=subject, issuer=subject, serial=0x4001,
            not_before=NOW - 400 * DAY, not_after=NOW + 3000 * DAY, digest=self.digest(iaca_curve),
            extensions=[x.key_usage("keyCertSign", "cRLSign"), x.basic_constraints(True, 0),
                        x.subject_key_id(x.key_id(self.iaca_key)), x.issuer_alt_name(), x.crl_points()])
        self.ds = x.Spec(
            key=self.ds_key, issuer_key=self.iaca_key, issuer=subject, subject=x.name((x.C, "JP"), (x.CN, "Corpus DS")),
            not_before=NOW - 30 * DAY, not_after=NOW + 300 * DAY, digest=self.digest(iaca_curve),
            extensions=[x.key_usage("digitalSignature"), x.extended_key_usage("1.0.18013.5.1.2"),
                        x.subject_key_id(x.key_id(self.ds_key)), x.authority_key_id(x.key_id(self.iaca_key)),
                        x.issuer_alt_name(), x.crl_points()])

    @staticmethod
    def digest(curve):
        return CURVES[curve][3] if curve in CURVES else "sha256"


class Response:
    """Stages are methods; a case replaces one by assigning to it or by changing a field."""

    def __init__(self, pki, device_key=None):
        self.pki = pki
        self.device_key = device_key or new_key()
        self.reader_key = new_key()
        self.doc_type = DOC_TYPE
        self.digest_name = "SHA-256"
        self.elements = {MDL: [("family_name", "Meisai"), ("given_name", "Hanako"),
                               ("birth_date", Tag(1004, "2000-01-01")), ("issuing_country", "JP")]}
        self.transcript = encode([None, None, ["corpus", b"\x01" * 32]])
        self.signed, self.valid_from, self.valid_until = NOW - DAY, NOW - DAY, NOW + 20 * DAY
        self.device_elements = {}
        self.mac = False
        self.arguments = []  # more of the reader's command line
        self.attachments = []  # (option, bytes of its file)
        self.high_s = None
        # what a case may set: functions that change what a stage has made
        self.on_item = lambda ns, i, item: item
        self.on_item_bytes = lambda ns, i, item: embedded(item)
        self.on_namespaces = lambda ns: ns
        self.on_digests = lambda digests: digests
        self.on_mso = lambda mso: mso
        self.on_payload = lambda mso: embedded(mso)
        self.on_issuer_headers = lambda protected, unprotected: (encode(protected), unprotected)
        self.on_issuer_tbs = lambda tbs: tbs
        self.on_issuer_auth = lambda auth: auth
        self.on_issuer_signed = lambda signed: signed
        self.on_device_namespaces = lambda ns: embedded(ns)
        self.on_device_authentication = lambda parts: parts
        self.on_device_headers = lambda protected, unprotected: (encode(protected), unprotected)
        self.on_device_auth = lambda auth: auth
        self.on_device_signed = lambda signed: signed
        self.on_document = lambda document: document
        self.on_response = lambda response: response
        self.on_bytes = lambda data: data
        self.on_certificates = lambda ders: ders[0] if len(ders) == 1 else ders

    def certificates(self):
        return [self.pki.ds.der()]

    def hash(self, data):
        return hashlib.new(self.digest_name.replace("-", "").lower(), data).digest()

    def issuer_signed(self):
        namespaces, digests = {}, {}
        number = 0
        for ns, elements in self.elements.items():
            namespaces[ns], digests[ns] = [], {}
            for i, (element, value) in enumerate(elements):
                item = {"digestID": number, "random": hashlib.sha256(bytes([number])).digest(),
                        "elementIdentifier": element, "elementValue": value}
                item = self.on_item(ns, i, item)
                tagged = self.on_item_bytes(ns, i, item)
                namespaces[ns].append(tagged)
                digests[ns][number] = self.hash(encode(tagged))
                number += 1
        mso = {"version": "1.0", "digestAlgorithm": self.digest_name, "valueDigests": self.on_digests(digests),
               "deviceKeyInfo": {"deviceKey": cose_key(self.device_key)}, "docType": self.doc_type,
               "validityInfo": {"signed": tdate(self.signed), "validFrom": tdate(self.valid_from),
                                "validUntil": tdate(self.valid_until)}}
        payload = encode(self.on_payload(self.on_mso(mso)))
        protected, unprotected = self.on_issuer_headers(
            {1: algorithm(self.pki.ds_key)}, {33: self.on_certificates(self.certificates())})
        tbs = self.on_issuer_tbs(sig_structure(protected, payload))
        auth = [protected, unprotected, payload, raw_sign(self.pki.ds_key, tbs, self.high_s)]
        return self.on_issuer_signed({"nameSpaces": self.on_namespaces(namespaces), "issuerAuth": self.on_issuer_auth(auth)})

    def device_signed(self):
        namespaces = Raw(encode(self.on_device_namespaces(self.device_elements)))
        parts = self.on_device_authentication(["DeviceAuthentication", Raw(self.transcript), self.doc_type, namespaces])
        payload = encode(embedded(parts))
        if self.mac:
            kind, auth = "deviceMac", self.device_mac(payload)
        else:
            protected, unprotected = self.on_device_headers({1: algorithm(self.device_key)}, {})
            tbs = sig_structure(protected, payload)
            kind, auth = "deviceSignature", [protected, unprotected, None, raw_sign(self.device_key, tbs, self.high_s)]
        return self.on_device_signed({"nameSpaces": namespaces, "deviceAuth": self.on_device_auth({kind: auth})})

    def device_mac(self, payload):
        shared = self.device_key.exchange(ec.ECDH(), self.reader_key.public_key())
        salt = hashlib.sha256(encode(embedded(Raw(self.transcript)))).digest()
        key = HKDF(hashes.SHA256(), 32, salt, b"EMacKey").derive(shared)
        protected, unprotected = self.on_device_headers({1: 5}, {})
        tag = hmac.new(key, encode(["MAC0", protected, b"", payload]), "sha256").digest()
        return [protected, unprotected, None, tag]

    def document(self):
        return self.on_document({"docType": self.doc_type, "issuerSigned": self.issuer_signed(),
                                 "deviceSigned": self.device_signed()})

    def documents(self):
        return [self.document()]

    def encode(self):
        return self.on_bytes(encode(self.on_response({"version": "1.0", "documents": self.documents(), "status": 0})))
