#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Stand between a TPM's users and its emulator, and look at what passes.

usage: tpm_relay.py record TPM-SOCKET SOCKET LOG            pass all on, and write it down
       tpm_relay.py kill TPM-SOCKET SOCKET CODE PID-FILE    once a command of that code comes, kill the emulator
       tpm_relay.py codes LOG                               how often each command got each answer
       tpm_relay.py search LOG SERIAL                       exit 1 if one of the secrets in the environment's PIN, NEW,
                                                            WRONG and SO passed in clear, or an authorisation value
                                                            made of one, or a password session with a value

SOCKET and SOCKET.ctrl are made. One connection at a time, as the emulator does.
"""
import hashlib
import hmac
import os
import signal
import socket
import sys
import threading
from collections import Counter

PASSWORD_SESSION = bytes.fromhex("40000009")


def listen(path):
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(16)
    return server


def call(path):
    client = socket.socket(socket.AF_UNIX)
    client.connect(path)
    return client


def read_exactly(sock, count):
    data = b""
    while len(data) < count:
        more = sock.recv(count - len(data))
        if not more:
            return None
        data += more
    return data


def read_message(sock):
    head = read_exactly(sock, 10)
    rest = read_exactly(sock, int.from_bytes(head[2:6], "big") - 10) if head else None
    return None if rest is None else head + rest


def pump(source, sink):
    """One direction of the control channel."""
    try:
        while data := source.recv(4096):
            sink.sendall(data)
    except OSError:
        pass
    for sock in (source, sink):
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def control(server, tpm):
    while True:
        client, _ = server.accept()
        try:
            upstream = call(tpm + ".ctrl")
        except OSError:
            client.close()
            continue
        for pair in ((client, upstream), (upstream, client)):
            threading.Thread(target=pump, args=pair, daemon=True).start()


def serve(client, tpm, look):
    upstream = None
    try:
        upstream = call(tpm)
        while message := read_message(client):
            look("C", message)
            upstream.sendall(message)
            answer = read_message(upstream)
            if answer is None:
                break
            look("A", answer)
            client.sendall(answer)
    except OSError:
        pass
    for sock in (client, upstream):
        if sock is not None:
            sock.close()


def relay(tpm, path, look):
    data = listen(path)
    threading.Thread(target=control, args=(listen(path + ".ctrl"), tpm), daemon=True).start()
    while True:
        serve(data.accept()[0], tpm, look)


def record(tpm, path, log):
    with open(log, "a", encoding="ascii", buffering=1) as file:
        relay(tpm, path, lambda kind, message: file.write(f"{kind} {message.hex()}\n"))


def kill(tpm, path, code, pid_file):
    wanted = [int(code, 16)]

    def look(kind, message):
        if kind == "C" and int.from_bytes(message[6:10], "big") in wanted:
            wanted.clear()
            with open(pid_file, encoding="ascii") as file:
                os.kill(int(file.read()), signal.SIGKILL)

    relay(tpm, path, look)


def messages(log):
    """Command and answer, in pairs; the answer of a command that was broken off is empty."""
    command = None
    with open(log, encoding="ascii") as file:
        for line in file:
            kind, data = line.split()
            if kind == "C":
                if command is not None:
                    yield command, b""
                command = bytes.fromhex(data)
            else:
                yield command, bytes.fromhex(data)
                command = None


def plain_code(answer):
    """The answer's code without the number of the handle, session or parameter that it is about."""
    code = int.from_bytes(answer[6:10], "big")
    return code & 0xBF if code & 0x80 else code


def codes(log):
    count = Counter((int.from_bytes(command[6:10], "big"), plain_code(answer)) for command, answer in messages(log) if answer)
    for (command, answer), times in sorted(count.items()):
        print(f"0x{command:03x} 0x{answer:03x} {times}")


def auth_values(serial):
    """Secrets as they are typed, and as a TPM is told them."""
    for name in ("PIN", "NEW", "WRONG", "SO"):
        if os.environ.get(name):
            text = os.environ[name].encode()
            yield name, text
            yield "the value of " + name, hmac.new(serial.encode(), text, hashlib.sha256).digest().rstrip(b"\0")
            yield "the digest of " + name, hashlib.sha256(text).digest()


def passwords(command):
    """Values of password sessions: handle, empty nonce, attributes, value."""
    at = command.find(PASSWORD_SESSION)
    while at >= 0:
        after = command[at + 4:]
        if after[:2] == b"\0\0" and len(after) > 5 and int.from_bytes(after[3:5], "big") > 0:
            yield after[5:5 + int.from_bytes(after[3:5], "big")]
        at = command.find(PASSWORD_SESSION, at + 1)


def search(log, serial):
    found, seen = 0, 0
    for command, answer in messages(log):
        seen += 1
        for name, value in auth_values(serial):
            if value in command or value in answer:
                print(f"{name} is in message {seen}, command 0x{command[6:10].hex()}")
                found += 1
        if int.from_bytes(command[:2], "big") == 0x8002:
            for value in passwords(command):
                print(f"a password session of {len(value)} bytes in message {seen}")
                found += 1
    print(f"{seen} commands")
    sys.exit(1 if found or not seen else 0)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    {"record": record, "kill": kill, "codes": codes, "search": search}[sys.argv[1]](*sys.argv[2:])
