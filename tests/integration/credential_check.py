# Is a Credential Response what the standard and the law want? With a CBOR reader of its own and
# OpenSSL's command, so that mdoc-issuer is not tested with our own code.
# SPDX-License-Identifier: BSD-2-Clause
#
#   credential_check.py RESPONSE REQUEST DS.PEM CLAIMS PORTRAIT [plain]
#
# plain: the edition of 2021, which has no status.
import base64
import datetime
import hashlib
import json
import subprocess
import sys


def unb64(text):
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


class Tag:
    def __init__(self, number, value):
        self.number, self.value = number, value


def decode(data, at=0):
    major, low = data[at] >> 5, data[at] & 31
    at += 1
    if low >= 24 and major != 7:
        size = 1 << (low - 24)
        low, at = int.from_bytes(data[at:at + size], 'big'), at + size
    if major == 0:
        return low, at
    if major == 1:
        return -1 - low, at
    if major in (2, 3):
        chunk = data[at:at + low]
        return (chunk if major == 2 else chunk.decode()), at + low
    if major == 4:
        items = []
        for _ in range(low):
            item, at = decode(data, at)
            items.append(item)
        return items, at
    if major == 5:
        pairs = {}
        for _ in range(low):
            key, at = decode(data, at)
            assert key not in pairs
            pairs[key], at = decode(data, at)
        return pairs, at
    if major == 6:
        value, at = decode(data, at)
        return Tag(low, value), at
    return {20: False, 21: True, 22: None}[low], at


def load(data):
    value, end = decode(data)
    assert end == len(data)
    return value


def head(major, n):
    if n < 24:
        return bytes([major << 5 | n])
    size = 1 if n < 256 else 2 if n < 65536 else 4
    return bytes([major << 5 | {1: 24, 2: 25, 4: 26}[size]]) + n.to_bytes(size, 'big')


def check_signature(auth, ds_path):
    protected, unprotected, payload, signature = auth
    assert load(protected) == {1: -7}
    with open(ds_path, encoding='ascii') as file:
        pem = file.read()
    der = subprocess.run(['openssl', 'x509', '-outform', 'DER'], input=pem.encode(), check=True,
                         capture_output=True).stdout
    assert unprotected == {33: der}
    tbs = head(4, 4) + head(3, 10) + b'Signature1' + head(2, len(protected)) + protected + head(2, 0) + \
        head(2, len(payload)) + payload
    r, s = signature[:32], signature[32:]
    ints = b''.join(b'\2' + bytes([len(i)]) + i for i in
                    ((b'\0' if n[0] & 128 else b'') + n for n in (r.lstrip(b'\0'), s.lstrip(b'\0'))))
    with open('sig.der', 'wb') as file:
        file.write(b'\x30' + bytes([len(ints)]) + ints)
    key = subprocess.run(['openssl', 'x509', '-pubkey', '-noout', '-in', ds_path], check=True, capture_output=True)
    with open('ds-pub.pem', 'wb') as file:
        file.write(key.stdout)
    subprocess.run(['openssl', 'dgst', '-sha256', '-verify', 'ds-pub.pem', '-signature', 'sig.der'], input=tbs,
                   check=True, stdout=subprocess.DEVNULL)


def check_status(mso, places):
    status = mso['status']['status_list']
    assert (status['uri'], status['idx']) not in places
    places.add((status['uri'], status['idx']))


# The birthday that follows a day, on which ages change (29 February: 1 March of a common year).
def birthday(born, day):
    year, month, of_month = (int(part) for part in born.split('-'))
    for at in range(day.year, day.year + 2):
        try:
            date = datetime.date(at, month, of_month)
        except ValueError:
            date = datetime.date(at, 3, 1)
        if date > day:
            return date, date.year - year
    raise AssertionError(born)


def age_of(born, signed):
    jst = datetime.timezone(datetime.timedelta(hours=9))
    day = datetime.datetime.strptime(signed, '%Y-%m-%dT%H:%M:%SZ').replace(tzinfo=datetime.timezone.utc).astimezone(jst)
    return birthday(born, day.date())[1] - 1


def check_validity(info, claims):
    jst = datetime.timezone(datetime.timedelta(hours=9))
    times = {}
    for name in ('signed', 'validFrom', 'validUntil'):
        assert info[name].number == 0
        times[name] = datetime.datetime.strptime(info[name].value, '%Y-%m-%dT%H:%M:%SZ').replace(
            tzinfo=datetime.timezone.utc)
    assert times['signed'] == times['validFrom']
    first = times['signed'].astimezone(jst).date()
    year, month = (first.year + 1, 1) if first.month == 12 else (first.year, first.month + 1)
    try:
        end = datetime.date(year, month, first.day)
    except ValueError:
        end = datetime.date(year, month + 1, 1)
    generic = claims.get('org.iso.23220.1', {})
    born = generic.get('birth_date')
    if born and 'age_in_years' in generic:
        end = min(end, birthday(born, first)[0])
    elif born:
        turns = birthday(born, first)
        end = min(end, turns[0]) if f'age_over_{turns[1]:02}' in generic else end
    last = times['validUntil'] + datetime.timedelta(seconds=1)
    assert last.astimezone(jst) == datetime.datetime(end.year, end.month, end.day, tzinfo=jst), last
    return info['signed'].value


def check_value(ns, element, value, want, portrait, years):
    if element == 'age_in_years' and years is not None:
        want = years
    if element.startswith('age_over_') and years is not None:
        want = years >= int(element[-2:])
    if isinstance(want, dict):
        assert value == portrait
    elif (ns, element) == ('org.iso.23220.1', 'birth_date'):
        assert value.number == 1004 and value.value == want
    else:
        assert value == want and isinstance(value, type(want)), (ns, element, value)


def main():
    response, request, ds_path, claims_path, portrait_path = sys.argv[1:6]
    credentials = json.load(open(response, encoding='utf-8'))['credentials']
    proofs = json.load(open(request, encoding='utf-8'))['proofs']
    if 'jwt' in proofs:
        jwks = [json.loads(unb64(jwt.split('.')[0]))['jwk'] for jwt in proofs['jwt']]
    else:
        jwks = json.loads(unb64(proofs['attestation'][0].split('.')[1]))['attested_keys']
    claims = json.load(open(claims_path, encoding='utf-8'))
    portrait = open(portrait_path, 'rb').read()
    assert len(credentials) == len(jwks)
    randoms, orders, signed, places = set(), set(), set(), set()
    for credential, jwk in zip(credentials, jwks):
        record = load(unb64(credential['credential']))
        check_signature(record['issuerAuth'], ds_path)
        payload = load(record['issuerAuth'][2])
        assert payload.number == 24
        mso = load(payload.value)
        assert mso['version'] == '1.0' and mso['digestAlgorithm'] == 'SHA-256'
        assert mso['docType'] == 'org.iso.23220.1.jp.mnc'
        assert mso['deviceKeyInfo']['deviceKey'] == {1: 2, -1: 1, -2: unb64(jwk['x']), -3: unb64(jwk['y'])}
        when = check_validity(mso['validityInfo'], claims)
        signed.add(when)
        born = claims.get('org.iso.23220.1', {}).get('birth_date')
        years = age_of(born, when) if born else None
        if 'plain' in sys.argv[6:]:
            assert 'status' not in mso
        else:
            check_status(mso, places)
        assert set(record['nameSpaces']) == set(claims) == set(mso['valueDigests'])
        order = []
        for ns, items in record['nameSpaces'].items():
            ids = set()
            for item in items:
                assert item.number == 24
                inner = load(item.value)
                digest = hashlib.sha256(b'\xd8\x18' + head(2, len(item.value)) + item.value).digest()
                assert mso['valueDigests'][ns][inner['digestID']] == digest
                ids.add(inner['digestID'])
                assert len(inner['random']) >= 16 and inner['random'] not in randoms
                randoms.add(inner['random'])
                check_value(ns, inner['elementIdentifier'], inner['elementValue'],
                            claims[ns][inner['elementIdentifier']], portrait, years)
                order.append((inner['elementIdentifier'], inner['digestID']))
            assert len(ids) == len(items) == len(claims[ns])
        orders.add(tuple(sorted(order)))
    assert len(signed) == 1, 'one time for the whole batch'
    indices = sorted(idx for _, idx in places)
    assert all(b - a > 1 for a, b in zip(indices, indices[1:])), 'entries of a status list that follow each other'
    assert len(orders) == len(credentials), 'digest ids are in an order of their own in each copy'


main()
