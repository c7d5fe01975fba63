import type { CreateJoinTokenResponse } from "@limiquantix/api";
import { normalServer } from "../../contexts.ts";
import { UsageError } from "../../usage-error.ts";

/** The line to paste on a new host. Throws a UsageError where hosts have no way to the control plane. Pure. */
export function joinLine(
  { controlPlane, token }: Pick<CreateJoinTokenResponse, "controlPlane" | "token">,
  to?: string,
) {
  const address = to === undefined ? controlPlane : normalServer(to);
  if (address === "")
    throw new UsageError(
      "this control plane has no HTTPS port, and hosts join over nothing else",
      "Start it with --https-listen 0.0.0.0:8443; or say --to https://HOST:PORT where something stands in front of it.",
    );
  if (!address.startsWith("https://"))
    throw new UsageError(`${address}: hosts join over https alone`, "Write it as https://HOST:PORT.");
  return `limiquantix-node join ${address} --token ${token}`;
}
