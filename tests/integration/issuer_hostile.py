#!/usr/bin/python3
"""An issuer's server with the right key and the wrong answers: issuer_hostile.py PORT CERT KEY FAULT [SEALED].
FAULT switch: with another key, that of the last two arguments, after its metadata were read.
SPDX-License-Identifier: BSD-2-Clause"""
import http.server
import json
import ssl
import sys

port, cert, key, fault = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
sealed = json.load(open(sys.argv[5])) if len(sys.argv) == 6 else {"credential_response": "a.b.c.d.e", "signature": "a.b.c"}
DOC = "org.iso.23220.1.jp.mnc"
base = f"https://localhost:{port}"
known = []  # what was read of the metadata of the authorization server


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body, kind="application/json", extra=()):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in extra:
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            pass

    def json(self, status, value):
        self.answer(status, json.dumps(value).encode())

    def do_GET(self):
        if "openid-credential-issuer" in self.path:
            endpoint = "https://elsewhere.example" if fault == "elsewhere" else base
            self.json(200, {"credential_issuer": base, "credential_endpoint": endpoint + "/credential",
                            "nonce_endpoint": base + "/nonce", "notification_endpoint": base + "/notification",
                            "batch_credential_issuance": {"batch_size": 10 ** 9},
                            "credential_configurations_supported": {DOC: {"format": "mso_mdoc", "doctype": DOC}}})
        else:
            self.json(200, {"issuer": base, "token_endpoint": base + "/token"})
            known.append(self.path)

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/token":
            print("a token was asked for", flush=True)
            self.json(200, {"access_token": "x", "token_type": "Bearer"})
        elif self.path == "/nonce":
            self.json(200, {"c_nonce": "n" * (100000 if fault == "long-nonce" else 22)})
        elif self.path != "/credential":
            self.json(200, {})
        elif fault == "huge":
            self.answer(200, b"A" * 100_000_000, "application/jwt", [("Mdoc-Signature", "a.b.c")])
        elif fault == "garbage":
            self.answer(200, b"\0\xff" * 5000, "application/jwt", [("Mdoc-Signature", "\x01garbage")])
        elif fault == "plain":
            self.json(200, {"credentials": [{"credential": "AAAA"}]})
        elif fault == "unsigned":
            self.answer(200, sealed["credential_response"].encode(), "application/jwt")
        elif fault == "nonce":
            self.json(400, {"error": "invalid_nonce", "error_description": "\x1b[31mnever \u202e good"})
        else:
            self.answer(200, sealed["credential_response"].encode(), "application/jwt", [("Mdoc-Signature", sealed["signature"])])

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(cert, key)
if fault == "switch":
    other = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    other.load_cert_chain(sys.argv[5], sys.argv[6])

    def switch(sock, *_):
        if known:
            sock.context = other

    context.sni_callback = switch
server.socket = context.wrap_socket(server.socket, server_side=True)
print("ready", flush=True)
server.serve_forever()
