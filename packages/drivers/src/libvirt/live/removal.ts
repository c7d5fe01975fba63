import { problem, Reason } from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import { Affect, type DomainRef, type LibvirtConnection } from "@limiquantix/libvirt";
import { uuidToString } from "@limiquantix/libvirt";

/** How long a guest may take to let go of a device. */
const REMOVAL_TIMEOUT_MS = 20_000;

/** Asks the guest to let go of a device and waits until it did; NEEDS_RESTART when it does not. */
export async function removeDevice(
  parts: { connection: LibvirtConnection; clock: Clock },
  dom: DomainRef,
  { alias, what }: { alias: string; what: string },
): Promise<void> {
  const { connection, clock } = parts;
  const vmId = uuidToString(dom.uuid);
  const outcome = Promise.withResolvers<"removed" | "refused" | "late">();
  const hear = (result: "removed" | "refused") => (event: { dom: DomainRef; devAlias: string }) => {
    if (event.devAlias === alias && uuidToString(event.dom.uuid) === vmId) outcome.resolve(result);
  };
  // All domains' events: one registration, which the watch has anyway.
  await using _removed = await connection.subscribe("DEVICE_REMOVED", hear("removed"));
  await using _refused = await connection.subscribe("DEVICE_REMOVAL_FAILED", hear("refused"));
  await connection.call("DOMAIN_DETACH_DEVICE_ALIAS", { dom, alias, flags: Affect.LIVE });
  using _timer = clock.after(REMOVAL_TIMEOUT_MS, () => outcome.resolve("late"));
  if ((await outcome.promise) !== "removed")
    throw problem(Reason.NEEDS_RESTART, { vm: vmId, what: `${what} (the guest does not let go of it)` });
}
