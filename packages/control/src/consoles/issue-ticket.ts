import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  ConsoleInfo_Type,
  ConsoleInfoSchema,
  Display_Type,
  problem,
  Reason,
  VmStatus_PowerState,
  type ConsoleInfo,
  type VirtualMachine,
} from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import type { Caller } from "../access/authorise.ts";
import type { Peer } from "../rpc/context.ts";
import { nodes } from "../tables.ts";
import type { ConsoleParts } from "./console-parts.ts";
import type { ConsoleGrant } from "./tickets.ts";

export interface TicketRequest {
  vm: VirtualMachine;
  type: ConsoleGrant["type"];
  viewOnly: boolean;
  linkId: string;
  caller: Caller;
  peer: Peer;
}

/** Throws CONSOLE_VM_NOT_RUNNING, CONSOLE_NOT_CONFIGURED, NODE_UNREACHABLE. */
export function issueTicket(
  { db, hosts, tickets, address }: Pick<ConsoleParts, "db" | "hosts" | "tickets" | "address">,
  { vm, type, viewOnly, linkId, caller, peer }: TicketRequest,
): ConsoleInfo {
  const state = vm.status?.state ?? VmStatus_PowerState.UNKNOWN;
  // A paused VM has its screen still.
  if (state !== VmStatus_PowerState.RUNNING && state !== VmStatus_PowerState.PAUSED) {
    throw problem(Reason.CONSOLE_VM_NOT_RUNNING, { vm: vm.name, state: VmStatus_PowerState[state] });
  }
  assertConfigured(vm, type);
  const nodeId = vm.status?.nodeId ?? "";
  if (!hosts.reachable(nodeId)) {
    const node = db.find(nodes, nodeId)?.hostname ?? nodeId;
    throw problem(Reason.NODE_UNREACHABLE, { node, cause: "it does not answer, so its consoles cannot be reached" });
  }
  const sessionId = newId();
  const user = caller.principal.name;
  const { ticket, expiresAt } = tickets.issue({ vmId: vm.id, nodeId, type, viewOnly, sessionId, linkId, user, caller });
  const { host, port, tls } = address(peer);
  return create(ConsoleInfoSchema, {
    consoleType: ConsoleInfo_Type[type],
    host,
    port,
    tls,
    websocketUrl: `/console/${ticket}`,
    expiresAt: timestampFromMs(expiresAt),
    sessionId,
    viewOnly,
  });
}

function assertConfigured(vm: VirtualMachine, type: ConsoleGrant["type"]): void {
  const missing = type === "SERIAL" ? vm.spec?.serial?.disabled : vm.spec?.display?.type === Display_Type.NONE;
  if (!missing) return;
  throw problem(Reason.CONSOLE_NOT_CONFIGURED, { vm: vm.name, type: type === "SERIAL" ? "serial" : "VNC" });
}
