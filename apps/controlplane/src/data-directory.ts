import { chmod, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { newSealingKey, sealingKeyBytes, type CaKeyStore } from "@limiquantix/control";

/** Where the control plane keeps its state: for its own user only. */
export class DataDirectory {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async open(path: string): Promise<DataDirectory> {
    try {
      await mkdir(path, { recursive: true, mode: 0o700 });
      await chmod(path, 0o700);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`the data directory ${path} cannot be used: ${why}`, { cause });
    }
    return new DataDirectory(path);
  }

  get databaseFile(): string {
    return join(this.path, "state.db");
  }

  /** The certificate authority's key: whoever reads it can pass for any host. */
  get caKeyStore(): CaKeyStore {
    return {
      load: async () => {
        const text = await this.read("ca.pem");
        if (text === undefined) return undefined;
        const certificate = text.indexOf("-----BEGIN CERTIFICATE-----");
        if (certificate < 0) throw new Error(`${join(this.path, "ca.pem")} is damaged: restore it from a backup`);
        return { keyPem: text.slice(0, certificate), certificatePem: text.slice(certificate) };
      },
      // Both in one file, so that no crash leaves one without the other.
      save: ({ keyPem, certificatePem }) => this.write("ca.pem", `${keyPem.trim()}\n${certificatePem.trim()}\n`),
    };
  }

  /** What secrets in the database are sealed with, made at the first start: a copy of the database alone tells none. */
  async sealingKey(): Promise<Uint8Array> {
    const text = await this.read("secrets.key");
    if (text === undefined) {
      const key = newSealingKey();
      await this.write("secrets.key", `${Buffer.from(key).toString("base64")}\n`);
      return key;
    }
    const key = Buffer.from(text.trim(), "base64");
    if (key.length === sealingKeyBytes) return new Uint8Array(key);
    throw new Error(
      `${join(this.path, "secrets.key")} is damaged: restore it from a backup, or remove it and create again the VMs that have not been made yet`,
    );
  }

  /** Writes a small secret file whole or not at all, readable by its owner only. */
  async write(name: string, text: string): Promise<void> {
    const path = join(this.path, name);
    const temporary = `${path}.new`;
    await rm(temporary, { force: true });
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    const directory = await open(this.path, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.path, name), { force: true });
  }

  /** Undefined: there is no such file. */
  async read(name: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.path, name), "utf8");
    } catch (cause) {
      if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
      throw cause;
    }
  }
}
