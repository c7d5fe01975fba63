/**
 * The files of modules and of all they need, from the text of modules.dep (`path: dependency…`, each path below the
 * modules folder). A name that is not there is built into the kernel, or the kernel lacks it; both are fine here.
 */
export function moduleFiles(modulesDep: string, names: readonly string[]): string[] {
  const dependencies = new Map<string, string[]>();
  const pathOf = new Map<string, string>();
  for (const line of modulesDep.split("\n")) {
    const [path, rest = ""] = line.split(":");
    if (!path) continue;
    dependencies.set(path, rest.trim().split(/\s+/).filter(Boolean));
    pathOf.set(moduleName(path), path);
  }
  const files = new Set<string>();
  for (const name of names) {
    const path = pathOf.get(moduleName(name));
    if (!path) continue;
    // modules.dep lists dependencies of dependencies too.
    for (const file of [path, ...(dependencies.get(path) ?? [])]) files.add(file);
  }
  return [...files].toSorted();
}

/** `kernel/drivers/virtio/virtio-rng.ko.xz` → `virtio_rng`: "-" and "_" are the same to the kernel. */
function moduleName(path: string): string {
  const file = path.slice(path.lastIndexOf("/") + 1);
  return file.replace(/\.ko(\.\w+)?$/, "").replaceAll("-", "_");
}
