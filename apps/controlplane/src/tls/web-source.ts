import type { NodeCredentials } from "@limiquantix/control";
import type { Clock, Log } from "@limiquantix/kit";
import type { HttpsConfig } from "../config.ts";
import { certificateFiles } from "./certificate-files.ts";
import { webNames } from "./names.ts";
import { ownAuthority } from "./own-authority.ts";
import type { WebCertificateSource } from "./web-certificate.ts";

/** Small secret files of the control plane's own. */
export interface SecretFiles {
  read(name: string): Promise<string | undefined>;
  write(name: string, text: string): Promise<void>;
}

/** What browsers get, as it was configured. */
export async function webSource(parts: {
  https: HttpsConfig;
  trust: NodeCredentials;
  /** Undefined: nothing is kept. */
  files: SecretFiles | undefined;
  clock: Clock;
  log: Log;
}): Promise<WebCertificateSource> {
  const { https, trust, clock } = parts;
  const { certificate } = https;
  const own = ownAuthority({ trust, clock, issue: () => trust.webCertificate(webNames(https)) });
  if (!certificate) return own;
  if (certificate.kind === "files") return certificateFiles({ trust, clock, ...certificate });
  // Only what is used is loaded.
  const { acmeSource } = await import("./acme.ts");
  return acmeSource({ ...parts, acme: certificate, meanwhile: own });
}
