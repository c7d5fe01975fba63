import { problem, Reason } from "@limiquantix/api";
import type { DiskSource } from "@limiquantix/node";

/** A disk as qemu-img(1) is told of it. */
export interface QemuSource {
  name: string;
  /** `-f` and the format; empty where the name says it. */
  format: string[];
  /** `--object` and what it needs to know. */
  objects: string[];
}

/** `secretFile` answers a file that only we can read, with the secret in base64. */
export function qemuSource(source: DiskSource, secretFile?: (secretId: string) => string | undefined): QemuSource {
  switch (source.kind) {
    case "file":
    case "block":
      return { name: source.path, format: ["-f", source.format], objects: [] };
    case "nfs":
      return named(source.format, {
        driver: "nfs",
        server: { type: "inet", host: source.server },
        path: source.path,
      });
    case "rbd": {
      const [pool, ...rest] = source.name.split("/");
      const image = rest.pop();
      const secret = source.secretId === undefined ? undefined : secretFile?.(source.secretId);
      if (source.secretId !== undefined && secret === undefined)
        throw problem(Reason.UNSUPPORTED, {
          what: `reading ${source.name}`,
          why: "this pool is not told the keys of others",
        });
      const objects = secret === undefined ? [] : ["--object", `secret,id=key,format=base64,file=${secret}`];
      const file = {
        driver: "rbd",
        pool,
        ...(rest.length > 0 && { namespace: rest.join("/") }),
        image,
        ...(source.user && { user: source.user }),
        ...(secret !== undefined && { "key-secret": "key" }),
        server: source.monitors.map(hostAndPort),
      };
      return { ...named("raw", file), objects };
    }
  }
}

function named(driver: string, file: object): QemuSource {
  return { name: `json:${JSON.stringify({ driver, file })}`, format: [], objects: [] };
}

function hostAndPort(monitor: string): { host: string; port: string } {
  const at = monitor.lastIndexOf(":");
  return { host: monitor.slice(0, at).replace(/^\[|\]$/g, ""), port: monitor.slice(at + 1) };
}
