"""Responses with one fault each, and the check that must fail for it.

A case is a function that changes a Response (r). Its decorator names the rows of the verdict that must
fail, all of them, and the code of the first.

SPDX-License-Identifier: BSD-2-Clause
"""
import datetime

import certificates as x
from cbor import Indefinite, Map, Raw, Tag, embedded, encode, tdate
from world import DAY, DOC_TYPE, MDL, MNC, NOW, Pki, Response, cose_key, new_key, raw_sign, sig_structure

CASES = []


def case(code, *checks):
    def add(function):
        CASES.append((function.__name__.replace("_", " "), code, set(checks), function))
        return function
    return add


def many(code, *checks, **rows):
    """One case for each row: name=function of r."""
    for label, function in rows.items():
        CASES.append((label.replace("_", " "), code, set(checks), function))


def setting(**fields):
    def change(r):
        r.__dict__.update(fields)
    return change


def edit(stage, change):
    """Run `change` on what a stage made, in place."""
    def apply(r):
        def run(*args):
            change(args[-1])
            return args[-1]
        setattr(r, stage, run)
    return apply


def without(stage, *path):
    def change(value):
        for key in path[:-1]:
            value = value[key]
        del value[path[-1]]
    return edit(stage, change)


def put(stage, *path):
    *keys, last, new = path

    def change(value):
        for key in keys:
            value = value[key]
        value[last] = new
    return edit(stage, change)


def data(change):
    return setting(on_bytes=change)


# ---- 1. The envelope ----

def at_end(tail):
    return data(lambda d: d + tail)


def deep(d):
    return d.replace(b"fstatus\x00", b"fstatus" + b"\x81" * 40 + b"\x00")


many("MDOC_ERR_TRUNCATED", "structure",
     empty_input=data(lambda d: b""), one_byte=data(lambda d: d[:1]), cut_in_half=data(lambda d: d[:len(d) // 2]),
     last_byte_missing=data(lambda d: d[:-1]), array_longer_than_the_input=data(lambda d: b"\x9b" + b"\xff" * 8),
     map_longer_than_the_input=data(lambda d: b"\xbb\x00\x00\x00\x01\x00\x00\x00\x00"),
     string_longer_than_the_input=data(lambda d: b"\x5b\x00\x00\x00\xff\x00\x00\x00\x00"),
     huge_array_in_six_bytes=data(lambda d: b"\x9a\x80\x00\x00\x00\x01"))
many("MDOC_ERR_TRAILING", "structure", byte_after_the_end=at_end(b"\x00"), break_after_the_end=at_end(b"\xff"),
     second_response_after_the_first=data(lambda d: d + d))
many("MDOC_ERR_MALFORMED", "structure", reserved_head=data(lambda d: b"\x1c" + d), stray_break=data(lambda d: b"\xff"),
     simple_value_in_two_bytes=data(lambda d: d.replace(b"fstatus\x00", b"fstatus\xf8\x10")),
     odd_indefinite_map=data(lambda d: b"\xbf\x61a\xff"),
     chunk_of_another_type=data(lambda d: d.replace(b"gversion", b"gversion").replace(b"c1.0", b"\x7f\x41\x31\xff", 1)),
     nested_indefinite_string=data(lambda d: d.replace(b"c1.0", b"\x7f\x7f\x61\x31\xff\xff", 1)))
many("MDOC_ERR_DEPTH", "structure", forty_levels_deep=data(deep), deep_arrays_alone=data(lambda d: b"\x81" * 5000 + b"\x00"))
many("MDOC_ERR_UTF8", "structure", invalid_utf8=data(lambda d: d.replace(b"c1.0", b"c1.\xff", 1)),
     surrogate_in_text=data(lambda d: d.replace(b"c1.0", b"c\xed\xa0\x80", 1)),
     overlong_utf8=data(lambda d: d.replace(b"c1.0", b"c1\xc0\xae", 1)))
many("MDOC_ERR_DUPLICATE_KEY", "structure",
     version_twice=setting(on_response=lambda m: Map([("version", "1.0"), ("version", "1.0"), ("documents", m["documents"]), ("status", 0)])),
     documents_twice=setting(on_response=lambda m: Map(list(m.items()) + [("documents", [])])),
     key_twice_in_two_widths=setting(on_response=lambda m: Map(list(m.items()) + [(Raw(b"\x78\x06status"), 0)])),
     document_with_docType_twice=setting(on_document=lambda m: Map(list(m.items()) + [("docType", DOC_TYPE)])))
many("MDOC_ERR_TYPE", "structure", response_is_an_array=setting(on_response=lambda m: list(m.values())),
     response_is_tagged=setting(on_response=lambda m: Tag(99, m)), documents_is_a_map=put("on_response", "documents", {}),
     document_is_text=put("on_response", "documents", ["x"]), status_is_text=put("on_response", "status", "0"),
     version_is_a_number=put("on_response", "version", 1), status_is_negative=put("on_response", "status", -1))
many("MDOC_ERR_MISSING", "structure", no_version=without("on_response", "version"), no_status=without("on_response", "status"))
many("MDOC_ERR_VERSION", "version", version_2=put("on_response", "version", "2.0"),
     version_10=put("on_response", "version", "10.0"), version_0=put("on_response", "version", "0.9"),
     version_empty=put("on_response", "version", ""))
many("MDOC_ERR_STATUS", "status", status_general_error=put("on_response", "status", 10),
     status_cbor_error=put("on_response", "status", 11), status_unknown=put("on_response", "status", 99))
many("MDOC_ERR_MISSING", "documents", no_document=put("on_response", "documents", []),
     documents_absent=without("on_response", "documents"))

# ---- 2. docType ----

many("MDOC_ERR_DOCTYPE", "doctype",
     mso_of_another_docType=put("on_mso", "docType", "org.example.other"),
     mso_docType_in_capitals=put("on_mso", "docType", DOC_TYPE.upper()))


@case("MDOC_ERR_DOCTYPE", "doctype", "device_auth")
def document_of_another_docType(r):
    put("on_document", "docType", "org.example.other")(r)


@case("MDOC_ERR_DOCTYPE", "doctype_requested")
def docType_that_was_not_requested(r):
    r.request = ("org.example.other", {"org.example": {"x": False}})


# ---- 3. issuerAuth ----

many("MDOC_ERR_TYPE", "issuer_auth",
     issuerAuth_tagged=setting(on_issuer_auth=lambda a: Tag(18, a)), issuerAuth_of_three=setting(on_issuer_auth=lambda a: a[:3]),
     issuerAuth_of_five=setting(on_issuer_auth=lambda a: a + [None]),
     issuerAuth_a_map=setting(on_issuer_auth=lambda a: {1: a}), payload_is_text=put("on_issuer_auth", 2, "x"), protected_not_a_bstr=put("on_issuer_auth", 0, {1: -7}),
     unprotected_not_a_map=put("on_issuer_auth", 1, []), signature_is_text=put("on_issuer_auth", 3, "sig"),
     x5chain_is_text=setting(on_certificates=lambda d: "cert"), x5chain_empty_array=setting(on_certificates=lambda d: []),
     x5chain_of_numbers=setting(on_certificates=lambda d: [1]), x5chain_of_text=setting(on_certificates=lambda d: ["cert"]))
many("MDOC_ERR_TYPE", "structure", issuerSigned_an_array=setting(on_issuer_signed=lambda s: [s]))
many("MDOC_ERR_MISSING", "structure", no_issuerAuth=without("on_issuer_signed", "issuerAuth"))
many("MDOC_ERR_MISSING", "issuer_auth",
     alg_only_unprotected=setting(on_issuer_headers=lambda p, u: (b"", {**u, 1: -7})),
     no_alg=setting(on_issuer_headers=lambda p, u: (encode({}), u)))
many("MDOC_ERR_MISSING", "structure", no_issuerSigned=without("on_document", "issuerSigned"))
many("MDOC_ERR_ALGORITHM", "issuer_auth", alg_unknown=setting(on_issuer_headers=lambda p, u: (encode({1: -999}), u)),
     alg_rsa=setting(on_issuer_headers=lambda p, u: (encode({1: -37}), u)),
     alg_secp256k1=setting(on_issuer_headers=lambda p, u: (encode({1: -47}), u)),
     alg_is_text=setting(on_issuer_headers=lambda p, u: (encode({1: "ES256"}), u)))
many("MDOC_ERR_VALUE", "issuer_auth", critical_header=setting(on_issuer_headers=lambda p, u: (encode({1: -7, 2: [99], 99: 1}), u)))


@case("MDOC_ERR_MISSING", "x5chain")
def x5chain_missing(r):
    r.on_issuer_headers = lambda p, u: (encode(p), {})


@case("MDOC_ERR_ALGORITHM", "issuer_algorithm")
def alg_of_another_curve(r):
    r.on_issuer_headers = lambda p, u: (encode({1: -35}), u)


@case("MDOC_ERR_ALGORITHM", "issuer_algorithm")
def eddsa_on_an_ec_key(r):
    r.on_issuer_headers = lambda p, u: (encode({1: -8}), u)


def swap_payload(auth):
    auth[2] = encode(embedded({"version": "1.0"}))


many("MDOC_ERR_SIGNATURE", "issuer_signature",
     issuer_signature_changed=setting(on_issuer_auth=lambda a: a[:3] + [bytes([a[3][0] ^ 1]) + a[3][1:]]),
     issuer_signature_zero=setting(on_issuer_auth=lambda a: a[:3] + [bytes(64)]),
     issuer_signature_empty=setting(on_issuer_auth=lambda a: a[:3] + [b""]),
     issuer_signature_short=setting(on_issuer_auth=lambda a: a[:3] + [a[3][:-1]]),
     issuer_signature_long=setting(on_issuer_auth=lambda a: a[:3] + [a[3] + b"\0"]),
     issuer_signature_over_another_context=setting(on_issuer_tbs=lambda t: t.replace(b"Signature1", b"Signature2")),
     issuer_signature_with_external_aad=setting(on_issuer_tbs=lambda t: t.replace(b"\x40\x59", b"\x41\x00\x59", 1)))


@case("MDOC_ERR_SIGNATURE", "issuer_signature")
def issuer_signature_in_DER(r):
    from cryptography.hazmat.primitives.asymmetric import ec
    r.on_issuer_auth = lambda a: a[:3] + [r.pki.ds_key.sign(sig_structure(a[0], a[2]), ec.ECDSA(x.hashes.SHA256()))]


@case("MDOC_ERR_SIGNATURE", "issuer_signature")
def signed_by_another_key(r):
    other = new_key()
    r.on_issuer_auth = lambda a: a[:3] + [raw_sign(other, sig_structure(a[0], a[2]))]


@case("MDOC_ERR_SIGNATURE", "issuer_signature")
def protected_header_changed_after_signing(r):
    r.on_issuer_auth = lambda a: [encode({1: -7, 4: b"kid"})] + a[1:]


# ---- the DS certificate: each row of Annex B ----

def ds(change):
    return lambda r: change(r.pki.ds)


def iaca(change):
    return lambda r: change(r.pki.iaca)


def extension(new):
    return ds(lambda s: s.replace(new))


def no_extension(number):
    return ds(lambda s: s.drop(number))


def more(*new):
    return ds(lambda s: s.add(new))


many("MDOC_ERR_CERTIFICATE", "ds_profile",
     ds_without_keyUsage=no_extension("2.5.29.15"), ds_keyUsage_not_critical=extension(x.key_usage("digitalSignature", critical=False)),
     ds_keyUsage_nonRepudiation=extension(x.key_usage("nonRepudiation")),
     ds_keyUsage_two=extension(x.key_usage("digitalSignature", "keyAgreement")),
     ds_may_sign_certificates=extension(x.key_usage("digitalSignature", "keyCertSign")),
     ds_without_eku=no_extension("2.5.29.37"), ds_eku_not_critical=extension(x.extended_key_usage("1.0.18013.5.1.2", critical=False)),
     ds_eku_of_a_reader=extension(x.extended_key_usage("1.0.18013.5.1.6")),
     ds_eku_tls=extension(x.extended_key_usage("1.3.6.1.5.5.7.3.1")),
     ds_eku_two=extension(x.extended_key_usage("1.0.18013.5.1.2", "1.3.6.1.5.5.7.3.1")),
     ds_eku_any=extension(x.extended_key_usage("2.5.29.37.0")),
     ds_without_ski=no_extension("2.5.29.14"), ds_ski_of_another_key=extension(x.subject_key_id(bytes(20))),
     ds_ski_of_32_bytes=extension(x.subject_key_id(bytes(32))), ds_ski_empty=extension(x.subject_key_id(b"")),
     ds_is_a_ca=more(*x.basic_constraints(True, 0)),
     ds_without_issuerAltName=no_extension("2.5.29.18"), ds_issuerAltName_dns=extension(x.issuer_alt_name("a.example", 0x82)),
     ds_issuerAltName_empty=extension(("2.5.29.18", False, x.sequence())),
     ds_issuerAltName_not_asn1=extension(("2.5.29.18", False, b"\x04\x02\x30\x00\x05")),
     ds_without_crl_points=no_extension("2.5.29.31"), ds_crl_point_dns=extension(x.crl_points("a.example", 0x82)),
     ds_crl_point_reasons=extension(x.crl_points(reasons=b"\x06\x40")),
     ds_crl_point_indirect=extension(x.crl_points(issuer=x.name((x.CN, "other")))),
     ds_crl_points_empty=extension(("2.5.29.31", False, x.sequence())),
     ds_unknown_critical_extension=more("1.2.3.4.5", True, x.tlv(5)),
     ds_policy_mappings=more("2.5.29.33", True, x.sequence(x.sequence(x.oid("1.2.3"), x.oid("1.2.4")))),
     ds_name_constraints=more("2.5.29.30", True, x.sequence()),
     ds_policy_constraints=more("2.5.29.36", True, x.sequence(x.tlv(0x80, b"\0"))),
     ds_inhibit_any_policy=more("2.5.29.54", True, x.integer(0)),
     ds_freshest_crl=more("2.5.29.46", False, x.crl_points()[2]),
     ds_serial_zero=ds(lambda s: s.__dict__.update(serial=0)),
     ds_serial_negative=ds(lambda s: s.__dict__.update(serial=-5)), ds_serial_of_21_bytes=ds(lambda s: s.__dict__.update(serial=1 << 165)),
     ds_extension_twice=more(*x.key_usage("digitalSignature")))
many("MDOC_ERR_CERTIFICATE", "ds_profile", "chain",
     ds_sha1=ds(lambda s: s.__dict__.update(digest="sha1")), ds_version_1=ds(lambda s: s.__dict__.update(version=1)),
     ds_without_aki=no_extension("2.5.29.35"), ds_aki_without_keyid=extension(x.authority_key_id(None)))
many("MDOC_ERR_CERTIFICATE", "ds_profile", "chain", "issuing_country",
     ds_without_country=ds(lambda s: s.__dict__.update(subject=x.name((x.CN, "DS")))),
     ds_country_small=ds(lambda s: s.__dict__.update(subject=x.name((x.C, "jp"), (x.CN, "DS")))),
     ds_country_of_three_letters=ds(lambda s: s.__dict__.update(subject=x.name((x.C, "JPN"), (x.CN, "DS")))))
many("MDOC_ERR_CERTIFICATE", "ds_profile",
     ds_without_common_name=ds(lambda s: s.__dict__.update(subject=x.name((x.C, "JP")))))


def key_of(kind):
    def change(r):
        key = kind()
        r.pki.ds.key = key
        r.pki.ds.replace(x.subject_key_id(x.key_id(key)))
        if hasattr(key, "curve"):
            r.pki.ds_key = key
        r.on_issuer_headers = lambda p, u: (encode({1: -7}), u)
    return change


def small_rsa():
    from cryptography.hazmat.primitives.asymmetric import rsa
    return rsa.generate_private_key(65537, 2048)


many("MDOC_ERR_CERTIFICATE", "ds_profile", "chain", "issuer_algorithm",
     ds_key_p224=key_of(lambda: new_key("P-224")), ds_key_secp256k1=key_of(lambda: new_key("secp256k1")), ds_key_rsa=key_of(small_rsa))

# ---- the path ----


@case("MDOC_ERR_CERTIFICATE", "ds_profile", "chain", "issuer_algorithm")
def ds_is_not_a_certificate(r):
    r.certificates = lambda: [b"not a certificate"]


many("MDOC_ERR_CHAIN", "chain", "issuing_country",
     ds_of_another_country=ds(lambda s: s.__dict__.update(subject=x.name((x.C, "FR"), (x.CN, "DS")))))
many("MDOC_ERR_CHAIN", "chain",
     ds_aki_of_another_key=extension(x.authority_key_id(bytes(20))),
     ds_issuer_of_another_name=ds(lambda s: s.__dict__.update(issuer=x.name((x.C, "JP"), (x.CN, "Other IACA")))),
     ds_signature_changed=ds(lambda s: s.__dict__.update(signature=s.issuer_key.sign(b"other", x.ec.ECDSA(x.hashes.SHA256())))))


@case("MDOC_ERR_CHAIN", "chain")
def iaca_of_the_same_name_with_another_key(r):
    other = Pki()
    r.trusted = [other.iaca.der()]


@case("MDOC_ERR_CHAIN", "chain")
def ds_signed_by_a_stranger_with_the_right_aki(r):
    r.pki.ds.issuer_key = new_key()


@case("MDOC_ERR_CHAIN", "chain")
def intermediate_between_iaca_and_ds(r):
    middle = x.Spec(**r.pki.iaca.__dict__)
    middle.key = new_key()
    middle.subject = x.name((x.C, "JP"), (x.CN, "Middle"))
    middle.extensions = r.pki.iaca.extensions + [x.authority_key_id(x.key_id(r.pki.iaca_key))]
    middle.replace(x.subject_key_id(x.key_id(middle.key)))
    r.pki.ds.issuer, r.pki.ds.issuer_key = middle.subject, middle.key
    r.pki.ds.replace(x.authority_key_id(x.key_id(middle.key)))
    r.certificates = lambda: [r.pki.ds.der(), middle.der()]


@case("MDOC_ERR_CHAIN", "chain")
def ds_and_its_own_root_in_the_chain(r):
    other = Pki()
    r.trusted = [other.iaca.der()]
    r.certificates = lambda: [r.pki.ds.der(), r.pki.iaca.der()]


@case("MDOC_ERR_CERTIFICATE", "ds_profile")
def iaca_signs_the_mso_itself(r):
    r.pki.ds_key = r.pki.iaca_key
    r.pki.iaca.add(x.authority_key_id(x.key_id(r.pki.iaca_key)))
    r.certificates = lambda: [r.pki.iaca.der()]


@case("MDOC_ERR_CERTIFICATE", "ds_profile", "chain", "issuer_algorithm")
def certificate_with_bytes_after_it(r):
    r.pki.ds.trailing = b"\0"


@case("MDOC_ERR_SIZE", "structure")
def chain_of_nine(r):
    r.certificates = lambda: [r.pki.ds.der()] * 9


many("MDOC_ERR_VALIDITY", "certificate_validity",
     ds_has_run_out=ds(lambda s: s.__dict__.update(not_after=NOW - datetime.timedelta(hours=1))),
     iaca_has_run_out=iaca(lambda s: s.__dict__.update(not_after=NOW - DAY)),
     iaca_not_valid_yet=iaca(lambda s: s.__dict__.update(not_before=NOW + DAY)))


@case("MDOC_ERR_VALIDITY", "certificate_validity", "signed_in_ds")
def ds_not_valid_yet(r):
    r.pki.ds.not_before = NOW + DAY


# ---- 4. the MSO ----

many("MDOC_ERR_VERSION", "mso", mso_version_2=put("on_mso", "version", "2.0"), mso_version_empty=put("on_mso", "version", ""))
many("MDOC_ERR_ALGORITHM", "mso", digest_sha1=put("on_mso", "digestAlgorithm", "SHA-1"),
     digest_md5=put("on_mso", "digestAlgorithm", "MD5"), digest_small_letters=put("on_mso", "digestAlgorithm", "sha-256"),
     digest_sha3=put("on_mso", "digestAlgorithm", "SHA3-256"))
many("MDOC_ERR_MISSING", "mso", **{f"mso_without_{k}": without("on_mso", k) for k in
     ("version", "digestAlgorithm", "valueDigests", "deviceKeyInfo", "docType", "validityInfo")})
many("MDOC_ERR_MISSING", "mso", mso_without_deviceKey=without("on_mso", "deviceKeyInfo", "deviceKey"))
many("MDOC_ERR_MISSING", "validity_info", **{f"validityInfo_without_{k}": without("on_mso", "validityInfo", k) for k in ("signed", "validFrom", "validUntil")})
many("MDOC_ERR_TYPE", "mso", mso_not_tagged=setting(on_payload=lambda m: m), mso_in_another_tag=setting(on_payload=lambda m: Tag(25, encode(m))),
     mso_is_an_array=setting(on_payload=lambda m: embedded([m])), valueDigests_is_an_array=put("on_mso", "valueDigests", []), digest_is_text=put("on_digests", MDL, {0: "x"}),
     digest_id_is_text=put("on_digests", MDL, {"0": b"x"}), docType_is_bytes=put("on_mso", "docType", b"x"))
many("MDOC_ERR_TYPE", "validity_info", validityInfo_is_text=put("on_mso", "validityInfo", "x"),
     signed_without_tag=put("on_mso", "validityInfo", "signed", "2026-06-14T12:00:00Z"),
     signed_as_a_number=put("on_mso", "validityInfo", "signed", Tag(1, 1781438400)))
many("MDOC_ERR_VALUE", "validity_info", **{label: put("on_mso", "validityInfo", "validFrom", Tag(0, text)) for label, text in (
    ("time_with_fraction", "2026-06-14T12:00:00.5Z"), ("time_with_offset", "2026-06-14T21:00:00+09:00"),
    ("time_without_zone", "2026-06-14T12:00:00"), ("time_of_february_30", "2026-02-30T12:00:00Z"),
    ("time_of_hour_25", "2026-06-14T25:00:00Z"), ("time_is_a_date", "2026-06-14"), ("time_is_empty", ""))})
many("MDOC_ERR_VALIDITY", "validity_info", signed_after_validFrom=setting(signed=NOW - DAY / 2))
many("MDOC_ERR_VALIDITY", "validity", mso_expired=setting(valid_until=NOW - datetime.timedelta(seconds=1)),
     mso_not_valid_yet=setting(valid_from=NOW + datetime.timedelta(seconds=1)))
many("MDOC_ERR_VALIDITY", "validity_info", "validity", validUntil_before_validFrom=setting(valid_until=NOW - 2 * DAY))
many("MDOC_ERR_VALIDITY", "signed_in_ds", signed_before_the_ds=setting(signed=NOW - 31 * DAY, valid_from=NOW - 31 * DAY))

DEVICE = ("on_mso", "deviceKeyInfo", "deviceKey")


def point_off_the_curve(r):
    key = cose_key(r.device_key)
    key[-3] = bytes([key[-3][0] ^ 1]) + key[-3][1:]
    put(*DEVICE, key)(r)


def device_key_with(label, value):
    def change(r):
        key = cose_key(r.device_key)
        if value is None:
            del key[label]
        else:
            key[label] = value
        put(*DEVICE, key)(r)
    return change


many("MDOC_ERR_KEY", "mso", device_key_off_the_curve=point_off_the_curve, device_key_without_x=device_key_with(-2, None),
     device_key_without_y=device_key_with(-3, None), device_key_short_x=device_key_with(-2, bytes(31)),
     device_key_long_x=device_key_with(-2, bytes(33)), device_key_zero_point=lambda r: put(*DEVICE, {1: 2, -1: 1, -2: bytes(32), -3: bytes(32)})(r),
     device_key_unknown_curve=device_key_with(-1, 99), device_key_secp256k1=device_key_with(-1, 8),
     device_key_kty_symmetric=device_key_with(1, 4), device_key_okp_on_p256=device_key_with(1, 1),
     device_key_without_curve=device_key_with(-1, None))
many("MDOC_ERR_TYPE", "mso", device_key_is_bytes=put(*DEVICE, b"key"))

# ---- 5. items ----


def change_item(ns, index, change):
    def apply(r):
        def run(namespaces):
            namespaces[ns][index] = change(namespaces[ns][index])
            return namespaces
        r.on_namespaces = run
    return apply


def other_value(tagged):
    return Tag(24, tagged.content.replace(b"Meisai", b"Tanaka"))


many("MDOC_ERR_DIGEST", "digests", value_changed=change_item(MDL, 0, other_value),
     item_encoded_anew=change_item(MDL, 0, lambda t: Tag(24, encode(Indefinite({"digestID": 0, "random": bytes(32), "elementIdentifier": "family_name", "elementValue": "Meisai"})))),
     digest_changed=lambda r: setattr(r, "on_digests", lambda d: {MDL: {**d[MDL], 0: bytes(32)}}),
     digest_short=lambda r: setattr(r, "on_digests", lambda d: {MDL: {**d[MDL], 0: d[MDL][0][:31]}}),
     digest_long=lambda r: setattr(r, "on_digests", lambda d: {MDL: {**d[MDL], 0: d[MDL][0] + b"\0"}}),
     digest_missing=lambda r: setattr(r, "on_digests", lambda d: {MDL: {k: v for k, v in d[MDL].items() if k}}),
     digest_of_the_inner_bytes=lambda r: (setattr(r, "on_digests", lambda d: {MDL: {**d[MDL], 0: bytes.fromhex("00" * 32)}})),
     namespace_unknown_to_the_mso=lambda r: setattr(r, "on_namespaces", lambda n: {"org.example": n[MDL]}),
     digests_of_two_items_swapped=lambda r: setattr(r, "on_digests", lambda d: {MDL: {**d[MDL], 0: d[MDL][1], 1: d[MDL][0]}}))
many("MDOC_ERR_VALUE", "random_length", random_of_15_bytes=edit("on_item", lambda i: i.update(random=i["random"][:15])),
     random_empty=edit("on_item", lambda i: i.update(random=b"")))


@case("MDOC_ERR_VALUE", "duplicates")
def item_returned_twice(r):
    r.on_namespaces = lambda n: {MDL: n[MDL] + [n[MDL][0]]}


@case("MDOC_ERR_VALUE", "duplicates")
def element_with_two_digest_ids(r):
    r.elements[MDL].append(("family_name", "Tanaka"))


many("MDOC_ERR_MISSING", "structure", **{f"item_without_{k}": without("on_item", k) for k in
     ("digestID", "random", "elementIdentifier", "elementValue")})
many("MDOC_ERR_TYPE", "structure", item_not_tagged=setting(on_item_bytes=lambda ns, i, item: item),
     item_in_another_tag=setting(on_item_bytes=lambda ns, i, item: Tag(25, encode(item))),
     item_is_an_array=setting(on_item_bytes=lambda ns, i, item: embedded(list(item.values()))),
     digestID_is_text=edit("on_item", lambda i: i.update(digestID="0")), digestID_is_negative=edit("on_item", lambda i: i.update(digestID=-1)),
     random_is_text=edit("on_item", lambda i: i.update(random="random random random")),
     elementIdentifier_is_bytes=edit("on_item", lambda i: i.update(elementIdentifier=b"x")),
     nameSpaces_is_an_array=put("on_issuer_signed", "nameSpaces", []), namespace_is_empty=setting(on_namespaces=lambda n: {MDL: []}),
     namespace_is_a_map=setting(on_namespaces=lambda n: {MDL: {}}), namespace_name_is_a_number=setting(on_namespaces=lambda n: {1: n[MDL]}))

# ---- 6. device authentication ----

many("MDOC_ERR_SIGNATURE", "device_auth",
     device_signature_changed=lambda r: setattr(r, "on_device_auth", lambda a: {"deviceSignature": a["deviceSignature"][:3] + [bytes(64)]}),
     device_signature_over_another_session=setting(on_device_authentication=lambda p: [p[0], None] + p[2:]),
     device_signature_over_another_docType=setting(on_device_authentication=lambda p: p[:2] + ["x"] + p[3:]),
     device_signature_over_other_namespaces=setting(on_device_authentication=lambda p: p[:3] + [embedded({"x": {}})]),
     device_signature_over_another_context=setting(on_device_authentication=lambda p: ["ReaderAuthentication"] + p[1:]),
     transcript_as_tag_24_inside=setting(on_device_authentication=lambda p: [p[0], embedded(p[1])] + p[2:]))


@case("MDOC_ERR_SIGNATURE", "device_auth")
def signed_by_another_device(r):
    other = new_key()
    put(*DEVICE, cose_key(other))(r)


@case("MDOC_ERR_VALUE", "device_auth_form")
def device_signature_with_its_payload(r):
    r.on_device_auth = lambda a: {"deviceSignature": a["deviceSignature"][:2] + [b"payload", a["deviceSignature"][3]]}


many("MDOC_ERR_ALGORITHM", "device_auth_algorithm",
     device_alg_of_another_curve=setting(on_device_headers=lambda p, u: (encode({1: -36}), u)),
     device_alg_eddsa=setting(on_device_headers=lambda p, u: (encode({1: -8}), u)))
many("MDOC_ERR_ALGORITHM", "device_auth_form", device_alg_unknown=setting(on_device_headers=lambda p, u: (encode({1: -1000}), u)))
many("MDOC_ERR_MISSING", "device_auth_form", device_alg_unprotected=setting(on_device_headers=lambda p, u: (b"", {1: -7})))
many("MDOC_ERR_MISSING", "structure",
     no_deviceSigned=without("on_document", "deviceSigned"), no_deviceAuth=without("on_device_signed", "deviceAuth"),
     no_device_namespaces=without("on_device_signed", "nameSpaces"))
many("MDOC_ERR_VALUE", "device_auth_form", no_signature_and_no_mac=setting(on_device_auth=lambda a: {}),
     signature_and_mac=setting(on_device_auth=lambda a: {**a, "deviceMac": [encode({1: 5}), {}, None, bytes(32)]}))
many("MDOC_ERR_TYPE", "structure", device_namespaces_not_tagged=setting(on_device_signed=lambda s: {**s, "nameSpaces": {}}),
     device_namespaces_an_array=setting(on_device_namespaces=lambda n: embedded([])))


def mac(change=lambda r: None, allowed=True):
    def apply(r):
        r.mac, r.mac_allowed = True, allowed
        change(r)
    return apply


def change_mac(new):
    return setting(on_device_auth=lambda a: {"deviceMac": new(a["deviceMac"])})


many("MDOC_ERR_SIGNATURE", "device_auth", mac_changed=mac(change_mac(lambda m: m[:3] + [bytes(32)])),
     mac_over_another_session=mac(setting(on_device_authentication=lambda p: [p[0], None] + p[2:])))
many("MDOC_ERR_ALGORITHM", "device_auth_form", mac_where_none_is_allowed=mac(allowed=False))
many("MDOC_ERR_VALUE", "device_auth_form", mac_with_its_payload=mac(change_mac(lambda m: m[:2] + [b"payload", m[3]])))
many("MDOC_ERR_MISSING", "device_auth_form", mac_alg_unprotected=mac(change_mac(lambda m: [b"", {1: 5}] + m[2:])))
many("MDOC_ERR_ALGORITHM", "device_auth_algorithm", mac_cut_off=mac(change_mac(lambda m: m[:3] + [m[3][:16]])),
     mac_with_alg_4=mac(change_mac(lambda m: [encode({1: 4})] + m[1:])))

# ---- 7. device-signed elements ----

AUTHORIZED = {"nameSpaces": ["org.example"]}


def device_signed(elements, authorizations=None):
    def apply(r):
        r.device_elements = elements
        if authorizations is not None:
            put("on_mso", "deviceKeyInfo", "keyAuthorizations", authorizations)(r)
    return apply


many("MDOC_ERR_AUTHORIZATION", "key_authorizations",
     device_element_without_authorization=device_signed({"org.example": {"x": 1}}),
     device_element_of_another_namespace=device_signed({"org.other": {"x": 1}}, AUTHORIZED),
     device_element_not_in_the_list=device_signed({"org.example": {"y": 1}}, {"dataElements": {"org.example": ["x"]}}))
many("MDOC_ERR_AUTHORIZATION", "device_elements",
     device_element_instead_of_the_issuers=device_signed({MDL: {"family_name": "Tanaka"}}, {"nameSpaces": [MDL]}))
many("MDOC_ERR_VALUE", "key_authorizations", authorizations_empty=device_signed({"org.example": {"x": 1}}, {}),
     authorizations_twice_for_one_namespace=device_signed({"org.example": {"x": 1}}, {"nameSpaces": ["org.example"], "dataElements": {"org.example": ["x"]}}))

# ---- 8. what the reader asked for, where it was issued ----

many("MDOC_ERR_ELEMENT", "issuing_country",
     issued_in_another_country=lambda r: r.elements[MDL].__setitem__(3, ("issuing_country", "FR")))
many("MDOC_ERR_ELEMENT", "issuing_jurisdiction",
     issued_in_another_state=lambda r: (r.elements[MDL].append(("issuing_jurisdiction", "JP-13")),
                                        r.pki.ds.__dict__.update(subject=x.name((x.C, "JP"), (x.ST, "JP-27"), (x.CN, "DS")))))


@case("MDOC_ERR_ELEMENT", "requested_elements")
def element_that_was_not_requested(r):
    r.request = (DOC_TYPE, {MDL: {"family_name": False, "given_name": False, "issuing_country": False}})


@case("MDOC_ERR_ELEMENT", "age_over")
def ages_that_contradict_each_other(r):
    r.elements[MDL] += [("age_over_18", False), ("age_over_21", True)]


@case("MDOC_ERR_ELEMENT", "age_over")
def age_over_contradicted_by_the_device(r):
    r.elements[MDL] += [("age_over_18", False)]
    r.elements["org.example"] = [("age_over_18", False)]
    device_signed({MDL: {"age_over_21": True}}, {"nameSpaces": [MDL]})(r)


# ---- the Japanese record ----

def japanese(change):
    def apply(r):
        r.doc_type = MNC
        r.elements = {"org.iso.23220.1": [("sex", 2), ("birth_date", Tag(1004, "2000-01-01")), ("age_in_years", 26)],
                      "org.iso.23220.1.jp": [("full_name_unicode", "番号　花子"), ("individual_number_unicode", "123456789018")]}
        change(r)
    return apply


def element(ns, index, value):
    return japanese(lambda r: r.elements[ns].__setitem__(index, (r.elements[ns][index][0], value)))


JP, ISO = "org.iso.23220.1.jp", "org.iso.23220.1"
many("MDOC_ERR_ALGORITHM", "device_auth_form", japanese_record_with_a_mac=japanese(mac()))
many("MDOC_ERR_VALIDITY", "law_validity", japanese_record_for_40_days=japanese(setting(valid_until=NOW + 40 * DAY)))
many("MDOC_ERR_ELEMENT", "element_profile",
     name_as_bytes=element(JP, 0, b"x"), number_of_11_digits=element(JP, 1, "12345678901"), number_with_letters=element(JP, 1, "12345678901X"),
     sex_5=element(ISO, 0, 5), sex_as_text=element(ISO, 0, "2"), birth_date_as_text=element(ISO, 1, "2000-01-01"),
     birth_date_of_month_13=element(ISO, 1, Tag(1004, "2000-13-01")), age_negative=element(ISO, 2, -1))

def keys(ds, device):
    return lambda r: (r.__init__(Pki("P-256", ds), new_key(device)), japanese(lambda r: None)(r))


many("MDOC_ERR_KEY", "key_profile", japanese_record_of_a_small_device_key=keys("P-256", "Ed25519"),
     japanese_record_signed_by_a_small_key=keys("Ed25519", "P-256"))

# ---- faults that a reader may have reason to let pass: the relaxation that does so ----

RELAXED = {
    "ds without crl points": "crl-dp", "ds crl point dns": "crl-dp", "ds crl points empty": "crl-dp",
    "ds without issuerAltName": "issuer-alt-name", "ds issuerAltName dns": "issuer-alt-name",
    "ds issuerAltName not asn1": "issuer-alt-name", "ds without eku": "eku", "ds eku of a reader": "eku",
    "ds eku any": "eku", "ds eku two": "eku-tls", "ds eku tls": "eku-tls", "ds ski of another key": "ski-method",
    "ds ski of 32 bytes": "ski-length",
}
