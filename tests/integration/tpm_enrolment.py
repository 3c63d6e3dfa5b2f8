#!/usr/bin/env python3
# The holder's side of an enrolment for a TPM that tpm2-tools speak to:
#   tpm_enrolment.py enrol OUT SERIAL EK.PUB AK.PUB [EK.DER]     from files TPM2B_PUBLIC
#   tpm_enrolment.py challenge CHALLENGE OUT                     as tpm2_activatecredential reads it
#   tpm_enrolment.py answer OUT CHALLENGE CREDENTIAL
# SPDX-License-Identifier: BSD-2-Clause
import struct
import sys

import cbor2


def read(name):
    with open(name, "rb") as file:
        return file.read()


def write(name, content):
    with open(name, "wb") as file:
        file.write(content)


def area(name):
    sized = read(name)
    assert struct.unpack(">H", sized[:2])[0] == len(sized) - 2
    return sized[2:]


def enrol(out, serial, ek, ak, der=None):
    message = {"type": "mdoc-tpm-enrolment", "ver": 1, "serial": serial, "ekPub": area(ek), "akPub": area(ak)}
    if der is not None:
        message["ekCert"] = read(der)
    write(out, cbor2.dumps(message))


def challenge(name, out):
    message = cbor2.loads(read(name))
    assert message["type"] == "mdoc-tpm-challenge" and message["ver"] == 1
    sized = b"".join(struct.pack(">H", len(message[m])) + message[m] for m in ("credentialBlob", "secret"))
    write(out, struct.pack(">II", 0xBADCC0DE, 1) + sized)


def answer(out, name, credential):
    message = {"type": "mdoc-tpm-answer", "ver": 1, "id": cbor2.loads(read(name))["id"], "credential": read(credential)}
    write(out, cbor2.dumps(message))


{"enrol": enrol, "challenge": challenge, "answer": answer}[sys.argv[1]](*sys.argv[2:])
