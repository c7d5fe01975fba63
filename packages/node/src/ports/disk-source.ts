/**
 * How an emulator on this host reaches a disk's bytes. No variant holds a secret: `secretId` names one that the storage
 * driver gave to `DiskSecrets` before.
 */
export type DiskSource =
  /** A file, layers below it found by its own header. */
  | { kind: "file"; path: string; format: DiskFormat }
  /** A block device node that is active on this host. */
  | { kind: "block"; path: string; format: DiskFormat }
  /** A Ceph RBD image, by librbd within the emulator. */
  | {
      kind: "rbd";
      /** host:port each. */
      monitors: readonly string[];
      /** pool/namespace/image or pool/image. */
      name: string;
      user: string;
      secretId: string | undefined;
      format: "raw";
    }
  /** An NFS export, by the emulator's own NFSv3 client. */
  | {
      kind: "nfs";
      server: string;
      path: string;
      format: DiskFormat;
      /** The layers below it, the next one first: the emulator is told them, for libvirt cannot find them out. */
      below?: readonly { path: string; format: DiskFormat }[];
    };

export type DiskFormat = "qcow2" | "raw";

/** One name for a source, the same for the same bytes: a path, or `rbd:pool/image`. */
export function sourceName(source: DiskSource): string {
  switch (source.kind) {
    case "file":
    case "block":
      return source.path;
    case "rbd":
      return `rbd:${source.name}`;
    case "nfs":
      return `nfs://${source.server}${source.path}`;
  }
}

/** Keys that the emulator needs to reach storage. Kept in memory only; the hypervisor is told them again when it comes back. */
export interface DiskSecrets {
  /** Makes the secret so, and answers nothing else than that. */
  set(secret: DiskSecret): Promise<void>;
  delete(secretId: string): Promise<void>;
}

export interface DiskSecret {
  /** UUID. */
  secretId: string;
  kind: "ceph";
  /** For people: which pool it is for. */
  usage: string;
  value: Uint8Array;
}
