import { createWriteStream } from "node:fs";
import { once } from "node:events";
import { finished } from "node:stream/promises";
import type { Writable } from "node:stream";
import type { Cli } from "../../cli.ts";
import { parseSince } from "../../values/since.ts";

export interface ExportOptions {
  file: string | undefined;
  since?: string;
  until?: string;
}

/** Writes lines as they come and no faster than they are taken. */
export async function exportLines(cli: Cli, { file, since, until }: ExportOptions): Promise<void> {
  const session = await cli.connect();
  const stream = session.audit.exportAudit({
    ...(since ? { since: parseSince(since) } : {}),
    ...(until ? { until: parseSince(until) } : {}),
  });
  // Whoever did what is nobody else's business.
  const target: Writable = file === undefined ? cli.terminal.output : createWriteStream(file, { mode: 0o600 });
  let records = 0;
  for await (const { jsonLines } of stream) {
    const lines = jsonLines === "" || jsonLines.endsWith("\n") ? jsonLines : `${jsonLines}\n`;
    records += lines.split("\n").length - 1;
    if (lines !== "" && !target.write(lines)) await once(target, "drain");
  }
  if (file === undefined) return;
  target.end();
  await finished(target);
  cli.note(`${records} records are in ${file}`);
}
