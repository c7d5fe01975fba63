import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { base64Decode, base64Encode } from "@bufbuild/protobuf/wire";

/** What an authenticator and a browser together may get wrong, or lie about. */
export interface Forgery {
  origin?: string;
  rpId?: string;
  challenge?: string;
  /** Of the flags byte: 1 user present, 4 user verified, 64 attested credential data. */
  flags?: number;
  counter?: number;
  userHandle?: string;
  /** In place of "none". */
  attestation?: Uint8Array;
}

interface Options {
  challenge: string;
  user?: { id: string };
}

const b64 = (bytes: Uint8Array) => base64Encode(bytes, "url");

/** A passkey in software, for tests: ES256, no attestation (WebAuthn Level 3, 6). */
export class SoftwareAuthenticator {
  readonly id = b64(crypto.getRandomValues(new Uint8Array(16)));
  readonly #keys: CryptoKeyPair;
  readonly #site: { origin: string; rpId: string };
  counter = 0;
  userHandle = "";

  constructor(keys: CryptoKeyPair, site: { origin: string; rpId: string }) {
    this.#keys = keys;
    this.#site = site;
  }

  static async open(site: { origin: string; rpId: string }): Promise<SoftwareAuthenticator> {
    const algorithm = { name: "ECDSA", namedCurve: "P-256" };
    return new SoftwareAuthenticator(await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]), site);
  }

  /** RegistrationResponseJSON. */
  async register(optionsJson: string, forged: Forgery = {}): Promise<string> {
    const { challenge, user } = JSON.parse(optionsJson) as Options;
    this.userHandle = user?.id ?? "";
    const raw = new Uint8Array(await crypto.subtle.exportKey("raw", this.#keys.publicKey));
    const cose = cborMap([
      [cborInt(1), cborInt(2)],
      [cborInt(3), cborInt(-7)],
      [cborInt(-1), cborInt(1)],
      [cborInt(-2), cborBytes(raw.slice(1, 33))],
      [cborInt(-3), cborBytes(raw.slice(33))],
    ]);
    const credentialId = base64Decode(this.id);
    const attested = concatBytes(new Uint8Array(16), Uint8Array.of(0, credentialId.length), credentialId, cose);
    const authData = concatBytes(this.#authData({ flags: 0x45, ...forged }), attested);
    const none = cborMap([
      [cborText("fmt"), cborText("none")],
      [cborText("attStmt"), cborMap([])],
      [cborText("authData"), cborBytes(authData)],
    ]);
    const clientDataJSON = b64(this.#clientData("webauthn.create", challenge, forged));
    return this.#answer({
      clientDataJSON,
      attestationObject: b64(forged.attestation ?? none),
      transports: ["internal"],
    });
  }

  /** AuthenticationResponseJSON. */
  async sign(optionsJson: string, forged: Forgery = {}): Promise<string> {
    const { challenge } = JSON.parse(optionsJson) as Options;
    this.counter = forged.counter ?? this.counter + 1;
    const authData = this.#authData({ flags: 0x05, counter: this.counter, ...forged });
    const clientData = this.#clientData("webauthn.get", challenge, forged);
    const signed = concatBytes(authData, sha256(clientData));
    const algorithm = { name: "ECDSA", hash: "SHA-256" };
    const raw = new Uint8Array(await crypto.subtle.sign(algorithm, this.#keys.privateKey, new Uint8Array(signed)));
    return this.#answer({
      clientDataJSON: b64(clientData),
      authenticatorData: b64(authData),
      signature: b64(derSignature(raw)),
      userHandle: forged.userHandle ?? this.userHandle,
    });
  }

  #answer(response: object): string {
    const { id } = this;
    return JSON.stringify({ id, rawId: id, type: "public-key", clientExtensionResults: {}, response });
  }

  #clientData(type: string, challenge: string, forged: Forgery): Uint8Array {
    const origin = forged.origin ?? this.#site.origin;
    return utf8ToBytes(JSON.stringify({ type, challenge: forged.challenge ?? challenge, origin, crossOrigin: false }));
  }

  #authData({ rpId = this.#site.rpId, flags = 0, counter = 0 }: Forgery): Uint8Array {
    const count = new Uint8Array(4);
    new DataView(count.buffer).setUint32(0, counter);
    return concatBytes(sha256(utf8ToBytes(rpId)), Uint8Array.of(flags), count);
  }
}

/** RFC 8949, as much of it as a passkey needs. */
function cborHead(major: number, length: number): Uint8Array {
  if (length < 24) return Uint8Array.of((major << 5) | length);
  if (length < 256) return Uint8Array.of((major << 5) | 24, length);
  return Uint8Array.of((major << 5) | 25, length >> 8, length & 255);
}

function cborInt(value: number): Uint8Array {
  return value < 0 ? cborHead(1, -1 - value) : cborHead(0, value);
}

export function cborBytes(bytes: Uint8Array): Uint8Array {
  return concatBytes(cborHead(2, bytes.length), bytes);
}

export function cborText(text: string): Uint8Array {
  return concatBytes(cborHead(3, text.length), utf8ToBytes(text));
}

export function cborArray(items: readonly Uint8Array[]): Uint8Array {
  return concatBytes(cborHead(4, items.length), ...items);
}

export function cborMap(entries: readonly (readonly [Uint8Array, Uint8Array])[]): Uint8Array {
  return concatBytes(cborHead(5, entries.length), ...entries.flat());
}

/** r and s as WebAuthn has them: an ASN.1 sequence of two integers. */
function derSignature(raw: Uint8Array): Uint8Array {
  const integer = (half: Uint8Array) => {
    const from = half.findIndex((byte) => byte !== 0);
    const trimmed = half.slice(from);
    const positive = trimmed[0]! >= 128 ? concatBytes(Uint8Array.of(0), trimmed) : trimmed;
    return concatBytes(Uint8Array.of(2, positive.length), positive);
  };
  const body = concatBytes(integer(raw.slice(0, 32)), integer(raw.slice(32)));
  return concatBytes(Uint8Array.of(0x30, body.length), body);
}
