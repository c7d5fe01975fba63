import type { Cli } from "../../../cli.ts";
import { UsageError } from "../../../usage-error.ts";
import { secrets, type ReachFlags } from "../flags.ts";
import type { IscsiFlags, LinstorFlags, PoolConfig, RbdFlags } from "../spec.ts";

interface Kinds {
  rbd: RbdFlags;
  iscsi: IscsiFlags;
  linstor: LinstorFlags;
}

/** Reads the secret where flags say, then makes the settings of such a pool. */
export function secretConfig<Kind extends keyof Kinds>(
  cli: Cli,
  kind: Kind,
): (flags: Kinds[Kind]) => Promise<PoolConfig> {
  return async (flags) => {
    const [{ readSecretFlag }, { rbdConfig, iscsiConfig, linstorConfig }] = await Promise.all([
      import("../../../terminal/secret-flags.ts"),
      import("../spec.ts"),
    ]);
    requireAddress(flags, kind);
    const makers: { [Each in keyof Kinds]: (flags: Kinds[Each], secret?: string) => PoolConfig } = {
      rbd: rbdConfig,
      iscsi: iscsiConfig,
      linstor: linstorConfig,
    };
    return makers[kind](flags, await readSecretFlag(cli.terminal, flags, secrets[kind]));
  };
}

const addresses = { rbd: "--monitor HOST", iscsi: "--portal HOST", linstor: "--controller URL" } as const;

/** `pool edit` has these flags too, and there they may be left out. */
function requireAddress({ monitor, portal, controller }: ReachFlags, kind: keyof Kinds): void {
  if (!monitor && !portal && !controller)
    throw new UsageError("nothing says where the storage is", `Give ${addresses[kind]}.`);
}
