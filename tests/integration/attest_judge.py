#!/usr/bin/env python3
# Judge the evidence of a TPM without any code of ours: CBOR by cbor2, X.509 and ECDSA by python3-cryptography, and the
# structures, Names and policies as parts 1 to 3 of the TPM 2.0 library specification write them.
#
#   attest_judge.py EVIDENCE NONCE-HEX ATTESTATION-CA.pem        prints what was shown; exit 1: it does not hold
#   attest_judge.py --of-request REQUEST.json OUT                prints the nonce in hexadecimal, writes the evidence
# SPDX-License-Identifier: BSD-2-Clause
import base64
import datetime
import hashlib
import json
import struct
import sys

import cbor2
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

SHA256, NULL, ECDSA, ECC, KEYEDHASH = 0x000B, 0x0010, 0x0018, 0x0023, 0x0008
CURVES = {3: ec.SECP256R1(), 4: ec.SECP384R1(), 5: ec.SECP521R1()}
FIXED_TPM, FIXED_PARENT, ORIGIN, USER_AUTH = 1 << 1, 1 << 4, 1 << 5, 1 << 6
ADMIN_POLICY, NO_DA, RESTRICTED, DECRYPT, SIGN = 1 << 7, 1 << 10, 1 << 16, 1 << 17, 1 << 18
NV_POLICYWRITE, NV_PIN_FAIL, NV_NO_DA, NV_WRITTEN = 1 << 3, 8 << 4, 1 << 25, 1 << 29
NV_READ = 0xF << 16
CC_POLICY_SECRET, CC_POLICY_CODE, CC_POLICY_OR, CC_POLICY_AUTHORIZE = 0x151, 0x16C, 0x171, 0x16A
CC_NV_WRITE, CC_NV_CHANGE_AUTH, CC_NV_READ, CC_NV_CERTIFY = 0x137, 0x13B, 0x14E, 0x184
ZERO = bytes(32)


def need(holds, what):
    if not holds:
        print("not shown:", what)
        sys.exit(1)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


class Reader:
    def __init__(self, octets):
        self.octets, self.at = octets, 0

    def take(self, n):
        need(self.at + n <= len(self.octets), "a whole structure")
        self.at += n
        return self.octets[self.at - n:self.at]

    def number(self, n):
        return int.from_bytes(self.take(n), "big")

    def sized(self):
        return self.take(self.number(2))

    def end(self):
        need(self.at == len(self.octets), "a structure with nothing behind it")


def public(octets):
    """TPMT_PUBLIC of an ECC key or a sealed object, with its Name."""
    r = Reader(octets)
    area = {"type": r.number(2), "hash": r.number(2), "attributes": r.number(4), "policy": r.sized()}
    need(area["hash"] == SHA256, "a Name by SHA-256")
    area["name"] = struct.pack(">H", SHA256) + sha256(octets)
    if area["type"] == KEYEDHASH:
        area["scheme"] = r.number(2)
        r.sized()
        r.end()
        return area
    need(area["type"] == ECC, "a key on an elliptic curve")
    area["symmetric"], area["scheme"] = r.number(2), r.number(2)
    area["scheme hash"] = r.number(2) if area["scheme"] != NULL else None
    area["curve"] = r.number(2)
    need(r.number(2) == NULL, "no key derivation")
    x, y = r.sized(), r.sized()
    r.end()
    need(area["curve"] in CURVES, "a known curve")
    numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(x, "big"), int.from_bytes(y, "big"), CURVES[area["curve"]])
    area["key"] = numbers.public_key()
    return area


def index(octets):
    """TPMS_NV_PUBLIC, with its Name."""
    r = Reader(octets)
    area = {"handle": r.number(4), "hash": r.number(2), "attributes": r.number(4), "policy": r.sized(), "size": r.number(2)}
    r.end()
    need(area["hash"] == SHA256, "a Name by SHA-256")
    area["name"] = struct.pack(">H", SHA256) + sha256(octets)
    return area


def statement(item, kind, nonce, ak):
    """TPMS_ATTEST in certInfo with TPMT_SIGNATURE in sig: a reader at what is attested."""
    r = Reader(item["sig"])
    need((r.number(2), r.number(2)) == (ECDSA, SHA256), "a signature by ECDSA with SHA-256")
    signature = encode_dss_signature(int.from_bytes(r.sized(), "big"), int.from_bytes(r.sized(), "big"))
    r.end()
    try:
        ak.verify(signature, item["certInfo"], ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        need(False, "a signature by the attestation key")
    r = Reader(item["certInfo"])
    need(r.number(4) == 0xFF544347, "a statement made by a TPM")
    need(r.number(2) == kind, "a statement of the right kind")
    r.sized()  # who signed, qualified
    need(r.sized() == sha256(nonce), "a statement for this nonce")
    r.take(17 + 8)  # clock and firmware
    return r


def policy_secret(name):
    return sha256(sha256(ZERO, struct.pack(">I", CC_POLICY_SECRET), name))


def policy_code(policy, code):
    return sha256(policy, struct.pack(">II", CC_POLICY_CODE, code))


def policy_or(branches):
    return sha256(ZERO, struct.pack(">I", CC_POLICY_OR), *branches)


def pin_branches(officer):
    by_officer = policy_secret(officer)
    return [policy_code(by_officer, CC_NV_WRITE), policy_code(by_officer, CC_NV_CHANGE_AUTH),
            policy_code(ZERO, CC_NV_READ), policy_code(ZERO, CC_NV_CERTIFY)]


def counts_failures(area, policy):
    wanted = NV_POLICYWRITE | NV_PIN_FAIL | NV_NO_DA | NV_WRITTEN
    need(area["attributes"] & ~NV_READ == wanted, "an index that counts failures, which its policy alone writes")
    need(area["size"] == 8, "an index with a count and a limit")
    need(area["policy"] == policy, "a policy that lets the security officer write, and nobody else")


def certificate(der, ca_file):
    leaf = x509.load_der_x509_certificate(der)
    with open(ca_file, "rb") as file:
        ca = x509.load_pem_x509_certificate(file.read())
    need(leaf.issuer == ca.subject, "a certificate of the issuer's attestation CA")
    try:
        ca.public_key().verify(leaf.signature, leaf.tbs_certificate_bytes, ec.ECDSA(leaf.signature_hash_algorithm))
    except InvalidSignature:
        need(False, "a certificate that the attestation CA has signed")
    now = datetime.datetime.utcnow()
    need(leaf.not_valid_before <= now <= leaf.not_valid_after, "a certificate that is valid now")
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    need([u.dotted_string for u in usage] == ["2.23.133.8.3"], "a certificate for an attestation key")
    need(not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca, "a certificate that is no CA's")
    return leaf.public_key()


def judge(evidence, nonce, ca_file):
    need((evidence["fmt"], evidence["ver"], evidence["alg"]) == ("tpm", "2.0", -7), "the format tpm 2.0 with ES256")
    ak_area = public(evidence["akPub"])
    ak = certificate(evidence["x5c"][0], ca_file)
    need(ak.public_numbers() == ak_area["key"].public_numbers(), "the certificate of this attestation key")
    fixed = FIXED_TPM | FIXED_PARENT | ORIGIN | SIGN
    need(ak_area["attributes"] & (fixed | RESTRICTED | DECRYPT) == fixed | RESTRICTED, "a restricted attestation key")
    need((ak_area["scheme"], ak_area["scheme hash"]) == (ECDSA, SHA256), "an attestation key for ECDSA with SHA-256")

    pin = evidence["pin"]
    officer, authorizer, area = public(pin["soPub"]), public(pin["authorizePub"]), index(pin["nvPublic"])
    need(officer["type"] == KEYEDHASH and officer["attributes"] & ~NO_DA == FIXED_TPM | FIXED_PARENT | USER_AUTH and
         officer["policy"] == b"" and officer["scheme"] == NULL, "a security officer's object that its code alone opens")
    approve = sha256(sha256(ZERO, struct.pack(">I", CC_POLICY_AUTHORIZE), authorizer["name"]))
    counts_failures(area, policy_or(pin_branches(officer["name"]) + [approve]))
    r = statement(pin, 0x8014, nonce, ak)
    need(r.sized() == area["name"], "a statement about this PIN")
    need(r.number(2) == 0, "contents from the beginning")
    contents = Reader(r.sized())
    r.end()
    count, limit = contents.number(4), contents.number(4)
    contents.end()
    need(0 < limit <= 10 and count < limit, "a limit of tries, which is not reached")
    policy = policy_secret(area["name"])
    if "authenticator" in pin:
        second = index(pin["authenticator"]["nvPublic"])
        counts_failures(second, policy_or(pin_branches(officer["name"])))
        policy = policy_or([policy, policy_secret(second["name"])])

    points = []
    for item in evidence["keys"]:
        key = public(item["pubArea"])
        need(key["attributes"] & ~(DECRYPT | NO_DA | ADMIN_POLICY) == fixed,
             "a key made in the TPM, which stays there and wants its policy")
        need(key["scheme"] == NULL and key["symmetric"] == NULL, "a key for any signature")
        need(key["policy"] == policy, "a key that obeys the PIN")
        r = statement(item, 0x8017, nonce, ak)
        need(r.sized() == key["name"], "a statement about this key")
        r.sized()
        r.end()
        numbers = key["key"].public_numbers()
        points.append("%s:%x" % (numbers.curve.name, numbers.x))
    need(len(points) > 0 and len(set(points)) == len(points), "keys, each once")
    return {"keys": points, "count": count, "limit": limit}


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


if sys.argv[1] == "--of-request":
    with open(sys.argv[2], encoding="utf-8") as file:
        jwt = json.load(file)["proofs"]["attestation"][0]
    claims = json.loads(decode(jwt.split(".")[1]))
    with open(sys.argv[3], "wb") as file:
        file.write(decode(claims["mdoc_tpm_evidence"]))
    need("key_storage" not in claims and "user_authentication" not in claims, "a wallet that does not rate itself")
    print(claims["nonce"].encode().hex())
else:
    with open(sys.argv[1], "rb") as file:
        print(json.dumps(judge(cbor2.loads(file.read()), bytes.fromhex(sys.argv[2]), sys.argv[3])))
