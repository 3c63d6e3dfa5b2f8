"""A wallet for "mdoc-reader serve" that also does what wallets must not do. Its cryptography is python3-jwcrypto's and
python3-cryptography's; DeviceResponses come from mdoc-present, for a transcript that mdoc-reader makes from what stands in
the request object.

  serve_wallet.py attacks BASE CA      lines "ok - …" and "not ok - …"
  serve_wallet.py answer URI CA        answers a request honestly, and prints what the server says to it

In the working folder: pin, a token "holder". SPDX-License-Identifier: BSD-2-Clause
"""
import base64
import hashlib
import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import time
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from jwcrypto import jwe, jwk

FORM = 'application/x-www-form-urlencoded'
NS = 'org.iso.23220.1.jp'


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    def json(self):
        return json.loads(self.body)


class Server:
    """Requests to one server, each over a connection of its own."""

    def __init__(self, base, ca):
        parts = urlsplit(base)
        self.base, self.host, self.port, self.tls = base, parts.hostname, parts.port, parts.scheme == 'https'
        self.context = ssl.create_default_context(cafile=ca) if self.tls else None

    def connect(self):
        sock = socket.create_connection((self.host, self.port), timeout=40)
        return self.context.wrap_socket(sock, server_hostname=self.host) if self.tls else sock

    def ask(self, method, path, body=None, **headers):
        kind = http.client.HTTPSConnection if self.tls else http.client.HTTPConnection
        extra = {'context': self.context} if self.tls else {}
        one = kind(self.host, self.port, timeout=40, **extra)
        one.request(method, path, body, {name.replace('_', '-'): value for name, value in headers.items()})
        answer = Answer(one.getresponse())
        one.close()
        return answer

    def post(self, path, fields, **headers):
        return self.ask('POST', path, urlencode(fields), Content_Type=FORM, **headers)

    def begin(self, flow='cross_device'):
        answer = self.ask('POST', '/api/transactions', json.dumps({'flow': flow}))
        return Transaction(self, answer.json())


class Transaction:
    def __init__(self, server, begun):
        self.server, self.id, self.token, self.uri = server, begun['id'], begun['token'], begun['wallet_uri']

    def get(self, wait=0, token=None, **query):
        path = f'/api/transactions/{self.id}?' + urlencode({'wait': wait, **query})
        return self.server.ask('GET', path, Authorization='Bearer ' + (token or self.token))

    def state(self, wait=0):
        return self.get(wait).json()['state']

    def end(self):
        return self.server.ask('DELETE', f'/api/transactions/{self.id}', Authorization='Bearer ' + self.token)


class Request:
    """A request object, read and checked."""

    def __init__(self, server, uri, nonce=None):
        query = {name: values[0] for name, values in parse_qs(urlsplit(uri).query).items()}
        path = urlsplit(query['request_uri']).path
        answer = server.post(path, {'wallet_nonce': nonce}) if nonce else server.ask('GET', path)
        self.server, self.status, self.answer = server, answer.status, answer
        if answer.status != 200:
            return
        head, claims, signature = answer.body.decode().split('.')
        self.header, self.claims = json.loads(unb64(head)), json.loads(unb64(claims))
        leaf = base64.b64decode(self.header['x5c'][0])
        raw = unb64(signature)
        der = utils.encode_dss_signature(int.from_bytes(raw[:32], 'big'), int.from_bytes(raw[32:], 'big'))
        x509.load_der_x509_certificate(leaf).public_key().verify(der, f'{head}.{claims}'.encode(), ec.ECDSA(hashes.SHA256()))
        assert self.header['typ'] == 'oauth-authz-req+jwt' and answer.headers['Content-Type'].startswith('application/oauth-authz')
        assert self.claims['client_id'] == query['client_id'] and self.claims['aud'] == 'https://self-issued.me/v2'
        if query['client_id'].startswith('x509_hash:'):
            assert query['client_id'] == 'x509_hash:' + b64(hashlib.sha256(leaf).digest())
        assert self.claims['response_type'] == 'vp_token'
        self.key = self.claims['client_metadata'].get('jwks', {'keys': [None]})['keys'][0]
        self.path = urlsplit(self.claims['response_uri']).path

    def device_response(self):
        """By our own programs, of a copy that this spends."""
        thumbprint = ['--jwk', 'jwk.json'] if self.key else []
        if self.key:
            with open('jwk.json', 'w') as file:
                json.dump(self.key, file)
        run('mdoc-reader', 'transcript', '--openid4vp', '--client-id', self.claims['client_id'], '--nonce', self.claims['nonce'],
            '--response-uri', self.claims['response_uri'], *thumbprint, '--out', 'vp-st.cbor')
        run('mdoc-present', 'respond', '--token', 'holder', '--pin-file', 'pin', '--request', 'vp-req.cbor', '--transcript',
            'vp-st.cbor', '--out', 'vp-dr.cbor', '--yes', '--reader-policy', 'any')
        with open('vp-dr.cbor', 'rb') as file:
            return file.read()

    def payload(self, response, **changes):
        made = {'vp_token': {self.claims['dcql_query']['credentials'][0]['id']: [b64(response)]}, 'state': self.claims['state']}
        return {**made, **changes}

    def encrypt(self, payload, key=None, enc='A256GCM', kid=None):
        key = jwk.JWK(**{name: value for name, value in (key or self.key).items() if name in ('kty', 'crv', 'x', 'y')})
        made = jwe.JWE(payload if isinstance(payload, bytes) else json.dumps(payload).encode(), json.dumps(
            {'alg': 'ECDH-ES', 'enc': enc, 'kid': kid or self.key['kid'], 'apv': b64(self.claims['nonce'].encode())}))
        made.add_recipient(key)
        return made.serialize(compact=True)

    def send(self, payload, **options):
        return self.server.post(self.path, {'response': self.encrypt(payload, **options)})


def run(*words):
    made = subprocess.run(words, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        sys.exit(f'{" ".join(words)}: {made.stderr}')


def claim(good, text):
    print(('ok - ' if good else 'not ok - ') + text, flush=True)


# ---- What must not work ----

def other_browsers(server):
    """The page of a transaction is for the browser that began it."""
    first = server.post('/start', {'flow': 'cross_device'})
    second = server.post('/start', {'flow': 'cross_device'})
    path, cookie = first.headers['Location'], first.headers['Set-Cookie']
    claim(first.status == 303 and path.startswith('/t/'), 'a browser begins a transaction')
    words = {word.strip().split('=')[0].lower() for word in cookie.split(';')[1:]}
    claim({'httponly', 'samesite', 'path', 'max-age'} <= words and ('secure' in words) == server.tls, 'its cookie is for it alone')
    own, other = (one.headers['Set-Cookie'].split(';')[0] for one in (first, second))
    claim(server.ask('GET', path, Cookie=own).status == 200, 'it sees its page')
    for what, value in (('no cookie', ''), ("another transaction's cookie", other), ('a cookie twice', f'{own}; {own}'),
                        ('a cookie that it chose', own.split('=')[0] + '=' + 'A' * 22)):
        answer = server.ask('GET', path, Cookie=value)
        claim(answer.status == 404 and b'openid4vp' not in answer.body, f'with {what} nobody does')
        claim(server.ask('GET', path + '/wait', Cookie=value).status == 404, f'with {what} nobody waits for it')
        claim(server.ask('POST', path + '/end', '', Cookie=value).status == 404, f'with {what} nobody ends it')
    claim(server.ask('POST', path + '/end', '', Cookie=own, Origin='https://evil.example').status == 421,
          'nor does another site by that browser')
    claim(server.ask('GET', f'{path}?response_code={"A" * 22}', Cookie=own).status == 403, 'a response_code that was not given out')
    again = server.post('/start', {'flow': 'cross_device'}, Cookie=own)
    claim(own.split('=')[1] not in again.headers['Set-Cookie'], 'a cookie that is there is never used again (session fixation)')
    claim(server.ask('POST', path + '/end', '', Cookie=own).status == 303, 'it ends it')
    claim(server.ask('GET', path, Cookie=own).status == 404, 'and nothing is left of it')


def wrong_answers(server):
    """What comes without the key, or for another transaction, changes nothing; who has the key has one try."""
    here, there = server.begin(), server.begin()
    request, other = Request(server, here.uri), Request(server, there.uri)
    claim(here.state() == 'asked', 'the script sees that a wallet has fetched the request')
    claim(request.key != other.key and request.claims['nonce'] != other.claims['nonce'] and
          request.claims['state'] != other.claims['state'], 'each transaction has its own key, nonce and state')
    payload = request.payload(b'none')
    for what, answer in (
            ('a form without anything', server.post(request.path, {})),
            ('vp_token without encryption', server.post(request.path, {'vp_token': json.dumps(payload['vp_token']),
                                                                        'state': payload['state']})),
            ('garbage instead of a JWE', server.post(request.path, {'response': 'a.b.c.d.e'})),
            ("the other transaction's key", request.send(payload, key=other.key)),
            ("its kid", request.send(payload, kid=other.key['kid'])),
            ("the other transaction's state", request.send({**payload, 'state': other.claims['state']})),
            ('an error without state', server.post(request.path, {'error': 'access_denied'}))):
        claim(answer.status == 400 and 'error_description' in answer.json(), f'{what} is refused: {answer.body.decode()}')
        claim(here.state() == 'asked', '… and changes nothing')
    claim(server.ask('POST', request.path, '{}', Content_Type='application/json').status == 415, 'JSON is no form')
    claim(request.send(payload).status == 200 and here.state(10) == 'not_verified',
          'a response that is none is not verified')
    claim(request.send(payload).status == 404, 'there is no second answer')
    claim(Request(server, here.uri).status == 404, 'and no second request')
    for _ in range(8):
        server.post(other.path, {'response': 'x'})
    claim(there.state() == 'failed', 'after some tries a transaction is given up')


def wrong_tokens(server):
    for what, token in (('no vp_token', None), ('no object', []), ('a credential that was not asked for', {'doc9': ['AA']}),
                        ('nothing', {}), ('two presentations', {'doc0': ['AA', 'AA']}), ('no base64url', {'doc0': ['!']})):
        one = server.begin()
        request = Request(server, one.uri)
        changes = {} if token is None else {'vp_token': token}
        answer = request.send({'state': request.claims['state'], **changes})
        claim(answer.status == 400 and one.state() in ('failed', 'asked'), f'a vp_token with {what}: {answer.body.decode()}')
        one.end()
    one = server.begin()
    request = Request(server, one.uri)
    said = {'error': 'access_denied', 'error_description': '<b>no</b>\n"', 'state': request.claims['state']}
    claim(server.post(request.path, said).status == 200, 'a wallet may refuse')
    answer = one.get().json()
    claim(answer['state'] == 'refused' and answer['reason'].startswith('access_denied: <b>no</b>?'), 'and the script hears why')


def replay(server):
    """A genuine response is good for its own transaction."""
    here, there = server.begin(), server.begin()
    request, other = Request(server, here.uri), Request(server, there.uri)
    response = request.device_response()
    claim(other.send(other.payload(response)).status == 200 and there.state(10) == 'not_verified',
          'a response to another transaction is not verified')
    claim('番' not in there.get().body.decode(), 'and nothing of it is said')
    answer = request.send(request.payload(response), enc='A128GCM')
    claim(answer.status == 200 and answer.json() == {}, 'the wallet is told nothing but that it came')
    claim(here.state(10) == 'verified', 'in its own it is verified')
    claim('番' in json.dumps(here.get().json(), ensure_ascii=False), 'and the script has the values')
    claim(here.get(token='A' * 22).status == 404 and server.ask('GET', f'/api/transactions/{here.id}').status == 404,
          'without the token nobody has')
    claim(server.ask('GET', f'/t/{here.id}', Cookie=f'mdoc={here.token}; __Secure-mdoc={here.token}').status == 404,
          'nor does a browser')
    claim(here.end().status == 204 and here.get().status == 404, 'until it ends it')


def same_device(server):
    """Who began a transaction on the same device sees nothing until the holder comes back with the code."""
    one = server.begin('same_device')
    request = Request(server, one.uri, nonce='wallet-nonce-1')
    claim(request.claims['wallet_nonce'] == 'wallet-nonce-1', 'a wallet_nonce comes back signed')
    answer = request.send(request.payload(request.device_response()))
    back = urlsplit(answer.json()['redirect_uri'])
    claim(back.netloc == 'shop.example', 'the wallet leads back to where the server was told to')
    time.sleep(0.3)
    claim(one.get(10).status == 403, 'without the response_code there is no result')
    claim(one.get(response_code='A' * 22).status == 403, 'nor with another one')
    code = parse_qs(back.query)['response_code'][0]
    claim(one.get(response_code=code).json()['state'] == 'verified', 'with it there is')
    answer = server.post('/start', {'flow': 'same_device'})
    path, cookie = answer.headers['Location'], answer.headers['Set-Cookie'].split(';')[0]
    page = server.ask('GET', path, Cookie=cookie).body.decode()
    uri = page.split('id="wallet" href="')[1].split('"')[0].replace('&amp;', '&')
    request = Request(server, uri)
    back = urlsplit(request.send(request.payload(request.device_response())).json()['redirect_uri'])
    time.sleep(0.5)
    claim('番' not in server.ask('GET', path, Cookie=cookie).body.decode(), 'a page, too, shows nothing before')
    answer = server.ask('GET', f'{back.path}?{back.query}')
    claim(answer.status == 404 and '番' not in answer.body.decode(), 'the way back is no good in another browser')
    answer = server.ask('GET', f'{back.path}?{back.query}', Cookie=cookie)
    claim(answer.status == 303 and answer.headers['Location'] == path, 'in the right one it leads to the page')
    claim('番' in server.ask('GET', path, Cookie=cookie).body.decode(), 'which shows the result')


def odd_requests(server):
    host = server.base.split('//')[1]
    for what, status, answer in (
            ('another Host', 421, server.ask('GET', '/', Host='evil.example')),
            ('a Host with a header in it', None, raw(server, f'GET / HTTP/1.1\r\nHost: {host}\rX: y\r\n\r\n')),
            ('no Host', 400, raw(server, 'GET / HTTP/1.1\r\n\r\n')),
            ('an unknown path', 404, server.ask('GET', '/secret')),
            ('a path beside it', 404, server.ask('GET', '/t/../t/' + 'A' * 22)),
            ('a longer name', 404, server.ask('GET', '/t/' + 'A' * 23)),
            ('another method', 405, server.ask('PUT', '/')),
            ('GET where one posts', 405, server.ask('GET', '/start')),
            ('another site that posts', 421, server.post('/start', {'flow': 'cross_device'}, Origin='https://evil.example')),
            ('another site, by Sec-Fetch-Site', 421, server.post('/start', {}, Sec_Fetch_Site='cross-site')),
            ('one that hides its name', 421, server.post('/start', {'flow': 'cross_device'}, Origin='null',
                                                         Sec_Fetch_Site='cross-site')),
            ('a form without flow', 400, server.post('/start', {})),
            ('a body that is too large', 413, server.post('/start', {'flow': 'x' * 5000})),
            ('one of 100 MB, announced', 413, raw(server, f'POST /response/{"A" * 22} HTTP/1.1\r\nHost: {host}\r\n'
                                                          'Content-Length: 100000000\r\n\r\n')),
            ('headers without end', None, raw(server, 'GET / HTTP/1.1\r\n' + 'X: ' + 'y' * 40000)),
            ('a flow that there is not', 400, server.ask('POST', '/api/transactions', '{"flow": "both"}'))):
        got = answer.status if hasattr(answer, 'status') else answer
        claim(got == status if status else got in (0, 400, 413, 421, 431), f'{what}: {got}')
    chunked = f'POST /response/{"A" * 22} HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n'
    claim(raw(server, chunked, endless=b'10000\r\n' + b'x' * 65536 + b'\r\n') == 0, 'chunks without end are cut off')
    answer = server.ask('GET', '/')
    policy = answer.headers['Content-Security-Policy']
    claim("default-src 'none'" in policy and "frame-ancestors 'none'" in policy and 'unsafe' not in policy, policy)
    claim(answer.headers['Cache-Control'] == 'no-store' and answer.headers['X-Content-Type-Options'] == 'nosniff' and
          answer.headers['Referrer-Policy'] == 'no-referrer', 'nothing is cached, guessed or told to others')


def raw(server, text, endless=b''):
    """The status of what comes back; 0: the connection was closed."""
    sock = server.connect()
    try:
        sock.sendall(text.encode())
        for _ in range(3000 if endless else 0):
            sock.sendall(endless)
        line = sock.recv(64)
        return int(line.split()[1]) if line else 0
    except (ConnectionError, ssl.SSLError):
        return 0
    finally:
        sock.close()


def slow_clients(server):
    """Whoever drips, or says nothing, is cut off; others are served meanwhile. The server was told --timeout 2."""
    socks = [server.connect() for _ in range(30)]
    start = time.monotonic()
    for sock in socks[:20]:
        sock.sendall(b'GET / HTT')
    dripping = socks[20:]
    alive = len(dripping)
    while alive and time.monotonic() - start < 8:
        claim_now = server.ask('GET', '/').status == 200
        for sock in list(dripping):
            try:
                sock.sendall(b'G' if time.monotonic() - start < 0.5 else b'x')
            except (ConnectionError, ssl.SSLError, OSError):
                dripping.remove(sock)
        alive = len(dripping)
        time.sleep(0.3)
    claim(claim_now, 'others are served while clients drip')
    claim(alive == 0, 'who drips is cut off')
    silent = 0
    for sock in socks[:20]:
        sock.settimeout(5)
        try:
            silent += sock.recv(4096) != b'' and sock.recv(4096) != b''
        except (ConnectionError, ssl.SSLError):
            pass
        except TimeoutError:
            silent += 1
    claim(silent == 0, 'and so is who stops in the middle')
    for sock in socks:
        sock.close()


def flood(server):
    """The table of transactions is bounded (--transactions 40), and empties by itself (--life 10) or when asked to."""
    old, when = server.begin(), time.monotonic()
    slow_clients(server)
    begun, status = [], 201
    while status == 201 and len(begun) < 100:
        answer = server.ask('POST', '/api/transactions')
        status = answer.status
        if status == 201:
            begun.append(Transaction(server, answer.json()))
    claim(status == 503 and len(begun) <= 40 and answer.headers['Retry-After'], f'after {len(begun)} there are no more')
    answer = server.post('/start', {'flow': 'cross_device'})
    claim(answer.status == 503 and 'Set-Cookie' not in answer.headers, 'not for browsers either')
    for one in begun:
        one.end()
    claim(server.ask('POST', '/api/transactions').status == 201, 'there is room again')
    one = server.begin()
    claim(Request(server, one.uri).status == 200, 'a request is fetched')
    claim([Request(server, one.uri, nonce=str(i)).status for i in range(8)][-1] == 429, 'but not signed without end')
    time.sleep(max(0, when + 12 - time.monotonic()))
    claim(old.get().status == 404, 'a transaction ends by itself')


def attacks(base, ca):
    server = Server(base, ca)
    for part in (other_browsers, wrong_answers, wrong_tokens, replay, same_device, odd_requests, flood):
        print('#', part.__name__)
        try:
            part(server)
        except Exception as error:  # pylint: disable=broad-except
            claim(False, f'{part.__name__}: {error!r}')


def answer(uri, ca):
    request_uri = parse_qs(urlsplit(uri).query)['request_uri'][0]
    parts = urlsplit(request_uri)
    request = Request(Server(f'{parts.scheme}://{parts.netloc}', ca), uri)
    got = request.send(request.payload(request.device_response()))
    print(got.body.decode())
    return got


if __name__ == '__main__':
    os.environ.setdefault('PYTHONDONTWRITEBYTECODE', '1')
    {'attacks': attacks, 'answer': answer}[sys.argv[1]](*sys.argv[2:])
