# A Credential Request of OpenID4VCI 1.0 made with OpenSSL's command alone, so that mdoc-issuer is
# not tested with our own code. SPDX-License-Identifier: BSD-2-Clause
#
#   credential_request.py OFFER OUT COUNT [FAULT…]
#
# FAULT: nonce, aud, iat, signature, duplicate, private, typ, alg; the last proof gets it.
import base64
import json
import subprocess
import sys
import time


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def openssl(*args, data=None):
    return subprocess.run(['openssl', *args], input=data, check=True, capture_output=True).stdout


def make_key():
    pem = openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256')
    point = openssl('pkey', '-pubout', '-outform', 'DER', data=pem)[-64:]
    return pem, {'kty': 'EC', 'crv': 'P-256', 'x': b64(point[:32]), 'y': b64(point[32:])}


def raw_signature(pem, data):
    with open('key.pem', 'wb') as file:
        file.write(pem)
    der = openssl('dgst', '-sha256', '-sign', 'key.pem', data=data)
    out, at = b'', 2
    for _ in range(2):
        length = der[at + 1]
        out += der[at + 2:at + 2 + length].lstrip(b'\0').rjust(32, b'\0')
        at += 2 + length
    return out


def proof(offer, key, faults):
    pem, jwk = key
    header = {'typ': 'openid4vci-proof+jwt', 'alg': 'ES256', 'jwk': dict(jwk)}
    claims = {'aud': offer['credential_issuer'], 'iat': int(time.time()), 'nonce': offer['mdoc_pkcs11_nonce']}
    if 'nonce' in faults:
        claims['nonce'] = 'AAAAAAAAAAAAAAAAAAAAAA'
    if 'aud' in faults:
        claims['aud'] = 'https://other.example'
    if 'iat' in faults:
        claims['iat'] -= 3600
    if 'typ' in faults:
        header['typ'] = 'JWT'
    if 'alg' in faults:
        header['alg'] = 'ES384'
    if 'private' in faults:
        header['jwk']['d'] = b64(b'\1' * 32)
    text = b64(json.dumps(header).encode()) + '.' + b64(json.dumps(claims).encode())
    signature = bytearray(raw_signature(pem, text.encode()))
    if 'signature' in faults:
        signature[10] ^= 1
    return text + '.' + b64(bytes(signature))


def main():
    offer_path, out, count, faults = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:]
    with open(offer_path, encoding='utf-8') as file:
        offer = json.load(file)
    keys = [make_key() for _ in range(count)]
    if 'duplicate' in faults:
        keys[-1] = keys[0]
    jwts = [proof(offer, key, faults if i == count - 1 else []) for i, key in enumerate(keys)]
    with open(out, 'w', encoding='utf-8') as file:
        json.dump({'credential_configuration_id': offer['credential_configuration_ids'][0],
                   'proofs': {'jwt': jwts}}, file)


main()
