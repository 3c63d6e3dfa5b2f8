"""Documents that lists speak of: status lists, identifier lists and CRLs, right and wrong.

SPDX-License-Identifier: BSD-2-Clause
"""
import zlib

import certificates as x
from cbor import Tag, encode
from world import DAY, NOW, Pki, new_key, raw_sign, sig_structure

URI = "https://iaca.example/list"
WRONG, RIGHT = [], []  # as CASES of negative.py and positive.py


class Lists:
    """Makes lists of one issuing authority; a case changes a field."""

    def __init__(self, pki):
        self.pki, self.signer_key, self.uri = pki, new_key(), URI
        self.issued, self.expires = NOW - DAY, NOW + DAY
        self.signer = x.Spec(
            key=self.signer_key, issuer_key=pki.iaca_key, issuer=pki.iaca.subject, serial=0x5001,
            subject=x.name((x.C, "JP"), (x.CN, "Corpus lists")), not_before=NOW - 30 * DAY, not_after=NOW + 300 * DAY,
            extensions=[x.key_usage("digitalSignature"), x.extended_key_usage("1.3.6.1.5.5.7.3.30"),
                        x.subject_key_id(x.key_id(self.signer_key)), x.authority_key_id(x.key_id(pki.iaca_key)),
                        x.issuer_alt_name(), x.crl_points()])

    def token(self, kind, claim, content):
        protected = encode({1: -7, 16: f"application/{kind}+cwt", 33: self.signer.der()})
        payload = encode({2: self.uri, 6: int(self.issued.timestamp()), 4: int(self.expires.timestamp()), claim: content})
        return encode(Tag(18, [protected, {}, payload, raw_sign(self.signer_key, sig_structure(protected, payload))]))

    def status(self, entries, bits=1, count=1024):
        """entries: {index: value}"""
        packed = bytearray(count * bits // 8)
        for index, value in entries.items():
            packed[index * bits // 8] |= value << index * bits % 8
        return self.token("statuslist", 65533, {"bits": bits, "lst": zlib.compress(bytes(packed), 9)})

    def identifiers(self, *ids):
        return self.token("identifierlist", 65530, {"identifiers": {i: {} for i in ids}})


def crl(pki, serials, this_update=NOW - DAY, next_update=NOW + DAY, key=None, number=1):
    lines = [x.sequence(x.integer(serial), x.time(NOW - 2 * DAY)) for serial in serials]
    extensions = [x.authority_key_id(x.key_id(pki.iaca_key)), ("2.5.29.20", False, x.integer(number))]
    algorithm = x.sign(pki.iaca_key, "sha256", b"")[0]
    tbs = x.sequence(x.integer(1), algorithm, pki.iaca.subject, x.time(this_update), x.time(next_update),
                     x.sequence(*lines) if lines else b"",
                     x.tlv(0xA0, x.sequence(*(x.sequence(x.oid(o), x.tlv(4, value)) for o, _, value in extensions))))
    _, signature = x.sign(key or pki.iaca_key, "sha256", tbs)
    return x.sequence(tbs, algorithm, x.tlv(3, b"\0", signature))


STATUS_LIST = {"status_list": {"idx": 7, "uri": URI}}
IDENTIFIER_LIST = {"identifier_list": {"id": b"copy 7", "uri": URI}}


def listed(status, make, change=lambda lists: None, must=True):
    """The MSO says `status`; the reader has the list that `make` gets out of Lists, or none."""
    def apply(r):
        lists = Lists(r.pki)
        change(lists)
        before = r.on_mso
        r.on_mso = lambda mso: {**before(mso), "status": status}
        if make is not None:
            r.attachments.append(("--status-list", make(lists)))
        if must:
            r.arguments += ["--undetermined", "fail"]
            r.attachments.append(("--crl", crl(r.pki, [])))
    return apply


def with_crl(make, must=True):
    def apply(r):
        if make is not None:
            r.attachments.append(("--crl", make(r.pki)))
        if must:
            r.arguments += ["--require-crl"]
    return apply


def clock_skew(seconds, change):
    def apply(r):
        change(r)
        r.arguments += ["--clock-skew", str(seconds)]
    return apply


def signed_by_the_ds(lists):
    lists.signer_key, lists.signer = lists.pki.ds_key, lists.pki.ds


def wrong(code, check, **rows):
    WRONG.extend((label.replace("_", " "), code, {check}, change) for label, change in rows.items())


def right(**rows):
    RIGHT.extend((label.replace("_", " "), change) for label, change in rows.items())



wrong("MDOC_ERR_REVOKED", "revocation",
      revoked_in_a_status_list=listed(STATUS_LIST, lambda l: l.status({7: 1})),
      revoked_in_a_list_that_nobody_insists_on=listed(STATUS_LIST, lambda l: l.status({7: 1}), must=False),
      suspended_in_a_status_list=listed(STATUS_LIST, lambda l: l.status({7: 2}, bits=2)),
      revoked_in_a_list_of_bytes=listed(STATUS_LIST, lambda l: l.status({7: 1}, bits=8)),
      revoked_in_an_identifier_list=listed(IDENTIFIER_LIST, lambda l: l.identifiers(b"copy 6", b"copy 7")),
      revoked_in_one_of_two_lists=listed({**STATUS_LIST, **IDENTIFIER_LIST}, lambda l: l.status({7: 1}), must=False))
wrong("MDOC_ERR_UNDETERMINED", "revocation",
      status_without_its_list=listed(STATUS_LIST, None),
      list_of_another_uri=listed(STATUS_LIST, lambda l: l.status({}), lambda l: setattr(l, "uri", URI + "2")),
      list_that_has_run_out=listed(STATUS_LIST, lambda l: l.status({}), lambda l: setattr(l, "expires", NOW - DAY / 24)),
      entry_beyond_the_end_of_the_list=listed(STATUS_LIST, lambda l: l.status({}, count=0)),
      entry_with_a_value_of_no_meaning=listed(STATUS_LIST, lambda l: l.status({7: 3}, bits=2)),
      list_signed_by_the_ds=listed(STATUS_LIST, lambda l: l.status({}), signed_by_the_ds),
      status_of_an_unknown_kind=listed({"future_list": {"id": 7}}, None))
wrong("MDOC_ERR_REVOKED", "crl",
      ds_revoked=with_crl(lambda p: crl(p, [1, p.ds.serial, 9])),
      ds_revoked_in_a_crl_that_has_run_out=with_crl(lambda p: crl(p, [p.ds.serial], NOW - 9 * DAY, NOW - DAY)),
      ds_revoked_where_nobody_insists=with_crl(lambda p: crl(p, [p.ds.serial]), must=False))
wrong("MDOC_ERR_UNDETERMINED", "crl",
      no_crl_where_one_must_be=with_crl(None),
      crl_that_has_run_out=with_crl(lambda p: crl(p, [], NOW - 9 * DAY, NOW - DAY)),
      crl_beyond_the_skew=clock_skew(59, with_crl(lambda p: crl(p, [], NOW + DAY / 1440, NOW + DAY))),
      crl_of_tomorrow=with_crl(lambda p: crl(p, [], NOW + DAY, NOW + 2 * DAY)))
right(
    not_in_the_status_list=listed(STATUS_LIST, lambda l: l.status({6: 1, 8: 1})),
    not_in_the_list_of_two_bits=listed(STATUS_LIST, lambda l: l.status({6: 3, 8: 1}, bits=2)),
    not_in_the_list_of_bytes=listed(STATUS_LIST, lambda l: l.status({8: 1}, bits=8)),
    not_in_the_identifier_list=listed(IDENTIFIER_LIST, lambda l: l.identifiers(b"copy 6")),
    empty_identifier_list=listed(IDENTIFIER_LIST, lambda l: l.identifiers()),
    status_list_of_a_million=listed(STATUS_LIST, lambda l: l.status({8: 1}, count=1 << 20)),
    revocation_that_cannot_be_found_out=listed(STATUS_LIST, None, must=False),
    not_in_the_crl=with_crl(lambda p: crl(p, [1, 2, 3])),
    crl_of_nobody=with_crl(lambda p: crl(p, [])),
    crl_of_a_clock_that_is_fast=clock_skew(60, with_crl(lambda p: crl(p, [], NOW + DAY / 1440, NOW + DAY))),
    crl_that_ran_out_a_minute_ago=clock_skew(60, with_crl(lambda p: crl(p, [], NOW - DAY, NOW - DAY / 1440))),
    no_crl_where_none_must_be=with_crl(None, must=False),
)
