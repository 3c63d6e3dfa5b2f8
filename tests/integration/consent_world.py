"""Readers, their CAs and lists of them, without our own code: python3-cryptography and python3-cbor2. Written into the
current folder: trusted.pem and other.pem with their keys, ca.pem and other-ca.pem, provider.pem and RICALs.

SPDX-License-Identifier: BSD-2-Clause
"""
import os

import cbor2
from cryptography.hazmat.primitives import serialization

from lists_world import NOW, SKI, Party, sign1, tdate, write

PEM = serialization.Encoding.PEM


def save(name, party):
    write(name + ".pem", party.cert.public_bytes(PEM))
    write(name + ".key", party.key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


def rical(signer, cas, **other):
    infos = [{"certificate": ca.der, "serialNumber": ca.cert.serial_number,
              "ski": ca.cert.extensions.get_extension_for_class(SKI).value.digest} for ca in cas]
    payload = {"version": "1.0", "provider": "Provider", "date": tdate(NOW - 100), "type": "reader",
               "nextUpdate": tdate(NOW + 1000), "certificateInfos": infos, **other}
    return cbor2.dumps(sign1(signer, cbor2.dumps(payload), protected={33: [signer.der]}))


def main():
    reader = (["digital_signature"], "1.0.18013.5.1.6")
    root = ["key_cert_sign", "crl_sign"]
    ca, other = Party("Readers", root, ca=True), Party("Others", root, ca=True)
    save("ca", ca)
    save("other-ca", other)
    save("trusted", Party("City office", *reader, ca))
    save("other", Party("Other office", *reader, other))
    provider = Party("Provider", root, ca=True)
    signer = Party("RICAL", ["digital_signature"], issuer=provider)
    save("provider", provider)
    write("rical.cbor", rical(signer, [other, ca]))
    write("rical-other.cbor", rical(signer, [other]))
    write("rical-overdue.cbor", rical(signer, [ca], nextUpdate=tdate(NOW - 1)))
    write("rical-stranger.cbor", rical(Party("RICAL", ["digital_signature"], issuer=other), [ca]))
    os.mkdir("readers")
    write("readers/a.pem", ca.cert.public_bytes(PEM))
    write("readers/b.der", other.der)
    write("readers/notes.txt", b"not a certificate")


if __name__ == "__main__":
    main()
