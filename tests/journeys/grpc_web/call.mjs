// Makes one call over gRPC-web, as a page in a browser would, and prints a line of JSON for each
// message as it arrives: {"at": milliseconds, "message": …}, or at the end {"error": …}.
//
// node call.mjs '{"url": …, "token": …, "module": "orders/v1/order_service",
//                 "service": "OrderService", "method": "placeOrder", "request": {…}, "limit": 3}'

import { fromJson, toJson } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-node";
import { BadRequestSchema, ErrorInfoSchema } from "./gen/google/rpc/error_details_pb.js";

const asked = JSON.parse(process.argv[2]);
const { [asked.service]: service } = await import(`./gen/trademesh/${asked.module}_pb.js`);
const method = service.method[asked.method];
const transport = createGrpcWebTransport({ baseUrl: asked.url, httpVersion: asked.http ?? "1.1" });
const client = createClient(service, transport);
const leave = new AbortController();
const options = {
  headers: asked.token ? { Authorization: `Bearer ${asked.token}` } : {},
  signal: leave.signal,
};

function say(line) {
  process.stdout.write(JSON.stringify(line) + "\n");
}

function arrived(message) {
  say({ at: Date.now(), message: toJson(method.output, message, { useProtoFieldName: true }) });
}

try {
  const request = fromJson(method.input, asked.request ?? {});
  if (method.methodKind === "server_streaming") {
    let count = 0;
    for await (const message of client[asked.method](request, options)) {
      arrived(message);
      if (++count === asked.limit) leave.abort();
    }
  } else {
    arrived(await client[asked.method](request, options));
  }
} catch (refused) {
  const error = ConnectError.from(refused);
  if (error.code !== Code.Canceled || !leave.signal.aborted) {
    const [info] = error.findDetails(ErrorInfoSchema);
    const fields = error.findDetails(BadRequestSchema).flatMap((it) => it.fieldViolations);
    say({
      error: {
        code: Code[error.code],
        message: error.rawMessage,
        reason: info?.reason,
        domain: info?.domain,
        metadata: info?.metadata,
        fields: fields.map((it) => it.field),
      },
    });
  }
}
