import { endProcess } from "../lib/process.ts";
import { pidFile } from "./config.ts";

const wasRunning = await endProcess(pidFile, { graceMs: 40_000 });
console.log(wasRunning ? "limiquantix: ended; VMs keep running" : "limiquantix: was not running");
