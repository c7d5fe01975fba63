import { create } from "@bufbuild/protobuf";
import { VmSpecSchema, type VmSpec } from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import type { DiskAttachment, DiskSource, DomainDefinition, Hypervisor } from "../src/index.ts";

export interface HypervisorFixture {
  hypervisor: Hypervisor;
  /** An empty volume of 1 GiB on this host. */
  makeVolume(): Promise<DiskSource>;
  /** A new, empty layer over a volume or a layer. */
  makeLayer(below: DiskSource): Promise<DiskSource>;
  /** Where the memory of a guest can be written; nothing is there yet. */
  memoryPath(): string;
  /** MiB that a VM needs here to be started; nothing has to boot in it. */
  memoryMib: number;
  /** How long an event may take. */
  timeoutMs: number;
  close(): Promise<void>;
}

/** A VM with one disk. */
export async function definitionOf(fixture: HypervisorFixture, vmId: string): Promise<DomainDefinition> {
  const disk = await diskOf(fixture, 0);
  const spec = specOf(fixture, 1);
  spec.disks = [disk.disk];
  return {
    vmId,
    name: `suite-${vmId.slice(-8)}`,
    mark: { generation: 1, reboots: 0, reverts: 0, spec, adopted: false },
    spec,
    disks: [disk],
    cdroms: [],
    seed: undefined,
    nics: [],
  };
}

export async function diskOf(fixture: HypervisorFixture, index: number): Promise<DiskAttachment> {
  const { disks } = create(VmSpecSchema, { disks: [{ id: `disk-${index}`, volumeId: newId(), sizeGib: 1n }] });
  return { disk: disks[0]!, source: await fixture.makeVolume() };
}

export function specOf(fixture: HypervisorFixture, cores: number): VmSpec {
  return create(VmSpecSchema, { cpu: { cores }, memory: { sizeMib: BigInt(fixture.memoryMib) } });
}
