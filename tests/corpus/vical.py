"""Issuing authorities that a VICAL speaks of.

SPDX-License-Identifier: BSD-2-Clause
"""
import certificates as x
from cbor import Tag, encode, tdate
from world import DAY, DOC_TYPE, NOW, Pki, new_key, raw_sign, sig_structure

WRONG, RIGHT = [], []  # as CASES of negative.py and positive.py


def signer(key):
    subject = x.name((x.C, "JP"), (x.CN, "Corpus VICAL"))
    return x.Spec(key=key, issuer_key=key, issuer=subject, subject=subject, serial=0x6001, not_before=NOW - 30 * DAY,
                  not_after=NOW + 300 * DAY,
                  extensions=[x.key_usage("nonRepudiation"), x.extended_key_usage("1.0.18013.5.1.8"),
                              x.subject_key_id(x.key_id(key)), x.authority_key_id(x.key_id(key)),
                              x.issuer_alt_name(), x.crl_points()])


def vical(pki, key, certificate, *doc_types):
    protected = encode({1: -7})
    info = {"certificate": pki.iaca.der(), "serialNumber": Tag(2, pki.iaca.serial.to_bytes(2, "big")),
            "ski": x.key_id(pki.iaca_key), "docType": list(doc_types)}
    payload = encode({"version": "1.0", "vicalProvider": "Corpus", "date": tdate(NOW - DAY), "certificateInfos": [info]})
    signature = raw_sign(key, sig_structure(protected, payload))
    return encode([protected, {33: certificate}, payload, signature])


def listed(*doc_types, listed_pki=None):
    """The reader trusts nobody but whom the VICAL names for these document types."""
    def apply(r):
        key = new_key()
        r.trusted = []
        certificate = signer(key).der()
        r.attachments += [("--vical", vical(listed_pki() if listed_pki else r.pki, key, certificate, *doc_types)),
                          ("--vical-ca", certificate)]
    return apply


WRONG += [
    ("iaca listed for another docType", "MDOC_ERR_AUTHORIZATION", {"anchor_doctype"}, listed("org.example.other")),
    ("iaca that is not listed", "MDOC_ERR_CHAIN", {"chain"}, listed(DOC_TYPE, listed_pki=Pki)),
]
RIGHT += [
    ("iaca listed for the docType", listed(DOC_TYPE)),
    ("iaca listed for two docTypes", listed("org.example.other", DOC_TYPE)),
]
