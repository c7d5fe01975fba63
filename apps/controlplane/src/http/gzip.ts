import { promisify } from "node:util";
import { constants, gunzip } from "node:zlib";
import { Code, ConnectError } from "@connectrpc/connect";
import { compressionGzip } from "@connectrpc/connect-node";

const inflate = promisify(gunzip);

/**
 * Connect's own gzip, but that bytes which are no gzip, or end too early, are the sender's fault, and that what
 * inflates beyond `readMaxBytes` stops there (a bomb).
 */
export const gzip: typeof compressionGzip = {
  ...compressionGzip,
  async decompress(bytes, readMaxBytes) {
    if (bytes.length === 0) return new Uint8Array(0);
    try {
      const options = { maxOutputLength: readMaxBytes, finishFlush: constants.Z_FINISH };
      return new Uint8Array(await inflate(bytes, options));
    } catch (cause) {
      if (cause instanceof RangeError) {
        const why = `the message is larger than ${readMaxBytes} bytes after decompression`;
        throw new ConnectError(why, Code.ResourceExhausted, undefined, undefined, cause);
      }
      throw new ConnectError("the message is not gzip", Code.InvalidArgument, undefined, undefined, cause);
    }
  },
};
