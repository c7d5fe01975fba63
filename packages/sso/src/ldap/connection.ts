import type { connect as connectTcp } from "node:net";
import type { TLSSocket } from "node:tls";
import { Client, type Entry, type SearchOptions } from "ldapts";
import { explain } from "../explain.ts";
import { openSecureSocket, type LdapAddress } from "./secure-socket.ts";

/** What a directory may answer on one connection. */
const mostBytes = 16 * 1024 * 1024;

/** One connection to one server, over verified TLS. It ends when it is disposed of, or when `signal` aborts. */
export class LdapConnection implements AsyncDisposable {
  readonly #client: Client;
  readonly #socket: TLSSocket;
  readonly #signal: AbortSignal;
  readonly #abort = (): void => void this.#socket.destroy();
  #why: Error | undefined;

  private constructor(socket: TLSSocket, signal: AbortSignal) {
    this.#socket = socket;
    this.#signal = signal;
    let used = false;
    this.#client = new Client({
      // The socket is there already, and is encrypted; ldapts only must not make another.
      url: "ldap://directory",
      createConnection: (() => {
        // It would connect anew, and go on in the clear.
        if (used) throw new Error("the directory closed the connection");
        used = true;
        return socket;
      }) as unknown as typeof connectTcp,
    });
    let bytes = 0;
    socket.on("data", (data: Buffer) => {
      bytes += data.length;
      if (bytes <= mostBytes) return;
      this.#why = new Error(`the directory answers more than ${mostBytes / 1024 / 1024} MiB`);
      socket.destroy();
    });
    signal.addEventListener("abort", this.#abort, { once: true });
  }

  /** Throws the connection's own error. */
  static async open(address: LdapAddress, signal: AbortSignal): Promise<LdapConnection> {
    return new LdapConnection(await openSecureSocket(address, signal), signal);
  }

  /** Throws ldapts' error of the result code. */
  async bind(dn: string, password: string): Promise<void> {
    // The directory would answer success to it, and nothing would be proven (RFC 4513, 5.1.2).
    if (!dn || !password) throw new Error("a bind without a name or a password proves nothing");
    await this.#answer(this.#client.bind(dn, password));
  }

  /** Throws in plain words. */
  async search(base: string, options: SearchOptions): Promise<Entry[]> {
    try {
      return (await this.#answer(this.#client.search(base, options))).searchEntries;
    } catch (cause) {
      throw new Error(`the search below ${base || "the root"} fails: ${explain(cause)}`, { cause });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal.removeEventListener("abort", this.#abort);
    if (!this.#socket.destroyed) await this.#client.unbind().catch(() => {});
    this.#socket.destroy();
  }

  /** ldapts rejects what waits when the socket closes; the reason for which it was closed tells more. */
  async #answer<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (cause) {
      this.#signal.throwIfAborted();
      throw this.#why ?? cause;
    }
  }
}
