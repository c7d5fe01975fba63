/* Passkeys by the browser's own functions (WebAuthn level 3): options and answers are JSON on both sides. */

export const hasPasskeys = (): boolean => typeof PublicKeyCredential === "function" && window.isSecureContext;

/** Shows the browser's dialog; answers AuthenticationResponseJSON. Throws when the user closes it. */
export async function provePasskey(optionsJson: string): Promise<string> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(requestOf(optionsJson));
  return answerOf(await navigator.credentials.get({ publicKey }));
}

/** Answers RegistrationResponseJSON. */
export async function makePasskey(optionsJson: string): Promise<string> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
    JSON.parse(optionsJson) as PublicKeyCredentialCreationOptionsJSON,
  );
  return answerOf(await navigator.credentials.create({ publicKey }));
}

function requestOf(json: string): PublicKeyCredentialRequestOptionsJSON {
  return JSON.parse(json) as PublicKeyCredentialRequestOptionsJSON;
}

function answerOf(credential: Credential | null): string {
  if (!(credential instanceof PublicKeyCredential)) throw new Error("the browser gave no passkey");
  return JSON.stringify(credential.toJSON());
}
