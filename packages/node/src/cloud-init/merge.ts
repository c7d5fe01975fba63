import { isMap, type YamlMap } from "./yaml.ts";

/** Lists of these keys are put one after the other; any other list is replaced. */
const APPENDED = new Set(["bootcmd", "groups", "packages", "runcmd", "ssh_authorized_keys", "users", "write_files"]);

/** `over` laid over `base`: maps are merged key by key, `over` wins, and users of one name become one. Pure. */
export function mergeCloudConfig(base: YamlMap, over: YamlMap): YamlMap {
  const merged: YamlMap = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const before = merged[key];
    if (key === "users" && Array.isArray(before) && Array.isArray(value)) merged[key] = mergeUsers(before, value);
    else if (APPENDED.has(key) && Array.isArray(before) && Array.isArray(value)) merged[key] = [...before, ...value];
    else if (isMap(before) && isMap(value)) merged[key] = mergeCloudConfig(before, value);
    else merged[key] = value;
  }
  return merged;
}

function mergeUsers(base: unknown[], over: unknown[]): unknown[] {
  const merged = [...base];
  for (const user of over) {
    const at = merged.findIndex((other) => nameOf(other) !== undefined && nameOf(other) === nameOf(user));
    const before = merged[at];
    if (at === -1) merged.push(user);
    else merged[at] = isMap(before) && isMap(user) ? mergeCloudConfig(before, user) : user;
  }
  return merged;
}

function nameOf(user: unknown): unknown {
  return isMap(user) ? user["name"] : user;
}
