// What @owf/mdoc leaves to its caller, over Node.js' own cryptography.
// SPDX-License-Identifier: BSD-2-Clause
import { createHash, createHmac, createPrivateKey, createPublicKey, diffieHellman, hkdfSync, randomBytes, sign, verify as check,
  X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as mdoc from '@owf/mdoc';

const ALG = { 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512' };
const HASH = { ES256: 'sha256', ES384: 'sha384', ES512: 'sha512' };
export const forSigning = (jwk) => mdoc.CoseKey.fromJwk({ ...jwk, alg: ALG[jwk.crv] });
const forUsing = (jwk) => Object.fromEntries(['kty', 'crv', 'x', 'y', 'd'].filter((k) => jwk[k]).map((k) => [k, jwk[k]]));
const name = (text, field) => text.split('\n').filter((one) => one.startsWith(`${field}=`))
  .map((one) => one.slice(field.length + 1));
export const der = (path) => new Uint8Array(new X509Certificate(readFileSync(path)).raw);

export const context = {
  crypto: {
    random: (length) => new Uint8Array(randomBytes(length)),
    digest: ({ digestAlgorithm, bytes }) =>
      new Uint8Array(createHash(digestAlgorithm.replace('-', '').toLowerCase()).update(bytes).digest()),
    calculateEphemeralMacKey: ({ privateKey, publicKey, sessionTranscriptBytes, info }) => {
      const secret = diffieHellman({
        privateKey: createPrivateKey({ format: 'jwk', key: forUsing(mdoc.CoseKey.decode(privateKey).jwk) }),
        publicKey: createPublicKey({ format: 'jwk', key: forUsing(mdoc.CoseKey.decode(publicKey).jwk) }),
      });
      const salt = createHash('sha256').update(sessionTranscriptBytes).digest();
      return mdoc.CoseKey.create({ keyType: mdoc.KeyType.Oct, k: new Uint8Array(hkdfSync('sha256', secret, salt, info, 32)) });
    },
  },
  cose: {
    sign1: {
      sign: ({ toBeSigned, key }) => new Uint8Array(sign(HASH[key.jwk.alg], toBeSigned, {
        key: createPrivateKey({ format: 'jwk', key: forUsing(key.jwk) }), dsaEncoding: 'ieee-p1363' })),
      verify: ({ sign1, key }) => check(HASH[sign1.signatureAlgorithmName], sign1.toBeSigned, {
        key: createPublicKey({ format: 'jwk', key: forUsing(key.jwk) }), dsaEncoding: 'ieee-p1363' }, sign1.signature),
    },
    mac0: {
      sign: ({ key, toBeAuthenticated }) => new Uint8Array(createHmac('sha256', key.privateKey).update(toBeAuthenticated).digest()),
    },
  },
  x509: {
    getIssuerNameField: ({ certificate, field }) => name(new X509Certificate(certificate).issuer, field),
    getPublicKey: ({ certificate }) => mdoc.CoseKey.fromJwk(new X509Certificate(certificate).publicKey.export({ format: 'jwk' })),
    verifyCertificateChain: ({ trustedCertificates, x5chain }) => {
      const leaf = new X509Certificate(x5chain[0]);
      const issued = (root) => leaf.checkIssued(root) && leaf.verify(root.publicKey);
      if (!trustedCertificates.some((one) => issued(new X509Certificate(one)))) throw new Error('no path to a root');
    },
    getCertificateData: ({ certificate }) => {
      const { issuer, subject, validFrom, validTo } = new X509Certificate(certificate);
      return { issuerName: issuer, subjectName: subject, notBefore: new Date(validFrom), notAfter: new Date(validTo) };
    },
  },
};
