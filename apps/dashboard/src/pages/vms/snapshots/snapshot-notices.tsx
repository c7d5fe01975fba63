import { Snapshot_Phase as Phase, type VirtualMachine } from "@limiquantix/api";
import { strings } from "../../../strings/index.ts";
import { Notice } from "../tabs/notice.tsx";
import { isReverting } from "./snapshot-blocked.ts";
import { useSnapshotsOf } from "./use-snapshots-of.ts";

const s = strings.snapshots.banner;

/** What is going on with the VM's snapshots, over its page. */
export function SnapshotNotices({ vm }: { vm: VirtualMachine }) {
  const all = useSnapshotsOf(vm.id);
  const target = isReverting(vm) ? all.find(({ id }) => id === vm.desired?.revertSnapshotId) : undefined;
  return (
    <>
      {target && <Notice tone="info" title={s.reverting(target.name)} />}
      {all.map(({ id, name, phase }) => {
        if (phase === Phase.CREATING) {
          return (
            <Notice key={id} tone="info" title={s.taking(name)}>
              {s.takingText}
            </Notice>
          );
        }
        return phase === Phase.DELETING ? (
          <Notice key={id} tone="info" title={s.merging(name)}>
            {s.mergingText}
          </Notice>
        ) : null;
      })}
    </>
  );
}
