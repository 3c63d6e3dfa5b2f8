// @owf/mdoc as issuer, holder and reader, over Node.js' own cryptography. See lines.mjs for how it is talked to.
//
//   issue CLAIMS.json DS.pem DS-KEY.pem DEVICE-KEY.pem OUT     an IssuerSigned
//        [--doctype=TYPE] [--digest=ALG] [--from=SECONDS] [--until=SECONDS]  times are from now
//   request OUT NAMESPACE/ELEMENT...                           a DeviceRequest, of which no element is to be kept
//        [--doctype=TYPE] [--reader=CERT.pem,KEY.pem,TRANSCRIPT]  with reader authentication
//   asked REQUEST TRANSCRIPT                                   what a DeviceRequest asks for: "accept ELEMENT...", with
//                                                              ":retain" behind what is kept, or "refuse REASON"
//   present RECORD REQUEST TRANSCRIPT DEVICE-KEY.pem OUT       a DeviceResponse with everything that is asked for
//        [--reader-key=KEY.pem]                                with a deviceMac instead of a deviceSignature
//   verify RESPONSE REQUEST TRANSCRIPT IACA.pem                "accept ELEMENT..." or "refuse REASON; REASON..."
//   engaged ENGAGEMENT KEY.pem                                 "accept VERSION TYPE..." of the retrieval methods, if a
//                                                              DeviceEngagement is for this device key
//   transcript OUT KIND MEMBER...                              a bare SessionTranscript, by its own functions
//
// SPDX-License-Identifier: BSD-2-Clause
import { readFileSync, writeFileSync } from 'node:fs';
import * as mdoc from '@owf/mdoc';
import { context, der, forSigning } from './owf-context.mjs';
import { bare, claims, readPrivate, readPublic, serve, tagged } from './lines.mjs';

const session = (path) => mdoc.SessionTranscript.decode(bare(tagged(readFileSync(path))));

async function issue([from, ds, dsKey, device, out], options) {
  const after = (seconds) => new Date(Date.now() + Number(seconds) * 1000);
  const key = forSigning(readPrivate(dsKey));
  const issuer = new mdoc.Issuer(options.doctype, context);
  for (const [ns, values] of claims(from, mdoc.DateOnly)) issuer.addIssuerNamespace(ns, values);
  const made = await issuer.sign({ signingKey: key, algorithm: key.algorithm, digestAlgorithm: options.digest,
    validityInfo: { signed: after(options.from), validFrom: after(options.from), validUntil: after(options.until) },
    deviceKeyInfo: { deviceKey: mdoc.DeviceKey.fromJwk(readPublic(device)) }, certificates: [der(ds)] });
  writeFileSync(out, made.encode());
}

// The library verifies reader authentication, and has the COSE_Sign1 for it, but not what that is over.
async function authenticate(itemsRequest, cert, keyPath, transcript) {
  const key = forSigning(readPrivate(keyPath));
  const { DataItem } = mdoc;
  const over = DataItem.fromData(['ReaderAuthentication', session(transcript).encodedStructure,
    DataItem.fromData(itemsRequest.encodedStructure)]);
  return mdoc.ReaderAuth.create({ signingKey: key, detachedPayload: mdoc.cborEncode(over),
    protectedHeaders: mdoc.ProtectedHeaders.create({ protectedHeaders: new Map([[mdoc.Header.Algorithm, key.algorithm]]) }),
    unprotectedHeaders: mdoc.UnprotectedHeaders.create({ unprotectedHeaders: new Map([[mdoc.Header.X5Chain, der(cert)]]) }),
  }, context);
}

async function request([out, ...elements], options) {
  const namespaces = {};
  for (const [ns, element] of elements.map((one) => one.split('/'))) namespaces[ns] = { ...namespaces[ns], [element]: false };
  const itemsRequest = mdoc.ItemsRequest.create({ docType: options.doctype, namespaces });
  const readerAuth = options.reader ? await authenticate(itemsRequest, ...options.reader.split(',')) : undefined;
  writeFileSync(out, mdoc.DeviceRequest.create({ docRequests: [mdoc.DocRequest.create({ itemsRequest, readerAuth })] }).encode());
}

async function asked([path, transcript]) {
  const reasons = [];
  const wanted = mdoc.DeviceRequest.decode(readFileSync(path));
  await mdoc.Holder.verifyDeviceRequest({ deviceRequest: wanted, sessionTranscript: session(transcript),
    verificationCallback: (row) => { if (row.status !== 'PASSED') reasons.push(row.check); } }, context);
  const elements = wanted.docRequests.flatMap(({ itemsRequest }) => [...itemsRequest.namespaces].flatMap(([ns, all]) =>
    [...all].map(([element, retain]) => `${ns}/${element}${retain ? ':retain' : ''}`)));
  if (!wanted.docRequests.every((one) => one.readerAuth)) reasons.push('no readerAuth');
  return reasons.length === 0 ? `accept ${elements.sort().join(' ')}` : `refuse ${reasons.join('; ')}`;
}

async function present([record, wanted, transcript, deviceKey, out], options) {
  const jwk = readPrivate(deviceKey);
  const reader = options['reader-key'];
  const made = await mdoc.Holder.createDeviceResponseForDeviceRequest({
    deviceRequest: mdoc.DeviceRequest.decode(readFileSync(wanted)), sessionTranscript: session(transcript),
    issuerSigned: [mdoc.IssuerSigned.decode(readFileSync(record))],
    ...(reader ? { mac: { ephemeralKey: mdoc.CoseKey.fromJwk(readPublic(reader)),
      signingKey: mdoc.CoseKey.fromJwk({ ...jwk, alg: 'HS256' }) } } : { signature: { signingKey: forSigning(jwk) } }),
  }, context);
  writeFileSync(out, made.encode());
}

async function verify([path, wanted, transcript, iaca]) {
  const reasons = [];
  const elements = [];
  let passed = 0;
  try {
    const response = mdoc.DeviceResponse.decode(readFileSync(path));
    await mdoc.Verifier.verifyDeviceResponse({ deviceResponse: response,
      deviceRequest: mdoc.DeviceRequest.decode(readFileSync(wanted)), sessionTranscript: session(transcript),
      trustedCertificates: [der(iaca)],
      onCheck: (row) => {
        if (row.status === 'PASSED') passed += 1;
        else reasons.push(row.check + (row.reason ? ` (${row.reason})` : ''));
      } }, context);
    for (const { issuerSigned } of response.documents) {
      for (const [ns, items] of issuerSigned.issuerNamespaces.issuerNamespaces) {
        elements.push(...items.map((item) => `${ns}/${item.elementIdentifier}`));
      }
    }
  } catch (error) {
    reasons.push(error.message);
  }
  return reasons.length === 0 && passed > 0 ? `accept ${elements.sort().join(' ')}` : `refuse ${reasons.join('; ')}`;
}

function engaged([path, key]) {
  const { version, security, deviceRetrievalMethods } = mdoc.DeviceEngagement.decode(readFileSync(path));
  const { x, y } = readPublic(key);
  const { jwk } = security.eDeviceKey;
  if (security.cipherSuiteIdentifier !== 1 || jwk.x !== x || jwk.y !== y) return 'refuse another key';
  return `accept ${version} ${deviceRetrievalMethods.map(({ type, retrievalOptions }) => `${type}:${
    type === mdoc.DeviceRetrievalMethodType.Ble ? Buffer.from(retrievalOptions.centralClientModeUuid).toString('hex')
      : retrievalOptions.maxCommandDataLength}`).join(' ')}`;
}

const { SessionTranscript } = mdoc;
const SESSIONS = {
  openid4vp: (nonce, clientId, responseUri) => SessionTranscript.forOid4Vp({ clientId, nonce, responseUri }, context),
  'dc-api': (nonce, origin) => SessionTranscript.forOid4VpDcApi({ origin, nonce }, context),
  iae: (nonce, endpoint) =>
    SessionTranscript.forOid4VpIae({ interactiveAuthorizationEndpoint: endpoint, nonce }, context),
  'annex-b': (nonce, clientId, responseUri, mdocGeneratedNonce) => SessionTranscript.forOid4VpDraft18({ clientId,
    responseUri, verifierGeneratedNonce: nonce, mdocGeneratedNonce }, context),
  qr: (engagement, readerKey) => SessionTranscript.forQrHandover({
    deviceEngagement: mdoc.DeviceEngagement.decode(readFileSync(engagement)),
    eReaderKey: mdoc.EReaderKey.decode(readFileSync(readerKey)) }),
  nfc: (engagement, readerKey, select, requested) => SessionTranscript.create({
    deviceEngagement: mdoc.DeviceEngagement.decode(readFileSync(engagement)),
    eReaderKey: mdoc.EReaderKey.decode(readFileSync(readerKey)),
    handover: mdoc.NfcHandover.create({ selectMessage: new Uint8Array(readFileSync(select)),
      requestMessage: new Uint8Array(readFileSync(requested)) }) }),
};

async function transcript([out, kind, ...members]) {
  writeFileSync(out, (await SESSIONS[kind](...members)).encode());
}

await serve({ issue, request, asked, present, verify, engaged, transcript });
