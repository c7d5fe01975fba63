import type { Step } from "./plan-vm.ts";

/** A step for people, and the name it has in EnsureVMProgress. */
export function describeStep(step: Step): { step: string; message: string } {
  switch (step.kind) {
    case "volume":
      return {
        step: "volumes",
        message: `${step.disk.sourceVolumeId ? "copy of a" : "a"} disk of ${step.disk.sizeGib} GiB`,
      };
    case "move":
      return { step: "move", message: `a disk of ${step.disk.sizeGib} GiB to another pool` };
    case "revert":
      return { step: "revert", message: "a disk as it was" };
    case "seed":
      return { step: "seed", message: "cloud-init seed" };
    case "network":
      return { step: "network", message: `network ${step.request.name}` };
    case "port":
      return { step: "network", message: `interface ${step.nic.macAddress}` };
    case "define":
      return { step: "define", message: "definition of the domain" };
    case "live":
      return { step: "change", message: `${step.path}, while it runs` };
    case "ask-stop":
      return { step: "stop", message: `asks the guest to shut down, for up to ${step.timeoutMs / 1000} s` };
    case "cut":
      return { step: "stop", message: "cuts the power" };
    case "release":
    case "delete-copy":
    case "delete-port":
      return { step: "clean-up", message: "removes what it no longer has" };
    case "mark":
      return { step: "finish", message: "marks the generation as carried out" };
    default:
      return { step: step.kind, message: "" };
  }
}
