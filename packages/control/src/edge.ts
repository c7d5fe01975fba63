import type { ConnectRouter, Interceptor } from "@connectrpc/connect";
import {
  AuditService,
  CertificateService,
  ClusterService,
  FolderService,
  GrantService,
  IdentityProviderService,
  ImageService,
  ProjectService,
  RoleService,
  StoragePoolService,
  SystemService,
  VirtualNetworkService,
} from "@limiquantix/api";
import type { Clock, Log } from "@limiquantix/kit";
import { Consoles, type ConsolePeer, type PublicAddress } from "./consoles/index.ts";
import { GrantSweeper, Inventory, RightsIndex } from "./access/index.ts";
import { grantService, roleService } from "./access/service.ts";
import { AuditLog, auditService, type AuditSink } from "./audit/index.ts";
import { clusterService } from "./clusters/service.ts";
import { folderService } from "./folders/service.ts";
import { Identity, type Gate, type PasswordHasher, type Sealer } from "./identity/index.ts";
import { projectService } from "./projects/service.ts";
import type { SingleSignOn } from "./providers/parts.ts";
import { IdentityProviders } from "./providers/identity-providers.ts";
import { identityProviderService } from "./providers/service.ts";
import { certificateService, NodeCredentials, type CaKeyStore } from "./trust/index.ts";
import { upgrade } from "./upgrade.ts";
import {
  Distributor,
  ImageCache,
  ImageReconciler,
  imageService,
  Uploads,
  webFetcher,
  type Fetcher,
} from "./images/index.ts";
import type { HostClients } from "./hosts/host-clients.ts";
import { ensureDefaultNetwork } from "./networks/default-network.ts";
import { virtualNetworkService } from "./networks/service.ts";
import { storagePoolService } from "./pools/service.ts";
import type { Peer } from "./rpc/context.ts";
import { serverInterceptors } from "./rpc/interceptors.ts";
import { sweepIdempotency } from "./rpc/mutate.ts";
import type { Database } from "./store/database.ts";
import { systemService, type SystemFacts } from "./system/service.ts";

export interface EdgeParts {
  db: Database;
  clock: Clock;
  log: Log;
  hosts: HostClients;
  passwordHasher: PasswordHasher;
  sealer: Sealer;
  /** Undefined: nothing of the certificate authority is kept. */
  caKeyStore?: CaKeyStore | undefined;
  /** How long certificates are good, in milliseconds; 90 days unless told. */
  certificateLifeMs?: number | undefined;
  /** Where hosts reach this control plane: https://HOST:PORT; empty: by no HTTPS. Known once the server listens. */
  hostUrl?: () => string;
  /** The ways to identity providers (packages/sso); undefined: nobody logs in by one. */
  sso?: SingleSignOn | undefined;
  /** The platform's own fetch unless told. */
  fetcher?: Fetcher | undefined;
  /** Where a copy of the audit log goes. */
  auditSink?: AuditSink | undefined;
  system: SystemFacts;
  metricsHistory: Parameters<typeof systemService>[0]["metricsHistory"];
  /** Where clients reach the console endpoint; known once the server listens. */
  address?: (peer: Peer) => PublicAddress;
}

const sweepEveryMs = 600_000;

/** The nouns around VMs and hosts: who may call, images, pools, networks, consoles. */
export class Edge {
  readonly trust: NodeCredentials;
  readonly distribution: Distributor;
  readonly interceptors: Interceptor[];
  readonly #parts: EdgeParts;
  readonly #rights: RightsIndex;
  readonly #inventory: Inventory;
  readonly #grants: GrantSweeper;
  /** Takes what browsers bring back from OIDC providers. */
  readonly signOn: IdentityProviders | undefined;
  readonly #identity: Identity<IdentityProviders>;
  readonly #uploads: Uploads;
  readonly #images: ImageReconciler;
  readonly #imageCache: ImageCache;
  readonly consoles: Consoles;
  readonly #audit: AuditLog;
  #sweep: Disposable | undefined;

  constructor(parts: EdgeParts) {
    const { db, clock, log, hosts, passwordHasher: hasher, fetcher = webFetcher } = parts;
    this.#parts = parts;
    this.trust = new NodeCredentials({ ...parts, keyStore: parts.caKeyStore });
    const rights = new RightsIndex(db);
    const inventory = new Inventory(db);
    this.#rights = rights;
    this.#grants = new GrantSweeper({ db, log });
    this.#inventory = inventory;
    this.#audit = new AuditLog({ db, clock, log, sink: parts.auditSink });
    const dev = parts.system.dev;
    const trust = this.trust;
    this.#identity = new Identity({
      ...parts,
      hasher,
      rights,
      inventory,
      nodes: trust,
      certificates: trust,
      providers: (logins) => new IdentityProviders({ ...parts, logins }),
      dev,
    });
    this.signOn = this.#identity.providers;
    const gate = this.#identity.gate;
    this.interceptors = serverInterceptors({ log, authenticator: gate, inventory, db, clock, audit: this.#audit });
    this.authenticate = (request) => gate.authenticate(request);
    this.distribution = new Distributor({ db, clock, log, hosts });
    this.#uploads = new Uploads({ db, clock, log, hosts });
    this.#images = new ImageReconciler({ db, clock, log, hosts, fetcher });
    this.#imageCache = new ImageCache({ db, clock, log, hosts, distribution: this.distribution });
    const { address = () => ({ host: "", port: 0, tls: false }) } = parts;
    this.consoles = new Consoles({ db, clock, log, hosts, address, rights, inventory, gate, dev });
  }

  /** For what is asked for beside the RPCs: /metrics. Throws UNAUTHENTICATED, PERMISSION_DENIED. */
  readonly authenticate: Gate["authenticate"];

  /** Something converges right now. */
  get busy(): boolean {
    return this.#images.busy || this.#imageCache.busy || this.#grants.busy || this.#audit.busy;
  }

  routes(router: ConnectRouter): void {
    const { db, clock, log, hosts, sealer, system, metricsHistory } = this.#parts;
    const trust = this.trust;
    const tree = { db, clock, rights: this.#rights, inventory: this.#inventory };
    router.service(RoleService, roleService(tree));
    router.service(GrantService, grantService(tree));
    router.service(ProjectService, projectService(tree));
    router.service(FolderService, folderService(tree));
    router.service(ClusterService, clusterService(tree));
    this.#identity.routes(router);
    router.service(IdentityProviderService, identityProviderService({ ...tree, log, sealer, sso: this.#parts.sso }));
    router.service(CertificateService, certificateService({ db, clock, trust }));
    router.service(AuditService, auditService({ db, audit: this.#audit }));
    router.service(ImageService, imageService({ db, clock, uploads: this.#uploads }));
    router.service(StoragePoolService, storagePoolService({ db, clock, hosts, sealer }));
    router.service(VirtualNetworkService, virtualNetworkService({ db, hosts, log }));
    router.service(SystemService, systemService({ db, system, metricsHistory }));
  }

  /** Makes what a first start needs and begins to reconcile. */
  async start(): Promise<void> {
    await upgrade(this.#parts);
    await this.#grants.start();
    await ensureDefaultNetwork(this.#parts);
    this.#audit.start();
    this.trust.start();
    this.#images.start();
    this.#imageCache.start();
    this.#sweepLater();
  }

  async stop(): Promise<void> {
    this.#sweep?.[Symbol.dispose]();
    this.trust.stop();
    await this.#images.stop();
    await this.#imageCache.stop();
    await this.#audit.stop();
    this.#identity[Symbol.dispose]();
    this.#grants.stop();
    this.#rights[Symbol.dispose]();
  }

  /** On a store without users: makes `admin`; its password is answered this once. */
  ensureFirstAdministrator(): Promise<{ name: string; password: string } | undefined> {
    return this.#identity.ensureFirstAdministrator();
  }

  /** Whether the first administrator still has the password that was made for it. */
  firstLoginPending(): boolean {
    return this.#identity.firstLoginPending();
  }

  /** A join token for the first host, good for a day; undefined once there is a host. */
  firstJoinToken(): Promise<string | undefined> {
    return this.trust.firstJoinToken();
  }

  /** Uses a console ticket up and answers the way to the console. Throws CONSOLE_TICKET_INVALID. */
  openConsole(ticket: string): (peer: ConsolePeer, signal: AbortSignal) => Promise<void> {
    return this.consoles.open(ticket);
  }

  #sweepLater(): void {
    const { db, clock, log } = this.#parts;
    const sweep = async () => {
      await this.#identity.sweep();
      await this.trust.sweep();
      await this.consoles.sweep();
      await sweepIdempotency({ db, clock });
    };
    const next = () => {
      sweep().catch((cause: unknown) => log.warn("sweep what has expired", { err: cause }));
      this.#sweepLater();
    };
    this.#sweep = clock.after(sweepEveryMs, next, { background: true });
  }
}
