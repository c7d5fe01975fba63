import { create } from "@bufbuild/protobuf";
import { SystemInfoReportSchema, type SystemInfoReport } from "@limiquantix/api";
import type { HostFacts } from "../ports/host-facts.ts";
import type { Hypervisor } from "../ports/hypervisor.ts";

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
