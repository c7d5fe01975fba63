import type { Client } from "@connectrpc/connect";
import type { VMService, VMTaskResponse } from "@limiquantix/api";
import { newKey } from "../../api/use-action.tsx";
import { strings } from "../../strings/index.ts";
import type { PowerAction } from "./vm-actions.ts";
import { wantedState } from "./wanted-state.ts";

/** Asks for it and shows it at once; where the server refuses, the state falls back and the error is thrown. */
export async function power(
  client: Client<typeof VMService>,
  id: string,
  action: PowerAction,
): Promise<VMTaskResponse> {
  wantedState.ask(id, strings.vms.asked[action]);
  try {
    const response = await send(client, id, action);
    wantedState.taken(id, response.vm?.revision ?? 0n);
    return response;
  } catch (error) {
    wantedState.refused(id);
    throw error;
  }
}

function send(client: Client<typeof VMService>, id: string, action: PowerAction): Promise<VMTaskResponse> {
  const request = { id, idempotencyKey: newKey() };
  switch (action) {
    case "start":
      return client.startVM(request);
    case "stop":
      return client.stopVM(request);
    case "kill":
      return client.stopVM({ ...request, force: true });
    case "reboot":
      return client.rebootVM(request);
    case "reset":
      return client.rebootVM({ ...request, force: true });
    case "pause":
      return client.pauseVM(request);
    case "resume":
      return client.resumeVM(request);
    case "suspend":
      return client.suspendVM(request);
  }
}
