import type { SimCluster, SimDefinition } from "./cluster.ts";

export const DISKLESS = ["DISKLESS", "DRBD_DISKLESS"];
const TIE_BREAKER = "TIE_BREAKER";
const AUTOMATIC = "DrbdOptions/auto-add-quorum-tiebreaker";

export const isTieBreaker = ({ flags }: { flags: readonly string[] }) => flags.includes(TIE_BREAKER);

/**
 * LINSTOR's own doing after each change of where a definition is (CtrlRscAutoTieBreakerHelper): two replicas alone have a
 * third node, without a disk, for the quorum. `leaving`: a resource that somebody deletes. Answers whether that one stays,
 * as the tie breaker; who deletes a tie breaker has none from then on.
 */
export async function manageTieBreaker(
  cluster: SimCluster,
  one: SimDefinition,
  { leaving, deploy }: { leaving?: string; deploy: (node: string, flags: string[]) => Promise<void> },
): Promise<boolean> {
  const staying = [...one.resources].filter(([node]) => node !== leaving);
  const replicas = staying.filter(([, { pool }]) => pool).length;
  const others = staying.filter(([, resource]) => !resource.pool && !isTieBreaker(resource));
  const breaker = staying.find(([, resource]) => isTieBreaker(resource))?.[0];
  const isNeeded = one.props[AUTOMATIC] !== "false" && replicas > 0 && replicas % 2 === 0 && others.length === 0;
  if (!isNeeded && breaker) await cluster.undeploy(one, breaker);
  if (!isNeeded || breaker) return false;
  const leaver = leaving === undefined ? undefined : one.resources.get(leaving);
  if (leaver && !isTieBreaker(leaver)) {
    leaver.flags = [...DISKLESS, TIE_BREAKER];
    return true;
  }
  if (leaver) {
    one.props[AUTOMATIC] = "false";
    return false;
  }
  const free = cluster.nodes.find(({ name, isOnline }) => isOnline && !one.resources.has(name));
  if (free) await deploy(free.name, [...DISKLESS, TIE_BREAKER]);
  return false;
}
