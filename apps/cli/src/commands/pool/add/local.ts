import type { Verb } from "../../verb.ts";
import type { LocalFlags } from "../spec.ts";
import { addVerb } from "./add-verb.ts";

export const addLocal: Verb = (command, cli) =>
  addVerb<LocalFlags>(
    command.requiredOption("--path <directory>", "absolute, on each of its hosts, and for limiquantix alone"),
    cli,
    async (flags) => (await import("../spec.ts")).localConfig(flags),
  );
