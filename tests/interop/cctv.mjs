// Opens the test vectors of C2SP CCTV (npm `cctv-age`) with this library, and compares what it makes
// of them with what they expect: all those of the post-quantum hybrid, and of the others those whose
// header is malformed whatever key one has.
//
//     cctv.mjs CCTV-AGE-FOLDER OPEN_VECTOR-PROGRAM WORK-FOLDER
//
// Where this library deviates stands in cctv-deviations.json, with the reason. A deviation that is not
// there, one that is there and does not happen, and a vector that is gone, are all failures.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { inflateSync } from "node:zlib";

const [npm, program, work] = process.argv.slice(2);
const vectors = await import(pathToFileURL(resolve(npm, "index.js")).href);
const table = new URL("cctv-deviations.json", import.meta.url);
const { hybrid_vectors, header_vectors, deviations } = JSON.parse(readFileSync(table, "utf8"));

const HEADERS = /^(empty|header|hmac|stanza|version)(_|$)/;

/** A vector's head, and its age file; nothing where this library has no part in it. */
function chosen([name, bytes]) {
  const vector = Buffer.from(bytes);
  const end = vector.indexOf("\n\n");
  const head = vector.subarray(0, end).toString("latin1").split("\n");
  const value = (key) => head.find((line) => line.startsWith(`${key}: `))?.slice(key.length + 2);
  const hybrid = name.includes("hybrid");
  if (!hybrid && !(HEADERS.test(name) && value("expect") === "header failure")) return [];
  const packed = vector.subarray(end + 2);
  const file = value("compressed") === "zlib" ? inflateSync(packed) : packed;
  const as = (name, file) => ({
    name,
    hybrid,
    written: Buffer.concat([vector.subarray(0, end + 2), file]),
    expect: value("expect"),
    payload: value("payload"),
  });
  return value("armored") ? [as(name, file), as(`${name}, bare`, bare(file))] : [as(name, file)];
}

/** What the lines between the first and the last of a PEM armor hold. */
function bare(armor) {
  return Buffer.from(armor.toString("latin1").trim().split(/\r?\n/).slice(1, -1).join(""), "base64");
}

const folder = resolve(work, "cctv");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
const all = Object.entries(vectors).flatMap(chosen);
for (const { name, written } of all) writeFileSync(resolve(folder, name), written);
const output = execFileSync(program, all.map(({ name }) => resolve(folder, name)), { encoding: "utf8" });
const answers = output.trim().split("\n").map((line) => JSON.parse(line));

const faults = [];
const unused = new Map(deviations.map((deviation) => [deviation.vector, deviation]));
all.forEach(({ name, expect, payload }, n) => {
  const { vector, outcome, payload: opened } = answers[n];
  const known = unused.get(name);
  unused.delete(name);
  if (vector !== name) faults.push(`${name}: the answer is about ${vector}`);
  if (known && known.expected !== expect) faults.push(`${name}: now expects ${expect}`);
  const wanted = known?.outcome ?? expect;
  if (outcome !== wanted) faults.push(`${name}: expected ${expect}; is ${outcome}, not ${wanted}`);
  if (known && known.outcome === expect) faults.push(`${name}: the table tells of no deviation`);
  if (outcome === "success" && opened !== payload) faults.push(`${name}: opened to ${opened}`);
});
for (const name of unused.keys()) faults.push(`${name}: in the table, and not among the vectors`);
for (const [what, count, wanted] of [
  ["hybrid", all.filter(({ hybrid }) => hybrid).length, hybrid_vectors],
  ["header", all.filter(({ hybrid }) => !hybrid).length, header_vectors],
]) {
  if (count !== wanted) faults.push(`${count} ${what} vectors, not ${wanted}`);
}
if (faults.length > 0) throw new Error(faults.join("\n"));
console.log(
  `${hybrid_vectors} hybrid and ${header_vectors} header vectors: all as CCTV has them but for ` +
    `${deviations.length} known: ${deviations.map(({ vector }) => vector).join(", ")}`,
);
