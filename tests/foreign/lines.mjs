// What the programs around other people's libraries have in common. Each reads commands from standard input, one a line
// with tabs between its words, and answers each with one line: "done", "failed REASON", or a verdict.
// SPDX-License-Identifier: BSD-2-Clause
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

function head(major, length) {
  const first = major << 5;
  if (length < 24) return Buffer.from([first | length]);
  if (length < 256) return Buffer.from([first | 24, length]);
  return Buffer.from([first | 25, length >> 8, length & 255]);
}

export const text = (string) => Buffer.concat([head(3, Buffer.byteLength(string)), Buffer.from(string)]);

// Libraries want SessionTranscriptBytes (tag 24); our files may hold the bare array.
export function tagged(raw) {
  if (raw[0] === 0xd8 && raw[1] === 24) return raw;
  return Buffer.concat([Buffer.from([0xd8, 24]), head(2, raw.length), raw]);
}

export function bare(raw) {
  return raw.subarray(2 + { 0x58: 2, 0x59: 3 }[raw[2]]);
}

export const readPrivate = (path) => createPrivateKey(readFileSync(path)).export({ format: 'jwk' });
export const readPublic = (path) => createPublicKey(readFileSync(path)).export({ format: 'jwk' });

// The claims of a JSON file by namespace. "date:…" is a full-date (tag 1004), "base64url:…" a byte string; everything
// else is as JSON has it.
export function claims(path, DateOnly) {
  const value = (one) => {
    if (typeof one === 'string' && one.startsWith('date:')) return new DateOnly(one.slice(5));
    if (typeof one === 'string' && one.startsWith('base64url:')) return Buffer.from(one.slice(10), 'base64url');
    return one;
  };
  return Object.entries(JSON.parse(readFileSync(path))).map(([ns, all]) => [ns,
    Object.fromEntries(Object.entries(all).map(([k, v]) => [k, value(v)]))]);
}

const OPTIONS = {
  doctype: { type: 'string', default: 'org.iso.18013.5.1.mDL' },
  digest: { type: 'string', default: 'SHA-256' },
  from: { type: 'string', default: '0' },
  until: { type: 'string', default: '1728000' },
  'reader-key': { type: 'string' },
  reader: { type: 'string' },
  'device-claim': { type: 'string' },
};

async function answer(commands, line) {
  try {
    const { values, positionals: [name, ...words] } = parseArgs({ args: line.split('\t'), allowPositionals: true,
      options: OPTIONS });
    return await commands[name](words, values) ?? 'done';
  } catch (error) {
    return `failed ${error.message.split('\n')[0]}`;
  }
}

export async function serve(commands) {
  console.log = console.error; // libraries talk
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${await answer(commands, line)}\n`);
  }
}
