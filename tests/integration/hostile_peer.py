"""A peer that misbehaves at each step of a session, against mdoc-present session and mdoc-reader session; without our own
code: session_reader.py, session_device.py.

  hostile_peer.py reader COMMAND...   play readers against a holder's program, whose PIN file (wrong.pin) has another's PIN
  hostile_peer.py later COMMAND...    play readers that misbehave once they have a response; good.pin has the PIN
  hostile_peer.py holder COMMAND...   play holders against a reader's program

HOSTILE_PATIENCE: seconds of --timeout; HOSTILE_MEMORY: MiB that a program may take (with a sanitizer it takes more).
COMMAND is the session command, without stream and engagement. Prints "ok - claim" or "not ok - claim" for each way to
misbehave: with which exit code the program ended, which status it sent last, how long it took and how much memory.

SPDX-License-Identifier: BSD-2-Clause
"""
import base64
import os
import signal
import socket
import struct
import subprocess
import sys
import time
import types

import cbor2
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import session_device
import session_reader

NOTHING = object()  # no status was sent
PATIENCE = int(os.environ.get("HOSTILE_PATIENCE", 1))  # seconds that the program waits for a message
MEMORY = int(os.environ.get("HOSTILE_MEMORY", 96)) * 1024  # KiB that it may take for a peer whom nobody knows
SLOWEST = 6 * PATIENCE + 4
failures = 0


def framed(message):
    return struct.pack(">I", len(message)) + message


class Peer:
    """What the misbehaviour is made with."""

    def __init__(self, sock):
        self.sock = sock
        self.sock.settimeout(SLOWEST)
        self.last = NOTHING
        self.heard = []

    def raw(self, data):
        try:
            self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def write(self, message):
        self.raw(framed(message))

    def flood(self, head, size):
        """As much as is taken, up to size bytes."""
        self.raw(head)
        piece = bytes(1 << 16)
        try:
            for _ in range(size >> 16):
                self.sock.sendall(piece)
        except OSError:
            pass

    def drip(self, data):
        """A byte now and then, always within the time for a message."""
        try:
            for i in range(len(data)):
                self.sock.sendall(data[i:i + 1])
                time.sleep(0.2 * PATIENCE)
        except OSError:
            pass

    def take(self, count):
        data = b""
        while len(data) < count:
            try:
                got = self.sock.recv(count - len(data))
            except ConnectionResetError:
                got = b""
            if not got:
                raise EOFError
            data += got
        return data

    def read(self):
        message = cbor2.loads(self.take(struct.unpack(">I", self.take(4))[0]))
        self.heard.append(message)
        if "status" in message:
            self.last = message["status"]
        return message

    def read_to_the_end(self):
        try:
            while True:
                self.read()
        except EOFError:
            pass


def finish(process, began):
    """Exit code, seconds, KiB."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, time.monotonic() - began, usage.ru_maxrss


def judge(claim, wanted, process, peer, began):
    global failures
    code, seconds, memory = finish(process, began)
    got = f"exit {code}, status {'none' if peer.last is NOTHING else peer.last}, {seconds:.1f} s, {memory >> 10} MiB"
    good = (code == wanted[0] and (wanted[1] is None or peer.last is wanted[1] or peer.last == wanted[1]) and
            seconds < SLOWEST and memory < MEMORY)
    if not good:
        failures += 1
        with open("program.log", encoding="utf-8") as log:
            print(log.read())
    print(f"{'ok' if good else 'not ok'} - {claim} ({got})", flush=True)


def wait_for(condition, process):
    for _ in range(400):
        if condition() or process.poll() is not None:
            return
        time.sleep(0.02)


# ---- what any peer can do; a first message is a valid one, which would be the next ----

def garbage(size):
    return b"\x1b" + os.urandom(size)


COMMON = [
    ("a peer that goes at once", lambda p: None, 4, NOTHING),
    ("one that closes inside a length", lambda p: p.raw(b"\0\0"), 4, NOTHING),
    ("one that closes inside a message", lambda p: p.raw(framed(p.good())[:50]), 4, NOTHING),
    ("one that only listens", lambda p: p.read_to_the_end(), 4, 20),
    ("one that stops inside a length", lambda p: (p.raw(b"\0\0\0"), p.read_to_the_end()), 4, 20),
    ("one that stops inside a message", lambda p: (p.raw(framed(p.good())[:50]), p.read_to_the_end()), 4, 20),
    ("a byte now and then", lambda p: (p.drip(framed(p.good())), p.read_to_the_end()), 4, 20),
    ("half a connection", lambda p: (p.sock.shutdown(socket.SHUT_WR), p.read_to_the_end()), 4, None),
    ("a message of nothing", lambda p: (p.raw(bytes(4)), p.read_to_the_end()), 3, 11),
    ("a message of 100 MB", lambda p: (p.flood(struct.pack(">I", 10 ** 8), 10 ** 8), p.read_to_the_end()), 3, 11),
    ("a message of 4 GB", lambda p: (p.flood(b"\xff\xff\xff\xff", 10 ** 7), p.read_to_the_end()), 3, 11),
    ("a long one of which nothing comes", lambda p: (p.raw(struct.pack(">I", 10 ** 6)), p.read_to_the_end()), 4, 20),
    ("no CBOR", lambda p: (p.write(garbage(1000)), p.read_to_the_end()), 3, 11),
    ("a megabyte of nothing", lambda p: (p.write(bytes(10 ** 6)), p.read_to_the_end()), 3, 11),
    ("a million items", lambda p: (p.write(b"\x9a\x00\x0f\x42\x40" + b"\x80" * 10 ** 6), p.read_to_the_end()), 3, 11),
    ("deep nesting", lambda p: (p.write(b"\x81" * 10 ** 5 + b"\x00"), p.read_to_the_end()), 3, 11),
    ("an announced array of everything", lambda p: (p.write(b"\x9b" + b"\xff" * 8), p.read_to_the_end()), 3, 11),
    ("a member twice", lambda p: (p.write(b"\xa2" + 2 * cbor2.dumps("data") + b"\x40\x40"), p.read_to_the_end()), 3, 11),
    ("an array", lambda p: (p.write(cbor2.dumps([1, 2])), p.read_to_the_end()), 3, 11),
    ("a text for a status", lambda p: (p.write(cbor2.dumps({"status": "20"})), p.read_to_the_end()), 3, 11),
    ("an array for data", lambda p: (p.write(cbor2.dumps({**p.good_map(), "data": []})), p.read_to_the_end()), 3, 11),
    ("an end instead of data", lambda p: (p.write(cbor2.dumps({"status": 20})), p.read_to_the_end()), 1, NOTHING),
    ("an error instead of data", lambda p: (p.write(cbor2.dumps({"status": 10})), p.read_to_the_end()), 1, NOTHING),
    ("another's ciphertext", lambda p: (p.write(cbor2.dumps({**p.good_map(), "data": bytes(100)})), p.read_to_the_end()),
     3, 10),
    ("no ciphertext", lambda p: (p.write(cbor2.dumps({**p.good_map(), "data": b""})), p.read_to_the_end()), 3, 10),
    ("a changed bit", lambda p: (p.write(p.changed()), p.read_to_the_end()), 3, 10),
    ("the second counter first", lambda p: (p.write(p.later()), p.read_to_the_end()), 3, 10),
    ("a signal", lambda p: (p.interrupt(), p.read_to_the_end()), 4, 20),
]


# ---- readers ----

class Reader(Peer):
    def __init__(self, sock, engagement, process):
        super().__init__(sock)
        self.session = session_reader.Session(engagement, None)
        self.process = process
        self.asked = types.SimpleNamespace(ask=None, reader="trusted")

    def good(self):
        return self.session.seal(session_reader.request(self.session, self.asked))

    def good_map(self):
        return cbor2.loads(self.good())

    def changed(self):
        message = self.good_map()
        return cbor2.dumps({**message, "data": message["data"][:-1] + bytes([message["data"][-1] ^ 1])})

    def later(self):
        self.session.sent = 1
        return cbor2.dumps({"eReaderKey": session_reader.tag24(self.session.key_bytes), **self.good_map()})

    def with_key(self, key):
        return cbor2.dumps({**self.good_map(), "eReaderKey": session_reader.tag24(cbor2.dumps(key))})

    def interrupt(self):
        time.sleep(0.1)
        self.process.send_signal(signal.SIGTERM)

    def response(self):
        self.first = self.good()
        self.write(self.first)
        return self.read()


P256 = {1: 2, -1: 1, -2: bytes(32), -3: bytes(32)}
P384 = {1: 2, -1: 2, -2: bytes.fromhex("aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a38"
                                       "5502f25dbf55296c3a545e3872760ab7"),
        -3: bytes.fromhex("3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c0"
                          "0a60b1ce1d7e819d7a431d7c90ea0e5f")}

BEFORE_CONSENT = COMMON + [
    ("SessionData first", lambda p: (p.write(cbor2.dumps({"data": p.good_map()["data"]})), p.read_to_the_end()), 3, 11),
    ("no data with the key", lambda p: (p.write(cbor2.dumps({"eReaderKey": p.good_map()["eReaderKey"]})),
                                        p.read_to_the_end()), 3, None),
    ("a key that is no point", lambda p: (p.write(p.with_key(P256)), p.read_to_the_end()), 3, 11),
    ("a key on another curve", lambda p: (p.write(p.with_key(P384)), p.read_to_the_end()), 3, 10),
    ("a private key", lambda p: (p.write(p.with_key({**P256, -4: bytes(32)})), p.read_to_the_end()), 3, None),
    ("a request and its end at once", lambda p: (p.write(cbor2.dumps({**p.good_map(), "status": 20})),
                                                 p.read_to_the_end()), 1, NOTHING),
    ("a request of nobody", lambda p: (setattr(p.asked, "reader", None), p.write(p.good()), p.read_to_the_end()), 1, 20),
    ("a request that is none", lambda p: (p.write(p.session.seal(b"\xa0")), p.read_to_the_end()), 3, 20),
]

AFTER_A_RESPONSE = [
    ("then the same message", lambda p: (p.response(), p.write(p.first), p.read_to_the_end()), 3, 11),
    ("then the same ciphertext", lambda p: (p.response(), p.write(cbor2.dumps({"data": cbor2.loads(p.first)["data"]})),
                                            p.read_to_the_end()), 3, 10),
    ("then its own answer", lambda p: (p.write(cbor2.dumps(p.response())), p.read_to_the_end()), 3, 10),
    ("then a second SessionEstablishment", lambda p: (
        p.response(), p.write(cbor2.dumps({"eReaderKey": session_reader.tag24(p.session.key_bytes), **p.good_map()})),
        p.read_to_the_end()), 3, 11),
    ("then no CBOR", lambda p: (p.response(), p.write(garbage(100)), p.read_to_the_end()), 3, 11),
    ("then half a message", lambda p: (p.response(), p.raw(b"\0\0\1\0abc")), 4, NOTHING),
    ("then 100 MB", lambda p: (p.response(), p.flood(struct.pack(">I", 10 ** 8), 10 ** 8), p.read_to_the_end()), 3, 11),
    ("then an error", lambda p: (p.response(), p.write(cbor2.dumps({"status": 10})), p.read_to_the_end()), 1, NOTHING),
    ("then nothing", lambda p: (p.response(), p.read_to_the_end()), 0, 20),
]


def against_holder(command, cases, pin):
    for claim, act, *wanted in cases:
        for name in ("engagement.txt", "socket"):
            if os.path.exists(name):
                os.remove(name)
        began = time.monotonic()
        with open("program.log", "w", encoding="utf-8") as log:
            process = subprocess.Popen([*command, "--pin-file", pin, "--timeout", str(PATIENCE), "--listen", "unix:socket",
                                        "--engagement-out", "engagement.txt", "--no-qr"], stdout=log, stderr=log)
        wait_for(lambda: os.path.exists("engagement.txt"), process)
        with open("engagement.txt", encoding="ascii") as file:
            text = file.read().strip()[5:]
        sock = socket.socket(socket.AF_UNIX)
        sock.connect("socket")
        peer = Reader(sock, base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), process)
        act(peer)
        sock.close()
        judge(claim, wanted, process, peer, began)


# ---- holders ----

class Holder(Peer):
    def __init__(self, sock, device, engagement, process):
        super().__init__(sock)
        self.process = process
        self.establishment = self.read()
        reader = self.establishment["eReaderKey"].value
        transcript = [session_device.embedded(engagement), session_device.embedded(reader), None]
        salt = cbor2.dumps(session_device.embedded(cbor2.dumps(transcript)))
        secret = device.agree(cbor2.loads(reader))
        self.ours = AESGCM(session_device.derive(secret, salt, b"SKDevice"))

    def seal(self, plain, counter=1):
        return {"data": self.ours.encrypt(struct.pack(">QI", 1, counter), plain, None)}

    def good_map(self):
        return self.seal(cbor2.dumps({"version": "1.0", "status": 10, "padding": bytes(100)}))

    def good(self):
        return cbor2.dumps(self.good_map())

    def changed(self):
        data = self.good_map()["data"]
        return cbor2.dumps({"data": data[:-1] + bytes([data[-1] ^ 1])})

    def later(self):
        return cbor2.dumps(self.seal(b"\xa0", 2))

    def interrupt(self):
        self.process.send_signal(signal.SIGTERM)


TO_A_READER = COMMON + [
    ("its own message", lambda p: (p.write(cbor2.dumps(p.establishment)), p.read_to_the_end()), 3, 11),
    ("its own ciphertext", lambda p: (p.write(cbor2.dumps({"data": p.establishment["data"]})), p.read_to_the_end()), 3, 10),
    ("neither data nor status", lambda p: (p.write(b"\xa0"), p.read_to_the_end()), 3, 11),
    ("an empty response", lambda p: (p.write(cbor2.dumps(p.seal(b""))), p.read_to_the_end()), 3, 11),
    ("a response that is none", lambda p: (p.write(cbor2.dumps(p.seal(b"\xa1\x01\x02"))), p.read_to_the_end()), 1, 20),
    ("a response that is no CBOR", lambda p: (p.write(cbor2.dumps(p.seal(b"\xff\xff"))), p.read_to_the_end()), 1, 20),
    ("a response with an error in it", lambda p: (p.write(p.good()), p.read_to_the_end()), 1, 20),
    ("a status that nobody knows", lambda p: (p.write(cbor2.dumps({"status": 2 ** 64 - 1})), p.read_to_the_end()),
     1, NOTHING),
]


def against_reader(command):
    for claim, act, *wanted in TO_A_READER:
        device = session_device.Key("P-256")
        engagement = cbor2.dumps({0: "1.0", 1: [1, session_device.embedded(cbor2.dumps(device.cose))]})
        text = "mdoc:" + base64.urlsafe_b64encode(engagement).rstrip(b"=").decode()
        if os.path.exists("socket"):
            os.remove("socket")
        server = socket.socket(socket.AF_UNIX)
        server.bind("socket")
        server.listen(1)
        server.settimeout(SLOWEST)
        began = time.monotonic()
        with open("program.log", "w", encoding="utf-8") as log:
            process = subprocess.Popen([*command, text, "--timeout", str(PATIENCE), "--connect", "unix:socket"], stdout=log,
                                       stderr=log)
        sock, _ = server.accept()
        server.close()
        peer = Holder(sock, device, engagement, process)
        act(peer)
        sock.close()
        judge(claim, wanted, process, peer, began)


def main():
    side, *command = sys.argv[1:]
    if side == "holder":
        against_reader(command)
    elif side == "reader":
        against_holder(command, BEFORE_CONSENT, "wrong.pin")
    else:
        against_holder(command, AFTER_A_RESPONSE, "good.pin")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
