import { ScalarType } from "@bufbuild/protobuf";
import type { DescMethod } from "@bufbuild/protobuf";
import { publicServices } from "@limiquantix/api";
import { expect, test } from "vitest";

const reads = /^(Get|List|Watch|Stream|WhyNot|WhoAmI)/;

/** RPCs that write and have neither field; the proto says why, or whose they are. */
const exempt: ReadonlySet<string> = new Set([
  // auth_service.proto says why.
  "AuthService.Login",
  "AuthService.Logout",
  "AuthService.ChangePassword",
  // A host's own: they tell what is, and a repeat tells it again.
  "NodeService.RegisterNode",
  "NodeService.UpdateHeartbeat",
  "NodeService.SyncFullState",
  // A stream of bytes that goes on where it broke.
  "ImageService.UploadImage",
]);

const methods: DescMethod[] = publicServices.flatMap((service) => [...service.methods]);

test("every RPC that changes something can be tried without a change, and repeated without a second one", () => {
  const mutations = methods.filter((method) => !reads.test(method.name) && !exempt.has(nameOf(method)));
  expect(mutations.length).toBeGreaterThan(30);
  const without = mutations.filter((method) => {
    const { idempotencyKey, dryRun } = method.input.field;
    return idempotencyKey?.scalar !== ScalarType.STRING || dryRun?.scalar !== ScalarType.BOOL;
  });
  expect(without.map(nameOf)).toEqual([]);
});

test("what only reads has no such fields, and what is exempt is there", () => {
  const odd = methods.filter(
    ({ name, input }) => reads.test(name) && (input.field.dryRun ?? input.field.idempotencyKey),
  );
  expect(odd.map(nameOf)).toEqual([]);
  const names = new Set(methods.map(nameOf));
  expect([...exempt].filter((name) => !names.has(name))).toEqual([]);
});

function nameOf(method: DescMethod): string {
  return `${method.parent.name}.${method.name}`;
}
