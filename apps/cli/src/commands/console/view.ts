import { ConsoleInfo_Type, ConsoleLinkSchema, ConsoleSessionSchema } from "@limiquantix/api";
import type { ListView } from "../../output/print.ts";
import { moment } from "../../output/times.ts";

export function sessionsView(vm: string): ListView<typeof ConsoleSessionSchema> {
  return {
    schema: ConsoleSessionSchema,
    empty: `nobody is at a console of ${vm}`,
    columns: [
      { header: "USER", value: ({ userName }) => userName },
      { header: "CONSOLE", value: ({ type }) => ConsoleInfo_Type[type].toLowerCase() },
      { header: "MAY", value: ({ viewOnly }) => (viewOnly ? "look" : "type") },
      { header: "SINCE", value: ({ since }) => moment(since) },
      { header: "BY LINK", value: ({ linkId }) => linkId },
    ],
  };
}

export function linksView(vm: string): ListView<typeof ConsoleLinkSchema> {
  return {
    schema: ConsoleLinkSchema,
    empty: `there is no link to the screen of ${vm}`,
    columns: [
      { header: "ID", value: ({ id }) => id },
      { header: "MAY", value: ({ viewOnly }) => (viewOnly ? "look" : "type") },
      { header: "BY", value: ({ createdBy }) => createdBy },
      { header: "GOOD UNTIL", value: ({ expiresAt }) => moment(expiresAt) },
      { header: "NOTE", value: ({ note }) => note },
    ],
  };
}
