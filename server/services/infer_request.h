// From a request's message to rows that can be run, and from rows to the answer's message.
#ifndef OCTET_SERVER_SERVICES_INFER_REQUEST_H_
#define OCTET_SERVER_SERVICES_INFER_REQUEST_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "inference/grpc_service.pb.h"
#include "octet/engine.h"

namespace octet::server {

// Writes elements [first, first + count) of an input, in the model's own type.
using InputWriter = std::function<void(int64_t first, int64_t count, std::byte* out)>;

struct RequestedOutput {
  int index = 0;            // among the model's outputs
  bool dequantize = false;  // answer in FP32
};

// A request that fits its model. Refers to the message that it came from.
struct InferRequest {
  int64_t rows = 1;
  size_t bytes = 0;                      // of tensor contents
  bool raw = true;                       // contents are raw, and so the answer's will be
  std::vector<InputWriter> inputs;       // in the model's order
  std::vector<RequestedOutput> outputs;  // in the order asked for; all where none was
};

// Checks everything that a client can get wrong. InvalidArgument says which field, what was given
// and what is right; Unimplemented for a part of the protocol that Octet lacks.
//
// A quantized input may also come as FP32; it is quantized with the model's scale and zero point,
// ties to even, saturating; a NaN is refused. An output with the parameter `dequantize: true`, or
// all outputs of a request with it, is answered in FP32.
absl::StatusOr<InferRequest> ParseInferRequest(const ModelDescription& model,
                                               const inference::ModelInferRequest& message);

// Sets names, types and shapes of the outputs and makes room for their contents; of outputs whose
// shape varies, the names and types.
void PrepareOutputs(const ModelDescription& model, const InferRequest& request,
                    inference::ModelInferResponse& message);

// Takes rows [first_row, ...) of the model's output `index`, as it computed them, into a message
// with room. Different rows may be written by different threads.
void WriteOutput(const ModelDescription& model, const InferRequest& request, int index,
                 int64_t first_row, absl::Span<const std::byte> rows,
                 inference::ModelInferResponse& message);

// Sets the shape of an output that varies and takes all of it.
void WriteVaryingOutput(const ModelDescription& model, const InferRequest& request, int index,
                        const Shape& shape, absl::Span<const std::byte> bytes,
                        inference::ModelInferResponse& message);

// The shape as metadata shows it: -1 in the batch's place, and wherever it varies. "[-1,8,8,1]" as
// text.
std::vector<int64_t> PublicShape(const ModelDescription& model, const IoTensor& tensor);
std::string ShapeText(absl::Span<const int64_t> shape);

}  // namespace octet::server

#endif  // OCTET_SERVER_SERVICES_INFER_REQUEST_H_
