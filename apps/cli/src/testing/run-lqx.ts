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
  /** What is on standard input; or what is written to it once `answer` finds something to say to the error stream. */
  input: string | { answer: (errors: string) => string | undefined } = "",
): Promise<Outcome> {
  const streams = { input: new PassThrough(), output: new PassThrough(), errors: new PassThrough() };
  const text = { output: "", errors: "" };
  for (const name of ["output", "errors"] as const) {
    streams[name].setEncoding("utf8").on("data", (chunk: string) => {
      text[name] += chunk;
    });
  }
  if (typeof input === "string") streams.input.end(input);
  else {
    streams.errors.on("data", () => {
      const line = streams.input.writableEnded ? undefined : input.answer(text.errors);
      if (line !== undefined) streams.input.end(`${line}\n`);
    });
  }
  const code = await run(
    words,
    {
      server: undefined,
      token: undefined,
      configDir: `${settings.home}/.config/limiquantix`,
      applicationsDir: `${settings.home}/.local/share/applications`,
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
