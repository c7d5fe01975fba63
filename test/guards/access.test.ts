import { accessOf, builtInRoles, expandPrivilege, privileges, publicServices } from "@limiquantix/api";
import { expect, test } from "vitest";

const methods = publicServices.flatMap((service) => [...service.methods]);

test("every RPC of the public API says who may call it", () => {
  const silent = methods.filter((method) => !accessOf(method)).map((method) => `${method.parent.name}.${method.name}`);
  expect(silent).toEqual([]);
  expect(methods.length).toBeGreaterThan(120);
});

test("a target names a field of its request", () => {
  for (const method of methods) {
    const caller = accessOf(method)?.caller;
    if (caller?.kind !== "privilege") continue;
    for (const { path } of caller.targets) {
      let message: typeof method.input | undefined = method.input;
      for (const [i, step] of path.entries()) {
        const field: (typeof method.input)["fields"][number] | undefined = message?.fields.find(
          ({ localName }) => localName === step,
        );
        expect(field, `${method.name}: ${path.join(".")}`).toBeDefined();
        message = i < path.length - 1 ? field?.message : undefined;
      }
    }
  }
});

test("every privilege is needed by something, and the built-in roles hold only what there is", () => {
  for (const role of builtInRoles) {
    for (const pattern of role.privileges) expect(expandPrivilege(pattern), `${role.id}: ${pattern}`).not.toEqual([]);
  }
  expect(Object.keys(privileges).length).toBeGreaterThan(40);
});
