export * from "./node.ts";
export * from "./ports/disk-source.ts";
export * from "./ports/host-facts.ts";
export * from "./ports/hypervisor.ts";
export * from "./ports/network-backend.ts";
export * from "./ports/volume-backend.ts";
export * from "./registration/identity-store.ts";
export type { RegistrationOptions } from "./registration/registration.ts";
export type { Picture } from "./screens/picture.ts";
