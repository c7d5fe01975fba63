/** Where the lab keeps its hosts. Short, because a unix socket's path may have 107 bytes at most (unix(7)). */
export const labDirectory = process.env["LIMIQUANTIX_LAB_DIR"] ?? "/tmp/lqx-lab";

/** The lab host that this command itself runs in, when it was started by `exec`. */
export const insideHost = process.env["LIMIQUANTIX_LAB_HOST"];
