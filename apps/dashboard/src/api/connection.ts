import type { DescService } from "@bufbuild/protobuf";
import { createClient, type Client, type Transport } from "@connectrpc/connect";
import { InventoryService } from "@limiquantix/api";
import { dialServer, type DialConsole } from "./console-channel.ts";
import { Collection } from "../live/collection.ts";
import { Feed, type Collections } from "../live/feed.ts";

/**
 * One control plane, as this page knows it: clients of its services, and the inventory that its stream keeps up to
 * date. The transport and the way to consoles are the only differences between the product and the demo.
 */
export class Connection {
  readonly transport: Transport;
  readonly feed: Feed;
  readonly inventory: Collections;
  readonly #clients = new Map<DescService, unknown>();

  readonly dialConsole: DialConsole;

  constructor(transport: Transport, dialConsole: DialConsole = dialServer) {
    this.transport = transport;
    this.dialConsole = dialConsole;
    this.inventory = {
      vm: new Collection(),
      node: new Collection(),
      cluster: new Collection(),
      folder: new Collection(),
      project: new Collection(),
      image: new Collection(),
      pool: new Collection(),
      volume: new Collection(),
      snapshot: new Collection(),
      schedule: new Collection(),
      network: new Collection(),
      task: new Collection(),
      event: new Collection(),
    };
    this.feed = new Feed(this.client(InventoryService), this.inventory);
  }

  /** The same client each time. */
  client<Service extends DescService>(service: Service): Client<Service> {
    const known = this.#clients.get(service) ?? createClient(service, this.transport);
    this.#clients.set(service, known);
    return known as Client<Service>;
  }
}
