import type { NodeCredentials, OwnCertificate } from "@limiquantix/control";
import { Renewal, type Clock } from "@limiquantix/kit";
import { reasonOf, type WebCertificateSource } from "./web-certificate.ts";

/** A certificate of the built-in authority that renews itself at two thirds of its life. */
export function ownAuthority(parts: {
  trust: NodeCredentials;
  clock: Clock;
  issue: () => Promise<OwnCertificate>;
}): WebCertificateSource {
  let renewal: Renewal | undefined;
  return {
    async start({ use, failed }) {
      const next = async () => {
        const issued = await parts.issue();
        use({ certificatePem: chainOf(issued), keyPem: issued.keyPem });
        return { fromMs: issued.issuedAt, untilMs: issued.expiresAt };
      };
      renewal = new Renewal({ clock: parts.clock, renew: next, failed: (cause) => failed(reasonOf(cause)) });
      renewal.follow(await next());
    },
    [Symbol.dispose]: () => renewal?.[Symbol.dispose](),
  };
}

/** With the authority's own certificate, whose fingerprint a host that joins compares with its token's. */
export function chainOf({ certificatePem, caCertificatePem }: OwnCertificate): string {
  return `${certificatePem.trim()}\n${caCertificatePem.trim()}\n`;
}
