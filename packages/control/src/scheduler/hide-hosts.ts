import { clone } from "@bufbuild/protobuf";
import { HostVerdictSchema, type HostVerdict } from "@limiquantix/api";

/** What each filter's objection says without a host's name, size, labels and taints. */
const plainly: Readonly<Record<string, string>> = {
  ready: "the host is not ready",
  schedulable: "the host takes no new VMs",
  role: "the host does not run VMs",
  pinned: "the VM cannot be elsewhere than it is",
  required_nodes: "it is none of the hosts that the VM wants",
  excluded_nodes: "the VM excludes this host",
  required_labels: "the host has not the labels that the VM wants",
  taint: "the host has a taint that the VM does not tolerate",
  anti_affinity: "a VM is here that the VM keeps away from",
  storage: "the host has no storage pool for it that you may use",
  cpu: "not enough CPU is free",
  memory: "not enough memory is free",
};

/** The verdicts as somebody may read them: hosts that they may not view are numbered, and told of in general only. */
export function hideHosts(verdicts: readonly HostVerdict[], mayView: (nodeId: string) => boolean): HostVerdict[] {
  let hidden = 0;
  return verdicts.map((verdict) => {
    if (mayView(verdict.nodeId)) return verdict;
    const copy = clone(HostVerdictSchema, verdict);
    Object.assign(copy, { nodeId: "", hostname: `host ${++hidden}`, score: 0 });
    for (const objection of copy.objections) objection.message = plainly[objection.filter] ?? "it does not fit";
    return copy;
  });
}
