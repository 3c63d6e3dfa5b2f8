#!/usr/bin/env python3
"""Have mdoc-reader write pages of right, wrong and hostile responses, and read them with another HTML parser.

  pages.py DIR   write into DIR

Each page must be valid HTML, be made of our own elements and attributes only, and refer to nothing. Prints "ok - …" or
"not ok - …" a claim; exit 1 when one is not ok.

SPDX-License-Identifier: BSD-2-Clause
"""
import base64
import json
import os
import re
import subprocess
import sys
import time

import html5lib

import certificates as x
from cbor import Raw, Tag, encode
from negative import put
from run import prepare
from world import DAY, MDL, MNC, NOW

JP, ISO = "org.iso.23220.1.jp", "org.iso.23220.1"
ELEMENTS = set("""html head meta title style body main h1 h2 h3 section div strong span p svg circle path table thead tbody tr th
td code small bdi b ul li figure img figcaption footer wbr""".split())
ATTRIBUTES = set("""class lang charset http-equiv content name role scope alt src viewBox fill stroke stroke-width aria-hidden
cx cy r d""".split())
CONTROLS = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]")
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(range(256)) * 20
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20
EVIL = "</td></style><script>alert(1)</script><img src=x onerror=alert(1)> \"'& \u202eLIVE\u2066 \x1b[31m \u0085 &lt; ]]>"
FACTS = ["番号", "霞が関", "1971-09-01", "full_name_unicode", "image/jpeg"]
bad = 0


def claim(text, problem=None):
    global bad
    print(f"not ok - {text} ({problem})" if problem else f"ok - {text}", flush=True)
    bad += problem is not None


def record(r):
    r.doc_type = MNC
    r.elements = {JP: [("full_name_unicode", "番号　花子"), ("resident_address_unicode", "東京都千代田区霞が関"), ("portrait", JPEG)],
                  ISO: [("birth_date", Tag(1004, "1971-09-01")), ("age_over_20", True)]}


def forged(r):
    record(r)
    r.on_issuer_auth = lambda a: a[:3] + [bytes([a[3][0] ^ 1]) + a[3][1:]]


def expired(r):
    record(r)
    r.signed = r.valid_from = NOW - 10 * DAY
    r.valid_until = NOW - DAY


def of_another_session(r):
    record(r)
    r.on_device_authentication = lambda parts: [parts[0], Raw(encode([None, None, ["other"]]))] + parts[2:]


def unknown_revocation(r):
    record(r)
    put("on_mso", "status", {"status_list": {"idx": 7, "uri": "https://iaca.example/list"}})(r)


def two_documents_one_forged(r):
    record(r)
    good = r.document

    def documents():
        first = good()
        r.on_issuer_auth = lambda a: a[:3] + [bytes(64)]
        return [first, good()]
    r.documents = documents


def hostile(r):
    subject = x.name((x.C, "JP"), (x.CN, EVIL[:60]))
    r.pki.iaca.subject = r.pki.iaca.issuer = r.pki.ds.issuer = subject
    r.doc_type = "org.evil<script>\u202e"
    r.elements = {MDL: [("family_name", EVIL), ("given_name", "あ" * 350000), ("<script>x</script>", {"<b>\u202e": [EVIL, {"\"": 1}]})],
                  "org.evil\"><script>": [("\u202ename", EVIL), ("portrait", b"\xff\xd8\xff\"><script>")]}
    r.device_elements = {"org.device<b>": {"verified<i>": EVIL}}
    put("on_mso", "deviceKeyInfo", "keyAuthorizations", {"nameSpaces": ["org.device<b>"]})(r)


def hostile_and_false(r):
    hostile(r)
    r.on_issuer_auth = lambda a: a[:3] + [bytes(64)]


def with_portrait(image):
    def change(r):
        record(r)
        r.elements[JP][2] = ("portrait", image)
    return change


class Page:
    def __init__(self, folder, number, change, language="en", more=()):
        command = prepare(folder, number, change)
        self.path = os.path.join(folder, f"{number:03d}-{language}.html")
        command[-1:-1] = ["--html", self.path, *more]
        run = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LANGUAGE": language})
        self.exit, self.json = run.returncode, json.loads(run.stdout)
        self.notes = run.stderr
        with open(self.path, encoding="utf-8") as file:
            self.html = file.read()
        self.tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(self.html)
        self.text = " ".join("".join(self.tree.find("body").itertext()).split())

    def conclusion(self):
        return [e.get("class") for e in self.tree.iter("section") if "conclusion" in (e.get("class") or "")]

    def strange(self):
        """What does not belong on one of our pages; None: nothing."""
        for element in self.tree.iter():
            name = element.tag.split("}")[-1]
            if name not in ELEMENTS:
                return f"<{name}>"
            for attribute, value in element.attrib.items():
                if attribute not in ATTRIBUTES or (attribute == "src" and not re.match("data:image/(jpeg|png);base64,", value)):
                    return f"{name} {attribute}={value[:40]}"
        found = CONTROLS.search(self.html)
        return f"a control character {found.group()!r}" if found else None


def expect(name, page, conclusion, code):
    claim(f"{name}: valid HTML of our own parts alone", page.strange())
    got = page.conclusion()
    claim(f"{name}: says {conclusion}", None if got == [f"conclusion {conclusion}"] and page.exit == code else f"{got}, exit {page.exit}")
    want = {"verified": "verified", "failed": "not_verified", "undetermined": "undetermined"}[conclusion]
    claim(f"{name}: and so does the JSON", None if page.json["conclusion"] == want else page.json["conclusion"])
    missing = [row["check"] for row in page.json["checks"] if row["check"] not in page.text]
    rows = len([e for e in page.tree.iter("tr") if e.get("class") in ("good", "bad", "quiet", "doubt")])
    claim(f"{name}: each check of it is a row", str(missing) if missing or rows != len(page.json["checks"]) else None)


def shows(name, page, *texts):
    missing = [text for text in texts if " ".join(text.split()) not in page.text]
    claim(f"{name}: shows {', '.join(texts)}", f"not {missing}" if missing else None)


def conclusions(folder):
    words = {"verified": ("Verified", "検証済み"), "undetermined": ("Revocation undetermined", "失効未確認"), "failed": ("NOT VERIFIED", "検証失敗")}
    cases = [("a good record", record, "verified"), ("one whose revocation is unknown", unknown_revocation, "undetermined"),
             ("a forged one", forged, "failed"), ("one that expired", expired, "failed"), ("one of another session", of_another_session, "failed"),
             ("two of which one is forged", two_documents_one_forged, "failed")]
    for number, (name, change, conclusion) in enumerate(cases):
        for index, language in enumerate(("en", "ja")):
            page = Page(folder, number, change, language)
            expect(f"{name} ({language})", page, conclusion, 1 if conclusion == "failed" else 0)
            title = next(page.tree.iter("strong")).text
            claim(f"{name} ({language}): in words", None if title == words[conclusion][index] else title)
            if conclusion == "failed":
                leaked = [fact for fact in FACTS if fact in page.html]
                claim(f"{name} ({language}): R-VX-05: nothing of it is shown", str(leaked) if leaked else None)
            else:
                shows(f"{name} ({language})", page, "番号　花子", "1971-09-01", "Corpus IACA", "氏名", "20歳以上")
                image = next(page.tree.iter("img"), None)
                shown = image is not None and base64.b64decode(image.get("src").split(",")[1]) == JPEG
                claim(f"{name} ({language}): and the photograph, whole", None if shown else "it is not")


def portraits(folder):
    images = [("PNG", PNG, "png"), ("GIF", b"GIF89a" + bytes(300), None), ("JPEG 2000", b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(300), None),
              ("SVG", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", None), ("one byte", b"x", None)]
    for number, (name, image, kind) in enumerate(images):
        page = Page(folder, 20 + number, with_portrait(image))
        expect(f"a portrait: {name}", page, "verified", 0)
        found = [e.get("src").split("base64")[0] for e in page.tree.iter("img")]
        claim(f"a portrait: {name}: {'shown' if kind else 'described'}", None if found == ([f"data:image/{kind};"] if kind else []) else str(found))
        if kind is None:
            shows(f"a portrait: {name}", page, f"({len(image)} bytes")


def hostile_texts(folder):
    for number, (change, conclusion) in enumerate(((hostile, "verified"), (hostile_and_false, "failed"))):
        begun = time.monotonic()
        page = Page(folder, 40 + number, change)
        expect(f"hostile texts, {conclusion}", page, conclusion, number)
        took, size = time.monotonic() - begun, len(page.html)
        claim(f"a text of 1 MB makes no large page ({size} characters, {took:.1f} s)", None if size < 200000 and took < 20 else "it does")
        if conclusion == "verified":
            shows("hostile texts", page, "alert(1)", "more characters", "Said by the holder's device, not by the issuer")
            claim("hostile texts: another namespace's element has no name of ours", None if "portrait org.evil" in page.text and not list(page.tree.iter("img")) else page.text[-900:])


def stored(folder):
    def asked(retained, elements):
        def change(r):
            record(r)
            r.request = (MNC, {JP: {e: e in retained for e in elements if e != "birth_date"}, ISO: {"birth_date": "birth_date" in retained, "age_over_20": False}})
        return change
    names = ["full_name_unicode", "resident_address_unicode", "portrait", "birth_date"]
    path = os.path.join(folder, "kept.json")

    def kept(number, change, *more):
        if os.path.exists(path):
            os.unlink(path)
        Page(folder, number, change, more=["--store", path, *more])
        if not os.path.exists(path):
            return None
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    result = kept(50, asked(["full_name_unicode", "birth_date"], names))
    elements = result and result["documents"][0]["elements"]
    claim("what was asked for with the intent to keep it is kept, and nothing else",
          None if elements == {JP: {"full_name_unicode": "番号　花子"}, ISO: {"birth_date": "1971-09-01"}} else str(result))
    claim("only its owner reads it", None if os.stat(path).st_mode & 0o777 == 0o600 else "mode")
    claim("nothing is kept without that intent", None if kept(51, asked([], names)) is None else "a file")

    def false(r):
        asked(names, names)(r)
        r.on_issuer_auth = lambda a: a[:3] + [bytes(64)]
    claim("nothing is kept of what is not verified", None if kept(52, false) is None else "a file")
    for text, options in (("without a request", ["--store", path]), ("beside --no-store", ["--store", path, "--no-store"])):
        command = prepare(folder, 53, record if "without" in text else asked(names, names))
        command[-1:-1] = options
        code = subprocess.run(command, capture_output=True, check=False).returncode
        claim(f"--store {text} is wrong usage", None if code == 2 and not os.path.exists(path) else f"exit {code}")


conclusions(sys.argv[1])
portraits(sys.argv[1])
hostile_texts(sys.argv[1])
stored(sys.argv[1])
sys.exit(1 if bad else 0)
