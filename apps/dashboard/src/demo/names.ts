/** What runs in the datacenter: the same at each visit. */
export interface Guest {
  name: string;
  project: string;
  folder: string;
  image: string;
  cores: number;
  memoryMib: number;
  diskGib: number;
  running: boolean;
  labels: Record<string, string>;
}

interface Service {
  name: string;
  project: string;
  folder: string;
  image: string;
  owner: string;
  /** How many in production; of the other stages there are fewer. */
  count: number;
  size: readonly [cores: number, memoryGib: number, diskGib: number];
}

const small = [1, 2, 20] as const;
const medium = [2, 4, 40] as const;
const large = [4, 16, 120] as const;
const huge = [8, 48, 500] as const;

function service(path: string, image: string, owner: string, count: number, size: Service["size"]): Service {
  const [project = "", folder = "", name = ""] = path.split("/");
  return { name, project, folder, image, owner, count, size };
}

const services: readonly Service[] = [
  service("shop/frontend/web", "debian-12", "team-shop", 14, medium),
  service("shop/frontend/edge-cache", "debian-12", "team-shop", 6, medium),
  service("shop/backend/cart-api", "debian-12", "team-shop", 10, medium),
  service("shop/backend/checkout", "debian-12", "team-shop", 8, medium),
  service("shop/backend/search", "ubuntu-24.04", "team-search", 6, large),
  service("shop/backend/queue", "debian-12", "team-shop", 3, medium),
  service("shop/data/postgres", "debian-12", "dba", 6, huge),
  service("shop/data/redis", "debian-12", "dba", 6, large),
  service("platform/kubernetes/k8s-control", "ubuntu-24.04", "platform", 3, medium),
  service("platform/kubernetes/k8s-worker", "ubuntu-24.04", "platform", 28, large),
  service("platform/observability/prometheus", "debian-12", "platform", 3, large),
  service("platform/observability/loki", "debian-12", "platform", 3, large),
  service("platform/observability/grafana", "debian-12", "platform", 2, small),
  service("platform/ci/runner", "ubuntu-24.04", "platform", 24, large),
  service("platform/ci/registry", "debian-12", "platform", 2, medium),
  service("platform/network/dns", "alma-9", "network", 4, small),
  service("platform/network/vpn", "alma-9", "network", 2, small),
  service("platform/network/proxy", "alma-9", "network", 4, small),
  service("office/directory/ldap", "alma-9", "it", 3, small),
  service("office/apps/wiki", "ubuntu-24.04", "it", 2, medium),
  service("office/apps/mail", "debian-12", "it", 4, medium),
  service("office/apps/erp-app", "alma-9", "erp", 6, large),
  service("office/apps/erp-db", "alma-9", "erp", 2, huge),
  service("office/files/nas-gateway", "debian-12", "it", 3, medium),
  service("office/desktops/desktop", "ubuntu-24.04", "it", 60, medium),
];

/** A part of production's count, in this many hundredths. */
const stages = [
  { stage: "prod", share: 100, running: 97 },
  { stage: "stage", share: 60, running: 85 },
  { stage: "dev", share: 75, running: 62 },
] as const;

export const folders: ReadonlyMap<string, readonly string[]> = new Map(
  ["shop", "platform", "office"].map((project) => [
    project,
    [...new Set(services.filter((each) => each.project === project).map(({ folder }) => folder))],
  ]),
);

export const hostNames: readonly string[] = ["fra1", "fra2", "ams1"].flatMap((room) =>
  Array.from({ length: 4 }, (_, i) => `hv-${room}-0${i + 1}`),
);

/** As many guests as asked for: all services in all stages, and then again with higher numbers. */
export function* guests(count: number): Generator<Guest> {
  let made = 0;
  for (let round = 0; made < count; round++) {
    for (const { stage, share, running } of stages) {
      for (const each of services) {
        const [cores, memoryGib, diskGib] = each.size;
        const inStage = Math.ceil((each.count * share) / 100);
        for (let i = 1; i <= inStage && made < count; i++, made++) {
          const number = String(round * inStage + i).padStart(2, "0");
          yield {
            name: `${each.name}-${stage}-${number}`,
            project: each.project,
            folder: each.folder,
            image: each.image,
            cores,
            memoryMib: memoryGib * 1024,
            diskGib,
            // Spread evenly, and the same at each visit.
            running: (made * 37) % 100 < running,
            labels: { stage, service: each.name, owner: each.owner },
          };
        }
      }
    }
  }
}
