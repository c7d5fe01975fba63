import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import type { NodeCredentials } from "@limiquantix/control";
import type { Clock } from "@limiquantix/kit";
import { noteCertificate } from "./noted-certificate.ts";
import { reasonOf, type WebCertificate, type WebCertificateSource } from "./web-certificate.ts";

/** How often the files are looked at, in milliseconds: programs that renew certificates write files. */
const lookMs = 5000;

/** An own certificate from files, which are read again when they change; what does not fit together is not taken. */
export function certificateFiles(parts: {
  trust: NodeCredentials;
  clock: Clock;
  certFile: string;
  keyFile: string;
}): WebCertificateSource {
  const { trust, clock, certFile, keyFile } = parts;
  let timer: Disposable | undefined;
  const read = async (): Promise<WebCertificate> => {
    const [certificatePem, keyPem] = [await readFile(certFile, "utf8"), await readFile(keyFile, "utf8")];
    if (!new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(keyPem))) {
      throw new Error(`the key in ${keyFile} is not the one of the certificate in ${certFile}`);
    }
    await noteCertificate(trust, certificatePem, certFile);
    return { certificatePem, keyPem };
  };
  const state = async () => {
    const files = await Promise.all([certFile, keyFile].map((file) => stat(file)));
    return files.map(({ mtimeMs, size, ino }) => `${mtimeMs}/${size}/${ino}`).join(" ");
  };
  return {
    async start({ use, failed }) {
      let seen = await state();
      use(await read());
      const look = async () => {
        const now = await state();
        if (now === seen) return;
        use(await read());
        // Only what was read counts as seen: half-written files are looked at again.
        seen = now;
      };
      const later = () => {
        timer = clock.after(
          lookMs,
          () => void look().then(later, (cause: unknown) => (failed(reasonOf(cause)), later())),
          { background: true },
        );
      };
      later();
    },
    [Symbol.dispose]: () => timer?.[Symbol.dispose](),
  };
}
