import { create } from "@bufbuild/protobuf";
import { HostVerdictSchema, problem, Reason, type HostVerdict, type Problem } from "@limiquantix/api";
import { filters } from "./filters.ts";
import type { Host, PlacementRequest } from "./request.ts";
import { score } from "./score.ts";

/** The best host that fits, or undefined. Equal hosts: the first by hostname, then by id. Pure, O(hosts). */
export function chooseHost(request: PlacementRequest, hosts: Iterable<Host>): Host | undefined {
  let best: { host: Host; score: number } | undefined;
  for (const host of hosts) {
    if (!fits(request, host)) continue;
    const candidate = { host, score: score(request, host) };
    if (!best || isBetter(candidate, best)) best = candidate;
  }
  return best?.host;
}

/** `only`: the names of the filters that count; all unless told. */
export function fits(request: PlacementRequest, host: Host, only?: ReadonlySet<string>): boolean {
  return filters.every((filter) => (only && !only.has(filter.name)) || filter.objects(request, host) === undefined);
}

/** What the scheduler thinks of each host; the best first, then those that do not fit by hostname. */
export function explain(request: PlacementRequest, hosts: Iterable<Host>, only?: ReadonlySet<string>): HostVerdict[] {
  return [...hosts]
    .map((host) => {
      const objections = filters.flatMap((filter) => {
        const objection = only && !only.has(filter.name) ? undefined : filter.objects(request, host);
        return objection ? [{ filter: filter.name, message: objection() }] : [];
      });
      const verdict = create(HostVerdictSchema, {
        nodeId: host.node.id,
        hostname: host.node.hostname,
        fits: objections.length === 0,
        score: objections.length === 0 ? score(request, host) : 0,
        objections,
      });
      return { host, score: verdict.fits ? verdict.score : -1, verdict };
    })
    .toSorted((a, b) => (isBetter(a, b) ? -1 : 1))
    .map(({ verdict }) => verdict);
}

/** NO_HOST_FITS with the verdict of each host. */
export function noHostFits(vm: string, verdicts: readonly HostVerdict[]): Problem {
  const [only] = verdicts;
  const why =
    verdicts.length === 0
      ? "no host is registered"
      : verdicts.length === 1 && only
        ? `${only.hostname}: ${only.objections.map((objection) => objection.message).join("; ")}`
        : summary(verdicts);
  return problem(Reason.NO_HOST_FITS, { vm, why }, { hosts: [...verdicts] });
}

/** `3 hosts: memory; 1 host: ready`. */
function summary(verdicts: readonly HostVerdict[]): string {
  const counts = new Map<string, number>();
  for (const { objections } of verdicts) {
    for (const { filter } of objections) counts.set(filter, (counts.get(filter) ?? 0) + 1);
  }
  const parts = [...counts].toSorted((a, b) => b[1] - a[1]).map(([filter, n]) => `${n} by ${filter}`);
  return `${verdicts.length} hosts, refused ${parts.join(", ")}`;
}

function isBetter(a: { host: Host; score: number }, b: { host: Host; score: number }): boolean {
  if (a.score !== b.score) return a.score > b.score;
  if (a.host.node.hostname !== b.host.node.hostname) return a.host.node.hostname < b.host.node.hostname;
  return a.host.node.id < b.host.node.id;
}
