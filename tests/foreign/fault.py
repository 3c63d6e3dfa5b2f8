# One fault in a DeviceResponse, or in a DeviceRequest, and nothing else changed.
# SPDX-License-Identifier: BSD-2-Clause
#
#   fault.py IN NAME FAULT...      writes NAME-FAULT.cbor
import sys

ITEM = ['nameSpaces', 0, 0, 'inside']
FAULTS = {
    # where it is, and which byte of it is another: below 0 from the end
    'issuer-payload': (['issuerSigned', 'issuerAuth', 2, 'inside', 'inside', 'validityInfo', 'validUntil'], 5),
    'issuer-signature': (['issuerSigned', 'issuerAuth', 3], -1),
    'digest': (['issuerSigned', *ITEM, 'random'], -1),
    'identifier': (['issuerSigned', *ITEM, 'elementIdentifier'], -1),
    'doctype': (['docType'], -1),
    'device-signature': (['deviceSigned', 'deviceAuth', 'deviceSignature', 3], -1),
    'reader-auth': (['readerAuth', 3], -1),
    'device-mac': (['deviceSigned', 'deviceAuth', 'deviceMac', 3], -1),
}


def head(data, at):
    major, low = data[at] >> 5, data[at] & 31
    at += 1
    if low >= 24:
        assert low < 28  # neither side writes indefinite lengths
        size = 1 << (low - 24)
        low, at = int.from_bytes(data[at:at + size], 'big'), at + size
    return major, low, at


def end(data, at):
    major, low, at = head(data, at)
    if major in (2, 3):
        return at + low
    for _ in range({4: low, 5: 2 * low, 6: 1}.get(major, 0)):
        at = end(data, at)
    return at


# The member of what stands at a place: by name, by number (of a map: its value), or what a string holds.
def member(data, at, step):
    major, low, at = head(data, at)
    if step == 'inside':
        return at if major == 2 else head(data, at)[2]  # bstr, or #6.24(bstr)
    if major == 6:
        _, low, at = head(data, at)
    for i in range(low):
        if major == 5:
            _, size, key = head(data, at)
            name, at = data[key:key + size].decode(), end(data, at)
            if step in (name, i):
                return at
        elif step == i:
            return at
        at = end(data, at)
    raise KeyError(step)


def main():
    source, name, *faults = sys.argv[1:]
    with open(source, 'rb') as file:
        original = file.read()
    for fault in faults:
        data = bytearray(original)
        path, byte = FAULTS[fault]
        at = member(data, member(data, 0, 'docRequests' if fault == 'reader-auth' else 'documents'), 0)
        for step in path:
            at = member(data, at, step)
        data[end(data, at) + byte if byte < 0 else at + byte] ^= 1
        with open(f'{name}-{fault}.cbor', 'wb') as file:
            file.write(data)


main()
