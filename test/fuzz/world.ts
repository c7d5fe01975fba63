import { post } from "../bench/http-load.ts";

/** Repeat a run with FUZZ_SEED; go on for longer with FUZZ_COUNT. */
export const seed = Number(process.env["FUZZ_SEED"] ?? 20_260_101);

export function count(usual: number): number {
  return Number(process.env["FUZZ_COUNT"] ?? usual);
}

export type Who = "administrator" | "tenant" | "nobody";

let tenant: { token: string; since: number } | undefined;
const renewMs = 5000;

/**
 * Headers of a caller. The target runs with --dev: this machine's own callers are administrators, and a request that
 * says it was forwarded is nobody's. The tenant is made anew now and then: administrators' calls may delete it.
 */
export async function asUser(port: number, who: Who): Promise<Record<string, string>> {
  if (who === "administrator") return {};
  if (who === "nobody") return { "x-forwarded-for": "192.0.2.1" };
  if (!tenant || performance.now() - tenant.since > renewMs) {
    tenant = { token: tenant?.token ?? "", since: performance.now() };
    tenant.token = (await newTenant(port)) ?? tenant.token;
  }
  return { authorization: `Bearer ${tenant.token}` };
}

/** A user that may do all in a project of its own. Undefined when calls before have made that impossible. */
async function newTenant(port: number): Promise<string | undefined> {
  const call = async (method: string, request: object) =>
    JSON.parse(
      (await post(`http://127.0.0.1:${port}/limiquantix.identity.v1.${method}`, JSON.stringify(request))).toString(),
    );
  const username = `tenant-${Math.floor(performance.now())}`;
  const password = "correct horse battery staple 9";
  try {
    await call("UserService/CreateUser", { name: username, password });
    const { token } = await call("AuthService/Login", { username, password });
    return token as string;
  } catch (cause) {
    console.warn(`no tenant: ${String(cause)}`);
    return undefined;
  }
}

/** Bytes as one line that can be read. */
export function lineOf(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString("latin1");
  return JSON.stringify(text.length > 600 ? `${text.slice(0, 600)}…` : text);
}
