import { expect, test } from "vitest";
import { publicServices } from "../services.ts";
import { openApiDocument } from "./document.ts";

const document = openApiDocument({ services: publicServices, version: "1.2.3" });
const schemas = (document["components"] as { schemas: Record<string, Record<string, unknown>> }).schemas;

test("every RPC is a path, and every reference leads somewhere", () => {
  const paths = Object.keys(document["paths"] as object);
  expect(paths).toHaveLength(publicServices.reduce((sum, service) => sum + service.methods.length, 0));
  expect(paths).toContain("/limiquantix.compute.v1.NodeService/ListNodes");
  const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(
    (match) => match[1],
  );
  expect(references.filter((name) => !schemas[name ?? ""])).toEqual([]);
});

test("the rules of the proto are in the schema", () => {
  expect(schemas["limiquantix.compute.v1.CreateVMRequest"]).toMatchObject({
    additionalProperties: false,
    required: ["spec"],
    properties: {
      name: { type: "string", minLength: 1, maxLength: 63, pattern: "^[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9])?$" },
      idempotencyKey: { maxLength: 128 },
    },
  });
  expect(schemas["limiquantix.storage.v1.Image"]).toMatchObject({
    properties: { createdAt: { type: "string", format: "date-time" }, revision: { type: ["string", "integer"] } },
  });
});
