// Sealed letters and details both ways between typage and this library: what typage seals is opened by
// the example `sealing` of trust/, and what that seals is opened by typage.
//
//     bothways.mjs AGE-ENCRYPTION-FOLDER SEALING-PROGRAM
//
// The plaintext of a letter (docs/FORMATS.md, section 4.1) is written here by hand, so that the page is
// tried and not our own packing.

import { spawnSync } from "node:child_process";
import { randomBytes, webcrypto } from "node:crypto";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { identity as keyedIdentity, recipient as keyedRecipient } from "./keyed.mjs";

// Node before 20 has it only under another name; typage looks for it when it is loaded.
globalThis.crypto ??= webcrypto;

const [folder, program] = process.argv.slice(2);
const age = await import(pathToFileURL(resolve(folder, "dist/index.js")).href);
let passed = 0;

/** What the program writes, or nothing where it refuses. */
function ours(verb, keys, input) {
  const { status, stdout, stderr } = spawnSync(program, [verb, ...keys], { input, maxBuffer: 1 << 26 });
  if (status === 0) return stdout;
  // Any other status, or a silent one, is a crash and no refusal.
  if (status !== 1 || !stderr.toString().startsWith("sealing: ")) throw new Error(`${verb}: ${stderr}`);
  return null;
}

async function seal(recipients, plain) {
  const encrypter = new age.Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  return Buffer.from(await encrypter.encrypt(new Uint8Array(plain)));
}

async function open(identity, file) {
  const decrypter = new age.Decrypter();
  decrypter.addIdentity(identity);
  return Buffer.from(await decrypter.decrypt(new Uint8Array(file)));
}

function demand(what, holds) {
  if (!holds) throw new Error(what);
  passed += 1;
}

/** One zstd frame (RFC 8878) of blocks that are not compressed. */
function frame(content) {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(content.length);
  // A single segment, its length in four bytes; no checksum, no dictionary.
  const parts = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0]), size];
  const most = 1 << 17;
  for (let at = 0; at === 0 || at < content.length; at += most) {
    const block = content.subarray(at, at + most);
    const head = Buffer.alloc(4);
    head.writeUInt32LE((block.length << 3) | (at + most >= content.length ? 1 : 0));
    parts.push(head.subarray(0, 3), block);
  }
  return Buffer.concat(parts);
}

function padme(length) {
  const e = Math.floor(Math.log2(length));
  const step = 2 ** (e - (Math.floor(Math.log2(e)) + 1));
  return Math.ceil(length / step) * step;
}

function plaintext(letter, { stated = letter.length, padding = (length) => padme(length) } = {}) {
  const compressed = frame(letter);
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE(stated);
  lengths.writeUInt32BE(compressed.length, 4);
  const head = Buffer.concat([Buffer.from("tsumugu/v1/letter\0"), lengths, compressed]);
  return Buffer.concat([head, Buffer.alloc(padding(head.length) - head.length)]);
}

const identities = [await age.generateHybridIdentity(), await age.generateHybridIdentity()];
const recipients = await Promise.all(identities.map((identity) => age.identityToRecipient(identity)));

for (const length of [1, 700, 65_536, 300_000, 1_048_576]) {
  const letter = randomBytes(length);
  const theirs = await seal(recipients, plaintext(letter));
  const packed = ours("pack", [], letter);
  const made = ours("seal-to", recipients, packed);
  for (const identity of identities) {
    const opened = ours("unpack", [], ours("open-with", [identity], theirs));
    demand(`a letter of ${length} bytes, sealed by typage`, opened?.equals(letter));
    demand(`a letter of ${length} bytes, sealed by Tsumugu`, (await open(identity, made)).equals(packed));
  }
}

const letter = randomBytes(700);
const twisted = {
  "a longer length": plaintext(letter, { stated: 701 }),
  "a shorter length": plaintext(letter, { stated: 699 }),
  "more padding": plaintext(letter, { padding: (length) => padme(length) + 1 }),
  "no padding": plaintext(letter, { padding: (length) => length }),
  "a padding that is not zero": Buffer.concat([plaintext(letter).subarray(0, -1), Buffer.from([1])]),
  "no plaintext of a letter": letter,
  "a letter that is too long": plaintext(randomBytes(1_048_577)),
};
for (const [what, plain] of Object.entries(twisted)) demand(what, ours("unpack", [], plain) === null);
const strange = await age.generateHybridIdentity();
demand("a stranger's identity", ours("open-with", [strange], await seal(recipients, letter)) === null);

const key = randomBytes(32);
for (const length of [0, 8_192, 200_001]) {
  const plain = randomBytes(length);
  const theirs = await seal([keyedRecipient(key, age.Stanza)], plain);
  const opened = ours("open-under", [key.toString("hex")], theirs);
  demand(`${length} bytes under a key, sealed by typage`, opened?.equals(plain));
  const made = ours("seal-under", [key.toString("hex")], plain);
  demand(`${length} bytes under a key, sealed by Tsumugu`, (await open(keyedIdentity(key), made)).equals(plain));
}
const under = (...stanzas) => seal(stanzas, letter).then((file) => ours("open-under", [key.toString("hex")], file));
const ourStanza = keyedRecipient(key, age.Stanza);
const other = (type) => ({ wrapFileKey: () => [new age.Stanza([type, "AAAA"], randomBytes(32))] });
demand("grease beside our stanza", (await under(ourStanza, other("x9-grease")))?.equals(letter));
demand("two of our stanzas", (await under(ourStanza, ourStanza)) === null);
demand("a second way in", (await under(ourStanza, recipients[0])) === null);
demand("a stanza of another type", (await under(ourStanza, other("unknown"))) === null);
demand("another key", ours("open-under", ["00".repeat(32)], await seal([ourStanza], letter)) === null);

console.log(`${passed} files and plaintexts, both ways: opened, or refused, as they should be`);
