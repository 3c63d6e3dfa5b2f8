// A wallet that is not ours, for verifiers of OpenID4VP: @openid4vc/openid4vp reads the request and sends the response, jose
// verifies and encrypts, @owf/mdoc makes the DeviceResponse.
//
//   node wallet.mjs URI RECORD.cbor DEVICE-KEY.pem    prints "STATUS ANSWER", what the verifier says to the response
//
// SPDX-License-Identifier: BSD-2-Clause
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Openid4vpClient } from '@openid4vc/openid4vp';
import * as jose from 'jose';
import * as mdoc from '@owf/mdoc';
import { context, forSigning } from './owf-context.mjs';
import { readPrivate } from './lines.mjs';

const [uri, record, deviceKey] = process.argv.slice(2);
const certificate = (text) => new X509Certificate(Buffer.from(text, 'base64'));

const client = new Openid4vpClient({ callbacks: {
  fetch,
  hash: (data, alg) => new Uint8Array(createHash(alg.replace('-', '')).update(data).digest()),
  getX509CertificateMetadata: (text) => ({ sanUriNames: [],
    sanDnsNames: (certificate(text).subjectAltName ?? '').split(', ').filter((one) => one.startsWith('DNS:'))
      .map((one) => one.slice(4)) }),
  verifyJwt: async ({ x5c }, { compact }) => {
    const key = certificate(x5c[0]).publicKey;
    await jose.compactVerify(compact, key);
    return { verified: true, signerJwk: await jose.exportJWK(key) };
  },
  encryptJwe: async ({ publicJwk, enc, alg, apu, apv }, data) => {
    const jwe = new jose.CompactEncrypt(Buffer.from(data)).setProtectedHeader({ alg, enc, kid: publicJwk.kid });
    if (apv) jwe.setKeyManagementParameters({ apu: Buffer.from(apu ?? '', 'base64url'), apv: Buffer.from(apv, 'base64url') });
    return { encryptionJwk: publicJwk, jwe: await jwe.encrypt(await jose.importJWK(publicJwk, alg)) };
  },
} });

// One DeviceResponse for a credential query.
async function present({ claims, meta }, sessionTranscript) {
  const namespaces = {};
  for (const { path: [ns, element] } of claims) namespaces[ns] = { ...namespaces[ns], [element]: false };
  const deviceRequest = mdoc.DeviceRequest.create({ docRequests: [mdoc.DocRequest.create({
    itemsRequest: mdoc.ItemsRequest.create({ docType: meta.doctype_value, namespaces }) })] });
  const made = await mdoc.Holder.createDeviceResponseForDeviceRequest({ deviceRequest, sessionTranscript,
    issuerSigned: [mdoc.IssuerSigned.decode(readFileSync(record))], signature: { signingKey: forSigning(readPrivate(deviceKey)) },
  }, context);
  return Buffer.from(made.encode()).toString('base64url');
}

const parsed = client.parseOpenid4vpAuthorizationRequest({ authorizationRequest: uri });
const resolved = await client.resolveOpenId4vpAuthorizationRequest({ authorizationRequestPayload: parsed.params,
  wallet: { nonce: 'of-this-wallet' } });
const asked = resolved.authorizationRequestPayload;
const [jwk] = asked.client_metadata.jwks?.keys ?? [];
const transcript = await mdoc.SessionTranscript.forOid4Vp({ clientId: asked.client_id, nonce: asked.nonce,
  responseUri: asked.response_uri, ...(jwk ? { jwkThumbprint: new Uint8Array(Buffer.from(
    await jose.calculateJwkThumbprint(jwk), 'base64url')) } : {}) }, context);
const tokens = {};
for (const one of asked.dcql_query.credentials) tokens[one.id] = [await present(one, transcript)];
const made = await client.createOpenid4vpAuthorizationResponse({ authorizationRequestPayload: asked,
  authorizationResponsePayload: { vp_token: tokens },
  ...(jwk ? { jarm: { encryption: { nonce: 'of-this-wallet' }, serverMetadata: { authorization_signing_alg_values_supported: [],
    authorization_encryption_alg_values_supported: ['ECDH-ES'], authorization_encryption_enc_values_supported: ['A256GCM'] } } }
    : {}) });
const { response } = await client.submitOpenid4vpAuthorizationResponse({ authorizationRequestPayload: asked,
  authorizationResponsePayload: made.authorizationResponsePayload, jarm: made.jarm });
process.stdout.write(`${response.status} ${JSON.stringify(await response.clone().json())}\n`);
