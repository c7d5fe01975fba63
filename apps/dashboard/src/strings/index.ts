import { common } from "./en/common.ts";
import { nodes } from "./en/nodes.ts";
import { login } from "./en/login.ts";
import { shell } from "./en/shell.ts";
import { tasks } from "./en/tasks.ts";
import { vms } from "./en/vms.ts";

/** Every word on the screen. English is the first; another language is another object of this shape. */
export const strings = { common, login, nodes, shell, tasks, vms };
