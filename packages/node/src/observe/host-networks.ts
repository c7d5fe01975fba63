import { clone, create, equals } from "@bufbuild/protobuf";
import { HostNetworkSchema, isProblem, Reason, type HostNetwork } from "@limiquantix/api";
import type { EnsureNetworkRequest } from "@limiquantix/api/daemon";
import type { NetworkBackend } from "../ports/network-backend.ts";

/** Makes networks, and tells what this host has of those that it was asked for since this daemon runs. */
export class HostNetworks {
  readonly #backend: NetworkBackend;
  readonly #known = new Map<string, HostNetwork>();
  readonly #listeners = new Set<(network: HostNetwork) => void>();

  constructor(backend: NetworkBackend) {
    this.#backend = backend;
  }

  list(): HostNetwork[] {
    return [...this.#known.values()];
  }

  /** Called with each change from now on. */
  subscribe(listener: (network: HostNetwork) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** As the backend does it; that it could not is kept and told too. */
  async ensure(request: EnsureNetworkRequest): Promise<HostNetwork> {
    const { networkId } = request;
    try {
      const made = clone(HostNetworkSchema, await this.#backend.ensureNetwork(request));
      made.networkId = networkId;
      this.#learn(made);
      return made;
    } catch (error) {
      // Without its hypervisor the host cannot say: the network may be as it was.
      if (isProblem(error) && error.reason !== Reason.UNAVAILABLE) {
        const before = this.#known.get(networkId) ?? create(HostNetworkSchema, { networkId });
        this.#learn({ ...before, ready: false, errorMessage: error.message });
      }
      throw error;
    }
  }

  #learn(network: HostNetwork): void {
    const before = this.#known.get(network.networkId);
    if (before && equals(HostNetworkSchema, before, network)) return;
    this.#known.set(network.networkId, network);
    for (const listener of this.#listeners) listener(network);
  }
}
