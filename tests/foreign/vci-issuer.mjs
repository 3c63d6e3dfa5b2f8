// An issuer that is not ours, for holders of OpenID4VCI: @openid4vc/openid4vci makes the offer and judges the request, jose
// verifies the proofs and seals the answer, @owf/mdoc signs the records.
//
//   node vci-issuer.mjs FOLDER CLAIMS.json [BATCH]
//
// In FOLDER: tls.pem and tls.key, ds.pem and ds.key, and offer.txt and tx, which it makes when it is ready. Every event is a
// line of standard output. A refresh token is good as often as it comes.
//
// SPDX-License-Identifier: BSD-2-Clause
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { Openid4vciIssuer } from '@openid4vc/openid4vci';
import * as jose from 'jose';
import * as mdoc from '@owf/mdoc';
import { context, der, forSigning } from './owf-context.mjs';
import { claims, readPrivate } from './lines.mjs';

const [folder, claimsPath, batch = '10'] = process.argv.slice(2);
const DOC = 'org.iso.23220.1.jp.mnc';
const GRANT = 'urn:ietf:params:oauth:grant-type:pre-authorized_code';
const file = (name) => `${folder}/${name}`;
const say = (...words) => process.stdout.write(`${words.join(' ')}\n`);
const txCode = '493536';
const nonces = new Set(), tokens = new Set(), refresh = randomBytes(16).toString('base64url');
const key = forSigning(readPrivate(file('ds.key')));

const issuer = new Openid4vciIssuer({ callbacks: {
  hash: (data, alg) => new Uint8Array(createHash(alg.replace('-', '')).update(data).digest()),
  generateRandom: (length) => new Uint8Array(randomBytes(length)),
  signJwt: () => { throw new Error('nothing to sign'); },
  verifyJwt: async ({ publicJwk }, { compact }) => {
    try {
      await jose.compactVerify(compact, await jose.importJWK(publicJwk));
      return { verified: true, signerJwk: publicJwk };
    } catch {
      return { verified: false };
    }
  },
} });

async function record(deviceKey) {
  const now = new Date(Math.floor(Date.now() / 1000) * 1000);
  const made = new mdoc.Issuer(DOC, context);
  for (const [ns, values] of claims(claimsPath, mdoc.DateOnly)) made.addIssuerNamespace(ns, values);
  const signed = await made.sign({ signingKey: key, algorithm: key.algorithm, digestAlgorithm: 'SHA-256',
    validityInfo: { signed: now, validFrom: now, validUntil: new Date(now.getTime() + 20 * 86400000) },
    deviceKeyInfo: { deviceKey: mdoc.DeviceKey.fromJwk(deviceKey) }, certificates: [der(file('ds.pem'))] });
  return { credential: signed.encodedForOid4Vci };
}

async function credential(metadata, body) {
  const { proofs, credentialRequest } = issuer.parseCredentialRequest({ issuerMetadata: metadata, credentialRequest: body });
  const [nonce] = nonces;
  nonces.clear();
  const keys = [];
  for (const jwt of proofs.jwt) {
    const proof = await issuer.verifyCredentialRequestJwtProof({ issuerMetadata: metadata, jwt, expectedNonce: nonce });
    keys.push(proof.signer.publicJwk);
    if (proof.keyAttestation) say('attested', proof.keyAttestation.payload.attested_keys.length);
  }
  const response = issuer.createCredentialResponse({ credentialRequest: {}, notificationId: 'n-1',
    credentials: await Promise.all(keys.map(record)) });
  const { jwk, enc } = credentialRequest.credential_response_encryption;
  say('issued', keys.length);
  return new jose.CompactEncrypt(Buffer.from(JSON.stringify(response)))
    .setProtectedHeader({ alg: 'ECDH-ES', enc }).encrypt(await jose.importJWK(jwk, 'ECDH-ES'));
}

function token(form) {
  const wanted = offered?.credentialOfferObject.grants[GRANT];
  if (form.get('grant_type') === GRANT) {
    if (form.get('pre-authorized_code') !== wanted?.['pre-authorized_code'] || form.get('tx_code') !== txCode)
      return [400, { error: 'invalid_grant' }];
    offered = undefined;
  } else if (form.get('refresh_token') !== refresh) {
    return [400, { error: 'invalid_grant' }];
  }
  const access = randomBytes(16).toString('base64url');
  tokens.add(`Bearer ${access}`);
  return [200, { access_token: access, token_type: 'Bearer', expires_in: 600, refresh_token: refresh }];
}

function nonce() {
  const made = randomBytes(16).toString('base64url');
  nonces.add(made);
  return [200, issuer.createNonceResponse({ cNonce: made })];
}

let metadata, offered;
async function route(request, body) {
  const { url, method, headers } = request;
  if (url === '/.well-known/openid-credential-issuer') return [200, metadata.credentialIssuer];
  if (url === '/.well-known/oauth-authorization-server') return [200, metadata.authorizationServers[0]];
  if (url === '/offer' && offered) return [200, offered.credentialOfferObject];
  if (method !== 'POST') return [404, { error: 'not_found' }];
  if (url === '/token') return token(new URLSearchParams(body));
  if (url === '/nonce') return nonce();
  if (!tokens.has(headers.authorization)) return [401, { error: 'invalid_token' }];
  if (url === '/credential') return [200, await credential(metadata, JSON.parse(body))];
  say('notified', JSON.parse(body).event);
  return [204, {}];
}

const server = createServer({ key: readFileSync(file('tls.key')), cert: readFileSync(file('tls.pem')), requestCert: true,
  rejectUnauthorized: false }, async (request, response) => {
  let body = '', status, answer;
  for await (const part of request) body += part;
  try {
    [status, answer] = await route(request, body);
  } catch (error) {
    say('failed', error.message, error.cause?.message ?? '');
    [status, answer] = [400, error.errorResponse ?? { error: 'invalid_credential_request' }];
  }
  const sealed = typeof answer === 'string';
  response.writeHead(status, { 'content-type': sealed ? 'application/jwt' : 'application/json' });
  response.end(status === 204 ? undefined : sealed ? answer : JSON.stringify(answer));
});

server.listen(0, '127.0.0.1', async () => {
  const base = `https://localhost:${server.address().port}`;
  const credentialIssuer = issuer.createCredentialIssuerMetadata({ credential_issuer: base,
    credential_endpoint: `${base}/credential`, nonce_endpoint: `${base}/nonce`, notification_endpoint: `${base}/notification`,
    batch_credential_issuance: { batch_size: Number(batch) },
    credential_response_encryption: { alg_values_supported: ['ECDH-ES'], enc_values_supported: ['A256GCM'],
      encryption_required: true },
    credential_configurations_supported: { record: { format: 'mso_mdoc', doctype: DOC,
      cryptographic_binding_methods_supported: ['cose_key'], credential_signing_alg_values_supported: [-7],
      proof_types_supported: { jwt: { proof_signing_alg_values_supported: ['ES256'] } } } } });
  metadata = { credentialIssuer, originalDraftVersion: 'V1',
    knownCredentialConfigurations: issuer.getKnownCredentialConfigurationsSupported(credentialIssuer),
    authorizationServers: [{ issuer: base, token_endpoint: `${base}/token`, response_types_supported: [] }] };
  offered = await issuer.createCredentialOffer({ issuerMetadata: metadata, credentialConfigurationIds: ['record'],
    credentialOfferUri: `${base}/offer`, grants: { [GRANT]: { tx_code: { length: 6, input_mode: 'numeric' } } } });
  writeFileSync(file('tx'), `${txCode}\n`);
  writeFileSync(file('offer.txt'), `${offered.credentialOffer}\n`);
  say('ready');
});
