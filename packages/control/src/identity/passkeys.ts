import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type AuthenticationResponseJSON,
  type RegistrationResponseJSON,
} from "@simplewebauthn/server";
import { decodeAttestationObject, isoBase64URL } from "@simplewebauthn/server/helpers";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { FactorRow } from "@limiquantix/api/rows";
import type { Site } from "./site.ts";

/** What a browser is asked, and the challenge that its answer must sign. */
export interface PasskeyQuestion {
  optionsJson: string;
  challenge: string;
}

/** COSE: Ed25519, ES256, RS256. What every authenticator has one of. */
const algorithms = [-8, -7, -257];

export interface NewPasskey {
  credentialId: string;
  /** COSE. */
  publicKey: Uint8Array;
  counter: number;
  transports: string[];
}

/** WebAuthn Level 3, 7.1, step 1. */
export async function askToRegister(
  site: Site,
  user: { id: string; name: string; fullName: string },
  known: readonly FactorRow[],
): Promise<PasskeyQuestion> {
  const options = await generateRegistrationOptions({
    rpName: "limiquantix",
    rpID: site.rpId,
    userID: new Uint8Array(utf8ToBytes(user.id)),
    userName: user.name,
    userDisplayName: user.fullName || user.name,
    attestationType: "none",
    supportedAlgorithmIDs: algorithms,
    excludeCredentials: known.map(descriptor),
    authenticatorSelection: { residentKey: "preferred", userVerification: "preferred" },
  });
  return { optionsJson: JSON.stringify(options), challenge: options.challenge };
}

/** The passkey in a browser's answer; undefined: it is of another site or challenge, damaged, or no answer at all. */
export async function readRegistration(json: string, site: Site, challenge: string): Promise<NewPasskey | undefined> {
  try {
    const response = JSON.parse(json) as RegistrationResponseJSON;
    refuseCertificates(response);
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: site.origin,
      expectedRPID: site.rpId,
      requireUserVerification: false,
      supportedAlgorithmIDs: algorithms,
    });
    if (!verified || !registrationInfo) return undefined;
    const { id, publicKey, counter } = registrationInfo.credential;
    return { credentialId: id, publicKey, counter, transports: transportsOf(response.response.transports) };
  } catch {
    // The library throws an Error of its own for each way in which an answer can be wrong.
    return undefined;
  }
}

/** For a user's own passkeys, or with none named for whichever the browser has. */
export async function askToSign(site: Site, known: readonly FactorRow[]): Promise<PasskeyQuestion> {
  const options = await generateAuthenticationOptions({
    rpID: site.rpId,
    userVerification: known.length > 0 ? "preferred" : "required",
    ...(known.length > 0 ? { allowCredentials: known.map(descriptor) } : {}),
  });
  return { optionsJson: JSON.stringify(options), challenge: options.challenge };
}

/** Which credential an answer claims to be of, and whose; undefined: it is no answer. */
export function claimOf(json: string): { credentialId: string; userId: string } | undefined {
  try {
    const { id, response } = JSON.parse(json) as AuthenticationResponseJSON;
    if (typeof id !== "string") return undefined;
    const handle = response.userHandle;
    return { credentialId: id, userId: typeof handle === "string" ? isoBase64URL.toUTF8String(handle) : "" };
  } catch {
    return undefined;
  }
}

/**
 * The new signature counter, or undefined where the signature is not good: of another site, challenge or key, or with a
 * counter that did not grow, as a cloned authenticator's would not (WebAuthn Level 3, 6.1.1).
 */
export async function readSignature(
  json: string,
  factor: FactorRow,
  expected: { site: Site; challenge: string; userVerified: boolean },
): Promise<number | undefined> {
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: JSON.parse(json) as AuthenticationResponseJSON,
      expectedChallenge: expected.challenge,
      expectedOrigin: expected.site.origin,
      expectedRPID: expected.site.rpId,
      requireUserVerification: expected.userVerified,
      credential: {
        id: factor.credentialId,
        publicKey: new Uint8Array(factor.publicKey),
        counter: factor.counter,
      },
    });
    return verified ? authenticationInfo.newCounter : undefined;
  } catch {
    return undefined;
  }
}

/**
 * We ask for no attestation. One with certificates would make the library follow the addresses in them, which are the
 * sender's to choose.
 */
function refuseCertificates(response: RegistrationResponseJSON): void {
  const attestation = decodeAttestationObject(isoBase64URL.toBuffer(response.response.attestationObject));
  const format = attestation.get("fmt");
  if (format === "none") return;
  if (format !== "packed" || attestation.get("attStmt").get("x5c")) throw new Error(`attestation ${format} is refused`);
}

function descriptor(factor: FactorRow): { id: string; transports: string[] } {
  return { id: factor.credentialId, transports: factor.transports };
}

function transportsOf(given: unknown): string[] {
  if (!Array.isArray(given)) return [];
  return given.filter((name): name is string => typeof name === "string" && name.length <= 32).slice(0, 8);
}
