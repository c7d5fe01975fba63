import type { DescService } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";
import { createContext, use } from "react";
import type { Connection } from "./connection.ts";

export const ConnectionContext = createContext<Connection | undefined>(undefined);

export function useConnection(): Connection {
  const connection = use(ConnectionContext);
  if (!connection) throw new Error("there is no ConnectionContext above this component");
  return connection;
}

export function useClient<Service extends DescService>(service: Service): Client<Service> {
  return useConnection().client(service);
}
