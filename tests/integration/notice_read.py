# A notice to a device, read with jwcrypto and python3-cryptography instead of our own code.
# SPDX-License-Identifier: BSD-2-Clause
#
#   notice_read.py DEVICE NOTICE MESSAGES.PEM      prints its claims
#   notice_read.py forge MESSAGES-KEY.PEM CERTIFICATE.PEM JWK CLAIMS [plain|typ]   prints a notice by this key
import base64
import json
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from jwcrypto import jwe, jwk


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


def read(path):
    with open(path, 'rb') as file:
        return file.read()


def show():
    device = json.loads(read(sys.argv[1]))
    key = jwk.JWK.from_pem(device['notices'].encode())
    token = jwe.JWE()
    token.deserialize(read(sys.argv[2]).decode())
    header = json.loads(token.objects['protected'])
    assert header['alg'] == 'ECDH-ES' and header['enc'] == 'A256GCM' and header['kid'] == key.thumbprint(), header
    token.decrypt(key)
    signed, signature = token.payload.decode().rsplit('.', 1)
    header, claims = (json.loads(unb64(part)) for part in signed.split('.'))
    certificate = x509.load_pem_x509_certificate(read(sys.argv[3]))
    assert header['typ'] == 'mdoc-notice+jwt' and header['alg'] == 'ES256', header
    assert base64.b64decode(header['x5c'][0]) == certificate.public_bytes(serialization.Encoding.DER)
    value = unb64(signature)
    certificate.public_key().verify(
        utils.encode_dss_signature(int.from_bytes(value[:32], 'big'), int.from_bytes(value[32:], 'big')),
        signed.encode(), ec.ECDSA(hashes.SHA256()))
    assert claims['aud'] == key.thumbprint()
    print(json.dumps(claims, sort_keys=True))


def forge():
    key = serialization.load_pem_private_key(read(sys.argv[2]), None)
    der = x509.load_pem_x509_certificate(read(sys.argv[3])).public_bytes(serialization.Encoding.DER)
    to = jwk.JWK(**json.loads(sys.argv[4]))
    claims = dict(json.loads(sys.argv[5]))
    claims.setdefault('aud', to.thumbprint())
    how = sys.argv[6:]
    header = {'typ': 'JWT' if 'typ' in how else 'mdoc-notice+jwt', 'alg': 'ES256', 'x5c': [base64.b64encode(der).decode()]}
    signed = b64(json.dumps(header).encode()) + '.' + b64(json.dumps(claims).encode())
    r, s = utils.decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    text = signed + '.' + b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))
    if 'plain' not in how:
        token = jwe.JWE(text.encode(), json.dumps({'alg': 'ECDH-ES', 'enc': 'A256GCM'}), recipient=to)
        text = token.serialize(compact=True)
    print(text)


if sys.argv[1] == 'forge':
    forge()
else:
    show()
