"""CBOR written by hand, so that every form of it can be: right, unusual and wrong.

SPDX-License-Identifier: BSD-2-Clause
"""


class Raw(bytes):
    """Bytes that already are an item."""


class Tag:
    def __init__(self, number, content):
        self.number, self.content = number, content


class Map:
    """A map in this order, with keys that may come twice."""

    def __init__(self, pairs):
        self.pairs = list(pairs)


class Indefinite:
    """A list, dict, bytes or str without a length; strings in pieces of `piece`."""

    def __init__(self, content, piece=7):
        self.content, self.piece = content, piece


class Wide:
    """An integer, string, list or dict whose head takes 8 bytes of argument."""

    def __init__(self, content):
        self.content = content


def head(major, value, wide=False):
    if wide:
        return bytes([major << 5 | 27]) + value.to_bytes(8, "big")
    if value < 24:
        return bytes([major << 5 | value])
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if value < 1 << 8 * size:
            return bytes([major << 5 | info]) + value.to_bytes(size, "big")
    raise ValueError(value)


def pairs_of(item):
    return item.pairs if isinstance(item, Map) else list(item.items())


def encode(item, wide=False):
    if isinstance(item, Raw):
        return bytes(item)
    if item is None:
        return b"\xf6"
    if item is True or item is False:
        return b"\xf5" if item else b"\xf4"
    if isinstance(item, int):
        return head(0, item, wide) if item >= 0 else head(1, -1 - item, wide)
    if isinstance(item, float):
        import struct
        return b"\xfb" + struct.pack(">d", item)
    if isinstance(item, (bytes, bytearray)):
        return head(2, len(item), wide) + bytes(item)
    if isinstance(item, str):
        text = item.encode()
        return head(3, len(text), wide) + text
    if isinstance(item, (list, tuple)):
        return head(4, len(item), wide) + b"".join(map(encode, item))
    if isinstance(item, (dict, Map)):
        pairs = pairs_of(item)
        return head(5, len(pairs), wide) + b"".join(encode(k) + encode(v) for k, v in pairs)
    if isinstance(item, Tag):
        return head(6, item.number) + encode(item.content)
    if isinstance(item, Wide):
        return encode(item.content, True)
    if isinstance(item, Indefinite):
        return indefinite(item.content, item.piece)
    raise TypeError(type(item))


def indefinite(content, piece):
    if isinstance(content, str):
        body = b"".join(encode(content[i:i + piece]) for i in range(0, len(content), piece))
        return b"\x7f" + body + b"\xff"
    if isinstance(content, (bytes, bytearray)):
        body = b"".join(encode(bytes(content[i:i + piece])) for i in range(0, len(content), piece))
        return b"\x5f" + body + b"\xff"
    if isinstance(content, (list, tuple)):
        return b"\x9f" + b"".join(map(encode, content)) + b"\xff"
    return b"\xbf" + b"".join(encode(k) + encode(v) for k, v in pairs_of(content)) + b"\xff"


def embedded(item):
    """#6.24(bstr .cbor item)"""
    return Tag(24, encode(item))


def tdate(when):
    return Tag(0, when.strftime("%Y-%m-%dT%H:%M:%SZ"))
