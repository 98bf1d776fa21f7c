// Opens the sealed files of docs/vectors with typage, the age implementation of its specification's
// author: the letter under both identities, and the detail under its stanza of our own.
//
//     sealing.mjs VECTORS-FOLDER AGE-ENCRYPTION-FOLDER

import { createHash, webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { identity as keyed } from "./keyed.mjs";

// Node before 20 has it only under another name; typage looks for it when it is loaded.
globalThis.crypto ??= webcrypto;

const [vectors, folder] = process.argv.slice(2);
const { Decrypter } = await import(pathToFileURL(resolve(folder, "dist/index.js")).href);

const read = (name) => readFileSync(resolve(vectors, name));
const json = (name) => JSON.parse(read(name).toString("utf8"));

function same(what, have, wanted) {
  const hex = Buffer.from(have).toString("hex");
  if (hex !== wanted) throw new Error(`${what}: opened to ${hex}, not to ${wanted}`);
  console.log(`${what}: opened to the ${hex.length / 2} bytes written down`);
}

async function open(file, identity) {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return decrypter.decrypt(new Uint8Array(file));
}

const underKey = (key) => keyed(Buffer.from(key, "hex"));

const letter = json("letter.json");
if (letter.sealed_to.length < 2) throw new Error("the letter is not sealed to sender and recipient");
for (const { identity, recipient } of letter.sealed_to) {
  same(`letter.age as ${recipient.slice(0, 16)}…`, await open(read("letter.age"), identity), letter.packed);
}

const detail = json("detail.json");
same("detail.age", await open(read("detail.age"), underKey(detail.sealed_under)), detail.salt + detail.detail);

const other = createHash("sha256").update("another key").digest("hex");
const refused = await open(read("detail.age"), underKey(other)).then(() => false, () => true);
if (!refused) throw new Error("detail.age opens under another key");
console.log("detail.age: stays closed under another key");
