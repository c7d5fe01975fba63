import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { CloudInitSchema, problem, Reason, type CloudInit } from "@limiquantix/api";
import type { Sealer } from "../../identity/sealer.ts";

/*
 * Between CreateVM and the guest's seed on its host, the secrets stand in the VM's row only sealed: the store's log,
 * its history and its freed pages keep for long what was once in a row.
 */

/** Puts the secrets in plain fields into the sealed one, in place. They open for this VM only. */
export function sealSecrets(sealer: Sealer, vmId: string, cloudInit: CloudInit): void {
  const { passwordHash, userData, networkConfig } = cloudInit;
  if (passwordHash === "" && userData === "" && networkConfig === "") return;
  const secrets = toBinary(CloudInitSchema, create(CloudInitSchema, { passwordHash, userData, networkConfig }));
  cloudInit.sealedSecrets = sealer.seal(secrets, contextOf(vmId));
  Object.assign(cloudInit, { passwordHash: "", userData: "", networkConfig: "" });
}

/** The other way round, for the VM's host. Throws GUEST_SECRETS_UNREADABLE. */
export function openSecrets(sealer: Sealer, vm: { id: string; name: string }, cloudInit: CloudInit): void {
  if (cloudInit.sealedSecrets.length === 0) return;
  let secrets: Uint8Array;
  try {
    secrets = sealer.open(cloudInit.sealedSecrets, contextOf(vm.id));
  } catch (cause) {
    throw problem(Reason.GUEST_SECRETS_UNREADABLE, { vm: vm.name }, { cause });
  }
  const { passwordHash, userData, networkConfig } = fromBinary(CloudInitSchema, secrets);
  Object.assign(cloudInit, { passwordHash, userData, networkConfig, sealedSecrets: new Uint8Array() });
}

function contextOf(vmId: string): string {
  return `vm/${vmId}/cloud-init`;
}
