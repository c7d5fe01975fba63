import { dirname } from "node:path";
import type { HostCommands } from "./host-commands.ts";

/** After the rules that name a device of device-mapper, before those that read it; gone with the next start of the host. */
const PATH = "/run/udev/rules.d/57-limiquantix.rules";
/** See 10-dm.rules of LVM for these two. */
const RULE = `# Volumes of limiquantix are disks of guests: nothing on the host looks for file systems in them.
SUBSYSTEM=="block", KERNEL=="dm-*", ENV{DM_NAME}=="lqx.*", ENV{DM_UDEV_DISABLE_DISK_RULES_FLAG}="1", ENV{DM_UDEV_DISABLE_OTHER_RULES_FLAG}="1"
`;
const QUICK_MS = 30_000;

/**
 * Keeps udev from reading every volume when it appears, changes or was written to: what a guest wrote is not for the host's
 * blkid to make sense of, and links by a file system's UUID would be the guest's to choose.
 */
export async function keepUdevOut(commands: HostCommands): Promise<void> {
  await commands.run("mkdir", ["-p", dirname(PATH)], { timeoutMs: QUICK_MS });
  await commands.run("dd", [`of=${PATH}`, "status=none"], { timeoutMs: QUICK_MS, input: RULE });
  await commands.run("udevadm", ["control", "--reload"], { timeoutMs: QUICK_MS });
}
