/** Passkeys (WebAuthn Level 3): the JSON of the server's library and the browser's own objects. */

export function hasPasskeys(): boolean {
  return typeof PublicKeyCredential !== "undefined" && isSecureContext;
}

/** RegistrationResponseJSON for PublicKeyCredentialCreationOptionsJSON. Throws what the browser throws. */
export async function createPasskey(optionsJson: string): Promise<string> {
  const publicKey = creationOptions(JSON.parse(optionsJson) as PublicKeyCredentialCreationOptionsJSON);
  const credential = await navigator.credentials.create({ publicKey });
  if (!(credential instanceof PublicKeyCredential)) throw new Error("the browser made no passkey");
  return JSON.stringify(registrationJson(credential));
}

function creationOptions(json: PublicKeyCredentialCreationOptionsJSON): PublicKeyCredentialCreationOptions {
  const { challenge, user, excludeCredentials, ...rest } = json;
  return {
    ...(rest as Omit<PublicKeyCredentialCreationOptions, "challenge" | "user">),
    challenge: bytesOf(challenge),
    user: { ...user, id: bytesOf(user.id) },
    excludeCredentials: (excludeCredentials ?? []).map(({ id, type, transports }) => ({
      id: bytesOf(id),
      type: type as PublicKeyCredentialType,
      ...(transports && { transports: transports as AuthenticatorTransport[] }),
    })),
  };
}

function registrationJson(credential: PublicKeyCredential) {
  const response = credential.response as AuthenticatorAttestationResponse;
  return {
    id: credential.id,
    rawId: textOf(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: {
      clientDataJSON: textOf(response.clientDataJSON),
      attestationObject: textOf(response.attestationObject),
      transports: response.getTransports(),
    },
  };
}

/** From base64url without padding (RFC 4648). */
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (char) => char.codePointAt(0) ?? 0);
}

function textOf(buffer: ArrayBuffer): string {
  const binary = String.fromCodePoint(...new Uint8Array(buffer));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
