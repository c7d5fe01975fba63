import { create } from "@bufbuild/protobuf";
import { ScreenshotResponseSchema, type ScreenshotRequest } from "@limiquantix/api/daemon";
import type { NodeParts } from "../node-parts.ts";
import { shrink } from "../screens/picture.ts";
import { encodePng } from "../screens/png.ts";

export function screenshot({ hypervisor }: NodeParts) {
  return async ({ vmId, maxWidth }: ScreenshotRequest) => {
    const picture = shrink(await hypervisor.consoles.screenshot(vmId), maxWidth);
    const { width, height } = picture;
    return create(ScreenshotResponseSchema, { png: await encodePng(picture), width, height });
  };
}
