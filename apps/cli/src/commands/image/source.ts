import { UsageError } from "../../usage-error.ts";

/** `https://…/debian-12-genericcloud-amd64.qcow2?x` → `debian-12-genericcloud-amd64`. */
export function nameFromPath(path: string): string {
  const file = path.split(/[?#]/, 1)[0]?.split("/").filter(Boolean).at(-1) ?? "";
  const name = file.replace(/\.(qcow2|img|raw|iso|vmdk)$/i, "").replace(/[^A-Za-z0-9 ._-]+/g, "-");
  const trimmed = name.replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "").slice(0, 63);
  if (trimmed === "") throw new UsageError("the image has no name", "Give it one: --name NAME.");
  return trimmed;
}

/** `sha256:ab…`, or the bare sum, whose length tells which it is. */
export function parseChecksum(text: string): { checksum: string; checksumType: "sha256" | "sha512" } {
  const match = /^(?:(sha256|sha512):)?([0-9a-fA-F]+)$/.exec(text.trim());
  const checksum = match?.[2] ?? "";
  const checksumType = checksum.length === 64 ? "sha256" : checksum.length === 128 ? "sha512" : undefined;
  if (!checksumType || (match?.[1] && match[1] !== checksumType)) {
    throw new UsageError(
      `${JSON.stringify(text)} is no checksum`,
      "Give 64 (SHA-256) or 128 (SHA-512) hexadecimal digits.",
    );
  }
  return { checksum: checksum.toLowerCase(), checksumType };
}

/** `debian-12` → distribution debian, version 12. */
export function osInfo({ os, arch }: { os?: string; arch?: string }) {
  const dash = os?.indexOf("-") ?? -1;
  return {
    distribution: dash > 0 ? (os ?? "").slice(0, dash) : (os ?? ""),
    version: dash > 0 ? (os ?? "").slice(dash + 1) : "",
    architecture: arch ?? "",
  };
}
