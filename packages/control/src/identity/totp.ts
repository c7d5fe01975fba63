import { Secret, TOTP } from "otpauth";

/** RFC 6238's own: what every authenticator app takes for granted. */
const parameters = { algorithm: "SHA1", digits: 6, period: 30 } as const;
/** A clock that is a step off is forgiven (RFC 6238, 5.2). */
const window = 1;
const secretBytes = 20;

export function newTotpSecret(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(secretBytes));
}

/** The secret as people type it (base32), and as a QR code shows it (otpauth://). */
export function totpEnrolment(secret: Uint8Array, userName: string): { secret: string; uri: string } {
  const key = secretOf(secret);
  const uri = new TOTP({ ...parameters, issuer: "limiquantix", label: userName, secret: key }).toString();
  return { secret: key.base32, uri };
}

/** The time step that a code is of, or undefined where it is none of now. Steps only grow: a code is good once. */
export function totpStep(secret: Uint8Array, code: string, nowMs: number): number | undefined {
  const token = code.replaceAll(/\s/g, "");
  if (!/^\d{6}$/.test(token)) return undefined;
  const delta = TOTP.validate({ ...parameters, secret: secretOf(secret), token, timestamp: nowMs, window });
  if (delta === null) return undefined;
  return TOTP.counter({ period: parameters.period, timestamp: nowMs }) + delta;
}

function secretOf(bytes: Uint8Array): Secret {
  return new Secret({ buffer: new Uint8Array(bytes).buffer });
}
