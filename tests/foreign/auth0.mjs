// @auth0/mdl in each of its parts: issuer, holder, reader, and what it takes for a session. See lines.mjs for how it is
// talked to.
//
//   issue CLAIMS.json DS.pem DS-KEY.pem DEVICE-KEY.pem OUT       an IssuerSigned
//        [--doctype=TYPE] [--digest=ALG] [--from=SECONDS] [--until=SECONDS]  times are from now
//   credentials CLAIMS.json DS.pem DS-KEY.pem REQUEST.json OUT   an OpenID4VCI 1.0 Credential Response: a record for
//        [the same options]                                      the key of each proof in a Credential Request
//   present RECORD TRANSCRIPT DEVICE-KEY.pem OUT NAMESPACE/ELEMENT...  a DeviceResponse
//        [--doctype=TYPE]
//        [--reader-key=KEY.pem]                                  with a deviceMac instead of a deviceSignature
//        [--device-claim=NAMESPACE/ELEMENT]                      with this signed by the device, whose value is true
//   verify RESPONSE TRANSCRIPT IACA.pem [READER-KEY.pem]         "accept ELEMENT..." or "refuse REASON; REASON..."
//   transcript OUT KIND MEMBER...                                a bare SessionTranscript, by its own functions
//   split TRANSCRIPT OUT...                                      what is inside of its members, for the former
//
// SPDX-License-Identifier: BSD-2-Clause
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import mdl from '@auth0/mdl';
import cbor from '@auth0/mdl/lib/cbor/index.js';
import { COSEKeyFromJWK } from 'cose-kit';
import { bare, claims, readPrivate, readPublic, serve, tagged, text } from './lines.mjs';

const ALG = { 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512', Ed25519: 'EdDSA' };

const forSigning = (jwk) => ({ ...jwk, alg: ALG[jwk.crv] });

async function record(claimsPath, dsPath, keyPath, deviceJwk, options) {
  const after = (seconds) => new Date(Date.now() + Number(seconds) * 1000);
  const signer = forSigning(readPrivate(keyPath));
  const document = new mdl.Document(options.doctype);
  for (const [ns, values] of claims(claimsPath, cbor.DateOnly)) document.addIssuerNameSpace(ns, values);
  const signed = await document.useDigestAlgorithm(options.digest)
    .addValidityInfo({ signed: after(options.from), validFrom: after(options.from), validUntil: after(options.until) })
    .addDeviceKeyInfo({ deviceKey: deviceJwk })
    .sign({ issuerPrivateKey: signer, alg: signer.alg, issuerCertificate: readFileSync(dsPath, 'utf8') });
  return cbor.cborEncode(signed.prepare().get('issuerSigned'));
}

async function issue([from, ds, dsKey, device, out], options) {
  writeFileSync(out, await record(from, ds, dsKey, readPublic(device), options));
}

async function credentials([from, ds, dsKey, request, out], options) {
  const { proofs } = JSON.parse(readFileSync(request));
  const made = proofs.jwt.map(async (jwt) => {
    const { jwk } = JSON.parse(Buffer.from(jwt.split('.')[0], 'base64url'));
    return { credential: Buffer.from(await record(from, ds, dsKey, jwk, options)).toString('base64url') };
  });
  writeFileSync(out, JSON.stringify({ credentials: await Promise.all(made) }));
}

// Their holder starts from a DeviceResponse without deviceSigned; the record goes in as it is.
async function present([recordPath, transcript, deviceKey, out, ...elements], options) {
  const mdoc = Buffer.concat([Buffer.from([0xa3]), text('version'), text('1.0'), text('documents'),
    Buffer.from([0x81, 0xa2]), text('docType'), text(options.doctype), text('issuerSigned'),
    readFileSync(recordPath), text('status'), Buffer.from([0])]);
  const fields = elements.map((one) => ({ path: [`$['${one.split('/')[0]}']['${one.split('/')[1]}']`],
    intent_to_retain: false }));
  const device = forSigning(readPrivate(deviceKey));
  const reader = options['reader-key'];
  const holder = mdl.DeviceResponse.from(mdoc)
    .usingPresentationDefinition({ id: 'one', input_descriptors: [{ id: options.doctype,
      format: { mso_mdoc: { alg: Object.values(ALG) } }, constraints: { limit_disclosure: 'required', fields } }] })
    .usingSessionTranscriptBytes(tagged(readFileSync(transcript)));
  if (options['device-claim']) {
    const [ns, element] = options['device-claim'].split('/');
    holder.addDeviceNameSpace(ns, { [element]: true });
  }
  if (reader) holder.authenticateWithMAC(device, COSEKeyFromJWK(readPublic(reader)), 'HS256');
  else holder.authenticateWithSignature(device, device.alg);
  writeFileSync(out, (await holder.sign()).encode());
}

async function verify([response, transcript, iaca, reader]) {
  const reasons = [];
  const elements = [];
  let passed = 0;
  try {
    const mdoc = await new mdl.Verifier([readFileSync(iaca, 'utf8')]).verify(readFileSync(response), {
      encodedSessionTranscript: tagged(readFileSync(transcript)),
      ...(reader ? { ephemeralReaderKey: COSEKeyFromJWK(readPrivate(reader)) } : {}),
      onCheck: (row) => {
        if (row.status === 'PASSED') passed += 1;
        else reasons.push(row.check + (row.reason ? ` (${row.reason})` : ''));
      },
    });
    for (const { issuerSigned, deviceSigned } of mdoc.documents) {
      for (const [ns, items] of Object.entries(issuerSigned.nameSpaces)) {
        elements.push(...items.map((item) => `${ns}/${item.elementIdentifier}`));
      }
      for (const [ns, items] of Object.entries(deviceSigned.nameSpaces)) {
        elements.push(...Object.keys(items).map((element) => `${ns}/${element}`));
      }
    }
  } catch (error) {
    reasons.push(error.message);
  }
  return reasons.length === 0 && passed > 0 ? `accept ${elements.sort().join(' ')}` : `refuse ${reasons.join('; ')}`;
}

const sha256 = (members) => createHash('sha256').update(cbor.cborEncode(members)).digest();
const SESSIONS = {
  // By its own functions for the draft of ISO/IEC TS 18013-7 of 2023, and for its website retrieval,
  // whose third member is the handover; without it the session is one engaged by QR code.
  'annex-b-2023': (made, nonce, client, uri, mdocNonce) =>
    made.usingSessionTranscriptForOID4VP(mdocNonce, client, uri, nonce),
  qr: (made, engagement, readerKey) =>
    made.usingSessionTranscriptForWebAPI(readFileSync(engagement), null, readFileSync(readerKey)),
  nfc: (made, engagement, readerKey, select) =>
    made.usingSessionTranscriptForWebAPI(readFileSync(engagement), [readFileSync(select), null], readFileSync(readerKey)),
  // With a handover of the caller's.
  'annex-b': (made, nonce, client, uri, mdocNonce) =>
    made.usingHandover([sha256([client, mdocNonce]), sha256([uri, mdocNonce]), nonce]),
  openid4vp: (made, nonce, client, uri) =>
    made.usingHandover(['OpenID4VPHandover', sha256([client, nonce, null, uri])]),
};

function transcript([out, kind, ...members]) {
  const made = SESSIONS[kind](new mdl.DeviceResponse(new mdl.MDoc()), ...members);
  writeFileSync(out, bare(made.sessionTranscriptBytes));
}

function split([transcript, ...outs]) {
  const [engagement, readerKey, handover] = cbor.cborDecode(tagged(readFileSync(transcript))).data;
  [engagement.buffer, readerKey.buffer, ...handover].slice(0, outs.length).forEach((one, i) => writeFileSync(outs[i], one));
}

await serve({ issue, credentials, present, verify, transcript, split });
