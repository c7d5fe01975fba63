import { problem, Reason } from "@limiquantix/api";
import { sleep, type Clock } from "@limiquantix/kit";
import type { Observer } from "../observe/observer.ts";
import type { Hypervisor } from "../ports/hypervisor.ts";
import { isUp } from "./plan-vm.ts";

/** A guest that is still booting does not hear the power button, so it is pressed again. */
const ASK_AGAIN_MS = 10_000;

/**
 * Asks the guest to shut down and waits until it did. Throws GUEST_DID_NOT_STOP after `timeoutMs`, and the signal's
 * reason when aborted.
 */
export async function stopGuest(options: {
  vmId: string;
  name: string;
  timeoutMs: number;
  hypervisor: Hypervisor;
  observer: Observer;
  clock: Clock;
  signal: AbortSignal;
}): Promise<void> {
  const { vmId, name, timeoutMs, hypervisor, observer, clock, signal } = options;
  const deadline = clock.now() + timeoutMs;
  const off = new AbortController();
  using _changes = observer.subscribe((change) => {
    if (change.vmId === vmId && !(change.vm && isUp(change.vm.state))) off.abort(wentOff);
  });
  const woken = AbortSignal.any([signal, off.signal]);
  for (let left = timeoutMs; left > 0; left = deadline - clock.now()) {
    await hypervisor.stop(vmId, "ask");
    // The guest may have been faster than the subscription's first event.
    const seen = await observer.look(vmId);
    if (!seen || !isUp(seen.state)) return;
    try {
      await sleep(clock, Math.min(left, ASK_AGAIN_MS), { signal: woken });
    } catch (cause) {
      if (signal.aborted || cause !== wentOff) throw cause;
      return;
    }
  }
  throw problem(Reason.GUEST_DID_NOT_STOP, { vm: name, seconds: String(Math.round(timeoutMs / 1000)) });
}

const wentOff = new Error("the guest went off");
