import { ScalarType } from "@bufbuild/protobuf";
import type { DescMethod } from "@bufbuild/protobuf";
import { accessOf, publicServices } from "@limiquantix/api";
import { expect, test } from "vitest";

const readingNames = /^(Get|List|Watch|Stream|WhyNot|WhoAmI)/;
/** By its name, or because its access option says so. */
const isReading = (method: DescMethod) => readingNames.test(method.name) || accessOf(method)?.reads === true;

/** RPCs that write and have neither field; the proto says why, or whose they are. */
const exempt: ReadonlySet<string> = new Set([
  // auth_service.proto says why.
  "AuthService.Login",
  "AuthService.Logout",
  "AuthService.ChangePassword",
  // Steps of a login or of making a factor: each has a code or a challenge that is good once.
  "AuthService.FinishLogin",
  "AuthService.StartPasskeyLogin",
  "AuthService.StartOidcLogin",
  "AuthService.StartTotp",
  "AuthService.ConfirmTotp",
  "AuthService.StartPasskey",
  "AuthService.ConfirmPasskey",
  // A repeat finds it gone; the password is asked for each time.
  "AuthService.RemoveFactor",
  // A host's own: they tell what is, and a repeat tells it again.
  "NodeService.RegisterNode",
  "NodeService.UpdateHeartbeat",
  "NodeService.SyncFullState",
  // A repeat gets another certificate for the same key.
  "CertificateService.RenewCertificate",
  // A stream of bytes that goes on where it broke.
  "ImageService.UploadImage",
]);

const methods: DescMethod[] = publicServices.flatMap((service) => [...service.methods]);

test("every RPC that changes something can be tried without a change, and repeated without a second one", () => {
  const mutations = methods.filter((method) => !isReading(method) && !exempt.has(nameOf(method)));
  expect(mutations.length).toBeGreaterThan(30);
  const without = mutations.filter((method) => {
    const { idempotencyKey, dryRun } = method.input.field;
    return idempotencyKey?.scalar !== ScalarType.STRING || dryRun?.scalar !== ScalarType.BOOL;
  });
  expect(without.map(nameOf)).toEqual([]);
});

test("what only reads has no such fields, and what is exempt is there", () => {
  const odd = methods.filter(
    (method) => isReading(method) && (method.input.field.dryRun ?? method.input.field.idempotencyKey),
  );
  expect(odd.map(nameOf)).toEqual([]);
  const names = new Set(methods.map(nameOf));
  expect([...exempt].filter((name) => !names.has(name))).toEqual([]);
});

function nameOf(method: DescMethod): string {
  return `${method.parent.name}.${method.name}`;
}
