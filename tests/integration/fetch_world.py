"""An issuer whose documents name lists and CRLs on a server of the test: everything without our own code.

  fetch_world.py PORT FOLDER      documents into the current folder, what the server has into FOLDER

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import sys

import cbor2

import lists_world as world
from lists_world import DAY, NOW, Party, cwt, entries, response, status_claims, write

BASE = f"https://localhost:{sys.argv[1]}/"
FOLDER = sys.argv[2]


def serve(name, content, headers=""):
    write(os.path.join(FOLDER, name), content)
    if headers:
        write(os.path.join(FOLDER, name + ".headers"), headers.encode())


def status(name):
    return {"status_list": {"idx": 5, "uri": BASE + name}}


def claims(name, *revoked, **other):
    return status_claims(entries(*revoked), _2=BASE + name, **other)


def later(name, issued):
    return cwt(SIGNER, claims(name, 5, _6=issued, _4=NOW + 1000))


world.ISSUER = BASE + "iaca.crl"
iaca = Party("IACA", ["key_cert_sign", "crl_sign"], ca=True)
stranger = Party("Stranger", ["key_cert_sign", "crl_sign"], ca=True)
ds = Party("DS", ["digital_signature"], "1.0.18013.5.1.2", iaca)
stranger_ds = Party("DS", ["digital_signature"], "1.0.18013.5.1.2", stranger)
SIGNER = Party("Lists", ["digital_signature"], issuer=iaca)
stranger_signer = Party("Lists", ["digital_signature"], issuer=stranger)

write("iaca.der", iaca.der)
write("stranger.der", stranger.der)
write("ds.der", ds.der)
os.mkdir("folder")
write("folder/iaca.der", iaca.der)
write("folder/README", b"not a certificate")
write("transcript.cbor", cbor2.dumps(world.transcript()))
for name in "good", "revoked", "etag", "none", "garbage", "expired", "other", "tampered", "stranger", "slow", "large":
    write(f"{name}.cbor", response(ds, status(name)))
write("named.cbor", response(ds, {"status_list": {"idx": 5, "uri": BASE + "named", "certificate": stranger.der}}))
write("foreign.cbor", response(stranger_ds, status("foreign")))
write("forged.cbor", response(stranger_ds, status("foreign"), der=ds.der))
write("plain.cbor", response(ds, {"status_list": {"idx": 5, "uri": BASE.replace("https", "http") + "good"}}))
write("file.cbor", response(ds, {"status_list": {"idx": 5, "uri": "file:///etc/passwd"}}))

serve("good", cwt(SIGNER, claims("good", 77)))
serve("revoked", cwt(SIGNER, claims("revoked", 5)))
serve("etag", cwt(SIGNER, claims("etag", 77)), "Cache-Control: max-age=0\n")
serve("garbage", b"<html>It works!</html>")
serve("expired", cwt(SIGNER, claims("expired", 5, _4=NOW - 1)))
serve("other", cwt(SIGNER, claims("good", 5)))
serve("tampered", cwt(SIGNER, claims("tampered", 77))[:-1] + b"\x00")
serve("stranger", cwt(stranger_signer, claims("stranger", 5)))
serve("named", cwt(stranger_signer, claims("named", 77)))
serve("foreign", cwt(stranger_signer, claims("foreign", 77)))
serve("slow", cwt(SIGNER, claims("slow", 5)))
serve("large", bytes(40 << 20))
serve("iaca.crl", iaca.crl())
write("revoked.crl", iaca.crl(ds))

# a VICAL, an older and a newer one
ca = Party("Provider", ["key_cert_sign", "crl_sign"], ca=True)
provider = Party("VICAL", ["content_commitment"], "1.0.18013.5.1.8", ca)
write("provider.der", ca.der)
listed = [world.info(iaca, [world.MDL])]


def vical(infos, number, date, signer=provider):
    return world.vical(signer, infos, date=world.tdate(date), vicalIssueID=number)


serve("vical", vical(listed, 7, NOW - 100))
write("vical-newer", vical(listed + [world.info(stranger, [world.MDL])], 8, NOW - 50))
write("vical-older", vical(listed, 6, NOW - DAY))
write("vical-forged", vical(listed, 9, NOW - 10, Party("VICAL", ["content_commitment"], "1.0.18013.5.1.8", stranger)))
