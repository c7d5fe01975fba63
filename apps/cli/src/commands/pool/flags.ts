import type { Command } from "commander";
import { parsePercent } from "../../values/count.ts";
import { collect, collectLabels, type Labels } from "../../values/labels.ts";
import { addMutationFlags, type MutationFlags } from "../../tasks/flags.ts";
import { addSecretFlags } from "../../terminal/secret-flags.ts";

export interface ThresholdFlags {
  warnAt?: number;
  stopAt?: number;
  overcommit?: number;
}

/** Flags of every kind of pool that is added. */
export interface AddFlags extends MutationFlags, ThresholdFlags {
  node?: string[];
  allNodes?: boolean;
  project?: string;
  label?: Labels;
  description?: string;
}

/** How the storage is reached: what `pool edit` can change too. */
export interface ReachFlags {
  version?: string;
  options?: string;
  monitor?: string[];
  portal?: string[];
  chapUser?: string;
  controller?: string[];
}

/** The secret of each kind of pool, and what it is called. */
export const secrets = {
  rbd: { name: "key", what: "the CephX user's key" },
  iscsi: { name: "chap-password", what: "the CHAP password" },
  linstor: { name: "token", what: "the controller's token" },
} as const;

export function addThresholdFlags(command: Command): Command {
  return command
    .option("--warn-at <percent>", "a warning from so much used on (80 unless told)", parsePercent)
    .option("--stop-at <percent>", "no new volumes and no growing from so much on (95 unless told)", parsePercent)
    .option(
      "--overcommit <percent>",
      "what thin disks may promise together, of the pool's size: 200; 0 is no limit",
      parsePercent,
    );
}

export function addAddFlags(command: Command): Command {
  command
    .option("--node <node>", "a host that opens it; may be repeated", collect)
    .option("--all-nodes", "every host of now opens it")
    .option("--project <project>", "whose it is (default unless told)")
    .option("-l, --label <key=value>", "a label; may be repeated", collectLabels)
    .option("--description <text>", "what it is for");
  return addMutationFlags(addThresholdFlags(command));
}

export function addNfsFlags(command: Command): Command {
  return command
    .addOption(
      command
        .createOption("--version <version>", "NFS: the protocol's (the newest that both sides know unless told)")
        .choices(["3", "4.0", "4.1", "4.2"]),
    )
    .option("--options <options>", "NFS: more mount options, with commas: nconnect=4,rsize=1048576");
}

export function addRbdFlags(command: Command): Command {
  return addSecretFlags(
    command.option("--monitor <host:port>", "RBD: a monitor (port 3300 unless told); may be repeated", collect),
    secrets.rbd.name,
    `RBD: ${secrets.rbd.what}`,
  );
}

export function addIscsiFlags(command: Command): Command {
  return addSecretFlags(
    command
      .option("--portal <host:port>", "iSCSI: a path to the LUN (port 3260 unless told); may be repeated", collect)
      .option("--chap-user <name>", "iSCSI: who logs in at the target"),
    secrets.iscsi.name,
    `iSCSI: ${secrets.iscsi.what}`,
  );
}

export function addLinstorFlags(command: Command): Command {
  return addSecretFlags(
    command.option("--controller <url>", "LINSTOR: http(s)://HOST[:3370]; repeat it for further ones", collect),
    secrets.linstor.name,
    `LINSTOR: ${secrets.linstor.what}`,
  );
}
