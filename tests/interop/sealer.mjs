// Seals and opens for a program in another language that has no post-quantum age: typage behind lines
// of JSON, one answer for each question. Bytes are base64.
//
//     sealer.mjs AGE-ENCRYPTION-FOLDER
//
//     {"verb": "identity"}                                        {"identity", "recipient"}
//     {"verb": "seal", "recipients": [...], "bytes"}              {"bytes"}
//     {"verb": "open", "identity", "bytes"}                       {"bytes"} or {"refused"}
//     {"verb": "seal-under", "key", "bytes"}                      {"bytes"}
//     {"verb": "open-under", "key", "bytes"}                      {"bytes"} or {"refused"}

import { webcrypto } from "node:crypto";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { identity as keyedIdentity, recipient as keyedRecipient } from "./keyed.mjs";

// Node before 20 has it only under another name; typage looks for it when it is loaded.
globalThis.crypto ??= webcrypto;

const age = await import(pathToFileURL(resolve(process.argv[2], "dist/index.js")).href);
const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"));
const text = (raw) => Buffer.from(raw).toString("base64");

const verbs = {
  async identity() {
    const identity = await age.generateHybridIdentity();
    return { identity, recipient: await age.identityToRecipient(identity) };
  },
  seal: (question) => seal(question.recipients, question),
  open: (question) => open(question.identity, question),
  "seal-under": (question) => seal([keyedRecipient(bytes(question.key), age.Stanza)], question),
  "open-under": (question) => open(keyedIdentity(bytes(question.key)), question),
};

async function seal(recipients, question) {
  const encrypter = new age.Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  return { bytes: text(await encrypter.encrypt(bytes(question.bytes))) };
}

async function open(identity, question) {
  const decrypter = new age.Decrypter();
  decrypter.addIdentity(identity);
  return { bytes: text(await decrypter.decrypt(bytes(question.bytes))) };
}

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line);
  const answer = await verbs[question.verb](question).catch((error) => ({ refused: String(error) }));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
