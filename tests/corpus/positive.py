"""Responses that look unusual and are right.

SPDX-License-Identifier: BSD-2-Clause
"""
import datetime

import certificates as x
from cbor import Indefinite, Map, Raw, Tag, Wide, embedded, encode
from negative import device_signed, edit, japanese, mac, put, setting
from world import DAY, DOC_TYPE, MDL, NOW, Pki, Response, cose_key, new_key

CASES = []


def right(**rows):
    for label, function in rows.items():
        CASES.append((label.replace("_", " "), function))


def curves(ds="P-256", device="P-256", iaca="P-256"):
    return lambda r: r.__init__(Pki(iaca, ds), new_key(device))


def documents(count):
    def apply(r):
        r.documents = lambda: [r.document() for _ in range(count)]
    return apply


def portrait(r):
    r.elements[MDL].append(("portrait", bytes(range(256)) * 400))


def wide_item(ns, i, item):
    return Tag(24, encode(Wide({Wide(k): Wide(v) if not isinstance(v, Tag) else v for k, v in item.items()})))


def two_anchors(r):
    other = Pki()
    r.trusted = [other.iaca.der(), r.pki.iaca.der()]


def same_subject_and_issuer(r):
    """A DS that carries its issuer's name is not self-signed."""
    r.pki.ds.subject = r.pki.iaca.subject


right(
    plain=lambda r: None,
    every_name_and_the_request=lambda r: setattr(r, "request", (DOC_TYPE, {MDL: {e: False for e, _ in r.elements[MDL]}})),
    more_was_requested=lambda r: setattr(r, "request", (DOC_TYPE, {MDL: {e: True for e in ("family_name", "given_name", "birth_date", "issuing_country", "portrait")}})),
    ds_p384=curves(ds="P-384"), ds_p521=curves(ds="P-521"), ds_brainpool_256=curves(ds="brainpoolP256r1"),
    ds_brainpool_384=curves(ds="brainpoolP384r1"), ds_brainpool_512=curves(ds="brainpoolP512r1"),
    ds_ed25519=curves(ds="Ed25519"), ds_ed448=curves(ds="Ed448"),
    device_p384=curves(device="P-384"), device_p521=curves(device="P-521"), device_brainpool_256=curves(device="brainpoolP256r1"),
    device_brainpool_384=curves(device="brainpoolP384r1"), device_brainpool_512=curves(device="brainpoolP512r1"),
    device_ed25519=curves(device="Ed25519"), device_ed448=curves(device="Ed448"),
    iaca_p384=curves(iaca="P-384"), iaca_p521=curves(iaca="P-521"), iaca_brainpool_384=curves(iaca="brainpoolP384r1"),
    all_p521=curves("P-521", "P-521", "P-521"),
    compressed_device_key=lambda r: put("on_mso", "deviceKeyInfo", "deviceKey", cose_key(r.device_key, compressed=True))(r),
    high_s=setting(high_s=True), low_s=setting(high_s=False),
    fully_specified_algorithm=setting(on_issuer_headers=lambda p, u: (encode({1: -9}), u), on_device_headers=lambda p, u: (encode({1: -9}), u)),
    digest_sha384=setting(digest_name="SHA-384"), digest_sha512=setting(digest_name="SHA-512"),
    no_nameSpaces=lambda r: setattr(r, "on_issuer_signed", lambda s: {"issuerAuth": s["issuerAuth"]}),
    nameSpaces_empty=setting(on_namespaces=lambda n: {}),
    items_in_wide_heads=setting(on_item_bytes=wide_item),
    items_of_indefinite_length=setting(on_item_bytes=lambda ns, i, item: embedded(Indefinite(item))),
    items_with_strings_in_pieces=setting(on_item_bytes=lambda ns, i, item: embedded({k: Indefinite(v) if isinstance(v, (str, bytes)) else v for k, v in item.items()})),
    item_members_in_another_order=setting(on_item_bytes=lambda ns, i, item: embedded(dict(reversed(list(item.items()))))),
    item_with_unknown_member=edit("on_item", lambda i: i.update(future=[1, 2])),
    response_of_indefinite_length=setting(on_response=lambda m: Indefinite(m)),
    documents_of_indefinite_length=lambda r: setattr(r, "on_response", lambda m: {**m, "documents": Indefinite(m["documents"])}),
    version_in_pieces=put("on_response", "version", Indefinite("1.0", 1)),
    mso_in_pieces=lambda r: setattr(r, "on_issuer_auth", lambda a: a[:2] + [Indefinite(a[2], 100), a[3]]),
    protected_header_in_pieces=lambda r: setattr(r, "on_issuer_auth", lambda a: [Indefinite(a[0], 2)] + a[1:]),
    signature_in_pieces=lambda r: setattr(r, "on_issuer_auth", lambda a: a[:3] + [Indefinite(a[3], 10)]),
    certificate_in_pieces=setting(on_certificates=lambda d: Indefinite(d[0], 64)),
    chain_array_of_one=setting(on_certificates=lambda d: [d[0]]),
    chain_with_the_root=lambda r: setattr(r, "certificates", lambda: [r.pki.ds.der(), r.pki.iaca.der()]),
    unknown_keys_in_the_response=put("on_response", "future", {"a": 1}),
    unknown_keys_in_the_document=put("on_document", "future", 1),
    unknown_keys_in_the_mso=put("on_mso", "future", {"x": [None, 1.5]}),
    unknown_keys_in_deviceKeyInfo=put("on_mso", "deviceKeyInfo", "future", 7),
    key_info=put("on_mso", "deviceKeyInfo", "keyInfo", {1: "x", -7: b"y"}),
    expected_update=lambda r: put("on_mso", "validityInfo", "expectedUpdate", Tag(0, "2026-06-20T00:00:00Z"))(r),
    status_in_the_mso=put("on_mso", "status", {"status_list": {"idx": 7, "uri": "https://status.example/1"}}),
    unknown_unprotected_headers=setting(on_issuer_headers=lambda p, u: (encode(p), {**u, 4: b"kid", "x": 1})),
    unknown_protected_header=setting(on_issuer_headers=lambda p, u: (encode({**p, 4: b"kid"}), u)),
    kid_in_deviceSignature=setting(on_device_headers=lambda p, u: (encode(p), {4: b"kid"})),
    errors_beside_items=put("on_document", "errors", {MDL: {"portrait": 0}}),
    documentErrors_beside_documents=put("on_response", "documentErrors", [{"org.example.other": 0}]),
    version_1_1=put("on_response", "version", "1.1"), version_1_7=put("on_response", "version", "1.7"),
    three_documents=documents(3), portrait_of_100_kB=portrait,
    thousand_elements=lambda r: r.elements.update({"org.example": [(f"e{i}", i) for i in range(250)]}),
    empty_values=lambda r: r.elements.update({"org.example": [("a", ""), ("b", b""), ("c", []), ("d", {}), ("e", None)]}),
    deep_value=lambda r: r.elements.update({"org.example": [("a", [[[[[{"b": [[1]]}]]]]])]}),
    ideographs_with_variation_selectors=japanese(lambda r: r.elements["org.iso.23220.1.jp"].__setitem__(0, ("full_name_unicode", "𠮷野　葛\U000e0101子"))),
    japanese_birth_date_as_a_map=japanese(lambda r: r.elements["org.iso.23220.1"].__setitem__(1, ("birth_date", {"birth_date": Tag(1004, "2000-01-01")}))),
    device_signed_elements=device_signed({"org.example": {"x": 1}}, {"nameSpaces": ["org.example"]}),
    device_signed_element_by_name=device_signed({"org.example": {"x": 1}}, {"dataElements": {"org.example": ["x", "y"]}}),
    device_mac=mac(),
    device_mac_p384=lambda r: (r.__init__(Pki(), new_key("P-384")), setattr(r, "reader_key", new_key("P-384")), mac()(r)),
    ds_with_ca_false=lambda r: r.pki.ds.add(x.basic_constraints(False)),
    ds_with_the_name_of_its_issuer=same_subject_and_issuer,
    two_anchors_of_one_name=two_anchors,
    ages_that_agree=lambda r: r.elements[MDL].extend([("age_over_18", True), ("age_over_21", True), ("age_over_65", False)]),
    valid_to_the_second=setting(valid_until=NOW),
    valid_from_this_second=setting(valid_from=NOW, signed=NOW),
    ds_and_iaca_state=lambda r: None,
)
