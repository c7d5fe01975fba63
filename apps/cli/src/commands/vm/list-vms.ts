import { VmStatus_PowerState, type ListVMsRequestSchema, type VirtualMachine } from "@limiquantix/api";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Cli } from "../../cli.ts";
import { printList } from "../../output/print.ts";
import { readHostnames } from "../../rpc/hostnames.ts";
import { allPages, pageSize } from "../../rpc/pages.ts";
import { getPlace } from "../../rpc/resolve-folder.ts";
import { getNode } from "../../rpc/resolve.ts";
import type { Session } from "../../rpc/session.ts";
import { UsageError } from "../../usage-error.ts";
import type { Labels } from "../../values/labels.ts";
import { templateListView, vmListView } from "./view.ts";

export interface ListFlags {
  label?: Labels;
  state?: string[];
  node?: string;
  project?: string;
  folder?: string;
  limit?: number;
  watch?: boolean;
}

export interface VmSelection {
  name: string | undefined;
  flags: ListFlags;
  /** Templates alone. */
  templates?: boolean;
}

export async function listVms(cli: Cli, session: Session, selection: VmSelection): Promise<void> {
  const places = await readPlaces(session, selection.flags);
  const request = listRequest(selection, places);
  const [hostname, vms] = await Promise.all([
    readHostnames(session),
    allPages(async (pageToken) => {
      const page = await session.vms.listVMs({ ...request, pageToken });
      return {
        items: page.vms.filter((vm) => isIn(places, vm) && (!selection.templates || vm.isTemplate)),
        nextPageToken: page.nextPageToken,
      };
    }, selection.flags.limit),
  ]);
  await printList(cli, selection.templates ? templateListView() : vmListView(cli.terminal.paint, hostname), vms);
}

/** Ids of what the flags name; empty where they name nothing. */
export interface Places {
  nodeId: string;
  projectId: string;
  folderId: string;
}

export async function readPlaces(session: Session, flags: ListFlags): Promise<Places> {
  const [node, place] = await Promise.all([
    flags.node ? getNode(session, flags.node) : undefined,
    getPlace(session, flags),
  ]);
  return { nodeId: node?.id ?? "", ...place };
}

/** The API filters by project and host; folders are left to us. */
export function isIn({ folderId }: Places, vm: VirtualMachine): boolean {
  return folderId === "" || vm.folderId === folderId;
}

export function listRequest(
  { name, flags }: VmSelection,
  { nodeId, projectId }: Pick<Places, "nodeId" | "projectId">,
): MessageInitShape<typeof ListVMsRequestSchema> {
  return {
    name: name ?? "",
    labels: flags.label ?? {},
    states: (flags.state ?? []).flatMap((text) => text.split(",")).map(parseState),
    nodeId,
    projectId,
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
