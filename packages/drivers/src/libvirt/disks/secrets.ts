import type { Log } from "@limiquantix/kit";
import { ErrorCode, isLibvirtError, type LibvirtConnection, uuidFromString } from "@limiquantix/libvirt";
import type { DiskSecret, DiskSecrets } from "@limiquantix/node";
import { el, printXml } from "../../xml/element.ts";

/**
 * Secrets of libvirt: ephemeral, so that they are on no disk, and private, so that nobody gets them back. A libvirtd that
 * was restarted has forgotten them; they are told it again with each new connection.
 */
export class LibvirtSecrets implements DiskSecrets, Disposable {
  readonly #connection: LibvirtConnection;
  readonly #log: Log;
  readonly #known = new Map<string, DiskSecret>();
  readonly #listening: Disposable;

  constructor({ connection, log }: { connection: LibvirtConnection; log: Log }) {
    this.#connection = connection;
    this.#log = log;
    this.#listening = connection.onState(({ state }) => {
      if (state === "connected") void this.#tellAll();
    });
  }

  async set(secret: DiskSecret): Promise<void> {
    this.#known.set(secret.secretId, secret);
    await this.#tell(secret);
  }

  async delete(secretId: string): Promise<void> {
    this.#known.delete(secretId);
    try {
      const uuid = uuidFromString(secretId);
      const { secret } = await this.#connection.call("SECRET_LOOKUP_BY_UUID", { uuid });
      await this.#connection.call("SECRET_UNDEFINE", { secret });
    } catch (error) {
      if (!isLibvirtError(error, ErrorCode.NO_SECRET)) throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }

  async #tellAll(): Promise<void> {
    for (const secret of this.#known.values()) {
      try {
        await this.#tell(secret);
      } catch (error) {
        // A lost connection comes back, and all is told again then.
        this.#log.warn("tell libvirt a storage key again", { secret: secret.secretId, error });
      }
    }
  }

  async #tell({ secretId, kind, usage, value }: DiskSecret): Promise<void> {
    const xml = printXml(
      el(
        "secret",
        { ephemeral: "yes", private: "yes" },
        el("uuid", {}, secretId),
        // libvirt takes each usage once.
        el("usage", { type: kind }, el("name", {}, `${usage} ${secretId}`)),
      ),
    );
    const define = () => this.#connection.call("SECRET_DEFINE_XML", { xml });
    const { secret } = await define().catch(async (error: unknown) => {
      // The usage of one that is there cannot be changed.
      if (!isLibvirtError(error)) throw error;
      const uuid = uuidFromString(secretId);
      const { secret: old } = await this.#connection.call("SECRET_LOOKUP_BY_UUID", { uuid });
      await this.#connection.call("SECRET_UNDEFINE", { secret: old });
      return define();
    });
    await this.#connection.call("SECRET_SET_VALUE", { secret, value });
  }
}
