import { create } from "@bufbuild/protobuf";
import { VirtualMachineSchema, VmStatus_PowerState } from "@limiquantix/api";
import { expect, test } from "vitest";
import { parseFilters } from "./saved-filters.ts";
import { labelsInUse, vmFilter, type VmFilter } from "./vm-filter.ts";

const vm = create(VirtualMachineSchema, {
  id: "a1",
  name: "Web-Prod-01",
  projectId: "p1",
  folderId: "f1",
  labels: { stage: "prod", app: "" },
  status: { state: VmStatus_PowerState.RUNNING, nodeId: "n1", ipAddresses: ["10.80.0.10"] },
});
const none: VmFilter = { text: "", state: "", host: "", project: "", folder: "", kind: "", label: "" };
const shows = (filter: Partial<VmFilter>) => vmFilter({ ...none, ...filter })(vm);

test.each<[Partial<VmFilter>, boolean]>([
  [{}, true],
  [{ text: "prod WEB" }, true],
  [{ text: "10.80 stage=pr" }, true],
  [{ text: "web staging" }, false],
  [{ state: "RUNNING", host: "n1", project: "p1", folder: "f1" }, true],
  [{ state: "STOPPED" }, false],
  [{ host: "n2" }, false],
  [{ project: "p2" }, false],
  [{ folder: "f2" }, false],
  [{ label: "stage=prod" }, true],
  [{ label: "stage" }, true],
  [{ label: "stage=test" }, false],
  [{ label: "app=" }, true],
  [{ label: "toString" }, false],
])("%j shows it: %s", (filter, shown) => {
  expect(shows(filter)).toBe(shown);
});

test("the labels in use, the most used first", () => {
  const other = create(VirtualMachineSchema, { id: "a2", labels: { stage: "prod", zone: "a" } });
  expect(labelsInUse([vm, other])).toEqual(["stage=prod", "app=", "zone=a"]);
  expect(labelsInUse([vm, other], 1)).toEqual(["stage=prod"]);
});

test.each([
  [null, []],
  ["no JSON", []],
  ["{}", []],
  [`[{"name":"a"},null,3,{"name":"b","search":{"q":1}}]`, []],
  [`[{"name":"a","search":{"q":"web"}}]`, [{ name: "a", search: { q: "web" } }]],
])("saved filters of %j", (text, filters) => {
  expect(parseFilters(text)).toEqual(filters);
});
