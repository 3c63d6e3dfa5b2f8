// @auth0/mdl in each of its parts: issuer, holder, reader, and what it takes for a session. Reads commands from standard
// input, one a line with tabs between its words, and answers each with one line: "done", "failed REASON", or a verdict.
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
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import mdl from '@auth0/mdl';
import cbor from '@auth0/mdl/lib/cbor/index.js';
import { COSEKeyFromJWK } from 'cose-kit';

const MDL = 'org.iso.18013.5.1.mDL';
const ALG = { 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512', Ed25519: 'EdDSA' };

function head(major, length) {
  const first = major << 5;
  if (length < 24) return Buffer.from([first | length]);
  if (length < 256) return Buffer.from([first | 24, length]);
  return Buffer.from([first | 25, length >> 8, length & 255]);
}

const text = (string) => Buffer.concat([head(3, Buffer.byteLength(string)), Buffer.from(string)]);

// The library wants SessionTranscriptBytes (tag 24); our files may hold the bare array.
function tagged(raw) {
  if (raw[0] === 0xd8 && raw[1] === 24) return raw;
  return Buffer.concat([Buffer.from([0xd8, 24]), head(2, raw.length), raw]);
}

function bare(raw) {
  return raw.subarray(2 + { 0x58: 2, 0x59: 3 }[raw[2]]);
}

const readPrivate = (path) => createPrivateKey(readFileSync(path)).export({ format: 'jwk' });
const readPublic = (path) => createPublicKey(readFileSync(path)).export({ format: 'jwk' });
const forSigning = (jwk) => ({ ...jwk, alg: ALG[jwk.crv] });

// "date:…" is a full-date (tag 1004), "base64url:…" a byte string; everything else is as JSON has it.
function claim(value) {
  if (typeof value === 'string' && value.startsWith('date:')) return new cbor.DateOnly(value.slice(5));
  if (typeof value === 'string' && value.startsWith('base64url:')) return Buffer.from(value.slice(10), 'base64url');
  return value;
}

async function record(claimsPath, dsPath, keyPath, deviceJwk, options) {
  const after = (seconds) => new Date(Date.now() + Number(seconds) * 1000);
  const signer = forSigning(readPrivate(keyPath));
  const document = new mdl.Document(options.doctype);
  for (const [ns, claims] of Object.entries(JSON.parse(readFileSync(claimsPath)))) {
    document.addIssuerNameSpace(ns, Object.fromEntries(Object.entries(claims).map(([k, v]) => [k, claim(v)])));
  }
  const signed = await document.useDigestAlgorithm(options.digest)
    .addValidityInfo({ signed: after(options.from), validFrom: after(options.from), validUntil: after(options.until) })
    .addDeviceKeyInfo({ deviceKey: deviceJwk })
    .sign({ issuerPrivateKey: signer, alg: signer.alg, issuerCertificate: readFileSync(dsPath, 'utf8') });
  return cbor.cborEncode(signed.prepare().get('issuerSigned'));
}

async function issue([claims, ds, dsKey, device, out], options) {
  writeFileSync(out, await record(claims, ds, dsKey, readPublic(device), options));
}

async function credentials([claims, ds, dsKey, request, out], options) {
  const { proofs } = JSON.parse(readFileSync(request));
  const made = proofs.jwt.map(async (jwt) => {
    const { jwk } = JSON.parse(Buffer.from(jwt.split('.')[0], 'base64url'));
    return { credential: Buffer.from(await record(claims, ds, dsKey, jwk, options)).toString('base64url') };
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

const COMMANDS = { issue, credentials, present, verify, transcript, split };
const OPTIONS = {
  doctype: { type: 'string', default: MDL },
  digest: { type: 'string', default: 'SHA-256' },
  from: { type: 'string', default: '0' },
  until: { type: 'string', default: '1728000' },
  'reader-key': { type: 'string' },
  'device-claim': { type: 'string' },
};

async function answer(line) {
  try {
    const { values, positionals: [name, ...words] } = parseArgs({ args: line.split('\t'), allowPositionals: true,
      options: OPTIONS });
    return await COMMANDS[name](words, values) ?? 'done';
  } catch (error) {
    return `failed ${error.message.split('\n')[0]}`;
  }
}

console.log = console.error; // the library talks
for await (const line of createInterface({ input: process.stdin })) process.stdout.write(`${await answer(line)}\n`);
