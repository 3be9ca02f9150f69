#include "client/lib/wire.h"

#include <cstring>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace octet::client {
namespace {

using inference::InferTensorContents;
using inference::ModelInferResponse;

// Little-endian bytes of a repeated field, each element narrowed to T.
template <typename T, typename Field>
std::string Pack(const Field& field) {
  std::string bytes(field.size() * sizeof(T), '\0');
  for (int i = 0; i < field.size(); ++i) {
    const T value = static_cast<T>(field.Get(i));
    std::memcpy(bytes.data() + i * sizeof(T), &value, sizeof(T));
  }
  return bytes;
}

std::string PackContents(DataType type, const InferTensorContents& contents) {
  switch (type) {
    case DataType::kBool:
      return Pack<uint8_t>(contents.bool_contents());
    case DataType::kInt8:
      return Pack<int8_t>(contents.int_contents());
    case DataType::kInt16:
      return Pack<int16_t>(contents.int_contents());
    case DataType::kInt32:
      return Pack<int32_t>(contents.int_contents());
    case DataType::kInt64:
      return Pack<int64_t>(contents.int64_contents());
    case DataType::kUint8:
      return Pack<uint8_t>(contents.uint_contents());
    case DataType::kUint16:
      return Pack<uint16_t>(contents.uint_contents());
    case DataType::kUint32:
      return Pack<uint32_t>(contents.uint_contents());
    case DataType::kUint64:
      return Pack<uint64_t>(contents.uint64_contents());
    case DataType::kFp32:
      return Pack<float>(contents.fp32_contents());
    case DataType::kFp64:
      return Pack<double>(contents.fp64_contents());
    case DataType::kFp16:
      return "";  // has raw contents only
  }
  return "";
}

absl::Status BadAnswer(const std::string& tensor, absl::string_view what) {
  return absl::InternalError(
      absl::StrCat("the server's answer is broken: output '", tensor, "' ", what));
}

absl::StatusOr<Tensor> DecodeOutput(const ModelInferResponse::InferOutputTensor& output,
                                    std::string* raw) {
  Tensor tensor;
  tensor.name = output.name();
  absl::StatusOr<DataType> type = ParseDataType(output.datatype());
  if (!type.ok()) return BadAnswer(output.name(), type.status().message());
  tensor.type = *type;
  tensor.shape.assign(output.shape().begin(), output.shape().end());
  tensor.data = raw != nullptr ? std::move(*raw) : PackContents(*type, output.contents());
  absl::StatusOr<int64_t> count = ElementCount(tensor.shape);
  if (!count.ok()) return BadAnswer(output.name(), count.status().message());
  if (*count * DataTypeSize(*type) != static_cast<int64_t>(tensor.data.size())) {
    return BadAnswer(output.name(), absl::StrCat("has ", tensor.data.size(), " bytes for ",
                                                 output.datatype(), " ", ShapeText(tensor.shape)));
  }
  return tensor;
}

}  // namespace

inference::ModelInferRequest EncodeInferRequest(const InferRequest& request) {
  inference::ModelInferRequest message;
  message.set_model_name(request.model.name);
  message.set_model_version(request.model.version);
  for (const Tensor& tensor : request.inputs) {
    auto* input = message.add_inputs();
    input->set_name(tensor.name);
    input->set_datatype(std::string(DataTypeName(tensor.type)));
    for (int64_t dim : tensor.shape) input->add_shape(dim);
    message.add_raw_input_contents(tensor.data);
  }
  for (const std::string& name : request.outputs) message.add_outputs()->set_name(name);
  if (request.dequantize) (*message.mutable_parameters())["dequantize"].set_bool_param(true);
  return message;
}

absl::StatusOr<InferResult> DecodeInferResponse(ModelInferResponse response) {
  InferResult result;
  result.model = {response.model_name(), response.model_version()};
  const int raw_count = response.raw_output_contents_size();
  if (raw_count != 0 && raw_count != response.outputs_size()) {
    return absl::InternalError(
        absl::StrCat("the server's answer is broken: ", response.outputs_size(), " outputs, but ",
                     raw_count, " raw contents"));
  }
  for (int i = 0; i < response.outputs_size(); ++i) {
    std::string* raw = raw_count == 0 ? nullptr : response.mutable_raw_output_contents(i);
    absl::StatusOr<Tensor> tensor = DecodeOutput(response.outputs(i), raw);
    if (!tensor.ok()) return tensor.status();
    result.outputs.push_back(*std::move(tensor));
  }
  return result;
}

}  // namespace octet::client
