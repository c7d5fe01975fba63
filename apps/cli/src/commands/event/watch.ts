import type { Verb } from "../verb.ts";

export const watch: Verb = (command, cli) => {
  command.action(async () => {
    const session = await cli.connect();
    const [{ EventSchema }, { toJson }, { isMachine }, { eventLine }, { catchInterrupt }] = await Promise.all([
      import("@limiquantix/api"),
      import("@bufbuild/protobuf"),
      import("../../output/format.ts"),
      import("../../output/event-view.ts"),
      import("../../terminal/terminal.ts"),
    ]);
    using interrupt = catchInterrupt();
    try {
      for await (const event of session.events.watchEvents({}, { signal: interrupt.signal })) {
        const asData = isMachine(cli.flags.output);
        cli.print(asData ? JSON.stringify(toJson(EventSchema, event)) : eventLine(event, cli.terminal.paint));
      }
    } catch (error) {
      if (!interrupt.signal.aborted) throw error;
    }
  });
};
