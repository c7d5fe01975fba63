import { parseCount } from "../../values/count.ts";
import type { Verb } from "../verb.ts";

export const screenshot: Verb = (command, cli) => {
  command
    .argument("<vm>", "name or id")
    .argument("<file>", "where the PNG goes")
    .option("--max-width <pixels>", "make a wider screen smaller", parseCount, 4096)
    .action(async (ref: string, file: string, flags: { maxWidth: number }) => {
      const session = await cli.connect();
      const [{ getVm }, { writeFile }] = await Promise.all([
        import("../../rpc/resolve.ts"),
        import("node:fs/promises"),
      ]);
      const vm = await getVm(session, ref);
      const { png, width, height } = await session.vms.getScreenshot({ vmId: vm.id, maxWidth: flags.maxWidth });
      await writeFile(file, png);
      cli.note(`${file}: ${width} × ${height}`);
    });
};
