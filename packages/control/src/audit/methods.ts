import { accessOf, publicServices, type MethodAccess } from "@limiquantix/api";

/** VMService.StartVM → who may call it, and whether it only reads. */
const rules: ReadonlyMap<string, MethodAccess> = new Map(
  publicServices.flatMap(({ name, methods }) =>
    methods.flatMap((method) => {
      const access = accessOf(method);
      return access ? [[`${name}.${method.name}`, access] as const] : [];
    }),
  ),
);

/** Undefined for what is not of the public API. */
export function accessRuleOf(method: string): MethodAccess | undefined {
  return rules.get(method);
}

/** What `id` in a request of a service means, where the access option does not tell. */
export const nounOfService: Readonly<Record<string, string>> = {
  UserService: "user",
  GroupService: "group",
  RoleService: "role",
  GrantService: "grant",
  IdentityProviderService: "provider",
  CertificateService: "certificate",
  AuthService: "token",
};
