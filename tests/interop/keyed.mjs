// The stanza `tsumugu-key` (docs/FORMATS.md, section 4.3), as recipient and identity for typage.

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

const TYPE = "tsumugu-key";
const TAG = 16;

/** Seals under `key` (32 bytes). `Stanza` is typage's class. */
export function recipient(key, Stanza) {
  return {
    wrapFileKey(fileKey) {
      const salt = randomBytes(16);
      const cipher = createCipheriv(...parameters(key, salt), { authTagLength: TAG });
      const body = Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()]);
      const argument = salt.toString("base64").replace(/=+$/, "");
      return [new Stanza([TYPE, argument], new Uint8Array(body))];
    },
  };
}

/** Opens what is sealed under `key`. */
export function identity(key) {
  return {
    unwrapFileKey(stanzas) {
      const stanza = stanzas.find(({ args }) => args[0] === TYPE);
      if (!stanza) return null;
      const salt = Buffer.from(stanza.args[1], "base64");
      const body = Buffer.from(stanza.body);
      const cipher = createDecipheriv(...parameters(key, salt), { authTagLength: TAG });
      cipher.setAuthTag(body.subarray(-TAG));
      return new Uint8Array(Buffer.concat([cipher.update(body.subarray(0, -TAG)), cipher.final()]));
    },
  };
}

function parameters(key, salt) {
  const wrapping = hkdfSync("sha256", key, salt, "tsumugu/v1/tsumugu-key", 32);
  return ["chacha20-poly1305", Buffer.from(wrapping), Buffer.alloc(12)];
}
