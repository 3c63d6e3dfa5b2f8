# Is there a key in a backup that can be read without the operators? SPDX-License-Identifier: BSD-2-Clause
import base64
import json
import sys

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_der_private_key


def texts(value):
    if isinstance(value, dict):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, str):
        yield value


backup = json.load(open(sys.argv[1]))
looked = 0
for text in texts(backup):
    try:
        raw = base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))
    except ValueError:
        continue
    looked += 1
    for start in range(0, max(1, len(raw) - 32)):
        if raw[start:start + 1] != b'\x30':
            continue
        try:
            load_der_private_key(raw[start:], None)
        except (ValueError, TypeError):
            continue
        sys.exit('a private key in ' + text[:20])
assert looked > 8
names = [key['name'] for key in backup['keys']]
assert names == ['iaca', 'ds', 'status', 'messages'], names
for key in backup['keys']:
    certificate = x509.load_pem_x509_certificate(open('%s/%s.pem' % (sys.argv[2], key['name']), 'rb').read())
    there = x509.load_der_x509_certificate(base64.urlsafe_b64decode(key['certificate'] + '=='))
    assert certificate == there
print('4 keys, %d values looked at' % looked)
