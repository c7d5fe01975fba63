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
  type GetConsoleRequest,
  type VirtualMachine,
} from "@limiquantix/api";
import type { HostClients } from "../../hosts/host-clients.ts";
import type { Call } from "../../rpc/call.ts";
import type { Peer } from "../../rpc/context.ts";
import type { Database } from "../../store/database.ts";
import { nodes, vms } from "../../tables.ts";
import type { ConsoleGrant, ConsoleTickets } from "../tickets.ts";

/** Where clients reach this control plane, as its app knows it. */
export interface PublicAddress {
  host: string;
  port: number;
  tls: boolean;
}

/**
 * A ticket for one console connection. VNC unless asked for serial.
 * Throws CONSOLE_VM_NOT_RUNNING, CONSOLE_NOT_CONFIGURED, NODE_UNREACHABLE.
 */
export function getConsole(
  parts: { db: Database; hosts: HostClients; tickets: ConsoleTickets; address: (peer: Peer) => PublicAddress },
  request: GetConsoleRequest,
  call: Call,
): ConsoleInfo {
  const { db, hosts, tickets } = parts;
  const vm = db.get(vms, request.vmId);
  const type = request.type === ConsoleInfo_Type.SERIAL ? "SERIAL" : "VNC";
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
  const { principal, access } = call;
  const caller = { principal, access };
  const { ticket, expiresAt } = tickets.issue({ vmId: vm.id, nodeId, type, user: principal.name, caller });
  const { host, port, tls } = parts.address(call.peer);
  return create(ConsoleInfoSchema, {
    consoleType: ConsoleInfo_Type[type],
    host,
    port,
    tls,
    websocketUrl: `/console/${ticket}`,
    expiresAt: timestampFromMs(expiresAt),
  });
}

function assertConfigured(vm: VirtualMachine, type: ConsoleGrant["type"]): void {
  const missing = type === "SERIAL" ? vm.spec?.serial?.disabled : vm.spec?.display?.type === Display_Type.NONE;
  if (!missing) return;
  throw problem(Reason.CONSOLE_NOT_CONFIGURED, { vm: vm.name, type: type === "SERIAL" ? "serial" : "VNC" });
}
