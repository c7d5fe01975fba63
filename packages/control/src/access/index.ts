export { isAdministratorGrant, refuseLastAdministrator } from "./last-administrator.ts";
export { dropGrantsOn } from "./drop-grants.ts";
export { fullAccess, noAccess, notFound, UserAccess, type Access, type TokenScope } from "./access.ts";
export { authorise, targetOf, type Caller } from "./authorise.ts";
export {
  defaultProjectId,
  grantableKinds,
  Inventory,
  isObjectKind,
  rootKey,
  type ObjectKind,
  type Path,
} from "./inventory.ts";
export { RightsIndex } from "./rights.ts";
export { GrantSweeper } from "./grant-sweeper.ts";
