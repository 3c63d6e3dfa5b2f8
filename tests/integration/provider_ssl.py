"""Python's ssl with keys of a token, by openssl.cnf and references instead of key files: provider-tls.sh.

SPDX-License-Identifier: BSD-2-Clause
"""
import multiprocessing
import os
import socket
import ssl
import sys
import threading

os.chdir(sys.argv[1])
PIN = os.environ['PIN']
failures = 0


def check(claim, good):
    global failures
    print('ok' if good else 'not ok', '-', claim, flush=True)
    failures += not good


def context(side, key=None, cert=None, password=None, version=None):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if side == 'server' else ssl.PROTOCOL_TLS_CLIENT)
    made.load_verify_locations('ca.pem')
    made.verify_mode = ssl.CERT_REQUIRED
    if version:
        made.minimum_version = made.maximum_version = version
    if key:
        made.load_cert_chain(cert or key.replace('.key', '.pem'), key, password)
    return made


def answer(listener, served, count):
    """Tell each client who it is."""
    for _ in range(count):
        try:
            raw, _ = listener.accept()
            raw.settimeout(20)
            with served.wrap_socket(raw, server_side=True) as connection:
                connection.recv(16)
                connection.sendall(str(connection.getpeercert()['subject']).encode())
        except OSError as error:  # ssl.SSLError is one
            print('server:', error, flush=True)


def ask(port, own):
    with socket.create_connection(('localhost', port), timeout=20) as raw:
        with own.wrap_socket(raw, server_hostname='localhost') as connection:
            connection.sendall(b'who am I?')
            return connection.recv(1000).decode(), connection.version()


def listen():
    listener = socket.create_server(('127.0.0.1', 0))
    listener.settimeout(20)
    return listener, listener.getsockname()[1]


# A wrong PIN is an error of ssl, with a text. (Before the first login: one login does for the process.)
for key, password in ('wrong.key', None), ('asks.key', os.environ['WRONG']):
    try:
        context('server', key, 'server-p256.pem', password)
        check(f'{key}: a wrong PIN', False)
    except OSError as error:
        print(repr(error))
        check(f'{key}: a wrong PIN is an SSLError with a text', isinstance(error, ssl.SSLError) and str(error))
context('server', 'asks.key', 'server-p256.pem', PIN)
check('asks.key: the right one is as good as that of a key file', True)

# Server and client, in threads, on both versions of TLS.
served = context('server', 'server-p256.key')
for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
    listener, port = listen()
    with listener:
        server = threading.Thread(target=answer, args=(listener, served, 8))
        server.start()
        got = []
        own = context('client', 'client-p384.key', version=version)
        clients = [threading.Thread(target=lambda: got.append(ask(port, own))) for _ in range(8)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        server.join()
    check(f'eight clients at once with a key of the token, {version.name}',
          len(got) == 8 and all('client-p384' in who and v == version.name.replace('_', '.') for who, v in got))

# Without a key, nothing.
listener, port = listen()
with listener:
    server = threading.Thread(target=answer, args=(listener, served, 1))
    server.start()
    try:
        refused = ask(port, context('client'))[0] == ''
    except OSError:
        refused = True
    server.join()
check('a client without a key is refused', refused)

# The key is loaded in the parent and used in forked children.
served = context('server', 'server-ed25519.key')
listener, port = listen()
with listener:
    forked = multiprocessing.get_context('fork')
    children = [forked.Process(target=answer, args=(listener, served, 2)) for _ in range(3)]
    for child in children:
        child.start()
    own = context('client', 'client-p256.key')
    got = [ask(port, own) for _ in range(6)]
    for child in children:
        child.join()
check('three forked servers with a key that their parent loaded', all('client-p256' in who for who, _ in got))
check('and the children end in order', all(child.exitcode == 0 for child in children))
sys.exit(failures != 0)
