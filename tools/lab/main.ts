import { spawn } from "node:child_process";
import { checkName, down, enter, environmentOf, libvirtdScript, names, socketOf, up } from "./lab-host.ts";

const usage = `usage: tools/lab/host COMMAND NAME
  up NAME               start an isolated host with its own libvirt, network and /var/lib/limiquantix
  exec NAME CMD ARGS…   run a command inside it
  socket NAME           print the path of its libvirt socket
  kill-libvirtd NAME    kill -9 libvirtd; guests live on
  start-libvirtd NAME   start what is missing of virtlogd, virtlockd, libvirtd
  down NAME             cut its power: everything in it is killed and removed
  list                  names of the hosts`;

async function main([command, name, ...rest]: string[]): Promise<number> {
  switch (command) {
    case "up":
      await up(checkName(name));
      return 0;
    case "down":
      await down(checkName(name));
      return 0;
    case "socket":
      console.log(socketOf(checkName(name)));
      return 0;
    case "list":
      for (const host of await names()) console.log(host);
      return 0;
    case "exec":
      return runInside(checkName(name), rest);
    case "kill-libvirtd":
      return runInside(checkName(name), [libvirtdScript, "kill"]);
    case "start-libvirtd":
      return runInside(checkName(name), [libvirtdScript, "start"]);
    default:
      console.error(usage);
      return 2;
  }
}

async function runInside(name: string, command: string[]): Promise<number> {
  const { file, args } = await enter(name, command);
  const child = spawn(file, args, { stdio: "inherit", env: { ...process.env, ...environmentOf(name) } });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 1)));
  });
}

try {
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
