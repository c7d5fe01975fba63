import type { Verb } from "../verb.ts";

export const leases: Verb = (command, cli) => {
  command.argument("<network>", "name or id").action(async (ref: string) => {
    const session = await cli.connect();
    const [{ allPages, pageSize }, { getNetwork }, { readHostnames }, { printList }, { leaseListView }] =
      await Promise.all([
        import("../../rpc/pages.ts"),
        import("../../rpc/resolve.ts"),
        import("../../rpc/hostnames.ts"),
        import("../../output/print.ts"),
        import("./view.ts"),
      ]);
    const network = await getNetwork(session, ref);
    const [answer, hostname, vms] = await Promise.all([
      session.networks.listLeases({ networkId: network.id }),
      readHostnames(session),
      allPages(async (pageToken) => {
        const page = await session.vms.listVMs({ pageSize, pageToken });
        return { items: page.vms, nextPageToken: page.nextPageToken };
      }),
    ]);
    const names = new Map(vms.map((vm) => [vm.id, vm.name]));
    await printList(
      cli,
      leaseListView(hostname, (id) => names.get(id) ?? id),
      answer.leases,
    );
  });
};
