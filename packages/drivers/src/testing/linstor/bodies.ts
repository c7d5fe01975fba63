import { Refusal } from "./answers.ts";

/** "?": anything; a name with "!" behind it is required. */
interface Shape {
  readonly [field: string]: Shape | "?";
}

const PROPS = { override_props: "?", delete_props: "?", delete_namespaces: "?" } as const;
const RESTORE = { "to_resource!": "?", nodes: "?", stor_pool_rename: "?" } as const;

/** The schemas of rest_v1_openapi.yaml (1.27) for what the driver sends. */
const BODIES: readonly [RegExp, Shape][] = [
  [
    /^POST resource-definitions$/,
    {
      "resource_definition!": {
        "name!": "?",
        external_name: "?",
        props: "?",
        layer_data: "?",
        resource_group_name: "?",
      },
    },
  ],
  [/^PUT resource-definitions\/[^/]+$/, { ...PROPS, layer_stack: "?", resource_group: "?" }],
  [/\/volume-definitions$/, { "volume_definition!": { volume_number: "?", "size_kib!": "?", props: "?", flags: "?" } }],
  [/\/volume-definitions\/\d+$/, { ...PROPS, size_kib: "?", flags: "?" }],
  [/\/autoplace$/, { "select_filter!": { place_count: "?" }, diskless_on_remaining: "?", layer_list: "?" }],
  [/\/make-available$/, { layer_list: "?", diskful: "?" }],
  [/\/snapshots$/, { "name!": "?", nodes: "?" }],
  [/\/snapshot-restore-(volume-definition|resource)\//, RESTORE],
  [/\/clone$/, { "name!": "?", external_name: "?", use_zfs_clone: "?", layer_list: "?", volume_passphrases: "?" }],
];

/** Jackson knows no other fields, and what is not there is null. Undefined: nothing is wrong with it. */
export function wrongInBody(method: string, path: string, body: object): string | undefined {
  if (method === "GET" || method === "DELETE") return undefined;
  const call = `${method} ${path.replace("/v1/", "")}`;
  const [, shape] = BODIES.find(([pattern]) => pattern.test(call)) ?? [undefined, {}];
  return wrong(shape, body, call);
}

function wrong(shape: Shape, body: object, where: string): string | undefined {
  const fields = new Map(Object.entries(shape).map(([name, value]) => [name.replace("!", ""), value]));
  for (const [name, value] of Object.entries(body)) {
    const inner = fields.get(name);
    if (inner === undefined) return `${where}: unrecognized field "${name}"`;
    const said = inner === "?" ? undefined : wrong(inner, value as object, `${where} ${name}`);
    if (said) return said;
  }
  const missing = Object.keys(shape).find((name) => name.endsWith("!") && !(name.slice(0, -1) in body));
  return missing && `${where}: ${missing.slice(0, -1)} is missing`;
}

/** Each kind of object has a list of its own of what may be set: ExactSize is for resource definitions only. */
export function assertProps(of: "resource definition" | "volume definition", props: object): void {
  const known = of === "resource definition" ? /^(Aux\/|DrbdOptions\/(Net\/allow-two-primaries|ExactSize)$)/ : /^Aux\//;
  const odd = Object.keys(props).find((key) => !known.test(key));
  if (odd) throw new Refusal(213, `Invalid property key: '${odd}' of a ${of}`);
}
