import { rm, truncate } from "node:fs/promises";
import { type Answer, done, failed, json, missing, Refusal, refused, shown } from "./answers.ts";
import { assertProps, wrongInBody } from "./bodies.ts";
import type { SimCluster, SimDefinition } from "./cluster.ts";
import { DISKLESS, isTieBreaker, manageTieBreaker } from "./tie-breaker.ts";
import { pools, resources, snapshots } from "./views.ts";

const EXACT = "DrbdOptions/ExactSize";

type Body = Record<string, unknown>;
type Handler = (parts: string[], body: Body, query: URLSearchParams) => Promise<Answer> | Answer;

/** What the controller answers to which call. */
export class RestApi {
  readonly cluster: SimCluster;
  /** How long the nodes take for what the controller said yes to. */
  delayMs = 5;
  readonly #later = new Set<Promise<void>>();

  constructor(cluster: SimCluster) {
    this.cluster = cluster;
  }

  /** What goes on after answers is done. */
  async idle(): Promise<void> {
    while (this.#later.size > 0) await Promise.all(this.#later);
  }

  async answer(method: string, path: string, text: string, query: URLSearchParams): Promise<Answer> {
    const body = text === "" ? {} : (JSON.parse(text) as Body);
    const wrong = wrongInBody(method, path, body);
    if (wrong) return { status: 400, body: `[${failed(998, `Unable to parse input json. ${wrong}`)}]` };
    for (const [route, handler] of this.#routes) {
      const match = route.exec(`${method} ${path}`);
      if (!match) continue;
      try {
        return await handler(match.slice(1), body, query);
      } catch (error) {
        return refused(error instanceof Refusal ? error : { code: 998, message: String(error) });
      }
    }
    return { status: 404, body: "" };
  }

  readonly #routes: [RegExp, Handler][] = [
    [/^GET \/v1\/controller\/version$/, () => json({ version: "1.29.0", rest_api_version: "1.25.0" })],
    [
      /^GET \/v1\/nodes$/,
      () =>
        json(
          this.cluster.nodes.map(({ name, isOnline }) => ({
            name,
            type: "SATELLITE",
            connection_status: isOnline ? "ONLINE" : "OFFLINE",
            net_interfaces: [{ name: "default", address: "192.0.2.1" }],
          })),
        ),
    ],
    [/^GET \/v1\/resource-groups\/([^/]+)$/, ([name = ""]) => this.#group(name)],
    [/^GET \/v1\/view\/storage-pools$/, () => pools(this.cluster)],
    [/^GET \/v1\/view\/resources$/, (_, __, query) => resources(this.cluster, query.getAll("resources"))],
    [/^GET \/v1\/view\/snapshots$/, () => snapshots(this.cluster)],
    [
      /^GET \/v1\/resource-definitions$/,
      (_, __, query) => this.#definitions(query.get("with_volume_definitions") === "true"),
    ],
    [/^GET \/v1\/resource-definitions\/([^/]+)$/, ([name = ""]) => json(shown(this.#get(name), false))],
    [/^POST \/v1\/resource-definitions$/, (_, body) => this.#define(body)],
    [/^PUT \/v1\/resource-definitions\/([^/]+)$/, ([name = ""], body) => this.#modify(name, body)],
    [/^DELETE \/v1\/resource-definitions\/([^/]+)$/, ([name = ""]) => this.#delete(name)],
    [
      /^POST \/v1\/resource-definitions\/([^/]+)\/volume-definitions$/,
      ([name = ""], body) => this.#defineVolume(name, body),
    ],
    [
      /^PUT \/v1\/resource-definitions\/([^/]+)\/volume-definitions\/0$/,
      ([name = ""], body) => this.#resize(name, body),
    ],
    [/^POST \/v1\/resource-definitions\/([^/]+)\/autoplace$/, ([name = ""]) => this.#autoplace(name)],
    [
      /^POST \/v1\/resource-definitions\/([^/]+)\/resources\/([^/]+)\/make-available$/,
      ([name = "", node = ""]) => this.#makeAvailable(name, node),
    ],
    [
      /^DELETE \/v1\/resource-definitions\/([^/]+)\/resources\/([^/]+)$/,
      ([name = "", node = ""]) => this.#undeploy(name, node),
    ],
    [/^POST \/v1\/resource-definitions\/([^/]+)\/snapshots$/, ([name = ""], body) => this.#snapshot(name, body)],
    [
      /^DELETE \/v1\/resource-definitions\/([^/]+)\/snapshots\/([^/]+)$/,
      ([name = "", snapshot = ""]) => this.#removeSnapshot(name, snapshot),
    ],
    [
      /^POST \/v1\/resource-definitions\/([^/]+)\/snapshot-restore-volume-definition\/([^/]+)$/,
      ([name = "", snapshot = ""], body) => this.#restoreSize(name, snapshot, body),
    ],
    [
      /^POST \/v1\/resource-definitions\/([^/]+)\/snapshot-restore-resource\/([^/]+)$/,
      ([name = "", snapshot = ""], body) => this.#restore(name, snapshot, body),
    ],
    [/^POST \/v1\/resource-definitions\/([^/]+)\/clone$/, ([name = ""], body) => this.#clone(name, body)],
    [
      /^GET \/v1\/resource-definitions\/[^/]+\/clone\/([^/]+)$/,
      ([name = ""]) => json({ status: this.#get(name).clone ?? "FAILED" }),
    ],
  ];

  #group(name: string): Answer {
    const select_filter = this.cluster.groups.get(name);
    if (!select_filter) throw new Refusal(317, `Resource group '${name}' not found.`);
    return json({ name, select_filter });
  }

  #definitions(withVolumes: boolean): Answer {
    return json([...this.cluster.definitions.values()].map((one) => shown(one, withVolumes)));
  }

  async #define({ resource_definition }: Body): Promise<Answer> {
    const {
      name,
      resource_group_name = "DfltRscGrp",
      props = {},
    } = resource_definition as { name: string; resource_group_name?: string; props?: Record<string, string> };
    this.#assertName(name);
    assertProps("resource definition", props);
    if (!this.cluster.groups.has(resource_group_name))
      throw new Refusal(317, `Resource group '${resource_group_name}' not found.`);
    await this.cluster.define(name, resource_group_name, { ...props });
    return done(201, `New resource definition '${name}' created.`);
  }

  #modify(name: string, body: Body): Answer {
    const { override_props = {}, delete_props = [] } = body as {
      override_props?: Record<string, string>;
      delete_props?: string[];
    };
    const { props, resources } = this.#get(name);
    assertProps("resource definition", override_props);
    if (override_props[EXACT] === "True" && resources.size > 0)
      throw new Refusal(213, `The property '${EXACT}' must not be set to True when resources are deployed`);
    for (const key of delete_props) delete props[key];
    Object.assign(props, override_props);
    return done(200, `Resource definition '${name}' modified.`);
  }

  async #delete(name: string): Promise<Answer> {
    const one = this.cluster.definitions.get(name);
    if (!one) return missing(`Resource definition '${name}' not found.`);
    if (one.snapshots.size > 0)
      throw new Refusal(514, `Cannot delete resource definition '${name}' because it has snapshots.`);
    if (await this.cluster.isOpen(one)) throw new Refusal(997, `Resource '${name}' is still in use.`);
    one.isDeleted = true;
    this.#afterwards(() => this.cluster.remove(one));
    return done(200, `Resource definition '${name}' marked for deletion.`);
  }

  async #defineVolume(name: string, { volume_definition }: Body): Promise<Answer> {
    const one = this.#get(name);
    if (one.sizeKib !== undefined)
      throw new Refusal(503, `A volume definition with the number 0 already exists in resource definition '${name}'.`);
    const { size_kib, props = {} } = volume_definition as { size_kib: number; props?: object };
    assertProps("volume definition", props);
    one.sizeKib = size_kib;
    return done(201, `New volume definition with number '0' of resource definition '${name}' created.`);
  }

  async #resize(name: string, { size_kib }: Body): Promise<Answer> {
    const one = this.#get(name);
    if (typeof size_kib === "number") {
      if (size_kib < (one.sizeKib ?? 0)) throw new Refusal(206, `Deployed volumes can only grow in size, not shrink.`);
      if (one.props[EXACT] === "True")
        throw new Refusal(
          213,
          "Volume definition must not be resized while the resource-definition has ExactSize set!",
        );
      this.#assertUpToDate(one, "resize volume");
      one.sizeKib = size_kib;
      await truncate(one.file, size_kib * 1024);
    }
    return done(200, `Volume definition with number '0' of resource definition '${name}' modified.`);
  }

  async #autoplace(name: string): Promise<Answer> {
    const one = this.#get(name);
    const { place_count, storage_pool_list } = this.cluster.groups.get(one.group) ?? {
      place_count: 2,
      storage_pool_list: [],
    };
    const pool = storage_pool_list[0] ?? "";
    const fit = [];
    for (const node of this.cluster.nodes) {
      const free = await this.cluster.freeKib(node, pool);
      const isFit = this.cluster.isThin() ? free > 0 : free >= (one.sizeKib ?? 0);
      if (node.isOnline && node.pools.some((each) => each.name === pool) && isFit) fit.push(node.name);
    }
    if (fit.length < place_count) throw new Refusal(996, "Not enough available nodes");
    await this.cluster.makeFile(one);
    for (const node of fit.slice(0, place_count)) await this.#deploy(one, node, { flags: [], pool });
    await this.#settle(one);
    return done(201, `Resource '${name}' successfully autoplaced on ${place_count} nodes`);
  }

  async #makeAvailable(name: string, node: string): Promise<Answer> {
    const one = this.#get(name);
    const known = this.cluster.nodes.find((each) => each.name === node);
    if (!known) throw new Refusal(300, `Node '${node}' not found.`);
    if (!known.isOnline) throw new Refusal(995, `No active connection to satellite '${node}'`);
    const there = one.resources.get(node);
    if (there && isTieBreaker(there)) there.flags = DISKLESS;
    if (!there) {
      await this.#deploy(one, node, { flags: DISKLESS, pool: undefined });
      await this.#settle(one);
    }
    return done(200, `Resource '${name}' is available on node '${node}'.`);
  }

  async #undeploy(name: string, node: string): Promise<Answer> {
    const one = this.#get(name);
    if (!one.resources.has(node)) return missing(`Node: ${node}, Resource: ${name} not found.`);
    if (await this.cluster.isOpen(one)) throw new Refusal(997, `Resource '${name}' is still in use.`);
    if (!(await this.#settle(one, node))) await this.cluster.undeploy(one, node);
    return done(200, `Node: ${node}, Resource: ${name} marked for deletion.`);
  }

  async #snapshot(name: string, { name: snapshot }: Body): Promise<Answer> {
    const one = this.#get(name);
    if (typeof snapshot !== "string" || !/^[A-Za-z_][A-Za-z0-9_-]{1,47}$/.test(snapshot))
      throw new Refusal(218, `'${String(snapshot)}' is not a valid name`);
    if (one.snapshots.has(snapshot))
      throw new Refusal(
        514,
        `A snapshot definition with the name '${snapshot}' already exists in resource definition '${name}'.`,
      );
    if (!this.cluster.isThin()) throw new Refusal(994, "Storage driver 'LVM' does not support snapshots.");
    const file = this.cluster.newFile();
    await this.cluster.copyFile(one.file, file);
    const nodes = [...one.resources].filter(([, { pool }]) => pool).map(([node]) => node);
    one.snapshots.set(snapshot, { file, sizeKib: one.sizeKib ?? 0, takenAtMs: Date.now(), nodes });
    return done(201, `New snapshot '${snapshot}' of resource '${name}' registered.`);
  }

  async #removeSnapshot(name: string, snapshot: string): Promise<Answer> {
    const { snapshots } = this.#get(name);
    const found = snapshots.get(snapshot);
    if (!found) return missing(`Snapshot definition '${snapshot}' of resource '${name}' not found.`);
    snapshots.delete(snapshot);
    await rm(found.file);
    return done(200, `Snapshot '${snapshot}' of resource '${name}' marked for deletion.`);
  }

  #restoreSize(name: string, snapshot: string, { to_resource }: Body): Answer {
    const found = this.#get(name).snapshots.get(snapshot);
    if (!found) throw new Refusal(313, `Snapshot definition '${snapshot}' of resource '${name}' not found.`);
    const to = this.#get(String(to_resource));
    if (to.sizeKib !== undefined) throw new Refusal(503, `Resource definition '${to.name}' already has volumes.`);
    to.sizeKib = found.sizeKib;
    return done(200, `Volume definitions restored from resource '${name}', snapshot '${snapshot}'.`);
  }

  async #restore(name: string, snapshot: string, { to_resource }: Body): Promise<Answer> {
    const from = this.#get(name);
    const found = from.snapshots.get(snapshot);
    if (!found) throw new Refusal(313, `Snapshot definition '${snapshot}' of resource '${name}' not found.`);
    const to = this.#get(String(to_resource));
    if (to.resources.size > 0)
      throw new Refusal(502, `Cannot restore to resource definition '${to.name}', it already has resources.`);
    await this.cluster.copyFile(found.file, to.file);
    for (const node of found.nodes) await this.#deploy(to, node, { flags: [], pool: "vms" });
    await this.#settle(to);
    return done(200, `Resource restored from resource '${name}', snapshot '${snapshot}'.`);
  }

  /** Also a refusal is answered as if it had begun, and is among its messages. */
  async #clone(name: string, { name: to }: Body): Promise<Answer> {
    const answer = (messages: string) => ({
      status: 201,
      body: `{"location":"/v1/resource-definitions/${name}/clone/${String(to)}","source_name":"${name}","clone_name":"${String(to)}","messages":[${messages}]}`,
    });
    try {
      await this.#beginClone(this.#get(name), String(to));
      return answer("");
    } catch (error) {
      if (error instanceof Refusal) return answer(failed(error.code, error.message));
      throw error;
    }
  }

  async #beginClone(from: SimDefinition, to: string): Promise<void> {
    this.#assertName(to);
    this.#assertUpToDate(from, "clone resource-definition");
    const clone = await this.cluster.define(to, from.group, { ...from.props });
    clone.sizeKib = from.sizeKib;
    clone.clone = "CLONING";
    this.#afterwards(async () => {
      await this.cluster.copyFile(from.file, clone.file).catch(() => {
        clone.clone = "FAILED";
      });
      for (const [node, { pool }] of from.resources) if (pool) await this.#deploy(clone, node, { flags: [], pool });
      await this.#settle(clone);
      if (clone.clone === "CLONING") clone.clone = "COMPLETE";
    });
  }

  /** Whether what leaves stays after all. */
  #settle(one: SimDefinition, leaving?: string): Promise<boolean> {
    const deploy = (node: string, flags: string[]) => this.#deploy(one, node, { flags, pool: undefined });
    return manageTieBreaker(this.cluster, one, { deploy, ...(leaving !== undefined && { leaving }) });
  }

  #assertUpToDate({ resources }: SimDefinition, what: string): void {
    if ([...resources.values()].some(({ pool, isReady }) => pool && !isReady))
      throw new Refusal(974, `Cannot ${what}, because we have a non-UpToDate DRBD device.`);
  }

  async #deploy(
    one: SimDefinition,
    node: string,
    resource: { flags: string[]; pool: string | undefined },
  ): Promise<void> {
    await this.cluster.deploy(one, node, resource);
    this.#afterwards(() => this.cluster.ready(one, node));
  }

  #assertName(name: string): void {
    if (!/^[A-Za-z_][A-Za-z0-9_-]{1,47}$/.test(name)) throw new Refusal(202, `'${name}' is not a valid name`);
    const there = [...this.cluster.definitions.keys()].some((one) => one.toLowerCase() === name.toLowerCase());
    if (there) throw new Refusal(501, `A resource definition with the name '${name}' already exists.`);
  }

  #get(name: string): SimDefinition {
    const one = this.cluster.definitions.get(name);
    if (!one) throw new Refusal(301, `Resource definition '${name}' not found.`);
    return one;
  }

  #afterwards(work: () => Promise<void>): void {
    const later = new Promise((resolve) => setTimeout(resolve, this.delayMs))
      .then(work)
      .finally(() => this.#later.delete(later));
    this.#later.add(later);
  }
}
