/** What a key's base64 body has behind its type name: how many fields, as RFC 4253, 5656, 8709 and PROTOCOL.u2f lay them out. */
const fieldsOf: Readonly<Record<string, number>> = {
  "ssh-ed25519": 1,
  "ssh-rsa": 2,
  "ecdsa-sha2-nistp256": 2,
  "ecdsa-sha2-nistp384": 2,
  "ecdsa-sha2-nistp521": 2,
  "sk-ssh-ed25519@openssh.com": 2,
  "sk-ecdsa-sha2-nistp256@openssh.com": 3,
};

const minRsaBytes = 256;

/** A line of authorized_keys without options: `type base64 comment`. */
export function parseSshKey(line: string): { type: string; body: string; comment: string } | { why: string } {
  if (/[\r\n]/.test(line.trim())) return { why: "it has more than one line" };
  if (/-----BEGIN/.test(line)) return { why: "it is a private key or a PEM file, not a public key line" };
  // oxlint-disable-next-line no-control-regex -- a control character has no place in authorized_keys
  if (/[\u0000-\u001f\u007f]/.test(line.trim())) return { why: "it contains control characters" };
  const [type = "", body = "", ...comment] = line.trim().split(/ +/);
  const fields = Object.hasOwn(fieldsOf, type) ? fieldsOf[type] : undefined;
  if (fields === undefined) {
    return {
      why:
        type === "ssh-dss"
          ? "DSA keys are no longer accepted by SSH"
          : `${JSON.stringify(type.slice(0, 32))} is no key type`,
    };
  }
  const blob = decodeBase64(body);
  if (!blob) return { why: "its base64 part is damaged or cut off" };
  const parts = split(blob);
  if (!parts) return { why: "it is incomplete: the end of the key is missing" };
  const [name, ...rest] = parts;
  if (!name || new TextDecoder().decode(name) !== type) return { why: `it says ${type} but holds another type` };
  if (rest.length !== fields) return { why: `it has ${rest.length} parts, and a ${type} key has ${fields}` };
  const fault = faultOf(type, rest);
  return fault ? { why: fault } : { type, body, comment: comment.join(" ") };
}

function faultOf(type: string, parts: readonly Uint8Array[]): string | undefined {
  const [first = new Uint8Array(), second = new Uint8Array()] = parts;
  if (type.includes("ed25519")) return first.length === 32 ? undefined : `its key has ${first.length} bytes, not 32`;
  if (type === "ssh-rsa") {
    const modulusBytes = second[0] === 0 ? second.length - 1 : second.length;
    return modulusBytes >= minRsaBytes ? undefined : `it has ${modulusBytes * 8} bits; SSH wants 2048 or more`;
  }
  const curve = /nistp\d+/.exec(type)?.[0] ?? "";
  if (new TextDecoder().decode(first) !== curve) return "its curve is not the one that its type names";
  const pointBytes = { nistp256: 65, nistp384: 97, nistp521: 133 }[curve];
  return second.length === pointBytes && second[0] === 4 ? undefined : "its curve point is damaged";
}

/** RFC 4251 strings, one after the other; undefined when the last one is cut off. */
function split(blob: Uint8Array): Uint8Array[] | undefined {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const parts: Uint8Array[] = [];
  let at = 0;
  while (at < blob.length) {
    if (at + 4 > blob.length) return undefined;
    const end = at + 4 + view.getUint32(at);
    if (end > blob.length) return undefined;
    parts.push(blob.subarray(at + 4, end));
    at = end;
  }
  return parts;
}

function decodeBase64(text: string): Uint8Array | undefined {
  if (text === "" || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
