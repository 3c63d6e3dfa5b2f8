#!/usr/bin/env python3
"""Make every response of the corpus, give it to mdoc-reader, and compare what it says.

  run.py DIR [NAME]   write into DIR; only cases whose name has NAME in it

Prints "ok - …" or "not ok - …" a case; exit 1 when one is not ok. The generator shares no code with
libmdoc: CBOR, certificates, signatures and MACs are its own or python3-cryptography's.

SPDX-License-Identifier: BSD-2-Clause
"""
import json
import os
import subprocess
import sys

from cryptography.hazmat.primitives import serialization

import negative
import positive
import revocation
import vical
from cbor import encode, embedded
from world import NOW, Pki, Response


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)
    return path


def prepare(folder, number, change):
    """(command line) of one case."""
    response = Response(Pki())
    change(response)
    base = os.path.join(folder, f"{number:03d}")
    trusted = getattr(response, "trusted", [response.pki.iaca.der()])
    command = ["mdoc-reader", "verify", "--json", "--at", NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
               "--transcript", write(base + "-transcript.cbor", response.transcript)]
    for i, der in enumerate(trusted):
        command += ["--iaca", write(f"{base}-iaca{i}.der", der)]
    for i, (option, content) in enumerate(response.attachments):
        command += [option, write(f"{base}-file{i}", content)]
    if hasattr(response, "request"):
        doc_type, namespaces = response.request
        request = {"version": "1.0", "docRequests": [{"itemsRequest": embedded({"docType": doc_type, "nameSpaces": namespaces})}]}
        command += ["--request", write(base + "-request.cbor", encode(request))]
    if getattr(response, "mac_allowed", False):
        pem = response.reader_key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                serialization.NoEncryption())
        command += ["--session-key", write(base + "-reader.pem", pem)]
    return command + response.arguments + [write(base + "-response.cbor", response.encode())]


def relaxed(change, name):
    def apply(r):
        change(r)
        r.arguments += ["--relax", name]
    return apply


def verdict(command):
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode not in (0, 1):
        return None, f"exit {run.returncode}: {run.stderr.strip()[:300]}"
    return json.loads(run.stdout), None


def unexplained(command, checks):
    """None, or what mdoc-reader explain leaves unsaid of the checks that failed."""
    command = [word for word in command if word != "verify"]
    run = subprocess.run(command[:1] + ["explain"] + command[1:], capture_output=True, text=True)
    if run.returncode not in (0, 1):
        return f"explain: exit {run.returncode}: {run.stderr.strip()[:300]}"
    result = json.loads(run.stdout)
    rows = result["wrong"]
    # A MAC without the session's key is no fault of the wallet.
    unseen = {row["check"] for row in result["notLookedAt"] if row["outcome"] == "failed" and "--session-key" in row["why"]}
    if {row["check"] for row in rows} | unseen != checks or run.returncode != (1 if rows else 0):
        return f"explain: {sorted(row['check'] for row in rows)}, exit {run.returncode}"
    bare = [row["check"] for row in rows if not (row["clause"] and row["meaning"] and row["advice"] and row["found"])]
    return f"no clause or advice: {bare}" if bare else None


def judge(result, code, checks):
    """None, or what is wrong with the verdict."""
    failed = [row for row in result["checks"] if row["outcome"] == "failed"]
    names = {row["check"] for row in failed}
    if code is None:
        return None if result["verified"] else f"refused by {[(r['check'], r.get('result'), r.get('path'), r.get('expected')) for r in failed]}"
    if result["verified"]:
        return "accepted"
    if names != checks or result["result"] != code:
        return f"refused by {sorted(names)} with {result['result']} ({failed[0].get('path')}: {failed[0].get('expected')}), not by {sorted(checks)} with {code}"
    return None


def main():
    folder, wanted = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    wrong = negative.CASES + revocation.WRONG + vical.WRONG
    changes = {name: change for name, _, _, change in wrong}
    right = positive.CASES + revocation.RIGHT + vical.RIGHT + [
        (f"{name}, with --relax {relax}", relaxed(changes[name], relax)) for name, relax in negative.RELAXED.items()]
    cases = [(name, None, None, change) for name, change in right]
    cases += [(name, code, checks, change) for name, code, checks, change in wrong]
    bad = 0
    for number, (name, code, checks, change) in enumerate(cases):
        if wanted not in name:
            continue
        command = prepare(folder, number, change)
        result, problem = verdict(command)
        problem = problem or judge(result, code, checks)
        if code is not None:
            problem = problem or unexplained(command, checks)
        claim = f"{name}: accepted" if code is None else f"{name}: refused by {', '.join(sorted(checks))}"
        print(f"not ok - {claim} ({problem})" if problem else f"ok - {claim}", flush=True)
        bad += problem is not None
    print(f"{len(right)} right, {len(wrong)} wrong, {bad} of them misjudged")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
