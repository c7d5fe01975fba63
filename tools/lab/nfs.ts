import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { freePort } from "../lib/free-port.ts";
import { endProcess, identify, readPidFile, tryRun, waitFor, writePidFile } from "../lib/process.ts";

const usage = `usage: tools/lab/nfs COMMAND DIR
  up DIR EXPORT  serve the directory EXPORT by NFSv3 at 127.0.0.1, with DIR for what the server needs itself
  stop DIR       kill -9 it
  start DIR      start it again
  down DIR       kill it and remove DIR`;

/** rpcbind and its port are one per machine: a network and a /run of their own are the caller's and ours to have. */
const serve = `mount -t tmpfs tmpfs /run && mkdir -p /run/rpcbind /run/ganesha && rpcbind &&
  exec ganesha.nfsd -F -f "$1/ganesha.conf" -L "$1/ganesha.log" -p /run/ganesha.pid`;
const programs = ["100003", "100005"];

async function up(directory: string, exported: string): Promise<void> {
  if (existsSync(directory)) throw new Error(`${directory} is there: tools/lab/nfs down ${directory}`);
  if (!existsSync(exported)) throw new Error(`${exported} is not there`);
  await mkdir(join(directory, "recovery"), { recursive: true });
  await writeFile(join(directory, "ganesha.conf"), await configuration(directory, exported));
  await start(directory);
}

async function start(directory: string): Promise<void> {
  if (await readPidFile(join(directory, "server.id"))) return;
  const log = await open(join(directory, "start.log"), "a");
  const child = spawn(
    "unshare",
    ["--mount", "--pid", "--fork", "--kill-child=KILL", "sh", "-c", serve, "serve", directory],
    { detached: true, stdio: ["ignore", log.fd, log.fd] },
  );
  child.unref();
  await log.close();
  const process = child.pid === undefined ? undefined : await identify(child.pid);
  if (!process) throw new Error(`the server did not start:\n${await readFile(join(directory, "start.log"), "utf8")}`);
  await writePidFile(join(directory, "server.id"), process);
  const answers = async () => {
    for (const program of programs)
      if ((await tryRun("rpcinfo", ["-T", "tcp", "127.0.0.1", program, "3"])) === undefined) return false;
    return true;
  };
  await waitFor(answers, { timeoutMs: 60_000, intervalMs: 50, what: `the NFS server; see ${directory}` });
}

/** ganesha(8), ganesha-config(8): version 3 alone, without locks, and with the files of root. */
async function configuration(directory: string, exported: string): Promise<string> {
  const [nfs, mount] = [await freePort(), await freePort()];
  return `NFS_CORE_PARAM { Protocols = 3; NFS_Port = ${nfs}; MNT_Port = ${mount}; Enable_NLM = false;
  Enable_RQUOTA = false; Enable_UDP = false; }
NFSV4 { Graceless = true; RecoveryRoot = "${directory}/recovery"; }
NFS_KRB5 { Active_krb5 = false; }
EXPORT { Export_Id = 1; Path = "${exported}"; Pseudo = "/export"; Access_Type = RW; Squash = No_Root_Squash;
  SecType = sys; Transports = TCP; Protocols = 3; PrivilegedPort = true; FSAL { Name = VFS; } }
LOG { Default_Log_Level = EVENT; }
`;
}

async function stop(directory: string): Promise<void> {
  await endProcess(join(directory, "server.id"), { signal: "SIGKILL" });
}

async function down(directory: string): Promise<void> {
  if (existsSync(directory) && !existsSync(join(directory, "ganesha.conf")))
    throw new Error(`${directory} holds no server`);
  await stop(directory);
  await rm(directory, { recursive: true, force: true });
}

async function main([command, directory, exported]: string[]): Promise<void> {
  if (!directory) throw new Error(usage);
  const path = resolve(directory);
  if (command === "up" && exported) return up(path, resolve(exported));
  if (command === "stop") return stop(path);
  if (command === "start") return start(path);
  if (command === "down") return down(path);
  throw new Error(usage);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
