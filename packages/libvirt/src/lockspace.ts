import { ErrorCode } from "./error-code.ts";
import { isLibvirtError } from "./errors.ts";
import { flags } from "./protocol/shapes.ts";
import { RpcConnection } from "./rpc/connection.ts";
import { openTransport } from "./wire/transport.ts";
import type { Address } from "./wire/transport.ts";
import { string, struct } from "./xdr/types.ts";

/** virtlockd's own program; libvirt's library has no public call for it. */
const CREATE_LOCKSPACE = {
  program: 0xea7_beef,
  number: 8,
  args: struct({ path: string, flags }),
  result: struct({}),
};

/**
 * Makes the directory `path` known to a virtlockd as a lockspace, so that domains may have `<lease>`s in it. Needed
 * once after each start of virtlockd; does nothing when it is known already. virtlockd makes the directory.
 */
export async function ensureLockspace(
  { address, path }: { address: Address; path: string },
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const rpc = new RpcConnection(await openTransport(address, signal), { keepalive: false });
  try {
    await rpc.call({ name: "CREATE_LOCKSPACE", procedure: CREATE_LOCKSPACE, args: { path }, signal });
  } catch (cause) {
    if (isLibvirtError(cause, ErrorCode.OPERATION_INVALID)) return;
    signal?.throwIfAborted();
    throw new Error(`make ${path} a lockspace of virtlockd`, { cause });
  } finally {
    rpc.close();
  }
}
