export interface Viewer {
  ended: Promise<void>;
}

/** Starts remote-viewer (virt-viewer) on an address or a .vv file. Undefined: it is not installed. */
export async function startViewer(target: string, { title }: { title?: string } = {}): Promise<Viewer | undefined> {
  const { spawn } = await import("node:child_process");
  const child = spawn("remote-viewer", [...(title ? [`--title=${title}`] : []), "--", target], { stdio: "ignore" });
  const started = await new Promise<boolean>((resolve) => {
    child.once("spawn", () => resolve(true));
    child.once("error", () => resolve(false));
  });
  if (!started) return undefined;
  return { ended: new Promise((resolve) => void child.once("exit", () => resolve())) };
}
