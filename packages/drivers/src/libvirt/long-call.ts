import { type CallName, type CallRest, Libvirt, type ProcedureResult } from "@limiquantix/libvirt";

/** For calls that may take minutes. */
export type LongCall = <N extends CallName>(name: N, ...rest: CallRest<N>) => Promise<ProcedureResult<N>>;

/** Each on a connection of its own: libvirtd stops reading one with so many unanswered calls. */
export function longCalls(socket: string): LongCall {
  return async (name, ...rest) => {
    await using libvirt = await Libvirt.connect({ address: { socket } });
    return await libvirt.call(name, ...rest);
  };
}
