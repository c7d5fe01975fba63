import { chmod, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { NodeIdentity, NodeIdentityStore } from "@limiquantix/node";

/** Also where the control plane is, so that a host that has joined starts without being told. */
export interface SavedIdentity extends NodeIdentity {
  /** Undefined: saved by an earlier release. */
  controlPlane?: string;
}

/** The host's identity in one file, for its own user only; whoever reads it can pass for this host. */
export class IdentityFile implements NodeIdentityStore {
  readonly #directory: string;
  readonly #path: string;
  readonly #controlPlane: string | undefined;

  /** `controlPlane` is saved with each identity. */
  constructor(directory: string, controlPlane?: string) {
    this.#directory = directory;
    this.#controlPlane = controlPlane;
    this.#path = join(directory, "identity.json");
  }

  async load(): Promise<SavedIdentity | undefined> {
    let text: string;
    try {
      text = await readFile(this.#path, "utf8");
    } catch (cause) {
      if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
      throw new Error(`read this host's identity at ${this.#path}`, { cause });
    }
    const kept: unknown = JSON.parse(text);
    if (!isIdentity(kept)) throw new Error(`${this.#path} is damaged: delete it and register this host again`);
    return kept;
  }

  /** Whole or not at all. */
  async save(identity: NodeIdentity): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    await chmod(this.#directory, 0o700);
    const temporary = `${this.#path}.new`;
    await rm(temporary, { force: true });
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(
        JSON.stringify(this.#controlPlane ? { ...identity, controlPlane: this.#controlPlane } : identity),
      );
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, this.#path);
  }
}

/** An identity that ends with the process. */
export function identityInMemory(): NodeIdentityStore {
  let kept: NodeIdentity | undefined;
  return {
    load: async () => kept,
    save: async (identity) => {
      kept = identity;
    },
  };
}

function isIdentity(value: unknown): value is SavedIdentity {
  const fields = ["nodeId", "nodeToken", "certificatePem", "caCertificatePem", "privateKeyPem"];
  return (
    typeof value === "object" &&
    value !== null &&
    fields.every((field) => typeof (value as Record<string, unknown>)[field] === "string")
  );
}
