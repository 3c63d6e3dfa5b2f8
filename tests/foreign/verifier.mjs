// A verifier on the web that is not ours: @openid4vc/openid4vp makes its requests and reads the responses, jose signs and
// decrypts, @owf/mdoc judges the DeviceResponses. It says its origin, then is talked to as lines.mjs has it:
//
//   offer NAME QUERY.json [WORD...]  the URI of a request with this DCQL query; the words change it:
//        san                         client id x509_san_dns, else x509_hash
//        value, post                 the object in the URI; by reference with POST, else with GET
//        plain                       direct_post, else direct_post.jwt
//        same-device                 the answer has a redirect_uri
//        set:HEADER-OR-CLAIM=JSON    put over what the library made ("header.typ=…"), before it is signed; null removes
//        uri:NAME=VALUE              put over a parameter of the URI; empty removes
//        key:FILE, cert:FILE         another signer, another x5c
//        old-nonce                   the wallet_nonce of the request before
//        answer:STATUS, huge, type:TYPE, redirect  what the request_uri answers with instead
//        take:STATUS, take-huge, take-redirect      what the response_uri answers with instead
//   result NAME                      "accept ELEMENT...", "refuse REASON", "error CODE DESCRIPTION" or "nothing"
//   gets NAME                        how often, and how, the request was fetched
//
// Files: tls.key tls.pem reader.key reader.pem iaca.pem
//
// SPDX-License-Identifier: BSD-2-Clause
import { createHash, createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createServer as createPlainServer } from 'node:http';
import { Openid4vpVerifier } from '@openid4vc/openid4vp';
import * as jose from 'jose';
import * as mdoc from '@owf/mdoc';
import { context, der } from './owf-context.mjs';
import { serve } from './lines.mjs';

const offers = new Map();
const random = () => randomBytes(24).toString('base64url');
let origin, plainOrigin, nonceBefore = 'none';

const verifier = new Openid4vpVerifier({ callbacks: {
  hash: (data, alg) => new Uint8Array(createHash(alg.replace('-', '')).update(data).digest()),
  generateRandom: (n) => new Uint8Array(randomBytes(n)),
  signJwt: async (_signer, { header, payload }) => {
    const { change } = current;
    for (const [name, value] of change) {
      const [where, member] = name.startsWith('header.') ? [header, name.slice(7)] : [payload, name];
      if (value === null) delete where[member];
      else where[member] = value;
    }
    const key = createPrivateKey(readFileSync(current.key));
    const jwt = await new jose.CompactSign(Buffer.from(JSON.stringify(payload)))
      .setProtectedHeader({ ...header, alg: 'ES256' }).sign(key);
    return { jwt, signerJwk: jose.exportJWK(key) };
  },
  decryptJwe: async (jwe, { jwk }) => {
    const { plaintext, protectedHeader } = await jose.compactDecrypt(jwe, current.encryption.privateKey);
    current.enc = protectedHeader.enc;
    return { decrypted: true, decryptionJwk: jwk, payload: Buffer.from(plaintext).toString() };
  },
} });
let current;

// The library has no SAN to look at, and does not need to: who reads this is who is tested.
async function object(one, walletNonce) {
  current = one;
  const made = await verifier.createOpenId4vpAuthorizationRequest({
    ...(walletNonce ? { wallet: { expectedNonce: walletNonce } } : {}),
    authorizationRequestPayload: { ...one.payload, ...(walletNonce ? { wallet_nonce: walletNonce } : {}) },
    jar: { jwtSigner: { method: 'x5c', alg: 'ES256', x5c: [Buffer.from(der(one.cert)).toString('base64')] },
      ...(one.words.has('value') ? {} : { requestUri: `${origin}/request/${one.name}` }),
      additionalJwtPayload: { aud: 'https://self-issued.me/v2', iat: Math.floor(Date.now() / 1000),
        exp: Math.floor(Date.now() / 1000) + 300 } },
  });
  return { jwt: made.jar.authorizationRequestJwt, uri: made.authorizationRequest };
}

async function offer([name, query, ...list]) {
  const words = new Map(list.map((word) => [word.split(':')[0], word.slice(word.indexOf(':') + 1)]));
  const cert = words.get('cert') ?? 'reader.pem';
  const encryption = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...encryption.publicKey.export({ format: 'jwk' }), use: 'enc', alg: 'ECDH-ES', kid: random() };
  const clientId = words.has('san') ? 'x509_san_dns:localhost'
    : `x509_hash:${createHash('sha256').update(der(cert)).digest('base64url')}`;
  const change = list.filter((word) => word.startsWith('set:')).map((word) => {
    const [member, value] = [word.slice(4, word.indexOf('=')), word.slice(word.indexOf('=') + 1)];
    return [member, JSON.parse(value.replaceAll('PLAIN', plainOrigin).replaceAll('KEYS', JSON.stringify({ keys: [jwk] })))];
  });
  const one = { name, words, change, cert, key: words.get('key') ?? 'reader.key', encryption, jwk, gets: [], posts: 0,
    payload: { response_type: 'vp_token', response_mode: words.has('plain') ? 'direct_post' : 'direct_post.jwt',
      client_id: clientId, response_uri: `${origin}/response/${name}`, nonce: random(), state: random(),
      dcql_query: JSON.parse(readFileSync(query)),
      client_metadata: { vp_formats_supported: { mso_mdoc: { deviceauth_alg_values: [-7, -9] } }, jwks: { keys: [jwk] },
        encrypted_response_enc_values_supported: ['A128GCM', 'A256GCM'] } } };
  offers.set(name, one);
  const uri = new URL((await object(one)).uri);
  if (words.has('post')) uri.searchParams.set('request_uri_method', 'post');
  for (const word of list.filter((each) => each.startsWith('uri:'))) {
    const [member, value] = [word.slice(4, word.indexOf('=')), word.slice(word.indexOf('=') + 1)];
    if (value === '') uri.searchParams.delete(member);
    else uri.searchParams.set(member, value.replaceAll('PLAIN', plainOrigin));
  }
  return uri.toString();
}

// A DeviceRequest of what was asked, since @owf/mdoc judges a response by one.
function asked(credential) {
  const namespaces = {};
  for (const { path: [ns, element] } of credential.claims) namespaces[ns] = { ...namespaces[ns], [element]: false };
  return mdoc.DeviceRequest.create({ docRequests: [mdoc.DocRequest.create({
    itemsRequest: mdoc.ItemsRequest.create({ docType: credential.meta.doctype_value, namespaces }) })] });
}

async function judge(one, id, text) {
  const reasons = [], elements = [];
  const { client_id: clientId, nonce, response_uri: responseUri, dcql_query: query } = { ...one.payload,
    ...Object.fromEntries(one.change.filter(([member]) => member === 'response_uri')) };
  const credential = query.credentials.find((each) => each.id === id);
  if (!credential) return { reasons: [`no credential ${id} was asked for`], elements };
  const response = mdoc.DeviceResponse.decode(Buffer.from(text, 'base64url'));
  const given = response.documents.flatMap(({ issuerSigned }) => [...issuerSigned.issuerNamespaces.issuerNamespaces]
    .flatMap(([ns, items]) => items.map((item) => `${ns}/${item.elementIdentifier}`)));
  elements.push(...given);
  credential.claims = credential.claims.filter(({ path }) => given.includes(path.join('/')));
  await mdoc.Verifier.verifyDeviceResponse({ deviceResponse: response, deviceRequest: asked(credential),
    sessionTranscript: await mdoc.SessionTranscript.forOid4Vp({ clientId, nonce, responseUri,
      ...(one.words.has('plain') ? {} : { jwkThumbprint: new Uint8Array(Buffer.from(
        await jose.calculateJwkThumbprint(one.jwk), 'base64url')) }) }, context),
    trustedCertificates: [der('iaca.pem')],
    onCheck: (row) => { if (row.status !== 'PASSED') reasons.push(row.check + (row.reason ? ` (${row.reason})` : '')); },
  }, context);
  return { reasons, elements };
}

async function result([name]) {
  const one = offers.get(name);
  current = one;
  if (!one.got) return 'nothing';
  if (one.got.error) return `error ${one.got.error} ${one.got.error_description}`;
  try {
    const parsed = await verifier.parseOpenid4vpAuthorizationResponse({ authorizationResponse: one.got,
      authorizationRequestPayload: one.payload, callbacks: verifier.options.callbacks });
    if (parsed.type !== 'dcql') return `refuse it is of type ${parsed.type}`;
    if (parsed.authorizationResponsePayload.state !== one.payload.state) return 'refuse another state';
    const reasons = [], elements = [];
    for (const [id, presentations] of Object.entries(parsed.dcql.presentations)) {
      for (const text of [presentations].flat()) {
        const judged = await judge(one, id, text);
        reasons.push(...judged.reasons);
        elements.push(...judged.elements.map((element) => `${id}:${element}`));
      }
    }
    const how = one.words.has('plain') ? 'plain' : one.enc;
    return reasons.length === 0 && elements.length > 0 ? `accept ${how} ${elements.sort().join(' ')}`
      : `refuse ${reasons.join('; ')}`;
  } catch (error) {
    return `refuse ${error.message.split('\n')[0]}`;
  }
}

async function body(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return new URLSearchParams(Buffer.concat(chunks).toString());
}

function odd(one, prefix, response) {
  const status = one.words.get(prefix === '' ? 'answer' : 'take');
  if (one.words.has(`${prefix}huge`)) {
    response.writeHead(200, { 'Content-Type': 'application/oauth-authz-req+jwt' });
    response.end(Buffer.alloc(20_000_000, 'A'));
  } else if (one.words.has(`${prefix}redirect`)) {
    response.writeHead(302, { Location: `${origin}/elsewhere` }).end();
  } else if (status) {
    response.writeHead(Number(status), { 'Content-Type': 'application/json' })
      .end('{"error":"invalid_request","error_description":"we do not like \\u001b[31mit"}');
  } else {
    return false;
  }
  return true;
}

async function handle(request, response) {
  const [, what, name] = request.url.split('/');
  const one = offers.get(name);
  if (what === 'elsewhere') process.stderr.write('a redirect was followed\n');
  if (!one || !['request', 'response'].includes(what)) return response.writeHead(404).end();
  const form = request.method === 'POST' ? await body(request) : new URLSearchParams();
  if (what === 'request') {
    one.gets.push(request.method + (form.has('wallet_metadata') ? ` ${JSON.stringify(JSON.parse(form.get('wallet_metadata'))
      .client_id_prefixes_supported)}` : ''));
    const nonce = form.get('wallet_nonce') ?? undefined;
    const used = one.words.has('old-nonce') ? nonceBefore : nonce;
    nonceBefore = nonce ?? nonceBefore;
    if (odd(one, '', response)) return undefined;
    const { jwt } = await object(one, used);
    return response.writeHead(200, { 'Content-Type': one.words.get('type') ?? 'application/oauth-authz-req+jwt' }).end(jwt);
  }
  if (request.method !== 'POST' || request.headers['content-type'] !== 'application/x-www-form-urlencoded') {
    return response.writeHead(400).end();
  }
  one.got = Object.fromEntries(form);
  if (one.got.vp_token) one.got.vp_token = JSON.parse(one.got.vp_token);
  if (odd(one, 'take-', response)) return undefined;
  return response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(one.words.has('same-device')
    ? { redirect_uri: `${origin}/done#response_code=${name}` } : {}));
}

async function listen(server) {
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return server.address().port;
}

const safely = (request, response) => handle(request, response).catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  response.writeHead(500).end();
});
const server = createServer({ key: readFileSync('tls.key'), cert: readFileSync('tls.pem') }, safely);
const plain = createPlainServer(safely);
origin = `https://localhost:${await listen(server)}`;
plainOrigin = `http://localhost:${await listen(plain)}`;
process.stdout.write(`${origin}\n`);
await serve({ offer, result, gets: ([name]) => offers.get(name).gets.join(' ') || 'never' });
process.exit(0);
