import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ResourceRef, ResourceRefSchema } from "@limiquantix/api";
import { UsageError } from "../usage-error.ts";
import { getFolder } from "./resolve-folder.ts";
import { getCluster, getProject } from "./resolve-identities.ts";
import { getPool } from "./resolve-pool.ts";
import { getVolume } from "./resolve-storage.ts";
import { getImage, getNetwork, getNode, getVm } from "./resolve.ts";
import type { Session } from "./session.ts";

/** An object of the inventory tree, as `--on` names it. */
export type ObjectInit = MessageInitShape<typeof ResourceRefSchema>;

interface Named {
  id: string;
  name: string;
}

const finders: ReadonlyMap<string, (session: Session, ref: string) => Promise<Named>> = new Map(
  Object.entries({
    project: getProject,
    folder: getFolder,
    cluster: getCluster,
    node: async (session: Session, ref: string) => {
      const { id, hostname } = await getNode(session, ref);
      return { id, name: hostname };
    },
    pool: getPool,
    volume: getVolume,
    network: getNetwork,
    image: getImage,
    vm: getVm,
  }),
);

/** Without the root, which has no name. */
export const objectKinds = [...finders.keys()];

/** `root`, `project/web`, `vm/ID`, `folder/web/databases`. Throws a UsageError for what is none of these. Pure. */
export function parseObject(text: string): { kind: string; ref: string } {
  if (text === "root") return { kind: "root", ref: "" };
  const slash = text.indexOf("/");
  const kind = text.slice(0, Math.max(0, slash));
  const ref = text.slice(slash + 1);
  if (finders.has(kind) && ref) return { kind, ref };
  throw new UsageError(
    `${JSON.stringify(text)} is no object`,
    `Write root, or KIND/NAME: ${objectKinds.join(", ")}; as in project/web.`,
  );
}

export async function getObject(session: Session, text: string): Promise<ObjectInit> {
  const { kind, ref } = parseObject(text);
  const find = finders.get(kind);
  if (!find) return { kind, id: "", name: "" };
  const { id, name } = await find(session, ref);
  return { kind, id, name };
}

/** The same the other way round. */
export function formatObject(object: ResourceRef | undefined): string {
  if (!object || object.kind === "" || object.kind === "root") return object?.kind ?? "";
  return `${object.kind}/${object.name || object.id}`;
}
