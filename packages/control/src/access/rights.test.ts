import { allPrivileges, builtInRoles, expandPrivilege, type Privilege } from "@limiquantix/api";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { root, TreeWorld } from "../../test/tree-world.ts";
import { holds, holdsEverywhere, type Rights } from "./rights.ts";

interface ModelGrant {
  object: string;
  role: string;
  thisObjectOnly: boolean;
}

const objects = [
  "root",
  "project/p1",
  "project/p2",
  "folder/f1",
  "folder/f2",
  "cluster/c1",
  "node/n1",
  "vm/v1",
  "vm/v2",
];
const roleIds = builtInRoles.map(({ id }) => id);

const someGrants = fc.array(
  fc.record({
    object: fc.constantFrom(...objects),
    role: fc.constantFrom(...roleIds),
    thisObjectOnly: fc.boolean(),
  }),
  { maxLength: 6 },
);
/** Any object below any others, the root last: which are realistic makes no difference to the rule. */
const somePath = fc.shuffledSubarray(objects.slice(1), { minLength: 1 }).map((keys) => [...keys, "root"]);

/** The rule as one says it: some grant has the privilege, on the object or, unless for that only, on one above. */
function holdsInModel(grants: readonly ModelGrant[], privilege: Privilege, path: readonly string[]): boolean {
  return grants.some(({ object, role, thisObjectOnly }) => {
    const patterns = builtInRoles.find(({ id }) => id === role)?.privileges ?? [];
    const reaches = thisObjectOnly ? path[0] === object : path.includes(object);
    return reaches && patterns.some((pattern) => expandPrivilege(pattern).includes(privilege));
  });
}

test("what is held is what the grants say, whatever they are", async () => {
  await fc.assert(
    fc.asyncProperty(someGrants, somePath, fc.constantFrom(...allPrivileges), async (grants, path, privilege) => {
      await using world = await TreeWorld.create();
      const userId = await world.user("u");
      const seen = new Set<string>();
      const given: ModelGrant[] = [];
      for (const grant of grants) {
        // One holder has one role on an object once.
        const key = `${grant.object} ${grant.role}`;
        if (seen.has(key)) continue;
        seen.add(key);
        given.push(grant);
        const [kind = "", id = ""] = grant.object.split("/");
        await world.grant({ userId }, grant.role, { kind, id }, { thisObjectOnly: grant.thisObjectOnly });
      }
      const rights = world.rights.of(userId);
      expect(holds(rights, privilege, path)).toBe(holdsInModel(given, privilege, path));
      expect(holdsEverywhere(rights, privilege)).toBe(holdsInModel(given, privilege, ["anything", "root"]));
    }),
    { numRuns: 150 },
  );
});

test("rights are those of now after any changes of grants, groups and roles", async () => {
  type Step = "grant" | "drop" | "join" | "leave" | "role";
  const steps = fc.array(fc.constantFrom<Step>("grant", "drop", "join", "leave", "role"), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(steps, async (walk) => {
      await using world = await TreeWorld.create();
      const userId = await world.user("u");
      const roleId = await world.role("own", ["vm.view"]);
      const groupId = await world.group("g", []);
      const [own, model] = [{ grant: "" }, { granted: false, member: false, powers: false }];
      const { groups, roles } = await import("../identity/tables.ts");
      for (const step of walk) {
        if (step === "grant" && !model.granted) own.grant = await world.grant({ groupId }, roleId, root);
        if (step === "drop" && model.granted) await world.drop(own.grant);
        const isMember = step === "join" ? true : step === "leave" ? false : model.member;
        await world.db.transact((tx) => {
          if (isMember !== model.member)
            tx.update(groups, groupId, (copy) => (copy.memberIds = isMember ? [userId] : []));
          if (step === "role")
            tx.update(roles, roleId, (copy) => (copy.privileges = model.powers ? ["vm.view"] : ["vm.*"]));
        });
        if (step === "grant") model.granted = true;
        if (step === "drop") model.granted = false;
        if (step === "role") model.powers = !model.powers;
        model.member = isMember;
        const rights: Rights = world.rights.of(userId);
        const holding = model.granted && model.member;
        expect(holdsEverywhere(rights, "vm.view")).toBe(holding);
        expect(holdsEverywhere(rights, "vm.power")).toBe(holding && model.powers);
      }
    }),
    { numRuns: 60 },
  );
});

test("a listener that throws keeps no other from being told", async () => {
  await using world = await TreeWorld.create();
  const userId = await world.user("u");
  let told = 0;
  using first = world.rights.onChange(() => {
    throw new Error("broken listener");
  });
  using second = world.rights.onChange(() => void told++);
  await world.grant({ userId }, "operator", root);
  expect(told).toBe(1);
  expect(world.rights.listeners).toBe(2);
  second[Symbol.dispose]();
  first[Symbol.dispose]();
  expect(world.rights.listeners).toBe(0);
});
