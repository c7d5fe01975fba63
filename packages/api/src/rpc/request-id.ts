import { ConnectError, createContextKey, type Interceptor } from "@connectrpc/connect";
import { newId } from "@limiquantix/kit";

/** The id under which a call's traces are found; it comes back to the caller in the header `x-request-id`. */
export const requestIdKey = createContextKey("", { description: "request id" });

const header = "x-request-id";

/** Gives each call an id: the caller's own where it sent a harmless one, otherwise a new one. */
export const requestIdInterceptor: Interceptor = (next) => async (request) => {
  const given = request.header.get(header);
  const id = given && /^[A-Za-z0-9._-]{8,64}$/.test(given) ? given : newId();
  request.contextValues.set(requestIdKey, id);
  try {
    const response = await next(request);
    response.header.set(header, id);
    return response;
  } catch (error) {
    if (error instanceof ConnectError) error.metadata.set(header, id);
    throw error;
  }
};
