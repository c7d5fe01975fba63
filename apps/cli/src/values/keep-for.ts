import { create } from "@bufbuild/protobuf";
import { DurationSchema, type Duration } from "@bufbuild/protobuf/wkt";
import type { Command } from "commander";
import { UsageError } from "../usage-error.ts";
import { parseSeconds } from "./duration.ts";

export interface KeepFlags {
  keepFor?: number;
  now?: boolean;
}

export function addKeepFlags(command: Command): Command {
  return command
    .option("--keep-for <duration>", "how long it can be brought back: 36h, 7d (24h unless told)", parseSeconds)
    .option("--now", "for good: nothing can be brought back");
}

/** The request's field; empty where the platform's setting is to count. */
export function keepFor({ keepFor: seconds, now }: KeepFlags): { keepFor?: Duration } {
  if (now && seconds) throw new UsageError("it cannot both be kept and go now", "Leave out --keep-for or --now.");
  if (!now && seconds === undefined) return {};
  return { keepFor: create(DurationSchema, { seconds: BigInt(now ? 0 : (seconds ?? 0)) }) };
}

/** For the question before: whether there is a way back. */
export function isForGood({ keepFor: seconds, now }: KeepFlags): boolean {
  return now === true || seconds === 0;
}
