import { create } from "@bufbuild/protobuf";
import { PoolReportSchema, SystemInfoReportSchema, type PoolReport, type SystemInfoReport } from "@limiquantix/api";
import type { HostFacts } from "../ports/host-facts.ts";
import type { Hypervisor } from "../ports/hypervisor.ts";
import type { VolumeBackend } from "../ports/volume-backend.ts";

/** The pools of this host; one that cannot be measured is reported with its error. */
export async function poolReports(volumes: ReadonlyMap<string, VolumeBackend>): Promise<PoolReport[]> {
  return Promise.all(
    [...volumes.values()].map(async (backend) => {
      const report = create(PoolReportSchema, { name: backend.pool, backend: backend.backend });
      try {
        report.capacity = await backend.capacity();
      } catch (cause) {
        report.errorMessage = cause instanceof Error ? cause.message : String(cause);
      }
      return report;
    }),
  );
}

export function systemReport(facts: HostFacts, hypervisor: Hypervisor, uptimeSeconds: number): SystemInfoReport {
  const { info } = hypervisor;
  return create(SystemInfoReportSchema, {
    os: facts.os,
    kernel: facts.kernel,
    hypervisor: info.name,
    hypervisorVersion: info.version,
    emulatorVersion: info.emulatorVersion,
    accelerator: info.accelerator,
    acceleratorReason: info.acceleratorReason,
    bootId: facts.bootId,
    uptimeSeconds: BigInt(Math.round(uptimeSeconds)),
  });
}
