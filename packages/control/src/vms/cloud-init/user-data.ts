import { problem, Reason } from "@limiquantix/api";
import { parseDocument } from "yaml";

/** Throws CLOUD_INIT_INVALID unless it is YAML for cloud-init: a mapping under `#cloud-config`. */
export function checkUserData(text: string): void {
  if (text === "") return;
  const part = "user-data";
  if (!/^#cloud-config[ \t]*(\r?\n|$)/.test(text)) {
    throw problem(Reason.CLOUD_INIT_INVALID, { part, why: "its first line is not #cloud-config" });
  }
  mappingOf(part, text);
}

/** Throws CLOUD_INIT_INVALID unless it is a network-config of version 2 (netplan's format), with or without its `network:`. */
export function checkNetworkConfig(text: string): void {
  if (text === "") return;
  const part = "network-config";
  const outer = mappingOf(part, text);
  const inner: unknown = "network" in outer ? outer.network : outer;
  if (!isMapping(inner)) throw problem(Reason.CLOUD_INIT_INVALID, { part, why: "`network` is not a mapping" });
  if (inner.version !== 2) {
    throw problem(Reason.CLOUD_INIT_INVALID, {
      part,
      why: "`version: 2` is missing; other versions are not supported",
    });
  }
}

function mappingOf(part: string, text: string): Record<string, unknown> {
  const document = parseDocument(text, { prettyErrors: true });
  const [error] = document.errors;
  // The first line of a YAML error tells what and where; the rest quotes the text, which may hold secrets.
  if (error) throw problem(Reason.CLOUD_INIT_INVALID, { part, why: error.message.split("\n")[0] ?? "it is not YAML" });
  let value: unknown;
  try {
    // A few aliases are common; a bomb of them is refused.
    value = document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw problem(Reason.CLOUD_INIT_INVALID, { part, why: "it has too many aliases" }, { cause });
  }
  if (value === null) return {};
  if (!isMapping(value))
    throw problem(Reason.CLOUD_INIT_INVALID, { part, why: "it is not a mapping of keys to values" });
  return value;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
