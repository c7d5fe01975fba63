import { describe, expect, it } from "vitest";
import { librariesOf, parseDepends, parsePrintUris } from "./apt.ts";

describe("apt", () => {
  it("reads the files of a download", () => {
    const output =
      "Reading package lists...\n'http://m/pool/b/busybox.deb' busybox_1%3a1.35_amd64.deb 928188 SHA256:3d3f\nother line\n";
    expect(parsePrintUris(output)).toEqual([{ fileName: "busybox_1%3a1.35_amd64.deb", digest: "SHA256:3d3f" }]);
  });

  it("follows libraries only, and each once", () => {
    const graph = parseDepends(
      "app\n  Depends: libb1\n |Depends: debconf\n    cdebconf\n  Depends: <virtual>\nlibb1\n  PreDepends: libc6\n  Depends: app\ndebconf\n  Depends: libtext-perl\n  Depends: libx\nlibc6\n  Depends: libb1\n",
    );
    expect(librariesOf(graph, ["app"])).toEqual(["libb1", "libc6"]);
  });
});
