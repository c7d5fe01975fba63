import type { Grid } from "../grid.ts";

/** The series of a range query, by the id in their labels; "" for a sum. */
export type Answer = ReadonlyMap<string, Float32Array>;

/**
 * Reads what `/api/v1/query_range` answers (https://prometheus.io/docs/prometheus/latest/querying/api/): points at the
 * ends of the grid's steps. What is not there, NaN or infinite is a gap. Throws with Prometheus's own words for an error,
 * and for an answer that is none.
 */
export function readRange(text: string, grid: Grid): Answer {
  const { data } = readSuccess(text);
  if (!isObject(data) || data["resultType"] !== "matrix" || !Array.isArray(data["result"])) throw noAnswer();
  const found = new Map<string, Float32Array>();
  for (const series of data["result"] as unknown[]) {
    if (!isObject(series) || !isObject(series["metric"]) || !Array.isArray(series["values"])) throw noAnswer();
    const values = new Float32Array(grid.count).fill(NaN);
    for (const point of series["values"] as unknown[]) {
      if (!Array.isArray(point) || typeof point[0] !== "number" || typeof point[1] !== "string") throw noAnswer();
      const at = Math.round((point[0] * 1000 - grid.startMs) / grid.stepMs) - 1;
      const value = Number(point[1]);
      if (at >= 0 && at < grid.count && Number.isFinite(value)) values[at] = value;
    }
    const { id } = series["metric"];
    found.set(typeof id === "string" ? id : "", values);
  }
  return found;
}

function readSuccess(text: string): Record<string, unknown> {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch (cause) {
    throw noAnswer(cause);
  }
  if (!isObject(answer)) throw noAnswer();
  if (answer["status"] === "success") return answer;
  if (typeof answer["error"] === "string") throw new Error(`it says: ${answer["error"].slice(0, 300)}`);
  throw noAnswer();
}

function noAnswer(cause?: unknown): Error {
  return new Error("what answers there is no Prometheus", { cause });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
