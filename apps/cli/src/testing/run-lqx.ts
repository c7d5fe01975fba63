import { PassThrough } from "node:stream";
import type { Settings } from "../config.ts";
import { run } from "../run.ts";

export interface Outcome {
  code: number;
  out: string;
  err: string;
}

/** One command line in this process, with pipes for its three streams and a home of its own. */
export async function runLqx(
  words: string[],
  settings: Partial<Settings> & { home: string },
  input = "",
): Promise<Outcome> {
  const streams = { input: new PassThrough(), output: new PassThrough(), errors: new PassThrough() };
  const text = { output: "", errors: "" };
  for (const name of ["output", "errors"] as const) {
    streams[name].setEncoding("utf8").on("data", (chunk: string) => {
      text[name] += chunk;
    });
  }
  streams.input.end(input);
  const code = await run(
    words,
    {
      server: undefined,
      token: undefined,
      configDir: `${settings.home}/.config/limiquantix`,
      editor: "true",
      noColor: true,
      username: "ada",
      hasDisplay: false,
      ...settings,
    },
    streams,
  );
  await new Promise((resolve) => setImmediate(resolve));
  return { code, out: text.output, err: text.errors };
}
