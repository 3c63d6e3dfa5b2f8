# A holder's device as an issuer sees it, made with python3-cryptography and jwcrypto, so that mdoc-issuer is not tested
# with our own code. SPDX-License-Identifier: BSD-2-Clause
#
#   device_request.py enrol DEVICE OFFER OUT COUNT [FAULT…]    a request whose keys a new device attests
#   device_request.py renew DEVICE OFFER OUT COUNT [FAULT…]    a renewal by the device that enrolled
#   device_request.py open DEVICE SEALED MESSAGES.PEM OUT      the response that a sealed file holds, checked
#   device_request.py orders - ISSUER_FOLDER OUT ORDERS COPIES PERSON CLAIMS   orders for bulk issue, with their offers
#
# DEVICE is a JSON file of private keys, made by enrol. FAULT: unbound, signer (another attestation key), response
# (another response key), recipient (encrypted to another one), keys (attests others), expired, nonce, plain (asks for no
# encryption), jwt (proofs by the holder's keys), split (another attestation in the second proof), claim (none).
import base64
import hashlib
import json
import sqlite3
import subprocess
import sys
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils, x25519
from jwcrypto import jwe, jwk


RAW = serialization.Encoding.Raw, serialization.PublicFormat.Raw


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


def new_ec():
    return ec.generate_private_key(ec.SECP256R1())


def public(key):
    if isinstance(key, x25519.X25519PrivateKey):
        return {'kty': 'OKP', 'crv': 'X25519', 'x': b64(key.public_key().public_bytes(*RAW))}
    numbers = key.public_key().public_numbers()
    return {'kty': 'EC', 'crv': 'P-256', 'x': b64(numbers.x.to_bytes(32, 'big')), 'y': b64(numbers.y.to_bytes(32, 'big'))}


def dump(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption()).decode()


def load(text):
    return serialization.load_pem_private_key(text.encode(), None)


def sign(key, header, claims):
    text = b64(json.dumps(dict(header, alg='ES256')).encode()) + '.' + b64(json.dumps(claims).encode())
    r, s = utils.decode_dss_signature(key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    return text + '.' + b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))


def new_device():
    return {'attestation': new_ec(), 'notices': new_ec(), 'tls': new_ec(), 'response': x25519.X25519PrivateKey.generate()}


def attest(device, keys, nonce, faults):
    tls = device['tls'].public_key().public_bytes(serialization.Encoding.DER,
                                                  serialization.PublicFormat.SubjectPublicKeyInfo)
    signer = new_ec() if 'signer' in faults else device['attestation']
    response = x25519.X25519PrivateKey.generate() if 'response' in faults else device['response']
    claims = {'iat': int(time.time()), 'exp': int(time.time()) + (-1 if 'expired' in faults else 300), 'nonce': nonce,
              'attested_keys': [public(k) for k in keys],
              'mdoc_pkcs11': {'serial': '0123456789ABCDEF', 'backend': 'vault', 'bound': 'unbound' not in faults,
                              'response': public(response), 'notices': public(device['notices']),
                              'tls': b64(hashlib.sha256(tls).digest())}}
    if 'nonce' in faults:
        claims['nonce'] = 'AAAAAAAAAAAAAAAAAAAAAA'
    if 'keys' in faults:
        claims['attested_keys'][-1] = public(new_ec())
    if 'claim' in faults:
        del claims['mdoc_pkcs11']
    return sign(signer, {'typ': 'key-attestation+jwt', 'jwk': public(signer)}, claims)


def make(kind, device, offer, count, faults):
    nonce, keys = offer['mdoc_pkcs11_nonce'], [new_ec() for _ in range(count)]
    attestation = attest(device, keys, nonce, faults)
    request = {'credential_configuration_id': offer['credential_configuration_ids'][0]}
    if kind == 'renew' and 'jwt' not in faults:
        request['proofs'] = {'attestation': [attestation]}
    else:
        jwts = []
        for i, key in enumerate(keys):
            header = {'typ': 'openid4vci-proof+jwt', 'jwk': public(key), 'key_attestation': attestation}
            if 'split' in faults and i == 1:
                header['key_attestation'] = attest(device, keys, nonce, ['unbound'])
            jwts.append(sign(key, header, {'aud': offer['credential_issuer'], 'iat': int(time.time()), 'nonce': nonce}))
        request['proofs'] = {'jwt': jwts}
    if 'plain' not in faults:
        to = x25519.X25519PrivateKey.generate() if 'recipient' in faults else device['response']
        request['credential_response_encryption'] = {'jwk': dict(public(to), alg='ECDH-ES', kid='inbox'), 'enc': 'A256GCM'}
    return request


def open_sealed(device, sealed, pem):
    text, signature = sealed['credential_response'], sealed['signature']
    header, payload, value = (unb64(part) for part in signature.split('.'))
    header, payload = json.loads(header), json.loads(payload)
    certificate = x509.load_pem_x509_certificate(pem)
    assert header['typ'] == 'mdoc-response+jwt' and header['alg'] == 'ES256', header
    assert base64.b64decode(header['x5c'][0]) == certificate.public_bytes(serialization.Encoding.DER)
    der = utils.encode_dss_signature(int.from_bytes(value[:32], 'big'), int.from_bytes(value[32:], 'big'))
    certificate.public_key().verify(der, signature.rsplit('.', 1)[0].encode(), ec.ECDSA(hashes.SHA256()))
    assert payload['sha256'] == b64(hashlib.sha256(text.encode()).digest()), 'of the ciphertext'
    private = device['response'].private_bytes(serialization.Encoding.Raw, serialization.PrivateFormat.Raw,
                                               serialization.NoEncryption())
    key = jwk.JWK(**public(device['response']), d=b64(private))
    assert payload['aud'] == jwk.JWK(**public(device['response'])).thumbprint(), 'for this device'
    token = jwe.JWE()
    token.deserialize(text)
    assert json.loads(token.objects['protected'])['enc'] == 'A256GCM'
    token.decrypt(key)
    return json.loads(token.payload)


# Offers straight into the register of a test's issuer: one command for each would take most of the time.
def orders(device, folder, out, count, copies, person):
    with open(folder + '/issuer.json', encoding='utf-8') as file:
        config = json.load(file)
    offered = []
    with open(out, 'w', encoding='utf-8') as file:
        for i in range(count):
            nonce = b64(hashlib.sha256(b'%d %r' % (i, time.time())).digest()[:16])
            offered.append(f"INSERT INTO offers (nonce, created) VALUES ('{nonce}', {int(time.time())});")
            offer = {'credential_issuer': config['credential_issuer'], 'mdoc_pkcs11_nonce': nonce,
                     'credential_configuration_ids': [config['credential_configuration_id']]}
            order = {'person': f'{person}-{i}',
                     'request': make('enrol', new_device() if device == '-' else device, offer, copies, [])}
            with open(sys.argv[8], encoding='utf-8') as claims:
                order['claims'] = json.load(claims)
            file.write(json.dumps(order) + '\n')
    if config.get('register', '').startswith('postgresql:'):
        subprocess.run(['psql', '-q1', config['register']], input='\n'.join(offered), text=True, check=True)
    else:
        register = sqlite3.connect(folder + '/register.db')
        register.executescript('\n'.join(['BEGIN;', *offered, 'COMMIT;']))


def main():
    command, path = sys.argv[1:3]
    if command == 'orders':
        return orders('-', sys.argv[3], sys.argv[4], int(sys.argv[5]), int(sys.argv[6]), sys.argv[7])
    if command == 'enrol' and 'again' not in sys.argv:
        device = new_device()
        with open(path, 'w', encoding='utf-8') as file:
            json.dump({name: dump(key) for name, key in device.items()}, file)
    with open(path, encoding='utf-8') as file:
        device = {name: load(text) for name, text in json.load(file).items()}
    if command == 'open':
        with open(sys.argv[3], encoding='utf-8') as sealed, open(sys.argv[4], 'rb') as pem:
            result = open_sealed(device, json.load(sealed), pem.read())
        out = sys.argv[5]
    else:
        with open(sys.argv[3], encoding='utf-8') as file:
            result = make(command, device, json.load(file), int(sys.argv[5]), sys.argv[6:])
        out = sys.argv[4]
    with open(out, 'w', encoding='utf-8') as file:
        json.dump(result, file)
    return None


main()
