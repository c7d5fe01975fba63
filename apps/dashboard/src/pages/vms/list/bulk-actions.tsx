import { fromConnectError, VMService, type VirtualMachine } from "@limiquantix/api";
import { CircleStop, Ellipsis, Moon, Play, Power, RotateCcw, RotateCw, Trash2, X } from "lucide-react";
import { useMemo, useState } from "react";
import { toast } from "sonner";
import { useClient } from "../../../api/context.tsx";
import { newKey } from "../../../api/use-action.tsx";
import { useCan } from "../../../api/use-can.ts";
import { strings } from "../../../strings/index.ts";
import { Button } from "../../../ui/button.tsx";
import { AskFirst } from "../../../ui/ask-first.tsx";
import { Menu, type MenuItem } from "../../../ui/menu.tsx";
import { power } from "../power.ts";
import { blockedByState, mayRun, type PowerAction } from "../vm-actions.ts";

const s = strings.vms;
type BulkAction = Extract<PowerAction, "start" | "stop" | "reboot" | "suspend" | "kill" | "reset"> | "delete";

/** As many as the server checks in one call. */
const mostChecked = 500;
/** At the same time; the rest waits. */
const atOnce = 8;

/** What can be done to all selected VMs: to those whose state and rights let it. */
export function BulkActions({ vms, onClear }: { vms: readonly VirtualMachine[]; onClear: () => void }) {
  const client = useClient(VMService);
  const [asked, setAsked] = useState<BulkAction>();
  const ids = vms.map(({ id }) => id).join(",");
  const checks = useMemo(
    () =>
      ids
        .split(",")
        .slice(0, mostChecked)
        .flatMap((id) =>
          (["vm.power", "vm.delete"] as const).map((privilege) => ({ privilege, object: { kind: "vm", id } })),
        ),
    [ids],
  );
  const can = useCan(checks);

  const whyNot = (vm: VirtualMachine, index: number, action: BulkAction): string | undefined => {
    const answer = can[index * 2 + (action === "delete" ? 1 : 0)];
    return blockedByState(vm, action) ?? (answer && !answer.allowed && answer.why ? answer.why : undefined);
  };
  const split = (action: BulkAction) => {
    const possible: VirtualMachine[] = [];
    const reasons: string[] = [];
    for (const [i, vm] of vms.entries()) {
      const why = whyNot(vm, i, action);
      if (why === undefined) possible.push(vm);
      else reasons.push(why);
    }
    return { possible, reasons };
  };
  const run = async (action: BulkAction, targets: readonly VirtualMachine[]) => {
    setAsked(undefined);
    const waiting = [...targets];
    const failures: { vm: VirtualMachine; error: unknown }[] = [];
    const worker = async () => {
      for (let vm = waiting.shift(); vm; vm = waiting.shift()) {
        try {
          if (action !== "delete") await power(client, vm.id, action);
          else await client.deleteVM({ id: vm.id, deleteVolumes: true, force: mayRun(vm), idempotencyKey: newKey() });
        } catch (error) {
          failures.push({ vm, error });
        }
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    if (failures.length === 0) return;
    const texts = [...new Set(failures.map(({ error }) => fromConnectError(error).message))];
    const more = texts.length > 2 ? `; ${s.bulk.andMore(texts.length - 2)}` : "";
    const description = texts.slice(0, 2).join("; ") + more;
    toast.error(s.bulk.failed(failures.length, targets.length), { description, duration: 12_000 });
  };
  const blocked = (action: BulkAction): string | undefined => {
    const { possible, reasons } = split(action);
    return possible.length > 0 ? undefined : reasons.length === 1 ? reasons[0] : s.blocked.noneOfThem;
  };
  const item = (action: BulkAction, icon: MenuItem["icon"], danger = false): MenuItem => ({
    label: s.actions[action],
    icon,
    danger,
    blocked: blocked(action),
    onSelect: () => setAsked(action),
  });

  return (
    <div role="toolbar" aria-label={s.actions.title} className="flex items-center gap-2">
      <span className="text-muted" aria-live="polite">
        {s.selected(vms.length)}
      </span>
      <Button
        icon={<Play size={14} />}
        blocked={blocked("start")}
        onClick={() => void run("start", split("start").possible)}
      >
        {s.actions.start}
      </Button>
      <Button icon={<Power size={14} />} blocked={blocked("stop")} onClick={() => setAsked("stop")}>
        {s.actions.stop}
      </Button>
      <Menu
        label={s.actions.more}
        trigger={<Button icon={<Ellipsis size={15} />} />}
        groups={[
          [item("reboot", <RotateCw size={14} />), item("suspend", <Moon size={14} />)],
          [item("kill", <CircleStop size={14} />, true), item("reset", <RotateCcw size={14} />, true)],
          [item("delete", <Trash2 size={14} />, true)],
        ]}
      />
      <Button look="ghost" aria-label={s.clearSelection} icon={<X size={15} />} onClick={onClear} />
      {asked && asked !== "start" && (
        <BulkConfirm action={asked} {...split(asked)} onConfirm={run} onClose={() => setAsked(undefined)} />
      )}
    </div>
  );
}

interface BulkConfirmProps {
  action: Exclude<BulkAction, "start">;
  possible: readonly VirtualMachine[];
  reasons: readonly string[];
  onConfirm: (action: BulkAction, targets: readonly VirtualMachine[]) => Promise<void>;
  onClose: () => void;
}

const mostNames = 8;

function BulkConfirm({ action, possible, reasons, onConfirm, onClose }: BulkConfirmProps) {
  const verb = s.actions[action].replace("…", "");
  const running = possible.filter(mayRun).length;
  const names = possible.slice(0, mostNames).map(({ name }) => name);
  const danger = action === "delete" || action === "kill" || action === "reset";
  return (
    <AskFirst
      title={s.bulk.title(verb, possible.length)}
      action={verb}
      danger={danger}
      {...(action === "delete" ? { typed: String(possible.length) } : {})}
      work={async () => void onConfirm(action, possible)}
      onClose={onClose}
    >
      <p>{s.bulk[action]}</p>
      <p className="text-muted">
        {names.join(", ")}
        {possible.length > mostNames && ` ${s.bulk.andMore(possible.length - mostNames)}`}
      </p>
      {action === "delete" && running > 0 && <p className="text-warn">{s.bulk.running(running)}</p>}
      {reasons.length > 0 && (
        <p className="text-muted">
          {s.bulk.skipped(reasons.length)}
          {[...new Set(reasons)].slice(0, 2).join(" ")}
        </p>
      )}
    </AskFirst>
  );
}
