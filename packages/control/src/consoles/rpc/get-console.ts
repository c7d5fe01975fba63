import { ConsoleInfo_Type, type ConsoleInfo, type GetConsoleRequest } from "@limiquantix/api";
import type { Call } from "../../rpc/call.ts";
import { vms } from "../../tables.ts";
import type { ConsoleParts } from "../console-parts.ts";
import { issueTicket } from "../issue-ticket.ts";

/**
 * A ticket for one console connection. VNC unless asked for serial.
 * Throws CONSOLE_VM_NOT_RUNNING, CONSOLE_NOT_CONFIGURED, NODE_UNREACHABLE.
 */
export function getConsole(parts: ConsoleParts, request: GetConsoleRequest, call: Call): ConsoleInfo {
  const { principal, access, peer } = call;
  return issueTicket(parts, {
    vm: parts.db.get(vms, request.vmId),
    type: request.type === ConsoleInfo_Type.SERIAL ? "SERIAL" : "VNC",
    viewOnly: request.viewOnly,
    linkId: "",
    caller: { principal, access },
    peer,
  });
}
