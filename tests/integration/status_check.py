"""What an issuer publishes, read without our code: python3-cbor2 and python3-cryptography.

status_check.py IACA.pem CRL LISTS DS.pem RESPONSE.json WHAT: "valid" and "invalid" are what the status lists say of every copy
of the response; "revoked": the document signer is on the CRL. SPDX-License-Identifier: BSD-2-Clause
"""
import base64
import json
import sys
import zlib

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils


def check(key, signature, data):
    half = len(signature) // 2
    der = utils.encode_dss_signature(int.from_bytes(signature[:half], 'big'), int.from_bytes(signature[half:], 'big'))
    key.verify(der, data, ec.ECDSA(hashes.SHA256()))


def read_list(path, iaca, uri):
    cwt = cbor2.loads(open(path, 'rb').read())
    assert cwt.tag == 18
    protected, unprotected, payload, signature = cwt.value
    headers = {**unprotected, **cbor2.loads(protected)}
    assert headers[16] == 'application/statuslist+cwt', headers
    chain = headers[33]
    signer = x509.load_der_x509_certificate(chain[0] if isinstance(chain, list) else chain)
    signer.verify_directly_issued_by(iaca) if hasattr(signer, 'verify_directly_issued_by') else iaca.public_key().verify(
        signer.signature, signer.tbs_certificate_bytes, ec.ECDSA(signer.signature_hash_algorithm))
    check(signer.public_key(), signature, cbor2.dumps(['Signature1', protected, b'', payload]))
    claims = cbor2.loads(payload)
    assert claims[2] == uri and claims[4] > claims[6], claims
    assert claims[65533]['bits'] == 1
    return zlib.decompress(claims[65533]['lst'])


def main():
    iaca_path, crl_path, lists, ds_path, response_path, what = sys.argv[1:]
    iaca = x509.load_pem_x509_certificate(open(iaca_path, 'rb').read())
    ds = x509.load_pem_x509_certificate(open(ds_path, 'rb').read())
    crl = x509.load_der_x509_crl(open(crl_path, 'rb').read())
    assert crl.is_signature_valid(iaca.public_key())
    revoked = crl.get_revoked_certificate_by_serial_number(ds.serial_number)
    assert (revoked is not None) == (what == 'revoked'), revoked
    if what == 'revoked':
        assert revoked.extensions.get_extension_for_class(x509.CRLReason).value.reason == x509.ReasonFlags.key_compromise
    seen = set()
    for row in json.load(open(response_path, encoding='utf-8'))['credentials']:
        text = row['credential']
        signed = cbor2.loads(base64.urlsafe_b64decode(text + '=' * (-len(text) % 4)))
        mso = cbor2.loads(cbor2.loads(signed['issuerAuth'][2]).value)
        status = mso['status']['status_list']
        packed = read_list(lists + '/' + status['uri'].rsplit('/', 1)[1], iaca, status['uri'])
        bit = packed[status['idx'] // 8] >> status['idx'] % 8 & 1
        assert bit == (what != 'valid'), (status, bit)
        seen.add(status['idx'])
    indices = sorted(seen)
    assert len(indices) == 2 and indices[1] - indices[0] > 1, indices  # two neighbours: once in half a million runs
    assert sum(bin(byte).count('1') for byte in packed) >= (0 if what == 'valid' else 2)


main()
