import { UsageError } from "../usage-error.ts";

export const taintEffects = ["NO_SCHEDULE", "PREFER_NO_SCHEDULE", "NO_EXECUTE"] as const;
export type TaintEffect = (typeof taintEffects)[number];

/** `key=value:NO_SCHEDULE` or `key:NO_SCHEDULE`. */
export function parseTaint(text: string): { key: string; value: string; effect: TaintEffect } {
  const colon = text.lastIndexOf(":");
  const effect = taintEffects.find(
    (name) =>
      name ===
      text
        .slice(colon + 1)
        .toUpperCase()
        .replaceAll("-", "_"),
  );
  const [key = "", value = ""] = text.slice(0, colon).split("=", 2);
  if (colon < 1 || !effect || !key) {
    throw new UsageError(
      `${JSON.stringify(text)} is no taint`,
      `Write it as key=value:EFFECT; effects: ${taintEffects.join(", ")}.`,
    );
  }
  return { key, value, effect };
}
