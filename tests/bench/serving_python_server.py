#!/usr/bin/env python3
"""A server of the KServe protocol in plain Python over LiteRT, without batching: a peer of Octet.

usage: serving_python_server.py ADDRESS NAME=FILE.tflite...
"""

import concurrent.futures
import sys
import threading

import grpc
import numpy as np
from serving_litert import Net
from tritonclient.grpc import service_pb2, service_pb2_grpc
from tritonclient.utils import np_to_triton_dtype

THREADS = 8


class Service(service_pb2_grpc.GRPCInferenceServiceServicer):
    def __init__(self, files):
        self.nets = {name: (Net(path), threading.Lock()) for name, path in files.items()}

    def ServerReady(self, request, context):
        return service_pb2.ServerReadyResponse(ready=True)

    def ModelReady(self, request, context):
        return service_pb2.ModelReadyResponse(ready=request.name in self.nets)

    def ModelMetadata(self, request, context):
        net, _ = self.nets[request.name]
        answer = service_pb2.ModelMetadataResponse(name=request.name)
        for tensors, to in ((net.inputs, answer.inputs), (net.outputs, answer.outputs)):
            for name, dtype, shape in tensors:
                to.add(name=name, datatype=np_to_triton_dtype(dtype), shape=[-1, *shape])
        return answer

    def ModelInfer(self, request, context):
        net, lock = self.nets[request.model_name]
        raw = {tensor.name: (bytes_, list(tensor.shape))
               for tensor, bytes_ in zip(request.inputs, request.raw_input_contents)}
        arrays = [np.frombuffer(raw[name][0], dtype).reshape(raw[name][1])
                  for name, dtype, _ in net.inputs]
        with lock:
            outputs = net.run(arrays)
        answer = service_pb2.ModelInferResponse(model_name=request.model_name, id=request.id)
        for (name, dtype, _), output in zip(net.outputs, outputs):
            answer.outputs.add(name=name, datatype=np_to_triton_dtype(dtype), shape=output.shape)
            answer.raw_output_contents.append(output.tobytes())
        return answer


def main():
    service = Service(dict(argument.split("=", 1) for argument in sys.argv[2:]))
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(THREADS),
                         options=[("grpc.max_receive_message_length", -1)])
    service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(service, server)
    server.add_insecure_port(sys.argv[1])
    server.start()
    server.wait_for_termination()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main()
