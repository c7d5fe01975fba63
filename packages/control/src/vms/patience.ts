import { Reason, type Problem } from "@limiquantix/api";

const forever = Number.POSITIVE_INFINITY;
/** May be a mistake of the host's that does not last. */
const few = 5;

const patience: Partial<Record<Reason, number>> = {
  [Reason.UNAVAILABLE]: forever,
  [Reason.NODE_UNREACHABLE]: forever,
  [Reason.DEADLINE_EXCEEDED]: forever,
  [Reason.CANCELLED]: forever,
  [Reason.SUPERSEDED]: forever,
  [Reason.RATE_LIMITED]: forever,
  [Reason.POOL_UNAVAILABLE]: few,
  [Reason.NETWORK_UNAVAILABLE]: few,
  [Reason.INTERNAL]: few,
};

/** How many times in all a host is asked before its failure is final. Most problems do not go away by asking again. */
export function patienceWith(cause: Problem): number {
  return patience[cause.reason] ?? 1;
}
