import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { ResourceUsageSchema, type VMService } from "@limiquantix/api";
import type { Consoles } from "../consoles/index.ts";
import { callOf } from "../rpc/context.ts";
import { listRecycledVms } from "../recycle-bin/rpc/list-recycled-vms.ts";
import { purgeRecycledVm } from "../recycle-bin/rpc/purge-vm.ts";
import { restoreVm } from "../recycle-bin/rpc/restore-vm.ts";
import { createSnapshot } from "../snapshots/rpc/create-snapshot.ts";
import { deleteSnapshot } from "../snapshots/rpc/delete-snapshot.ts";
import { listSnapshots } from "../snapshots/rpc/list-snapshots.ts";
import { revertToSnapshot } from "../snapshots/rpc/revert-to-snapshot.ts";
import { updateSnapshot } from "../snapshots/rpc/update-snapshot.ts";
import { vms } from "../tables.ts";
import { convertToTemplate, convertToVm } from "../templates/convert.ts";
import { findVm } from "./find-vm.ts";
import { publicVm } from "./redact.ts";
import { adoptVm } from "./rpc/adopt-vm.ts";
import { cloneVm } from "./rpc/clone-vm.ts";
import { createVm } from "./rpc/create-vm.ts";
import { deleteVm } from "./rpc/delete-vm.ts";
import { attachDisk, attachNic, detachDisk, detachNic, ejectIso, mountIso, resizeDisk } from "./rpc/devices.ts";
import { listVmEvents } from "./rpc/list-vm-events.ts";
import { listVms } from "./rpc/list-vms.ts";
import { pauseVm, rebootVm, resumeVm, startVm, stopVm, suspendVm } from "./rpc/power.ts";
import { updateVm } from "./rpc/update-vm.ts";
import { watchVm, watchVms } from "./rpc/watch-vms.ts";
import { whyNot } from "./rpc/why-not.ts";
import type { VmServiceParts } from "./vm-service-parts.ts";

const defaultMetricsSeconds = 5;

export function vmService(parts: VmServiceParts & { consoles: Consoles }) {
  const { db, consoles } = parts;
  return {
    createVM: (request, context) => createVm(parts, request, callOf(context)),
    getVM: ({ id }, context) => publicVm(findVm(db, id, callOf(context).access)),
    listVMs: (request, context) => listVms(parts, request, callOf(context).access),
    updateVM: (request, context) => updateVm(parts, request, callOf(context)),
    deleteVM: (request, context) => deleteVm(parts, request, callOf(context)),
    cloneVM: (request, context) => cloneVm(parts, request, callOf(context)),
    listRecycledVMs: (request, context) => listRecycledVms(db, request, callOf(context)),
    purgeVM: (request, context) => purgeRecycledVm(parts, request, callOf(context)),
    restoreVM: (request, context) => restoreVm(parts, request, callOf(context)),
    convertToTemplate: (request, context) => convertToTemplate(parts, request, callOf(context)),
    convertToVM: (request, context) => convertToVm(parts, request, callOf(context)),
    createSnapshot: (request, context) => createSnapshot(parts, request, callOf(context)),
    listSnapshots: (request) => listSnapshots(db, request),
    revertToSnapshot: (request, context) => revertToSnapshot(parts, request, callOf(context)),
    updateSnapshot: (request, context) => updateSnapshot(parts, request, callOf(context)),
    deleteSnapshot: (request, context) => deleteSnapshot(parts, request, callOf(context)),
    adoptVM: (request, context) => adoptVm(parts, request, callOf(context)),

    startVM: (request, context) => startVm(parts, request, callOf(context)),
    stopVM: (request, context) => stopVm(parts, request, callOf(context)),
    rebootVM: (request, context) => rebootVm(parts, request, callOf(context)),
    pauseVM: (request, context) => pauseVm(parts, request, callOf(context)),
    resumeVM: (request, context) => resumeVm(parts, request, callOf(context)),
    suspendVM: (request, context) => suspendVm(parts, request, callOf(context)),

    attachDisk: (request, context) => attachDisk(parts, request, callOf(context)),
    detachDisk: (request, context) => detachDisk(parts, request, callOf(context)),
    resizeDisk: (request, context) => resizeDisk(parts, request, callOf(context)),
    attachNIC: (request, context) => attachNic(parts, request, callOf(context)),
    detachNIC: (request, context) => detachNic(parts, request, callOf(context)),
    mountISO: (request, context) => mountIso(parts, request, callOf(context)),
    ejectISO: (request, context) => ejectIso(parts, request, callOf(context)),

    // Consoles are a noun of their own.
    getConsole: (request, context) => consoles.getConsole(request, callOf(context)),
    getScreenshot: (request) => consoles.getScreenshot(request),
    watchConsoleSessions: (request, context) => consoles.watchSessions(request, callOf(context)),
    createConsoleLink: (request, context) => consoles.createLink(request, callOf(context)),
    listConsoleLinks: (request) => consoles.listLinks(request),
    revokeConsoleLink: (request, context) => consoles.revokeLink(request, callOf(context)),
    openConsoleLink: (request, context) => consoles.openLink(request, callOf(context)),
    whyNot: (request, context) => whyNot(parts, request, callOf(context)),
    listVMEvents: (request, context) => listVmEvents(db, request, callOf(context)),
    watchVM: (request, context) => watchVm(parts, request, callOf(context)),
    watchVMs: (request, context) => watchVms(parts, request, callOf(context)),
    async *streamMetrics(request, context) {
      const nodeId = db.get(vms, request.vmId).status?.nodeId ?? "";
      const intervalMs = (request.intervalSec || defaultMetricsSeconds) * 1000;
      for await (const measured of parts.metrics.stream(nodeId, intervalMs, context.signal)) {
        yield measured.vms[request.vmId] ?? create(ResourceUsageSchema);
      }
    },
  } satisfies ServiceImpl<typeof VMService>;
}
