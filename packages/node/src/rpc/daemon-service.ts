import type { ServiceImpl } from "@connectrpc/connect";
import type { NodeDaemonService } from "@limiquantix/api/daemon";
import type { NodeParts } from "../node-parts.ts";
import { openConsole } from "./console.ts";
import { ensureVm } from "./ensure-vm.ts";
import { ensureNetwork, getNodeInfo, healthCheck, listLeases } from "./host.ts";
import {
  convertImage,
  deleteImage,
  downloadImage,
  getImageOffset,
  listImages,
  readImage,
  uploadImage,
} from "./images.ts";
import { getMetrics, streamMetrics } from "./metrics.ts";
import { ensurePool, listPoolFiles, releasePool } from "./pools.ts";
import { screenshot } from "./screenshot.ts";
import { createSnapshot, deleteSnapshot } from "./snapshots.ts";
import { streamEvents } from "./stream-events.ts";
import { adoptVm, deleteVm, getVmLogs, getVmStatus, listVms } from "./vms.ts";
import { deleteVolume, ensureVolume, growVolume, listVolumes } from "./volumes.ts";

/** What this host does for the control plane. */
export function daemonService(parts: NodeParts): ServiceImpl<typeof NodeDaemonService> {
  return {
    healthCheck: healthCheck(parts),
    getNodeInfo: getNodeInfo(parts),
    ensureVM: ensureVm(parts),
    deleteVM: deleteVm(parts),
    adoptVM: adoptVm(parts),
    getVMStatus: getVmStatus(parts),
    listVMs: listVms(parts),
    streamEvents: streamEvents(parts),
    getVMLogs: getVmLogs(parts),
    console: openConsole(parts),
    screenshot: screenshot(parts),
    downloadImage: downloadImage(parts),
    uploadImage: uploadImage(parts),
    convertImage: convertImage(parts),
    getImageOffset: getImageOffset(parts),
    readImage: readImage(parts),
    deleteImage: deleteImage(parts),
    listImages: listImages(parts),
    ensurePool: ensurePool(parts),
    releasePool: releasePool(parts),
    listPoolFiles: listPoolFiles(parts),
    ensureVolume: ensureVolume(parts),
    growVolume: growVolume(parts),
    deleteVolume: deleteVolume(parts),
    listVolumes: listVolumes(parts),
    createSnapshot: createSnapshot(parts),
    deleteSnapshot: deleteSnapshot(parts),
    ensureNetwork: ensureNetwork(parts),
    listLeases: listLeases(parts),
    getMetrics: getMetrics(parts),
    streamMetrics: streamMetrics(parts),
  };
}
