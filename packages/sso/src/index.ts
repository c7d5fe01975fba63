export { LdapDirectory } from "./ldap/ldap-directory.ts";
export { OpenIdConnect } from "./oidc/open-id-connect.ts";
