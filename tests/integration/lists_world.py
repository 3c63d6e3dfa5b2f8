"""Issuers, lists and a holder's response, all without our own code: python3-cryptography and python3-cbor2.

  lists_world.py make      write everything into the current folder
  lists_world.py read      check what lists_build wrote there

SPDX-License-Identifier: BSD-2-Clause
"""
import datetime
import hashlib
import sys
import time
import zlib

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.x509.oid import NameOID, ObjectIdentifier

MDL = "org.iso.18013.5.1.mDL"
JP = "org.iso.23220.1.jp.mnc"
URI = "https://issuer.example/list"
ISSUER = "https://issuer.example/"
DAY = 86400
NOW = int(time.time())
SKI = x509.SubjectKeyIdentifier


def write(name, content):
    with open(name, "wb") as file:
        file.write(content)


def read(name):
    with open(name, "rb") as file:
        return file.read()


# ---- certificates

def utc(when):
    return datetime.datetime.fromtimestamp(when, datetime.timezone.utc)


def usage(*names):
    every = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"]
    return x509.KeyUsage(**{name: name in names for name in every})


class Party:
    """A key, and the certificate that `issuer` (None: itself) made of it."""

    def __init__(self, name, usages, eku=None, issuer=None, ca=False, key=None):
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        public = self.key.public_key()
        subject = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
                             x509.NameAttribute(NameOID.COMMON_NAME, name)])
        above = issuer or self
        uri = [x509.UniformResourceIdentifier(ISSUER)]
        builder = (x509.CertificateBuilder().subject_name(subject)
                   .issuer_name(issuer.cert.subject if issuer else subject).public_key(public)
                   .serial_number(x509.random_serial_number()).not_valid_before(utc(NOW - 10 * DAY))
                   .not_valid_after(utc(NOW + 100 * DAY)).add_extension(usage(*usages), True)
                   .add_extension(SKI.from_public_key(public), False)
                   .add_extension(x509.IssuerAlternativeName(uri), False)
                   .add_extension(x509.CRLDistributionPoints(
                       [x509.DistributionPoint(uri, None, None, None)]), False))
        if ca:
            builder = builder.add_extension(x509.BasicConstraints(True, 0), True)
        if issuer:
            builder = builder.add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), False)
        if eku:
            builder = builder.add_extension(x509.ExtendedKeyUsage([ObjectIdentifier(eku)]), True)
        self.cert = builder.sign(above.key, hashes.SHA256())
        self.der = self.cert.public_bytes(serialization.Encoding.DER)

    def crl(self, *revoked):
        builder = (x509.CertificateRevocationListBuilder().issuer_name(self.cert.subject)
                   .last_update(utc(NOW - DAY)).next_update(utc(NOW + DAY)).add_extension(x509.CRLNumber(1), False)
                   .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), False))
        for party in revoked:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder().serial_number(party.cert.serial_number)
                .revocation_date(utc(NOW - DAY)).build())
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


# ---- COSE

def sign1(party, payload, protected=(), unprotected=(), tagged=False, detached=False):
    head = cbor2.dumps({1: -7, **dict(protected)})
    signed = cbor2.dumps(["Signature1", head, b"", payload])
    r, s = utils.decode_dss_signature(party.key.sign(signed, ec.ECDSA(hashes.SHA256())))
    value = [head, dict(unprotected), None if detached else payload, r.to_bytes(32, "big") + s.to_bytes(32, "big")]
    return cbor2.CBORTag(18, value) if tagged else value


def verify1(value):
    """(protected, unprotected, payload) of a signature by its own first certificate."""
    head, unprotected, payload, signature = value
    protected = cbor2.loads(head)
    chain = protected.get(33) or unprotected[33]
    cert = x509.load_der_x509_certificate(chain if isinstance(chain, bytes) else chain[0])
    der = utils.encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    cert.public_key().verify(der, cbor2.dumps(["Signature1", head, b"", payload]), ec.ECDSA(hashes.SHA256()))
    return protected, unprotected, cbor2.loads(payload)


def embedded(value):
    return cbor2.CBORTag(24, cbor2.dumps(value))


def tdate(when):
    return cbor2.CBORTag(0, utc(when).strftime("%Y-%m-%dT%H:%M:%SZ"))


# ---- a document and its response

def document(ds, status, der=None):
    """A document with one element for the session of transcript.cbor; `status` is the MSO's, `der` in place of the DS."""
    device = ec.generate_private_key(ec.SECP256R1())
    point = device.public_key().public_numbers()
    namespace = "org.iso.18013.5.1"
    item = embedded({"digestID": 0, "random": bytes(16), "elementIdentifier": "family_name", "elementValue": "番号"})
    mso = {"version": "1.0", "digestAlgorithm": "SHA-256",
           "valueDigests": {namespace: {0: hashlib.sha256(cbor2.dumps(item)).digest()}},
           "deviceKeyInfo": {"deviceKey": {1: 2, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}},
           "docType": MDL,
           "validityInfo": {"signed": tdate(NOW - DAY), "validFrom": tdate(NOW - DAY), "validUntil": tdate(NOW + DAY)},
           "status": status}
    names = embedded({})
    device_party = type("Device", (), {"key": device})
    authentication = embedded(["DeviceAuthentication", transcript(), MDL, names])
    signature = sign1(device_party, cbor2.dumps(authentication), detached=True)
    return {"docType": MDL,
            "issuerSigned": {"nameSpaces": {namespace: [item]},
                             "issuerAuth": sign1(ds, cbor2.dumps(embedded(mso)), unprotected={33: der or ds.der})},
            "deviceSigned": {"nameSpaces": names, "deviceAuth": {"deviceSignature": signature}}}


def response(ds, *statuses, der=None):
    documents = [document(ds, status, der) for status in statuses]
    return cbor2.dumps({"version": "1.0", "documents": documents, "status": 0})


def transcript():
    return [None, None, ["OpenID4VPHandover", bytes(32)]]


# ---- revocation lists

def cwt(party, claims, typ="application/statuslist+cwt", tagged=True):
    protected = {16: typ, 33: party.der} if typ else {33: party.der}
    return cbor2.dumps(sign1(party, cbor2.dumps(claims), protected, tagged=tagged))


def status_claims(entries, bits=1, **other):
    claims = {2: URI, 6: NOW - 100, 4: NOW + 100, 65534: 60, 65533: {"bits": bits, "lst": zlib.compress(entries, 9)}}
    claims.update({int(key[1:]): value for key, value in other.items()})
    return {key: value for key, value in claims.items() if value is not None}


def entries(*revoked, bits=1, value=1):
    packed = bytearray(1000)
    for i in revoked:
        packed[i * bits // 8] |= value << (i * bits % 8)
    return bytes(packed)


def make_named(other, stranger, ds):
    """Responses whose Status names who signs the list, and lists below such a certificate."""
    renewed = Party("Other IACA", ["key_cert_sign", "crl_sign"], ca=True, key=other.key)
    ours, renamed, strange = ({"status_list": {"idx": 5, "uri": URI, "certificate": ca.der}}
                              for ca in (other, renewed, stranger))
    stranger_ds = Party("DS", ["digital_signature"], "1.0.18013.5.1.2", stranger)
    lone = {"status_list": {"idx": 5, "uri": URI}}
    identified = {"identifier_list": {"id": b"mine", "uri": URI, "certificate": other.der}}
    write("response-named.cbor", response(ds, ours))
    write("response-lone.cbor", response(ds, ours, lone))
    write("response-renewed.cbor", response(ds, renamed, ours))
    write("response-id-named.cbor", response(ds, identified))
    write("response-by-stranger.cbor", response(stranger_ds, strange))
    write("response-forged.cbor", response(stranger_ds, strange, der=ds.der))
    below = {"other": Party("Lists", ["digital_signature"], issuer=other),
             "stranger": Party("Lists", ["digital_signature"], issuer=stranger)}
    for name, signer in below.items():
        write(f"list-good-by-{name}.cbor", cwt(signer, status_claims(entries(77))))
    claims = {2: URI, 6: NOW - 100, 4: NOW + 100, 65530: {"identifiers": {b"other": {}}}}
    write("ids-by-other.cbor", cwt(below["other"], claims, "application/identifierlist+cwt"))


def make_status_lists(iaca, other, ds):
    signer = Party("Lists", ["digital_signature"], issuer=iaca)
    good = status_claims(entries(77))
    claims = cbor2.dumps(good)
    token = sign1(signer, claims, {16: "application/statuslist+cwt", 33: signer.der}, tagged=True)
    token.value[2] = claims.replace(b"bits\x01", b"bits\x02")
    lists = {
        "good": cwt(signer, good),
        "untagged": cwt(signer, good, tagged=False),
        "revoked": cwt(signer, status_claims(entries(5))),
        "suspended": cwt(signer, status_claims(entries(5, bits=2, value=2), bits=2)),
        "reserved": cwt(signer, status_claims(entries(5, bits=4, value=9), bits=4)),
        "tampered": cbor2.dumps(token),
        "expired": cwt(signer, status_claims(entries(5), _4=NOW - 1)),
        "future": cwt(signer, status_claims(entries(5), _6=NOW + 50)),
        "no-exp": cwt(signer, status_claims(entries(5), _4=None)),
        "wrong-typ": cwt(signer, good, "application/statuslist+jwt"),
        "no-typ": cwt(signer, good, None),
        "bits": cwt(signer, status_claims(entries(5), bits=3)),
        "bomb": cwt(signer, status_claims(bytes(64 << 20))),
        "truncated": cwt(signer, status_claims(b"", _65533={"bits": 1, "lst": zlib.compress(entries(5))[:-1]})),
        "trailing": cwt(signer, status_claims(b"", _65533={"bits": 1, "lst": zlib.compress(entries(5)) + b"x"})),
        "other-sub": cwt(signer, status_claims(entries(5), _2=URI + "/2")),
        "by-ds": cwt(ds, status_claims(entries(5))),
        "by-iaca": cwt(iaca, status_claims(entries(5))),
        "by-other": cwt(Party("Lists", ["digital_signature"], issuer=other), status_claims(entries(5))),
        "agreement": cwt(Party("Lists", ["key_agreement"], issuer=iaca), good),
    }
    for name, content in lists.items():
        write(f"list-{name}.cbor", content)
    identifiers = {2: URI, 6: NOW - 100, 4: NOW + 100, 65530: {"identifiers": {b"other": {}, b"another": {}}}}
    write("ids-good.cbor", cwt(signer, identifiers, "application/identifierlist+cwt"))
    write("ids-claimed.cbor", cwt(signer, {**identifiers, 16: "application/identifierlist+cwt"}, None))
    identifiers[65530]["identifiers"][b"mine"] = {}
    write("ids-revoked.cbor", cwt(signer, identifiers, "application/identifierlist+cwt"))
    write("crl-good.der", iaca.crl())
    write("crl-signer.der", iaca.crl(signer))
    write("crl-ds.der", iaca.crl(ds))


# ---- trust lists

def vical(signer, infos, chain=(), **other):
    payload = {"version": "1.0", "vicalProvider": "Provider", "date": tdate(NOW - 100), "nextUpdate": tdate(NOW + 100),
               "certificateInfos": infos, **other}
    return cbor2.dumps(sign1(signer, cbor2.dumps(payload), unprotected={33: [signer.der, *chain]}))


def info(iaca, doc_types, **other):
    ski = iaca.cert.extensions.get_extension_for_class(SKI).value.digest
    return {"certificate": iaca.der, "serialNumber": iaca.cert.serial_number, "ski": b"\x04\x14" + ski,
            "docType": doc_types, "issuingCountry": "JP", "Extensions": {}, **other}


def make_vicals(iaca, other, ds):
    ca = Party("Provider", ["key_cert_sign", "crl_sign"], ca=True)
    signer = Party("VICAL", ["content_commitment"], "1.0.18013.5.1.8", ca)
    stranger = Party("Provider", ["key_cert_sign", "crl_sign"], ca=True)
    good = [info(other, [JP]), info(iaca, [JP, MDL])]
    lists = {
        "good": vical(signer, good, [ca.der]),
        "other-type": vical(signer, [info(iaca, [JP])]),
        "without": vical(signer, [info(other, [MDL])]),
        "wrong-ski": vical(signer, [info(iaca, [MDL], ski=bytes(20))]),
        "wrong-serial": vical(signer, [info(iaca, [MDL], serialNumber=1 << 70)]),
        "no-root": vical(signer, [info(ds, [MDL])]),
        "overdue": vical(signer, good, nextUpdate=tdate(NOW - 1)),
        "future": vical(signer, good, date=tdate(NOW + 50)),
        "version": vical(signer, good, version="2.0"),
        "wrong-usage": vical(Party("VICAL", ["digital_signature"], "1.0.18013.5.1.8", ca), good),
        "wrong-purpose": vical(Party("VICAL", ["content_commitment"], "1.0.18013.5.1.2", ca), good),
        "stranger": vical(Party("VICAL", ["content_commitment"], "1.0.18013.5.1.8", stranger), good, [stranger.der]),
    }
    lists["tampered"] = lists["good"].replace(b"Provider\x64date", b"provider\x64date")
    assert lists["tampered"] != lists["good"]
    for name, content in lists.items():
        write(f"vical-{name}.cbor", content)
    write("provider.der", ca.der)
    write("vical-signer.der", signer.der)
    write("crl-vical.der", ca.crl(signer))
    write("crl-provider.der", ca.crl())


def make():
    iaca = Party("IACA", ["key_cert_sign", "crl_sign"], ca=True)
    other = Party("Other IACA", ["key_cert_sign", "crl_sign"], ca=True)
    stranger = Party("Stranger", ["key_cert_sign", "crl_sign"], ca=True)
    ds = Party("DS", ["digital_signature"], "1.0.18013.5.1.2", iaca)
    for name, party in {"iaca": iaca, "other": other, "stranger": stranger}.items():
        write(f"{name}.der", party.der)
    write("transcript.cbor", cbor2.dumps(transcript()))
    write("response.cbor", response(ds, {"status_list": {"idx": 5, "uri": URI}}))
    write("response-far.cbor", response(ds, {"status_list": {"idx": 8000, "uri": URI}}))
    write("response-id.cbor", response(ds, {"identifier_list": {"id": b"mine", "uri": URI}}))
    make_named(other, stranger, ds)
    make_status_lists(iaca, other, ds)
    make_vicals(iaca, other, ds)
    # what lists_build signs with
    signer = Party("Lists", ["digital_signature"], issuer=iaca)
    write("build.der", signer.der)
    write("build.pem", signer.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                serialization.NoEncryption()))


# ---- what libmdoc has built

def read_back():
    iaca = x509.load_der_x509_certificate(read("iaca.der"))
    message = cbor2.loads(read("built-status.cbor"))
    assert message.tag == 18
    protected, unprotected, claims = verify1(message.value)
    assert protected[16] == "application/statuslist+cwt" and protected[33] == read("build.der") and not unprotected
    assert claims[2] == URI and claims[4] - claims[6] == 7200 and claims[65534] == 60 and claims[65533]["bits"] == 1
    packed = zlib.decompress(claims[65533]["lst"])
    assert len(packed) == 1000 and [i for i in range(8000) if packed[i // 8] >> i % 8 & 1] == [5, 7999]

    message = cbor2.loads(read("built-identifiers.cbor"))
    protected, _, claims = verify1(message.value)
    assert message.tag == 18 and protected[16] == "application/identifierlist+cwt"
    assert claims[65530] == {"identifiers": {b"mine": {}, b"other": {}}}

    protected, unprotected, lists = verify1(cbor2.loads(read("built-vical.cbor")))
    assert protected == {1: -7} and unprotected[33] == read("build.der")
    entry = lists["certificateInfos"][0]
    assert lists["version"] == "1.0" and lists["vicalProvider"] == "Provider" and lists["vicalIssueID"] == 7
    assert entry["certificate"] == read("iaca.der") and entry["docType"] == [MDL, JP]
    assert entry["serialNumber"] == iaca.serial_number and entry["issuingCountry"] == "JP"
    assert entry["ski"] == iaca.extensions.get_extension_for_class(SKI).value.digest
    assert entry["issuer"] == iaca.issuer.public_bytes() and entry["subject"] == iaca.subject.public_bytes()
    assert entry["notAfter"].replace(tzinfo=None) == iaca.not_valid_after

    protected, unprotected, lists = verify1(cbor2.loads(read("built-rical.cbor")))
    assert protected[33] == read("build.der") and not unprotected
    assert lists["provider"] == "Provider" and lists["type"] == "reader" and "docType" not in lists["certificateInfos"][0]


if __name__ == "__main__":
    {"make": make, "read": read_back}[sys.argv[1]]()
