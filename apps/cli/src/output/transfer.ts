import { formatBytes, systemClock } from "@limiquantix/kit";
import type { Cli } from "../cli.ts";
import { isMachine } from "./format.ts";

export interface Transfer extends Disposable {
  /** `done` bytes of the whole are over. */
  update(done: number): void;
}

/** A line that counts bytes: redrawn on a terminal, at every quarter elsewhere, not at all for `-o json`. */
export function showTransfer(cli: Cli, what: string, total: number): Transfer {
  const { errors } = cli.terminal;
  if (isMachine(cli.flags.output)) return { update: () => {}, [Symbol.dispose]: () => {} };
  const began = systemClock.now();
  let drawn = 0;
  let first: number | undefined;
  let quarter = 0;
  const line = (done: number) => {
    const seconds = (systemClock.now() - began) / 1000;
    const speed = seconds > 0.5 ? `  ${formatBytes(Math.round((done - (first ?? 0)) / seconds))}/s` : "";
    return `${what}  ${Math.floor((done * 100) / total)} %  ${formatBytes(done)} of ${formatBytes(total)}${speed}`;
  };
  return {
    update(done) {
      first ??= done;
      if (errors.isTTY) {
        const now = systemClock.now();
        if (now - drawn < 100 && done < total) return;
        drawn = now;
        errors.write(`\r\u001b[2K${line(done)}`);
      } else if (Math.floor((done * 4) / total) > quarter) {
        quarter = Math.floor((done * 4) / total);
        errors.write(`${line(done)}\n`);
      }
    },
    [Symbol.dispose]() {
      if (errors.isTTY && drawn > 0) errors.write("\n");
    },
  };
}
