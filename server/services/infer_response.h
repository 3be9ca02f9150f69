// From rows that were computed to the answer's message.
#ifndef OCTET_SERVER_SERVICES_INFER_RESPONSE_H_
#define OCTET_SERVER_SERVICES_INFER_RESPONSE_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "inference/grpc_service.pb.h"
#include "octet/engine.h"
#include "server/services/infer_request.h"

namespace octet::server {

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

// Once all rows are there: moves outputs to shared memory where that was asked for. InvalidArgument
// where one does not fit.
absl::Status FinishOutputs(const InferRequest& request, inference::ModelInferResponse& message);

// Bytes that an output of so many rows takes in the answer, at most. A double: rows and elements
// are whatever a client says.
double AnswerBytes(const RequestedOutput& output, const IoTensor& tensor, double rows);

}  // namespace octet::server

#endif  // OCTET_SERVER_SERVICES_INFER_RESPONSE_H_
