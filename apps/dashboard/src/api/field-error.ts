import type { Problem } from "@limiquantix/api";

/** What the server found wrong with a field of the request, by its path: name, spec.disks[0].sizeGib. */
export function fieldError(problem: Problem | undefined, ...paths: readonly string[]): string | undefined {
  const found = problem?.fields.find(({ field = "" }) => paths.includes(field));
  return found?.message;
}

/** The problem, unless all of it is shown at these fields. */
export function besides(problem: Problem | undefined, ...paths: readonly string[]): Problem | undefined {
  if (!problem || problem.fields.length === 0) return problem;
  return problem.fields.every(({ field = "" }) => paths.includes(field)) ? undefined : problem;
}
