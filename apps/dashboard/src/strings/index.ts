import { audit } from "./en/audit.ts";
import { common } from "./en/common.ts";
import { demo } from "./en/demo.ts";
import { events } from "./en/events.ts";
import { grants } from "./en/grants.ts";
import { login } from "./en/login.ts";
import { nodes } from "./en/nodes.ts";
import { pools } from "./en/pools.ts";
import { projects } from "./en/projects.ts";
import { shell } from "./en/shell.ts";
import { tasks } from "./en/tasks.ts";
import { vm } from "./en/vm.ts";
import { vms } from "./en/vms.ts";

/** Every word on the screen. English is the first; another language is another object of this shape. */
export const strings = { audit, common, demo, events, grants, login, nodes, pools, projects, shell, tasks, vm, vms };
