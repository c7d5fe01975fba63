import type { Interceptor } from "@connectrpc/connect";
import type { Clock, Log } from "@limiquantix/kit";
import type { Database } from "../store/database.ts";
import { AuditChain } from "./chain.ts";
import { auditInterceptor } from "./interceptor.ts";
import { AuditRecorder } from "./recorder.ts";
import { AuditExporter, type AuditSink } from "./sink.ts";

/** The audit log of a control plane: what writes it down, what seals it, and what copies it elsewhere. */
export class AuditLog {
  readonly recorder: AuditRecorder;
  readonly interceptor: Interceptor;
  readonly #chain: AuditChain;
  readonly #exporter: AuditExporter | undefined;

  constructor(parts: { db: Database; clock: Clock; log: Log; sink?: AuditSink | undefined }) {
    const { sink } = parts;
    this.recorder = new AuditRecorder(parts);
    this.interceptor = auditInterceptor({ ...parts, recorder: this.recorder });
    this.#chain = new AuditChain(parts);
    this.#exporter = sink && new AuditExporter({ ...parts, sink });
  }

  /** Records are on their way into the chain. A sink that is away is none of it. */
  get busy(): boolean {
    return this.recorder.busy || this.#chain.busy;
  }

  start(): void {
    this.#chain.start();
    this.#exporter?.start();
  }

  /** Resolves when what has happened until now is in the chain, or could not be brought there. */
  async settled(): Promise<void> {
    await this.recorder.written();
    await this.#chain.sealed();
  }

  async stop(): Promise<void> {
    await this.recorder.stop();
    await this.#chain.sealed();
    await this.#chain.stop();
    await this.#exporter?.stop();
  }
}
