import { clone, type DescField, type DescMessage, type Message, type MessageShape } from "@bufbuild/protobuf";
import { reflect, type ReflectMessage } from "@bufbuild/protobuf/reflect";
import { invalid } from "@limiquantix/api";

/**
 * Puts what `paths` name in `asked` into a copy of `current`. A path is `root`, or goes on below it: spec,
 * spec.cpu.cores; fields by their names in the proto or in its JSON. A list is replaced as a whole.
 * Throws INVALID_REQUEST for a path that there is not.
 */
export function applyMask<D extends DescMessage>(
  schema: D,
  message: { root: string; current: MessageShape<D>; asked: MessageShape<D> },
  paths: readonly string[],
): MessageShape<D> {
  const { root, current, asked } = message;
  if (paths.includes(root)) return clone(schema, asked);
  const result = clone(schema, current);
  const source = clone(schema, asked);
  for (const path of paths) copyPath(reflect(schema, result), reflect(schema, source), path);
  return result;
}

function copyPath(target: ReflectMessage, source: ReflectMessage, path: string): void {
  const names = path.split(".").slice(1);
  let [to, from]: [ReflectMessage, ReflectMessage | undefined] = [target, source];
  for (const [i, name] of names.entries()) {
    const field = fieldOf(to.desc, name);
    if (!field) throw invalid([{ field: "updateMask", message: `there is no ${path}` }]);
    if (i === names.length - 1) return copyField(to, from, field);
    if (field.fieldKind !== "message")
      throw invalid([{ field: "updateMask", message: `there is nothing below ${name} in ${path}` }]);
    if (!to.isSet(field)) to.set(field, reflect(field.message));
    from = from?.isSet(field) ? from.get(field) : undefined;
    to = to.get(field);
  }
}

function copyField(to: ReflectMessage, from: ReflectMessage | undefined, field: DescField): void {
  if (!from?.isSet(field)) to.clear(field);
  // Lists and maps have no setter of their own: the fields of the messages beneath are plain properties.
  else if (field.fieldKind === "list" || field.fieldKind === "map") {
    (to.message as Message & Record<string, unknown>)[field.localName] = (
      from.message as Message & Record<string, unknown>
    )[field.localName];
  } else to.set(field, from.get(field));
}

function fieldOf(desc: DescMessage, name: string): DescField | undefined {
  return desc.fields.find((field) => field.name === name || field.jsonName === name);
}
