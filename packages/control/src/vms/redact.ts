import { clone } from "@bufbuild/protobuf";
import { ProvisioningSchema, VirtualMachineSchema, type Provisioning, type VirtualMachine } from "@limiquantix/api";
import { hasSecrets, stripSecrets } from "./cloud-init/cloud-init.ts";

/** The VM as an answer may show it: without the secrets that wait for its first boot. Copies only where there are some. */
export function publicVm(vm: VirtualMachine): VirtualMachine {
  if (!hasSecrets(vm.spec?.provisioning?.cloudInit)) return vm;
  const copy = clone(VirtualMachineSchema, vm);
  if (copy.spec?.provisioning) copy.spec.provisioning = publicProvisioning(copy.spec.provisioning);
  return copy;
}

/** A copy without secrets. */
export function publicProvisioning(provisioning: Provisioning): Provisioning {
  const copy = clone(ProvisioningSchema, provisioning);
  if (copy.cloudInit) stripSecrets(copy.cloudInit);
  return copy;
}
