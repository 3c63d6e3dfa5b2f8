// A wallet that is not ours, for issuers of OpenID4VCI: @openid4vc/openid4vci speaks with the issuer, jose signs the proofs
// and opens the answer, @owf/mdoc verifies the records.
//
//   node vci-wallet.mjs OFFER IACA.pem TX-CODE-FILE NAME [--keys=N] [--crv=P-256] [--response=P-256] [--attest] [--plain]
//
// NAME.pem and NAME.key are its TLS certificate; without them it shows none. Prints one line of JSON; the first record and
// its key are written to NAME.cbor and NAME.device. What is refused is {"refused": …}.
//
// SPDX-License-Identifier: BSD-2-Clause
import { createHash, createPrivateKey } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { parseArgs } from 'node:util';
import { Openid4vciClient, Openid4vciWalletProvider } from '@openid4vc/openid4vci';
import { Oauth2Client } from '@openid4vc/oauth2';
import * as jose from 'jose';
import * as mdoc from '@owf/mdoc';
import { context, der } from './owf-context.mjs';

const { values: options, positionals: [offerText, iaca, txFile, name] } = parseArgs({ allowPositionals: true, options: {
  keys: { type: 'string', default: '1' }, crv: { type: 'string', default: 'P-256' },
  response: { type: 'string', default: 'P-256' }, attest: { type: 'boolean' }, plain: { type: 'boolean' } } });
const ALG = { 'P-256': 'ES256', 'P-384': 'ES384' };
const tls = existsSync(`${name}.pem`) ? { cert: readFileSync(`${name}.pem`), key: readFileSync(`${name}.key`) } : {};
const seen = { status: [] };

const make = async (alg, crv) => {
  const { publicKey, privateKey } = await jose.generateKeyPair(alg, { crv, extractable: true });
  return { privateKey, jwk: await jose.exportJWK(publicKey), alg };
};
const responseKey = await make('ECDH-ES', options.response);
const signers = [];

// Over a line that shows the wallet's certificate. The library reads answers in JSON alone: a sealed one is opened first.
function fetchOverTls(url, { method = 'GET', headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const asked = request(url, { ...tls, method, headers: Object.fromEntries(new Headers(headers)) }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => resolve(open(answer, Buffer.concat(parts))));
    });
    asked.on('error', reject);
    asked.end(body === undefined ? undefined : body.toString());
  });
}

async function open(answer, body) {
  const headers = { 'content-type': answer.headers['content-type'] ?? '' };
  seen.status.push(answer.statusCode);
  if (headers['content-type'] !== 'application/jwt')
    return new Response(answer.statusCode === 204 ? null : body, { status: answer.statusCode, headers });
  const { plaintext, protectedHeader } = await jose.compactDecrypt(body.toString(), responseKey.privateKey);
  Object.assign(seen, { sealed: `${protectedHeader.alg} ${protectedHeader.enc}`, kid: protectedHeader.kid });
  return new Response(plaintext, { status: answer.statusCode, headers: { 'content-type': 'application/json' } });
}

const callbacks = {
  fetch: fetchOverTls,
  hash: (data, alg) => new Uint8Array(createHash(alg.replace('-', '')).update(data).digest()),
  signJwt: async (signer, { header, payload }) => {
    const { privateKey } = signers.find(({ jwk }) => jwk.x === signer.publicJwk.x);
    return { jwt: await new jose.SignJWT(payload).setProtectedHeader(header).sign(privateKey), signerJwk: signer.publicJwk };
  },
  clientAuthentication: () => {},
};
const client = new Openid4vciClient({ callbacks });

async function newKey(alg, crv) {
  const key = await make(alg, crv);
  signers.push(key);
  return { method: 'jwk', publicJwk: key.jwk, alg };
}

// One proof a key, by that key; the first may have the attestation of a provider of whom nobody here has heard.
async function prove(issuerMetadata, credentialConfigurationId, nonce) {
  const alg = ALG[options.crv], keys = [], jwts = [];
  for (let i = 0; i < Number(options.keys); i++) keys.push(await newKey(alg, options.crv));
  const keyAttestationJwt = options.attest ? await new Openid4vciWalletProvider({ callbacks }).createKeyAttestationJwt({
    signer: await newKey('ES256', 'P-256'), use: 'proof_type.jwt', nonce, issuedAt: new Date(),
    expiresAt: new Date(Date.now() + 600000), attestedKeys: keys.map(({ publicJwk }) => publicJwk) }) : undefined;
  for (const signer of keys)
    jwts.push((await client.createCredentialRequestJwtProof({ issuerMetadata, credentialConfigurationId, signer, nonce,
      issuedAt: new Date(), keyAttestationJwt })).jwt);
  return jwts;
}

async function records(credentials) {
  const elements = new Set(), keys = new Set();
  for (const { credential } of credentials) {
    const record = mdoc.IssuerSigned.fromEncodedForOid4Vci(credential);
    await mdoc.Holder.verifyIssuerSigned({ issuerSigned: record, trustedCertificates: [der(iaca)] }, context);
    keys.add(record.issuerAuth.mobileSecurityObject.deviceKeyInfo.deviceKey.jwk.x);
    for (const [ns, items] of record.issuerNamespaces.issuerNamespaces)
      for (const { elementIdentifier } of items) elements.add(`${ns}/${elementIdentifier}`);
  }
  const [first] = credentials;
  writeFileSync(`${name}.cbor`, Buffer.from(first.credential, 'base64url'));
  writeFileSync(`${name}.device`, await jose.exportPKCS8(signers[0].privateKey));
  const ours = signers.slice(0, Number(options.keys)).every(({ jwk }) => keys.has(jwk.x));
  return { records: credentials.length, ours: ours && keys.size === credentials.length, elements: elements.size };
}

async function enrol() {
  const credentialOffer = await client.resolveCredentialOffer(offerText);
  const issuerMetadata = await client.resolveIssuerMetadata(credentialOffer.credential_issuer);
  const [configuration] = credentialOffer.credential_configuration_ids;
  seen.known = Object.keys(issuerMetadata.knownCredentialConfigurations);
  const { accessTokenResponse: token } = await client.retrievePreAuthorizedCodeAccessTokenFromOffer({ credentialOffer,
    issuerMetadata, txCode: readFileSync(txFile, 'utf8').trim() });
  const { c_nonce: nonce } = await client.requestNonce({ issuerMetadata });
  const encryption = { jwk: { ...responseKey.jwk, alg: 'ECDH-ES', use: 'enc', kid: 'mine' }, alg: 'ECDH-ES', enc: 'A256GCM' };
  const ask = (accessToken, jwt) => client.retrieveCredentials({ issuerMetadata, accessToken,
    credentialConfigurationId: configuration, proofs: { jwt },
    additionalRequestPayload: options.plain ? {} : { credential_response_encryption: encryption } });
  const { credentialResponse: answer } = await ask(token.access_token, await prove(issuerMetadata, configuration, nonce));
  Object.assign(seen, await records(answer.credentials));
  await client.sendNotification({ issuerMetadata, accessToken: token.access_token,
    notification: { notificationId: answer.notification_id, event: 'credential_accepted' } });
  seen.told = seen.status.at(-1);
  try {
    const again = await new Oauth2Client({ callbacks }).retrieveRefreshTokenAccessToken({ refreshToken: token.refresh_token,
      authorizationServerMetadata: issuerMetadata.authorizationServers[0] });
    seen.renewable = Boolean(again.accessTokenResponse.access_token);
  } catch (error) {
    seen.renewable = error.errorResponse?.error_description ?? error.message;
  }
}

try {
  await enrol();
} catch (error) {
  seen.refused = error.errorResponse ?? error.response?.credentialErrorResponseResult?.data ?? `${error.message}`;
}
delete seen.status;
process.stdout.write(`${JSON.stringify(seen)}\n`);
