import { clone } from "@bufbuild/protobuf";
import { CloudInitSchema, problem, Reason, type CloudInit, type VirtualMachine } from "@limiquantix/api";
import { sha512Crypt } from "./sha512-crypt.ts";
import { checkSshKeys } from "./ssh-key.ts";
import { checkNetworkConfig, checkUserData } from "./user-data.ts";

const minPasswordLength = 8;

/**
 * Checks what a client asks of the guest's first boot and answers what is stored: the password as a hash, and what
 * only the control plane sets made by it. Throws SSH_KEY_INVALID, PASSWORD_TOO_WEAK, CLOUD_INIT_INVALID.
 */
export function acceptCloudInit(asked: CloudInit): CloudInit {
  checkSshKeys(asked.sshKeys);
  checkPassword(asked.password);
  checkUserData(asked.userData);
  checkNetworkConfig(asked.networkConfig);
  const kept = clone(CloudInitSchema, asked);
  kept.sshKeys = asked.sshKeys.map((key) => key.trim());
  kept.passwordHash = asked.password === "" ? "" : sha512Crypt(asked.password);
  kept.password = "";
  kept.sealedSecrets = new Uint8Array();
  kept.consumed = false;
  kept.waysIn = waysIn(asked);
  return kept;
}

function checkPassword(password: string): void {
  if (password === "") return;
  const length = [...password].length;
  if (length < minPasswordLength) {
    throw problem(Reason.PASSWORD_TOO_WEAK, { why: `it has ${length} characters` });
  }
  // oxlint-disable-next-line no-control-regex -- neither a login prompt nor YAML carries them
  if (/[\u0000-\u001f\u007f]/.test(password)) {
    throw problem(Reason.PASSWORD_TOO_WEAK, { why: "it contains control characters" });
  }
}

function waysIn(cloudInit: CloudInit): string[] {
  const keys = cloudInit.sshKeys.length;
  return [
    ...(cloudInit.password === "" ? [] : ["password"]),
    ...(keys === 0 ? [] : [keys === 1 ? "1 SSH key" : `${keys} SSH keys`]),
    ...(cloudInit.userData === "" ? [] : ["own user-data"]),
  ];
}

/** The seed is written: what is secret leaves the row. */
export function consumeSecrets(cloudInit: CloudInit): void {
  stripSecrets(cloudInit);
  cloudInit.consumed = true;
}

/** Takes out what no answer shows, sealed or not. */
export function stripSecrets(cloudInit: CloudInit): void {
  Object.assign(cloudInit, { password: "", passwordHash: "", userData: "", networkConfig: "" });
  cloudInit.sealedSecrets = new Uint8Array();
}

export function hasSecrets(cloudInit: CloudInit | undefined): boolean {
  if (!cloudInit) return false;
  const { password, passwordHash, userData, networkConfig, sealedSecrets } = cloudInit;
  return `${password}${passwordHash}${userData}${networkConfig}` !== "" || sealedSecrets.length > 0;
}

/** What a person should know who is about to make a VM that nobody can log in to; empty when there is a way. */
export function noWayIn(vm: VirtualMachine): string[] {
  const cloudInit = vm.spec?.provisioning?.cloudInit;
  const fromImage = vm.spec?.disks.some((disk) => disk.imageId !== "") ?? false;
  if (!fromImage || (cloudInit && cloudInit.waysIn.length > 0)) return [];
  return [
    "nobody can log in to this VM unless its image has a password: give an SSH key or a password (spec.provisioning.cloudInit)",
  ];
}
