import { create, toBinary, type DescFile, type DescMessage, type DescService } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code, type ServiceImpl } from "@connectrpc/connect";
import {
  ServerReflectionResponseSchema,
  type ServerReflection,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
} from "../gen/grpc/reflection/v1/reflection_pb.js";

type Answer = ServerReflectionResponse["messageResponse"];

/** gRPC server reflection: what tools like grpcurl ask a server about its services. */
export function grpcReflection(services: readonly DescService[]) {
  const files = filesOf(services);
  const symbols = symbolsOf(files.values());
  return {
    async *serverReflectionInfo(requests) {
      for await (const request of requests) {
        yield create(ServerReflectionResponseSchema, {
          validHost: request.host,
          originalRequest: request,
          messageResponse: answer(request, { services, files, symbols }),
        });
      }
    },
  } satisfies ServiceImpl<typeof ServerReflection>;
}

function answer(
  { messageRequest }: ServerReflectionRequest,
  known: { services: readonly DescService[]; files: Map<string, DescFile>; symbols: Map<string, DescFile> },
): Answer {
  switch (messageRequest.case) {
    case "listServices":
      return answered("listServicesResponse", { service: known.services.map(({ typeName }) => ({ name: typeName })) });
    case "fileByFilename":
      return fileAnswer(known.files.get(messageRequest.value), messageRequest.value);
    case "fileContainingSymbol":
      return fileAnswer(known.symbols.get(messageRequest.value), messageRequest.value);
    case "allExtensionNumbersOfType":
      return answered("allExtensionNumbersResponse", { baseTypeName: messageRequest.value });
    default:
      return notFound("the API has no extensions");
  }
}

/** The file and all that it imports, so that a client needs one question only. */
function fileAnswer(file: DescFile | undefined, name: string): Answer {
  if (!file) return notFound(`${name} is not known here`);
  const needed = new Map<string, DescFile>();
  addWithImports(file, needed);
  const fileDescriptorProto = [...needed.values()].map((each) => toBinary(FileDescriptorProtoSchema, each.proto));
  return answered("fileDescriptorResponse", { fileDescriptorProto });
}

function notFound(errorMessage: string): Answer {
  return answered("errorResponse", { errorCode: Code.NotFound, errorMessage });
}

type Case = Exclude<Answer["case"], undefined>;

function answered(name: Case, value: object): Answer {
  return create(ServerReflectionResponseSchema, { messageResponse: { case: name, value } as never }).messageResponse;
}

function filesOf(services: readonly DescService[]): Map<string, DescFile> {
  const files = new Map<string, DescFile>();
  for (const service of services) addWithImports(service.file, files);
  return files;
}

function addWithImports(file: DescFile, files: Map<string, DescFile>): void {
  if (files.has(file.proto.name)) return;
  files.set(file.proto.name, file);
  for (const imported of file.dependencies) addWithImports(imported, files);
}

function symbolsOf(files: Iterable<DescFile>): Map<string, DescFile> {
  const symbols = new Map<string, DescFile>();
  const addMessage = (message: DescMessage, file: DescFile) => {
    symbols.set(message.typeName, file);
    for (const nested of message.nestedMessages) addMessage(nested, file);
    for (const nested of message.nestedEnums) symbols.set(nested.typeName, file);
  };
  for (const file of files) {
    for (const message of file.messages) addMessage(message, file);
    for (const each of file.enums) symbols.set(each.typeName, file);
    for (const service of file.services) {
      symbols.set(service.typeName, file);
      for (const method of service.methods) symbols.set(`${service.typeName}.${method.name}`, file);
    }
  }
  return symbols;
}
