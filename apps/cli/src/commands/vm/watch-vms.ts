import { toJson } from "@bufbuild/protobuf";
import { UpdateType, VMUpdateSchema, type VirtualMachine } from "@limiquantix/api";
import type { Cli } from "../../cli.ts";
import { isMachine } from "../../output/format.ts";
import { renderTable } from "../../output/table.ts";
import { readHostnames } from "../../rpc/hostnames.ts";
import type { Session } from "../../rpc/session.ts";
import { catchInterrupt } from "../../terminal/terminal.ts";
import { isIn, listRequest, readPlaces, type VmSelection } from "./list-vms.ts";
import { stateOf, vmListView } from "./view.ts";

/** Redraws the table on a terminal; elsewhere a line for each change, or each update as a line of JSON. */
export async function watchVms(cli: Cli, session: Session, selection: VmSelection): Promise<void> {
  const places = await readPlaces(session, selection.flags);
  const { labels, states = [] } = listRequest(selection, places);
  const { nodeId, projectId } = places;
  const hostname = await readHostnames(session);
  const view = vmListView(cli.terminal.paint, hostname);
  const known = new Map<string, VirtualMachine>();
  const wanted = (vm: VirtualMachine) =>
    isIn(places, vm) &&
    (!selection.name || vm.name === selection.name) &&
    (states.length === 0 || states.includes(vm.status?.state ?? 0));
  let synced = false;
  const redraw = () => {
    const rows = [...known.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const columns = view.columns.filter((column) => cli.flags.output === "wide" || !column.wide);
    cli.terminal.output.write(`\u001b[H\u001b[J${renderTable(columns, rows).join("\n")}\n`);
  };
  using interrupt = catchInterrupt();
  try {
    for await (const update of session.vms.watchVMs({ nodeId, projectId, labels }, { signal: interrupt.signal })) {
      if (isMachine(cli.flags.output)) {
        cli.print(JSON.stringify(toJson(VMUpdateSchema, update)));
        continue;
      }
      if (update.type === UpdateType.RESET) known.clear();
      if (update.type === UpdateType.SYNCED) synced = true;
      const { vm } = update;
      const before = vm && known.get(vm.id);
      if (vm) {
        if (update.type === UpdateType.DELETED || !wanted(vm)) known.delete(vm.id);
        else known.set(vm.id, vm);
      }
      if (cli.terminal.output.isTTY) {
        if (synced) redraw();
      } else if (vm && (!before || line(vm) !== line(before) || !known.has(vm.id))) {
        cli.print(known.has(vm.id) ? line(vm) : `${vm.name} gone`);
      }
    }
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
  }
}

function line(vm: VirtualMachine): string {
  return [vm.name, stateOf(vm), ...(vm.status?.ipAddresses ?? [])].join(" ");
}
