import { create } from "@bufbuild/protobuf";
import { NfsConfig_Access, Reason, StoragePoolSpec_Backend, StoragePoolSpecSchema } from "@limiquantix/api";
import { silentLog, systemClock } from "@limiquantix/kit";
import { describe, expect, it } from "vitest";
import { mountedAt } from "./mount.ts";
import { mountOptions } from "./mount-options.ts";
import { NfsOpener } from "./nfs-opener.ts";

const mountinfo = `22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
90 22 0:44 / /mnt/a rw,nosuid,nodev,noexec - nfs4 filer:/srv/a rw,vers=4.2,rsize=262144,hard
91 22 0:45 / /mnt/with\\040space rw - nfs filer:/srv/with\\040space rw,vers=3
92 90 0:46 / /mnt/a rw shared:3 - tmpfs tmpfs rw,size=1k
`;

describe("what is mounted", () => {
  it("is the topmost at the very directory", () => {
    expect(mountedAt("/mnt/a", mountinfo)).toEqual({ type: "tmpfs", source: "tmpfs", options: ["rw", "size=1k"] });
    expect(mountedAt("/mnt", mountinfo)).toBeUndefined();
  });

  it("may have any name", () => {
    expect(mountedAt("/mnt/with space", mountinfo)).toMatchObject({ type: "nfs", source: "filer:/srv/with space" });
  });
});

describe("mount options", () => {
  it("are what we rely on, the version, and what was asked for", () => {
    const options = mountOptions("4.2", "nconnect=4,rsize=65536").split(",");
    expect(options).toEqual(
      expect.arrayContaining(["nconnect=4", "rsize=65536", "vers=4.2", "hard", "nosuid", "nodev"]),
    );
    expect(mountOptions("", "")).not.toContain("vers");
  });

  it.each([
    "soft",
    "suid",
    "exec",
    "dev",
    "actimeo=60",
    "lookupcache=all",
    "vers=3",
    "bg",
    "nolock",
    "context=x",
    "addr=1.2.3.4",
  ])("%s is refused", (option) => {
    expect(() => mountOptions("4.2", `rsize=65536,${option}`)).toThrow(
      expect.objectContaining({ reason: Reason.UNSUPPORTED, message: expect.stringContaining(option) }),
    );
  });
});

it("NFS without a mount is refused with the reason where QEMU's client cannot do it", async () => {
  const opener = new NfsOpener({ host: "h", clock: systemClock, log: silentLog, open: async () => new Set() });
  for (const more of [{ version: "4.2" }, { options: "sec=krb5" }]) {
    const value = { server: "filer", export: "/srv", access: NfsConfig_Access.USERSPACE, ...more };
    const config = { case: "nfs", value } as const;
    const spec = create(StoragePoolSpecSchema, { backend: StoragePoolSpec_Backend.NFS, config });
    await expect(opener.open("p", spec)).rejects.toThrow(
      expect.objectContaining({ reason: Reason.UNSUPPORTED, message: expect.stringContaining("version 3") }),
    );
  }
});
