// A reader that is not ours: does @auth0/mdl accept our DeviceResponse?
//
//   node verify.mjs DR.cbor ST.cbor IACA.pem
//
// Prints one line a check; exit 0 when all of them passed, 1 when one failed, 2 for wrong usage.
// SPDX-License-Identifier: BSD-2-Clause
import { readFileSync } from 'node:fs';
import { Verifier } from '@auth0/mdl';

const [drPath, stPath, iacaPath] = process.argv.slice(2);
if (!iacaPath) {
  console.error('usage: node verify.mjs DR.cbor ST.cbor IACA.pem');
  process.exit(2);
}

// The library wants SessionTranscriptBytes (tag 24); our files may hold the bare array.
function transcriptBytes(raw) {
  if (raw[0] === 0xd8 && raw[1] === 24) return raw;
  const head = raw.length < 24 ? Buffer.from([0x40 | raw.length])
    : raw.length < 256 ? Buffer.from([0x58, raw.length])
      : Buffer.from([0x59, raw.length >> 8, raw.length & 255]);
  return Buffer.concat([Buffer.from([0xd8, 24]), head, raw]);
}

let failed = 0;
let passed = 0;
try {
  const verifier = new Verifier([readFileSync(iacaPath, 'utf8')]);
  const mdoc = await verifier.verify(readFileSync(drPath), {
    encodedSessionTranscript: transcriptBytes(readFileSync(stPath)),
    onCheck: (row) => {
      if (row.status === 'PASSED') passed += 1; else failed += 1;
      console.log(`${row.status}  ${row.category}: ${row.check}${row.status === 'FAILED' && row.reason ? ` (${row.reason})` : ''}`);
    },
  });
  for (const doc of mdoc.documents) {
    for (const [ns, items] of Object.entries(doc.issuerSigned.nameSpaces)) {
      console.log(`${doc.docType}  ${ns}: ${items.map((i) => i.elementIdentifier).join(' ')}`);
    }
  }
} catch (error) {
  console.log(`FAILED  ${error.message}`);
  failed += 1;
}
console.log(`@auth0/mdl: ${passed} checks passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
