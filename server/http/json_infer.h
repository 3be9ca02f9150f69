// Inference requests and answers in the protocol's REST form: JSON, and behind it, with the binary
// extension, tensors as they are.
#ifndef OCTET_SERVER_HTTP_JSON_INFER_H_
#define OCTET_SERVER_HTTP_JSON_INFER_H_

#include <cstddef>
#include <optional>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "inference/grpc_service.pb.h"

namespace octet::server {

struct JsonInferRequest {
  inference::ModelInferRequest message;  // contents raw; without the model's name
  // Outputs to answer as binary data: those named, or, where `binary_by_default`, all but those.
  std::set<std::string> named_outputs;
  bool binary_by_default = false;
};

struct JsonInferAnswer {
  std::string body;
  std::optional<size_t> json_bytes;  // where binary data follows the JSON
};

// `json_bytes` of the body are JSON, the rest binary data; absent: all is JSON. InvalidArgument for
// what is no such request; whether it fits a model is checked as any other's.
absl::StatusOr<JsonInferRequest> ParseJsonInfer(absl::string_view body,
                                                std::optional<size_t> json_bytes);

// Numbers that JSON does not have (NaN, infinities) are null. InvalidArgument for an FP16 output
// that is not asked for as binary data.
absl::StatusOr<JsonInferAnswer> WriteJsonInfer(const JsonInferRequest& request,
                                               const inference::ModelInferResponse& response);

}  // namespace octet::server

#endif  // OCTET_SERVER_HTTP_JSON_INFER_H_
