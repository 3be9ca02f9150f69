// From a request's message to rows that can be run.
#ifndef OCTET_SERVER_SERVICES_INFER_REQUEST_H_
#define OCTET_SERVER_SERVICES_INFER_REQUEST_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "inference/grpc_service.pb.h"
#include "octet/engine.h"
#include "server/services/tensor_parameters.h"

namespace octet::server {

// Writes elements [first, first + count) of an input, in the model's own type.
using InputWriter = std::function<void(int64_t first, int64_t count, std::byte* out)>;

struct RequestedOutput {
  int index = 0;            // among the model's outputs
  bool dequantize = false;  // answer in FP32
  int64_t classes = 0;      // answer so many of each row's greatest elements, as text; 0: all as is
  std::optional<SharedMemoryPart> shared_memory;  // where to write it, instead of into the message
};

// A request that fits its model. Refers to the message that it came from.
struct InferRequest {
  int64_t rows = 1;
  size_t bytes = 0;  // of tensor contents
  bool raw = true;   // the answer's contents will be raw: the request's are, or in shared memory
  std::vector<InputWriter> inputs;       // in the model's order
  std::vector<RequestedOutput> outputs;  // in the order asked for; all where none was
  std::vector<std::unique_ptr<const std::string>> owned;  // inputs read from shared memory
};

// Checks everything that a client can get wrong. InvalidArgument says which field, what was given
// and what is right; Unimplemented for a part of the protocol that Octet lacks.
//
// A quantized input may also come as FP32; it is quantized with the model's scale and zero point,
// ties to even, saturating; a NaN is refused. An output with the parameter `dequantize: true`, or
// all outputs of a request with it, is answered in FP32.
//
// `memory` is null where shared memory is not served. Inputs that lie there are read here.
absl::StatusOr<InferRequest> ParseInferRequest(const ModelDescription& model,
                                               const inference::ModelInferRequest& message,
                                               const SharedMemory* memory);

// The shape as metadata shows it: -1 in the batch's place, and wherever it varies. "[-1,8,8,1]" as
// text.
std::vector<int64_t> PublicShape(const ModelDescription& model, const IoTensor& tensor);
std::string ShapeText(absl::Span<const int64_t> shape);

}  // namespace octet::server

#endif  // OCTET_SERVER_SERVICES_INFER_REQUEST_H_
