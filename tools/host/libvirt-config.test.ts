import { describe, expect, it } from "vitest";
import { printConf, withMarkedBlock } from "./libvirt-config.ts";

describe("libvirt's configuration", () => {
  it("prints strings, numbers and lists", () => {
    expect(
      printConf({ user: "root", keepalive_count: 3, cgroup_controllers: [], acl: ["/dev/null", "/dev/kvm"] }),
    ).toBe('user = "root"\nkeepalive_count = 3\ncgroup_controllers = []\nacl = ["/dev/null", "/dev/kvm"]\n');
  });

  it("gives the same file when written twice", () => {
    const once = withMarkedBlock("# a comment\n", { lock_manager: "lockd" });
    expect(withMarkedBlock(once, { lock_manager: "lockd" })).toBe(once);
    expect(once).toContain("# a comment\n# >>> limiquantix");
  });

  it("replaces its own block and leaves what follows it", () => {
    const first = withMarkedBlock("", { user: "root" });
    const second = withMarkedBlock(`${first}max_queued = 0\n`, { user: "qemu" });
    expect(second).not.toContain('"root"');
    expect(second.startsWith("max_queued = 0\n")).toBe(true);
  });

  it("comments out the same setting when it stands elsewhere in the file", () => {
    expect(withMarkedBlock('user = "admin"\n#group = "x"\n', { user: "root" })).toMatch(/^# user = "admin"\n#group/);
  });
});
