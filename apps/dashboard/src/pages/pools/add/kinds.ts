import type { MessageInitShape } from "@bufbuild/protobuf";
import { IscsiConfig_Mode, NfsConfig_Access, type StoragePoolSpec, type StoragePoolSpecSchema } from "@limiquantix/api";
import { strings } from "../../../strings/index.ts";

const s = strings.addPool;

export const kinds = ["nfs", "rbd", "iscsi", "linstor", "localDir"] as const;
export type Kind = (typeof kinds)[number];

/** What was typed, by the name of the field in the request. */
export type Typed = Readonly<Record<string, string>>;

export interface KindField {
  /** As the server calls it when it is wrong: the last part of its path. */
  name: string;
  control: "text" | "lines" | "password" | "number" | "check" | "select";
  required?: boolean;
  options?: Readonly<Record<string, string>>;
  placeholder?: string;
  /** Whether it can be changed later. */
  editable?: boolean;
}

/** The fields of each kind of storage, in the order in which one knows them. */
export const fieldsOf: Record<Kind, readonly KindField[]> = {
  nfs: [
    { name: "server", control: "text", required: true, placeholder: "nas-1.example.com" },
    { name: "export", control: "text", required: true, placeholder: "/srv/vms" },
    { name: "version", control: "select", options: s.versions, editable: true },
    { name: "access", control: "select", options: { mount: s.mount, userspace: s.userspace } },
    { name: "options", control: "text", editable: true },
  ],
  rbd: [
    { name: "monitors", control: "lines", required: true, placeholder: "10.0.0.11:6789", editable: true },
    { name: "pool", control: "text", required: true, placeholder: "vms" },
    { name: "namespace", control: "text" },
    { name: "user", control: "text", placeholder: "limiquantix" },
    { name: "key", control: "password", editable: true },
  ],
  iscsi: [
    { name: "portals", control: "lines", required: true, placeholder: "10.0.0.21:3260", editable: true },
    { name: "target", control: "text", required: true, placeholder: "iqn.2024-01.com.example:vms" },
    { name: "lun", control: "number", required: true },
    { name: "mode", control: "select", options: { thin: s.lvmThin, shared: s.sharedLvm } },
    { name: "chapUser", control: "text", editable: true },
    { name: "chapPassword", control: "password", editable: true },
    { name: "initialize", control: "check" },
  ],
  linstor: [
    { name: "controllers", control: "lines", required: true, placeholder: "https://linstor-1:3371", editable: true },
    { name: "resourceGroup", control: "text", required: true },
    { name: "token", control: "password", editable: true },
  ],
  localDir: [{ name: "path", control: "text", required: true, placeholder: "/srv/limiquantix/data" }],
};

export const initially: Record<Kind, Typed> = {
  nfs: { access: "mount" },
  rbd: {},
  iscsi: { lun: "0", mode: "thin" },
  linstor: {},
  localDir: {},
};

type Config = NonNullable<MessageInitShape<typeof StoragePoolSpecSchema>["config"]>;

/** The part of the request that is this kind's own. */
export function configOf(kind: Kind, typed: Typed): Config {
  const text = (name: string) => (typed[name] ?? "").trim();
  const lines = (name: string) =>
    text(name)
      .split(/[\s,]+/)
      .filter(Boolean);
  switch (kind) {
    case "localDir":
      return { case: kind, value: { path: text("path") } };
    case "nfs": {
      const access = typed["access"] === "userspace" ? NfsConfig_Access.USERSPACE : NfsConfig_Access.MOUNT;
      const [server, version, options] = [text("server"), text("version"), text("options")];
      return { case: kind, value: { server, export: text("export"), version, options, access } };
    }
    case "rbd": {
      const [pool, namespace, user, key] = [text("pool"), text("namespace"), text("user"), text("key")];
      return { case: kind, value: { monitors: lines("monitors"), pool, namespace, user, key } };
    }
    case "iscsi": {
      const mode = typed["mode"] === "thin" ? IscsiConfig_Mode.LVM_THIN : IscsiConfig_Mode.SHARED_LVM;
      const [target, chapUser, chapPassword] = [text("target"), text("chapUser"), typed["chapPassword"] ?? ""];
      const initialize = typed["initialize"] === "yes";
      const lun = Number(text("lun")) || 0;
      return {
        case: kind,
        value: { portals: lines("portals"), target, lun, chapUser, chapPassword, mode, initialize },
      };
    }
    case "linstor": {
      const [resourceGroup, token] = [text("resourceGroup"), text("token")];
      return { case: kind, value: { controllers: lines("controllers"), resourceGroup, token } };
    }
  }
}

/** What can be changed of a pool that is there, as one would type it. Secrets are not told. */
export function typedOf({ config }: StoragePoolSpec): Typed {
  switch (config.case) {
    case "nfs":
      return { version: config.value.version, options: config.value.options };
    case "rbd":
      return { monitors: config.value.monitors.join("\n") };
    case "iscsi":
      return { portals: config.value.portals.join("\n"), chapUser: config.value.chapUser };
    case "linstor":
      return { controllers: config.value.controllers.join("\n") };
    default:
      return {};
  }
}

/** The first thing that is missing, in words. */
export function missing(fields: readonly KindField[], typed: Typed): string | undefined {
  const field = fields.find(({ name, required }) => required && (typed[name] ?? "").trim() === "");
  return field && s.need(s.fields[field.name]?.[0] ?? field.name);
}
