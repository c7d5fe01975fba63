import { problem, Reason, type Image, type Node, type VirtualMachine, type VirtualNetwork } from "@limiquantix/api";
import { UsageError } from "../usage-error.ts";
import { allPages, pageSize } from "./pages.ts";
import type { Session } from "./session.ts";

/** Wherever a thing is named, its id does as well. GetVM and GetNode take both by themselves. */
export function getVm(session: Session, ref: string): Promise<VirtualMachine> {
  return session.vms.getVM({ id: ref });
}

export function getNode(session: Session, ref: string): Promise<Node> {
  return session.nodes.getNode({ id: ref });
}

export async function getImage(session: Session, ref: string): Promise<Image> {
  if (isId(ref)) return session.images.getImage({ id: ref });
  const { images } = await session.images.listImages({ name: ref, pageSize: 2 });
  return only("image", ref, images);
}

export async function getNetwork(session: Session, ref: string): Promise<VirtualNetwork> {
  if (isId(ref)) return session.networks.getNetwork({ id: ref });
  const networks = await allPages(async (pageToken) => {
    const page = await session.networks.listNetworks({ pageSize, pageToken });
    return { items: page.networks, nextPageToken: page.nextPageToken };
  });
  return only(
    "network",
    ref,
    networks.filter((network) => network.name === ref),
  );
}

/** One part of a VM by its id, or by its place counted from 0 (a MAC address does for a NIC). */
export function getPart<Part extends { id: string }>(
  parts: readonly Part[],
  ref: string,
  kind: string,
  alsoKnownAs: (part: Part) => string = () => "",
): Part {
  const found =
    parts.find((part) => part.id === ref || (alsoKnownAs(part) !== "" && alsoKnownAs(part) === ref.toLowerCase())) ??
    (/^[0-9]{1,3}$/.test(ref) ? parts[Number(ref)] : undefined);
  if (found) return found;
  const known = parts.map((part, at) => `${at} = ${part.id}`).join(", ");
  throw new UsageError(`the VM has no ${kind} ${ref}`, known ? `It has ${known}.` : `It has no ${kind} at all.`);
}

export function isId(ref: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(ref);
}

/** The one that a name means. Throws NOT_FOUND, and for several a UsageError that tells them apart. Pure. */
export function only<Item extends { id: string }>(
  kind: string,
  ref: string,
  items: readonly Item[],
  about: (item: Item) => string = () => "",
): Item {
  const [first, second] = items;
  if (!first) throw problem(Reason.NOT_FOUND, { kind, id: ref });
  if (!second) return first;
  const all = items.map((item) => [item.id, about(item) && `(${about(item)})`].filter(Boolean).join(" "));
  throw new UsageError(`more than one ${kind} is named ${ref}`, `Give the id: ${all.join(", ")}.`);
}
