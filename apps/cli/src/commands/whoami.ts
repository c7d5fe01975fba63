import type { Verb } from "./verb.ts";

export const whoami: Verb = (command, cli) => {
  command.action(async () => {
    const { describeSelf } = await import("./whoami-view.ts");
    await describeSelf(cli);
  });
};
