import type { CloudInit } from "@limiquantix/api";
import { mergeCloudConfig } from "./merge.ts";
import { parseYamlMap, printYaml, type YamlMap } from "./yaml.ts";

export interface UserDataOptions {
  vmId: string;
  vmName: string;
  defaultUser: string;
  /** The guest's users are on its disks already, with their passwords, and so is another machine's id. */
  cloned?: boolean;
}

/** The seed's user-data (cloud-init: "Cloud config data"). Pure. Throws CLOUD_INIT_INVALID for an own user-data. */
export function renderUserData(cloudInit: CloudInit, options: UserDataOptions): string {
  const hostname = cloudInit.hostname || hostnameOf(options.vmName);
  const config: YamlMap = { hostname, manage_etc_hosts: true };
  const keepsPassword = (options.cloned ?? false) && cloudInit.waysIn.includes("password");
  if (cloudInit.passwordHash || keepsPassword) config["ssh_pwauth"] = true;

  if (cloudInit.username && cloudInit.username !== options.defaultUser) {
    config["users"] = [namedUser(cloudInit, options)];
  } else {
    // The image's own user, whatever its name: it gets what is at the top level.
    if (cloudInit.sshKeys.length > 0) config["ssh_authorized_keys"] = cloudInit.sshKeys.map((key) => key.trim());
    if (cloudInit.passwordHash) config["password"] = cloudInit.passwordHash;
    // On a first boot cloud-init locks the passwords of users that it is not told of otherwise, also those there are.
    else if (options.cloned) config["user"] = { lock_passwd: false };
  }
  // A password that is set by an administrator is otherwise expired, and the first login stops to ask for another.
  if (cloudInit.passwordHash) config["chpasswd"] = { expire: false };

  if (options.cloned) Object.assign(config, ownMachineId(options.vmId));

  const merged = cloudInit.userData ? mergeCloudConfig(config, parseYamlMap(cloudInit.userData, "user-data")) : config;
  return `#cloud-config\n${printYaml(merged)}`;
}

/**
 * machine-id(5): cloud-init leaves the one that it finds. The VM's id is what systemd takes itself where there is none and
 * the hypervisor is KVM. The journal goes by it and would not show the first boot.
 */
function ownMachineId(vmId: string): YamlMap {
  const content = `${vmId.replaceAll("-", "").toLowerCase()}\n`;
  return {
    write_files: [{ path: "/etc/machine-id", permissions: "0444", content }],
    runcmd: ["systemctl try-restart systemd-journald.service || true"],
  };
}

function namedUser(cloudInit: CloudInit, { cloned = false }: UserDataOptions): YamlMap {
  const user: YamlMap = {
    name: cloudInit.username,
    shell: "/bin/bash",
    sudo: "ALL=(ALL) NOPASSWD:ALL",
    lock_passwd: cloudInit.passwordHash === "" && !cloned,
  };
  if (cloudInit.passwordHash) user["passwd"] = cloudInit.passwordHash;
  if (cloudInit.sshKeys.length > 0) user["ssh_authorized_keys"] = cloudInit.sshKeys.map((key) => key.trim());
  return user;
}

/** A VM's name as a host name (RFC 1123): lower case, no dots or underscores. */
export function hostnameOf(vmName: string): string {
  const label = vmName
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 63);
  return label || "vm";
}
