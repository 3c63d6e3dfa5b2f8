#!/usr/bin/env python3
# What a token says of its keys, read by nothing of ours:
#   tpm_evidence.py EVIDENCE NONCE-HEX AK.PEM LIMIT POINT-HEX...     all that an issuer has to check
#   tpm_evidence.py --enrolment ENROLMENT ECC|RSA                    an enrolment's keys and certificate
# SPDX-License-Identifier: BSD-2-Clause
import hashlib
import struct
import subprocess
import sys
import tempfile

import cbor2

SHA256, NULL, ECC, ECDSA, RSA = 0x000B, 0x0010, 0x0023, 0x0018, 0x0001
FIXED_TPM, FIXED_PARENT, ORIGIN, USER_WITH_AUTH, NO_DA = 1 << 1, 1 << 4, 1 << 5, 1 << 6, 1 << 10
RESTRICTED, DECRYPT, SIGN = 1 << 16, 1 << 17, 1 << 18
CURVES = {3: 32, 4: 48, 5: 66}


class Reader:
    def __init__(self, content):
        self.content, self.at = content, 0

    def take(self, count):
        assert self.at + count <= len(self.content), "cut off"
        self.at += count
        return self.content[self.at - count : self.at]

    def number(self, count):
        return int.from_bytes(self.take(count), "big")

    def sized(self):
        return self.take(self.number(2))

    def end(self):
        assert self.at == len(self.content), "longer than it says"


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def name(area):
    return struct.pack(">H", SHA256) + sha256(area)


def public(area):
    reader = Reader(area)
    kind, alg, attributes, policy = reader.number(2), reader.number(2), reader.number(4), reader.sized()
    result = {"type": kind, "alg": alg, "attributes": attributes, "policy": policy}
    if kind in (ECC, RSA):
        if reader.number(2) != NULL:  # symmetric
            result["bits"] = reader.number(2)
            reader.number(2)
        if reader.number(2) != NULL:  # scheme
            assert reader.number(2) == SHA256
            result["scheme"] = True
    if kind == ECC:
        result["curve"] = reader.number(2)
        assert reader.number(2) == NULL  # KDF
        size = CURVES[result["curve"]]
        result["point"] = b"\x04" + reader.sized().rjust(size, b"\0") + reader.sized().rjust(size, b"\0")
        reader.end()
    return result


def der_integer(number):
    number = number.lstrip(b"\0") or b"\0"
    if number[0] & 0x80:
        number = b"\0" + number
    return b"\x02" + bytes([len(number)]) + number


def verify(pem, signature, info):
    reader = Reader(signature)
    assert reader.number(2) == ECDSA and reader.number(2) == SHA256
    pair = der_integer(reader.sized()) + der_integer(reader.sized())
    reader.end()
    with tempfile.NamedTemporaryFile() as der, tempfile.NamedTemporaryFile() as data:
        der.write(b"\x30" + bytes([len(pair)]) + pair)
        data.write(info)
        der.flush()
        data.flush()
        subprocess.run(
            ["openssl", "dgst", "-sha256", "-verify", pem, "-signature", der.name, data.name],
            check=True, stdout=subprocess.DEVNULL,
        )


# A statement of the TPM: what it is about.
def statement(part, kind, nonce, pem):
    verify(pem, part["sig"], part["certInfo"])
    reader = Reader(part["certInfo"])
    assert reader.number(4) == 0xFF544347 and reader.number(2) == kind
    reader.sized()  # the signer
    assert reader.sized() == sha256(nonce), "made for another nonce"
    reader.take(17 + 8)  # clock, firmware
    return reader


def policy_secret(entity, before=bytes(32)):
    return sha256(sha256(before, struct.pack(">I", 0x151), entity))


def policy_code(code, before=bytes(32)):
    return sha256(before, struct.pack(">II", 0x16C, code))


def index(pin):
    officer = name(pin["soPub"])
    reader = Reader(pin["nvPublic"])
    reader.number(4)
    assert reader.number(2) == SHA256
    attributes, policy = reader.number(4), reader.sized()
    assert reader.number(2) == 8
    reader.end()
    assert attributes >> 4 & 0xF == 8, "counts no failures"
    assert attributes >> 29 & 1, "never written"
    assert attributes >> 25 & 1, "under the lockout of all"
    assert not attributes & (1 << 1 | 1 << 2), "the owner or who knows the PIN may write it"
    branches = [
        policy_code(0x137, policy_secret(officer)),
        policy_code(0x13B, policy_secret(officer)),
        policy_code(0x14E),
        policy_code(0x184),
        sha256(sha256(bytes(32), struct.pack(">I", 0x16A), name(pin["authorizePub"]))),
    ]
    assert policy == sha256(bytes(32), struct.pack(">I", 0x171), *branches), "others may write it"


def evidence(path, nonce, pem, limit, *points):
    with open(path, "rb") as file:
        content = file.read()
    root = cbor2.loads(content)
    assert cbor2.dumps(root, canonical=True) == content, "not deterministic"
    nonce = bytes.fromhex(nonce)
    assert (root["fmt"], root["ver"], root["alg"]) == ("tpm", "2.0", -7)
    ak = public(root["akPub"])
    assert ak["attributes"] & (FIXED_TPM | FIXED_PARENT | ORIGIN | RESTRICTED | SIGN | DECRYPT) == (
        FIXED_TPM | FIXED_PARENT | ORIGIN | RESTRICTED | SIGN)
    der = subprocess.run(["openssl", "pkey", "-pubin", "-in", pem, "-outform", "DER"], check=True, capture_output=True)
    assert der.stdout.endswith(ak["point"]), "another attestation key"
    index(root["pin"])
    reader = statement(root["pin"], 0x8014, nonce, pem)
    assert reader.sized() == name(root["pin"]["nvPublic"]) and reader.number(2) == 0
    assert reader.sized() == struct.pack(">II", 0, int(limit)), "another limit, or tries were used"
    reader.end()
    wanted = {bytes.fromhex(point) for point in points}
    for key in root["keys"]:
        area = public(key["pubArea"])
        assert area["attributes"] == FIXED_TPM | FIXED_PARENT | ORIGIN | NO_DA | SIGN | DECRYPT
        assert area["policy"] == policy_secret(name(root["pin"]["nvPublic"])), "not under this PIN"
        assert statement(key, 0x8017, nonce, pem).sized() == name(key["pubArea"])
        wanted.remove(area["point"])
    assert not wanted, "not about all keys"
    certificates = [member if member in root else "no " + member for member in ("x5c", "ek")]
    print(len(root["keys"]), "keys are in the TPM,", ", ".join(certificates))


def enrolment(path, kind):
    with open(path, "rb") as file:
        content = file.read()
    root = cbor2.loads(content)
    assert cbor2.dumps(root, canonical=True) == content, "not deterministic"
    area = public(root["ekPub"])
    assert {"ECC": ECC, "RSA": RSA}[kind] == area["type"]
    assert area["attributes"] & (FIXED_TPM | RESTRICTED | DECRYPT | SIGN) == FIXED_TPM | RESTRICTED | DECRYPT
    print("curve", area.get("curve"), "certificate of", len(root.get("ekCert", b"")), "bytes")


if sys.argv[1] == "--enrolment":
    enrolment(*sys.argv[2:])
else:
    evidence(*sys.argv[1:])
