"""The gRPC generator of grpcio-tools as a protoc plugin, so that buf can drive it.

grpcio-tools has this generator built into its protoc and ships no plugin of its own.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from google.protobuf.compiler.plugin_pb2 import CodeGeneratorRequest, CodeGeneratorResponse
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_tools import protoc


def main() -> None:
    request = CodeGeneratorRequest.FromString(sys.stdin.buffer.read())
    sys.stdout.buffer.write(generate(request).SerializeToString())


def generate(request: CodeGeneratorRequest) -> CodeGeneratorResponse:
    """The `*_pb2_grpc.py` of every file of the request that declares a service."""
    services = {file.name for file in request.proto_file if file.service}
    wanted = [name for name in request.file_to_generate if name in services]
    response = CodeGeneratorResponse(
        supported_features=CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL
    )
    if not wanted:
        return response
    with TemporaryDirectory() as folder:
        image, out = Path(folder, "image.binpb"), Path(folder, "out")
        image.write_bytes(FileDescriptorSet(file=request.proto_file).SerializeToString())
        out.mkdir()
        code = protoc.main(
            ["protoc", f"--descriptor_set_in={image}", f"--grpc_python_out={out}", *wanted]
        )
        if code:
            raise SystemExit(code)
        for path in sorted(out.rglob("*.py")):
            response.file.add(name=path.relative_to(out).as_posix(), content=path.read_text())
    return response


if __name__ == "__main__":
    main()
