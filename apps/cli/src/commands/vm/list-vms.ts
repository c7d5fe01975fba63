import { VmStatus_PowerState, type ListVMsRequestSchema } from "@limiquantix/api";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Cli } from "../../cli.ts";
import { printList } from "../../output/print.ts";
import { readHostnames } from "../../rpc/hostnames.ts";
import { allPages, pageSize } from "../../rpc/pages.ts";
import { getNode } from "../../rpc/resolve.ts";
import type { Session } from "../../rpc/session.ts";
import { UsageError } from "../../usage-error.ts";
import type { Labels } from "../../values/labels.ts";
import { vmListView } from "./view.ts";

export interface ListFlags {
  label?: Labels;
  state?: string[];
  node?: string;
  limit?: number;
  watch?: boolean;
}

export interface VmSelection {
  name: string | undefined;
  flags: ListFlags;
}

export async function listVms(cli: Cli, session: Session, selection: VmSelection): Promise<void> {
  const nodeId = selection.flags.node ? (await getNode(session, selection.flags.node)).id : "";
  const request = listRequest(selection, nodeId);
  const [hostname, vms] = await Promise.all([
    readHostnames(session),
    allPages(async (pageToken) => {
      const page = await session.vms.listVMs({ ...request, pageToken });
      return { items: page.vms, nextPageToken: page.nextPageToken };
    }, selection.flags.limit),
  ]);
  await printList(cli, vmListView(cli.terminal.paint, hostname), vms);
}

export function listRequest(
  { name, flags }: VmSelection,
  nodeId: string,
): MessageInitShape<typeof ListVMsRequestSchema> {
  return {
    name: name ?? "",
    labels: flags.label ?? {},
    states: (flags.state ?? []).flatMap((text) => text.split(",")).map(parseState),
    nodeId,
    orderBy: "name",
    pageSize,
  };
}

export function parseState(text: string): VmStatus_PowerState {
  const state = VmStatus_PowerState[text.toUpperCase() as keyof typeof VmStatus_PowerState];
  if (state !== undefined) return state;
  const known = Object.values(VmStatus_PowerState).filter((name) => typeof name === "string" && name !== "UNKNOWN");
  throw new UsageError(`${JSON.stringify(text)} is no state of a VM`, `States: ${known.join(", ")}.`);
}
