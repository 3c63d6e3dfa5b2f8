"""Files of a folder over HTTPS, for programs that fetch and that deliver; every request is a line of the file "requests".

  https_server.py FOLDER [PORT]

Makes tls.pem, a certificate for localhost, and writes its port into "port". A file NAME may have NAME.headers beside it,
lines of headers. There is an ETag for each content. Of the paths that begin with /slow a byte comes each second.

What is posted becomes a file, once: 201, and 409 where it is there already. The file "answer" changes that: "503 END"
gives this status to paths with that end and keeps nothing, "lost" keeps what comes and closes without an answer.

SPDX-License-Identifier: BSD-2-Clause
"""
import datetime
import hashlib
import http.server
import os
import ssl
import sys
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def certificate():
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    cert = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(1))
            .not_valid_after(now + datetime.timedelta(1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
            .add_extension(x509.BasicConstraints(True, None), True).sign(key, hashes.SHA256()))
    with open("tls.pem", "wb") as file:
        file.write(cert.public_bytes(serialization.Encoding.PEM))
    with open("tls.key", "wb") as file:
        file.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                     serialization.NoEncryption()))


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path = os.path.join(FOLDER, os.path.basename(self.path))
        code, content, headers = 404, b"", []
        if os.path.isfile(path):
            with open(path, "rb") as file:
                code, content = 200, file.read()
            if os.path.isfile(path + ".headers"):
                with open(path + ".headers", encoding="utf-8") as file:
                    headers = [line.strip().split(": ", 1) for line in file]
        etag = '"' + hashlib.sha256(content).hexdigest()[:16] + '"'
        if code == 200 and self.headers.get("If-None-Match") == etag:
            code, content = 304, b""
        with open("requests", "a", encoding="utf-8") as file:
            file.write(f"{self.path} {code}\n")
        self.send_response(code)
        for name, value in headers:
            self.send_header(name, value)
        if code == 200:
            self.send_header("ETag", etag)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if os.path.basename(self.path).startswith("slow"):
            for byte in content:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(1)
        else:
            self.wfile.write(content)

    def do_POST(self):
        content = self.rfile.read(int(self.headers["Content-Length"]))
        path = os.path.join(FOLDER, os.path.basename(self.path))
        answer, code = "", 201
        if os.path.isfile("answer"):
            with open("answer", encoding="utf-8") as file:
                answer = file.read().strip()
        if answer.startswith("503 ") and path.endswith(answer[4:]):
            code = 503
        elif os.path.exists(path):
            code = 409
        else:
            with open(path, "wb") as file:
                file.write(content)
        with open("requests", "a", encoding="utf-8") as file:
            file.write(f"POST {self.path} {code} {self.headers['Content-Type']}\n")
        if answer == "lost":
            self.close_connection = True
            return
        self.send_response(code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


FOLDER = sys.argv[1]
certificate()
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2]) if len(sys.argv) > 2 else 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("tls.pem", "tls.key")
server.socket = context.wrap_socket(server.socket, server_side=True)
with open("port.new", "w", encoding="utf-8") as port:
    port.write(str(server.server_address[1]))
os.rename("port.new", "port")
server.serve_forever()
