// Messages for tests of how they are read and answered.
#ifndef OCTET_TESTS_UNIT_SERVER_SERVICES_INFER_MESSAGES_H_
#define OCTET_TESTS_UNIT_SERVER_SERVICES_INFER_MESSAGES_H_

#include <string>
#include <vector>

#include "inference/grpc_service.pb.h"
#include "octet/engine.h"

namespace octet::server {

// Two int8 inputs of two elements a row, outputs of one int8 and one float a row.
inline ModelDescription Model(bool batchable = true) {
  ModelDescription model;
  const Quantization quantization{{0.5f}, {-1}, 0};
  model.inputs = {{"a", DataType::kInt8, Shape({1, 2}), quantization},
                  {"b", DataType::kInt8, Shape({1, 2}), quantization}};
  model.outputs = {{"code", DataType::kInt8, Shape({1, 1}), quantization},
                   {"real", DataType::kFloat32, Shape({1, 1}), {}}};
  model.batchable = batchable;
  model.not_batchable_reason = batchable ? "" : "RESHAPE mixes rows";
  return model;
}

inline inference::ModelInferRequest::InferInputTensor* AddInput(
    inference::ModelInferRequest& message, const std::string& name, const std::string& type,
    std::vector<int64_t> shape) {
  auto* const input = message.add_inputs();
  input->set_name(name);
  input->set_datatype(type);
  input->mutable_shape()->Assign(shape.begin(), shape.end());
  return input;
}

inline inference::ModelInferRequest RawRequest(int64_t rows = 1) {
  inference::ModelInferRequest message;
  AddInput(message, "a", "INT8", {rows, 2});
  AddInput(message, "b", "INT8", {rows, 2});
  message.add_raw_input_contents(std::string(2 * rows, 'a'));
  message.add_raw_input_contents(std::string(2 * rows, 'b'));
  return message;
}

inline std::string Floats(std::vector<float> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

}  // namespace octet::server

#endif  // OCTET_TESTS_UNIT_SERVER_SERVICES_INFER_MESSAGES_H_
