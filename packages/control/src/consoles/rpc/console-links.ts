import { clone, create } from "@bufbuild/protobuf";
import {
  ConsoleLinkSchema,
  CreateConsoleLinkResponseSchema,
  ListConsoleLinksResponseSchema,
  OpenConsoleLinkResponseSchema,
  problem,
  Reason,
  type ConsoleLink,
  type CreateConsoleLinkRequest,
  type CreateConsoleLinkResponse,
  type ListConsoleLinksRequest,
  type ListConsoleLinksResponse,
  type OpenConsoleLinkRequest,
  type OpenConsoleLinkResponse,
  type RevokeConsoleLinkRequest,
} from "@limiquantix/api";
import { recordEvent } from "../../events/event.ts";
import { newSecret } from "../../identity/secrets.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import { vms } from "../../tables.ts";
import { vmRef } from "../../vms/vm.ts";
import type { ConsoleParts } from "../console-parts.ts";
import { issueTicket } from "../issue-ticket.ts";
import { consoleLinks } from "../table.ts";

/** A repeat under the same idempotency key answers the link without its secret, which is nowhere kept. */
export function createConsoleLink(
  parts: ConsoleParts,
  request: CreateConsoleLinkRequest,
  call: Call,
): Promise<CreateConsoleLinkResponse> {
  const { clock, links } = parts;
  const { minutes, viewOnly, note } = request;
  const secret = newSecret("lqxlink_");
  const mutation = {
    method: "VMService.CreateConsoleLink",
    request,
    response: CreateConsoleLinkResponseSchema,
    forRepeats: (response: CreateConsoleLinkResponse) => void Object.assign(response, { secret: "", path: "" }),
  };
  return mutate(parts, call, mutation, (tx) => {
    const vm = tx.get(vms, request.vmId);
    const link = links.insert(tx, { secret, vm, minutes, viewOnly, note, by: call.principal });
    const what = viewOnly ? "a link to look at the screen" : "a link to the screen";
    const message = `${what} of VM ${vm.name} was made, good for ${minutes} min`;
    recordEvent(tx, { clock, call, type: "console", message, subject: vmRef(vm) });
    const told = request.dryRun ? {} : { secret, path: `/console-link/${secret}` };
    return create(CreateConsoleLinkResponseSchema, { link, ...told });
  });
}

export function listConsoleLinks({ links }: ConsoleParts, { vmId }: ListConsoleLinksRequest): ListConsoleLinksResponse {
  return create(ListConsoleLinksResponseSchema, { links: links.of(vmId) });
}

/** Throws NOT_FOUND, for the link of another VM too. */
export function revokeConsoleLink(
  parts: ConsoleParts,
  request: RevokeConsoleLinkRequest,
  call: Call,
): Promise<ConsoleLink> {
  const mutation = { method: "VMService.RevokeConsoleLink", request, response: ConsoleLinkSchema };
  return mutate(parts, call, mutation, (tx) => {
    const link = tx.find(consoleLinks, request.linkId)?.link;
    if (link?.vmId !== request.vmId) throw problem(Reason.NOT_FOUND, { kind: "console link", id: request.linkId });
    tx.delete(consoleLinks, request.linkId);
    return clone(ConsoleLinkSchema, link);
  });
}

/** Throws CONSOLE_LINK_INVALID, and what GetConsole throws. */
export function openConsoleLink(
  parts: ConsoleParts,
  { secret }: OpenConsoleLinkRequest,
  call: Call,
): OpenConsoleLinkResponse {
  const { link, caller } = parts.links.open(secret);
  const vm = parts.db.get(vms, link.vmId);
  const { id: linkId, viewOnly, createdBy, expiresAt } = link;
  const console = issueTicket(parts, { vm, type: "VNC", viewOnly, linkId, caller, peer: call.peer });
  const opened = create(OpenConsoleLinkResponseSchema, { console, vmName: vm.name, createdBy });
  if (expiresAt) opened.expiresAt = expiresAt;
  return opened;
}
