/**
 * What LINSTOR answers to each change: a list of results, of which any may be an error, whatever the HTTP status is
 * (docs/rest_v1_openapi.yaml of LINBIT/linstor-server, `ApiCallRcList`). The numbers are those of golinstor's apiconsts.go.
 */
export interface ApiCallRc {
  /** 64 bits: the kind in the highest two, the operation and object in the middle, the code in the lowest 15. */
  ret_code: bigint;
  message: string;
  cause?: string;
  details?: string;
  correction?: string;
}

const KIND_MASK = 0xc000_0000_0000_0000n;
const ERROR_KIND = 0xc000_0000_0000_0000n;
const CODE_MASK = 0x7fffn;

export const Code = {
  NOT_FOUND_RSC_DFN: 301,
  NOT_FOUND_RSC: 302,
  NOT_FOUND_SNAPSHOT_DFN: 313,
  NOT_FOUND_SNAPSHOT: 315,
  NOT_FOUND_RSC_GRP: 317,
  EXISTS_RSC_DFN: 501,
  EXISTS_VLM_DFN: 503,
  EXISTS_SNAPSHOT_DFN: 514,
  EXISTS_SNAPSHOT: 516,
  NOT_ALL_UPTODATE: 974,
  NOT_ENOUGH_FREE_SPACE: 980,
  NOT_CONNECTED: 995,
  NOT_ENOUGH_NODES: 996,
  IN_USE: 997,
  SIGN_IN: 10000,
} as const;

export function isError({ ret_code }: ApiCallRc): boolean {
  return (BigInt.asUintN(64, ret_code) & KIND_MASK) === ERROR_KIND;
}

export function codeOf({ ret_code }: ApiCallRc): number {
  return Number(BigInt.asUintN(64, ret_code) & CODE_MASK);
}

/** JSON with `ret_code` exact: a double has 53 bits, and the code is in the lowest. */
export function parseAnswer(text: string): unknown {
  const exact = (key: string, value: unknown, context?: { source?: string }) =>
    key === "ret_code" ? BigInt(context?.source ?? String(value)) : value;
  return text === "" ? undefined : JSON.parse(text, exact);
}

/** The results in an answer; empty: it is something else. A clone that was refused is answered as one that was begun is. */
export function resultsIn(answer: unknown): ApiCallRc[] {
  const list = typeof answer === "object" && answer !== null && "messages" in answer ? answer.messages : answer;
  if (!Array.isArray(list)) return [];
  return list.filter(
    (one): one is ApiCallRc => typeof one === "object" && one !== null && typeof one.ret_code === "bigint",
  );
}

/** LINSTOR said no. */
export class LinstorError extends Error {
  readonly status: number;
  readonly results: readonly ApiCallRc[];

  constructor(status: number, results: readonly ApiCallRc[]) {
    super(results.map(words).join("; ") || `the controller answered with HTTP status ${status}`);
    this.status = status;
    this.results = results;
  }

  has(...codes: number[]): boolean {
    return this.results.some((one) => isError(one) && codes.includes(codeOf(one)));
  }
}

export function isRefusal(error: unknown, ...codes: number[]): error is LinstorError {
  return error instanceof LinstorError && error.has(...codes);
}

/** Its own words, with what it says of the cause and of the way out. */
function words({ message, cause, details, correction }: ApiCallRc): string {
  return [message, cause, details, correction]
    .flatMap((part) => part?.trim() || [])
    .map((part) => part.replaceAll(/\s*\n\s*/g, " "))
    .join(" ");
}
