import { readSettings } from "./config.ts";
import { run } from "./run.ts";

const code = await run(process.argv.slice(2), readSettings(), {
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
});
// What was written is still on its way into a pipe; what is left otherwise (a connection that is kept alive, a terminal
// that is still read) must not keep the shell waiting.
await Promise.all(
  [process.stdout, process.stderr].map((stream) => new Promise<void>((resolve) => stream.write("", () => resolve()))),
);
process.exit(code);
