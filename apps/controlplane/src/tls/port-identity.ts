import type { SecureServerOptions } from "node:http2";
import { createSecureContext, type SecureContext } from "node:tls";
import { controlPlaneName } from "@limiquantix/api";
import type { NodeCredentials, OwnCertificate } from "@limiquantix/control";
import { Renewal, type Clock, type Log } from "@limiquantix/kit";
import type { TlsTerms } from "../http/listen.ts";
import { chainOf } from "./own-authority.ts";
import { reasonOf, type WebCertificate, type WebCertificateSource } from "./web-certificate.ts";

interface Parts {
  trust: NodeCredentials;
  clock: Clock;
  log: Log;
}

/**
 * Who the control plane is on its connections. To hosts and the CLI, which ask for it by `controlPlaneName`, and as the
 * client that dials hosts: a certificate of the built-in authority. To browsers: what `web` gives. Both are exchanged
 * for the next without a restart, and open connections stay.
 */
export class PortIdentity implements Disposable {
  readonly #parts: Parts;
  readonly #renewal: Renewal;
  #own: OwnCertificate;
  #ownContext: SecureContext;
  #web: WebCertificateSource | undefined;
  #shown: WebCertificate | undefined;
  #server: Parameters<TlsTerms["opened"]>[0] | undefined;

  private constructor(parts: Parts, own: OwnCertificate) {
    this.#parts = parts;
    this.#own = own;
    this.#ownContext = createSecureContext(this.#contextOf({ certificatePem: chainOf(own), keyPem: own.keyPem }));
    this.#renewal = new Renewal({
      clock: parts.clock,
      renew: () => this.#renewOwn(),
      failed: (cause) => this.#failed("CONTROL_PLANE", reasonOf(cause)),
    });
    this.#renewal.follow({ fromMs: own.issuedAt, untilMs: own.expiresAt });
  }

  static async open(parts: Parts): Promise<PortIdentity> {
    return new PortIdentity(parts, await parts.trust.controlPlaneCertificate());
  }

  /** What hosts are shown when they are dialled, as it is now. */
  get own(): OwnCertificate {
    return this.#own;
  }

  /** The HTTPS port's part. `web` has given its first certificate when this resolves. */
  async terms(web: WebCertificateSource): Promise<TlsTerms> {
    this.#web = web;
    await web.start({
      use: (certificate) => {
        const options = this.#contextOf(certificate);
        // Throws for what is no certificate with its key, before anything is exchanged.
        createSecureContext(options);
        this.#shown = certificate;
        this.#server?.setSecureContext(options);
      },
      failed: (message) => this.#failed("WEB", message),
    });
    if (!this.#shown) throw new Error("there is no certificate for the HTTPS port");
    return {
      options: {
        ...this.#contextOf(this.#shown),
        requestCert: true,
        // Browsers have none. What one proves is looked at with each request.
        rejectUnauthorized: false,
        SNICallback: (name, done) => done(null, name === controlPlaneName ? this.#ownContext : undefined),
      },
      opened: (server) => {
        this.#server = server;
        if (this.#shown) server.setSecureContext(this.#contextOf(this.#shown));
      },
    };
  }

  [Symbol.dispose](): void {
    this.#renewal[Symbol.dispose]();
    this.#web?.[Symbol.dispose]();
  }

  async #renewOwn() {
    const own = await this.#parts.trust.controlPlaneCertificate();
    this.#ownContext = createSecureContext(this.#contextOf({ certificatePem: chainOf(own), keyPem: own.keyPem }));
    this.#own = own;
    return { fromMs: own.issuedAt, untilMs: own.expiresAt };
  }

  #contextOf({ certificatePem, keyPem }: WebCertificate): SecureServerOptions {
    return { cert: certificatePem, key: keyPem, ca: this.#own.caCertificatePem, minVersion: "TLSv1.2" };
  }

  #failed(kind: "CONTROL_PLANE" | "WEB", message: string): void {
    const { trust, log } = this.#parts;
    log.warn("a certificate could not be renewed", { kind, why: message });
    trust.renewalFailed(kind, message).catch((cause: unknown) => log.error("note it", { err: cause }));
  }
}
