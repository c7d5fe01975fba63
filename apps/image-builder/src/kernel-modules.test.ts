import { expect, it } from "vitest";
import { moduleFiles } from "./kernel-modules.ts";

it("finds modules with what they need, by either spelling", () => {
  const dep =
    "kernel/drivers/char/hw_random/virtio-rng.ko.xz: kernel/drivers/virtio/virtio.ko.xz\n" +
    "kernel/drivers/virtio/virtio.ko.xz:\nkernel/net/dummy.ko.xz:\n";
  expect(moduleFiles(dep, ["virtio_rng", "built_in"])).toEqual([
    "kernel/drivers/char/hw_random/virtio-rng.ko.xz",
    "kernel/drivers/virtio/virtio.ko.xz",
  ]);
});
