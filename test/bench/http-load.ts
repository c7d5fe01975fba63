import { Agent, request } from "node:http";

/** Connections that stay open, as a client library keeps them. */
export const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** POSTs a JSON body and answers the whole answer's bytes. Throws unless it is 200. */
export function post(url: string, body: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const outgoing = request(url, { method: "POST", agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const answer = Buffer.concat(chunks);
        if (response.statusCode === 200) resolve(answer);
        else reject(new Error(`${url} answered ${response.statusCode}: ${answer.toString().slice(0, 300)}`));
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** How many calls a second `width` callers get done in `ms` milliseconds. */
export async function throughput(call: () => Promise<unknown>, { width = 8, ms = 2000 } = {}): Promise<number> {
  const end = performance.now() + ms;
  let done = 0;
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (performance.now() < end) {
        await call();
        done++;
      }
    }),
  );
  return (done * 1000) / ms;
}
