#include "server/services/infer_request.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/services/data_types.h"
#include "server/services/edge_quantization.h"
#include "server/services/typed_contents.h"

namespace octet::server {
namespace {

using InputMessage = inference::ModelInferRequest::InferInputTensor;
using Parameters = google::protobuf::Map<std::string, inference::InferParameter>;

template <typename... Text>
absl::Status Wrong(const Text&... text) {
  return absl::InvalidArgumentError(absl::StrCat(text...));
}

std::string Names(const std::vector<IoTensor>& tensors) {
  return absl::StrJoin(tensors, ", ", [](std::string* out, const IoTensor& tensor) {
    absl::StrAppend(out, "'", tensor.name, "'");
  });
}

std::optional<int> FindTensor(const std::vector<IoTensor>& tensors, absl::string_view name) {
  for (int i = 0; i < tensors.size(); ++i) {
    if (tensors[i].name == name) return i;
  }
  return std::nullopt;
}

std::string QuantizationText(const IoTensor& tensor) {
  return absl::StrCat("scale ", tensor.quantization.scale[0], " and zero point ",
                      tensor.quantization.zero_point[0]);
}

// The type that an input came in: the model's, or FP32 for codes.
absl::StatusOr<DataType> CheckDataType(const IoTensor& tensor, const InputMessage& input) {
  const std::optional<DataType> given = ParseProtocolType(input.datatype());
  if (given == tensor.type) return tensor.type;
  const bool quantizable = IsEdgeQuantizable(tensor.type, tensor.quantization);
  if (given == DataType::kFloat32 && quantizable) return DataType::kFloat32;
  return Wrong("input '", tensor.name, "': datatype is '", input.datatype(), "', must be ",
               ProtocolTypeName(tensor.type),
               quantizable ? absl::StrCat(" (or FP32, which is quantized with ",
                                          QuantizationText(tensor), ")")
                           : "");
}

// The number of rows.
absl::StatusOr<int64_t> CheckShape(const ModelDescription& model, const IoTensor& tensor,
                                   const InputMessage& input) {
  const std::vector<int64_t> right = PublicShape(model, tensor);
  const absl::Span<const int64_t> given(input.shape().data(), input.shape_size());
  bool same = given.size() == right.size();
  for (int i = 0; same && i < right.size(); ++i) {
    same = right[i] == given[i] || (right[i] == -1 && given[i] >= 1);
  }
  if (same) return model.batchable ? given[0] : 1;
  return Wrong(
      "input '", tensor.name, "': shape is ", ShapeText(given), ", must be ", ShapeText(right),
      model.batchable
          ? " with any number of rows >= 1 for -1"
          : absl::StrCat(" (the model cannot be batched: ", model.not_batchable_reason, ")"));
}

absl::Status CheckInputParameters(const InputMessage& input) {
  for (const auto& [key, value] : input.parameters()) {
    if (key.rfind("shared_memory_", 0) == 0) {
      return absl::UnimplementedError(
          absl::StrCat("input '", input.name(), "': shared memory is not served"));
    }
    return Wrong("input '", input.name(), "': unknown parameter '", key, "'");
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> BoolParameter(const Parameters& parameters, const std::string& key) {
  const auto it = parameters.find(key);
  if (it == parameters.end()) return false;
  if (it->second.parameter_choice_case() != inference::InferParameter::kBoolParam) {
    return Wrong("parameter '", key, "' must be a bool_param");
  }
  return it->second.bool_param();
}

// What is known of one input once its name, type and shape are right.
struct CheckedInput {
  const IoTensor* tensor;
  const InputMessage* message;
  DataType given;
  int64_t count;  // of elements

  bool quantize() const { return given != tensor->type; }
};

absl::Status NanError(const CheckedInput& input, int64_t index) {
  return Wrong("input '", input.tensor->name, "': element ", index,
               " is NaN, which has no code in ", ProtocolTypeName(input.tensor->type));
}

absl::StatusOr<InputWriter> RawWriter(const CheckedInput& input, const std::string& raw,
                                      int raw_index) {
  const size_t element = DataTypeSize(input.given);
  // Divided, not multiplied: the count is the client's word.
  if (raw.size() % element != 0 || static_cast<int64_t>(raw.size() / element) != input.count) {
    const absl::Span<const int64_t> shape(input.message->shape().data(),
                                          input.message->shape_size());
    return Wrong("input '", input.tensor->name, "': raw_input_contents[", raw_index, "] has ",
                 raw.size(), " bytes, must have ", input.count, " elements of ", element,
                 " bytes for shape ", ShapeText(shape), " and datatype ",
                 ProtocolTypeName(input.given));
  }
  const char* const bytes = raw.data();
  if (input.quantize()) {
    if (const int64_t nan = FindNan(bytes, input.count); nan >= 0) return NanError(input, nan);
    return [bytes, tensor = input.tensor](int64_t first, int64_t count, std::byte* out) {
      QuantizeReals(bytes + first * sizeof(float), count, tensor->type, tensor->quantization, out);
    };
  }
  return [bytes, element](int64_t first, int64_t count, std::byte* out) {
    std::memcpy(out, bytes + first * element, count * element);
  };
}

absl::StatusOr<InputWriter> TypedWriter(const CheckedInput& input) {
  const inference::InferTensorContents& contents = input.message->contents();
  if (absl::Status check = CheckTypedContents(contents, input.given, input.count); !check.ok()) {
    return Wrong("input '", input.tensor->name, "': ", check.message());
  }
  if (input.quantize()) {
    const float* const reals = contents.fp32_contents().data();
    if (const int64_t nan = FindNan(reals, input.count); nan >= 0) return NanError(input, nan);
    return [reals, tensor = input.tensor](int64_t first, int64_t count, std::byte* out) {
      QuantizeReals(reals + first, count, tensor->type, tensor->quantization, out);
    };
  }
  return [&contents, type = input.given](int64_t first, int64_t count, std::byte* out) {
    ReadTypedContents(contents, type, first, count, out);
  };
}

absl::StatusOr<RequestedOutput> ParseOutput(
    const ModelDescription& model,
    const inference::ModelInferRequest::InferRequestedOutputTensor& message) {
  const std::optional<int> index = FindTensor(model.outputs, message.name());
  if (!index.has_value()) {
    return Wrong("output '", message.name(), "': no such output; the model has ",
                 Names(model.outputs));
  }
  for (const auto& [key, value] : message.parameters()) {
    if (key == "dequantize") continue;
    if (key == "classification" || key.rfind("shared_memory_", 0) == 0) {
      return absl::UnimplementedError(
          absl::StrCat("output '", message.name(), "': parameter '", key, "' is not served"));
    }
    return Wrong("output '", message.name(), "': unknown parameter '", key,
                 "'; known is 'dequantize'");
  }
  absl::StatusOr<bool> dequantize = BoolParameter(message.parameters(), "dequantize");
  if (!dequantize.ok()) {
    return Wrong("output '", message.name(), "': ", dequantize.status().message());
  }
  const IoTensor& tensor = model.outputs[*index];
  if (*dequantize && tensor.type != DataType::kFloat32 &&
      !IsEdgeQuantizable(tensor.type, tensor.quantization)) {
    return Wrong("output '", message.name(), "': dequantize needs a quantized output, this is ",
                 ProtocolTypeName(tensor.type), " without a scale");
  }
  return RequestedOutput{*index, *dequantize && tensor.type != DataType::kFloat32};
}

absl::StatusOr<std::vector<RequestedOutput>> ParseOutputs(
    const ModelDescription& model, const inference::ModelInferRequest& message) {
  std::vector<RequestedOutput> outputs;
  absl::StatusOr<bool> all = BoolParameter(message.parameters(), "dequantize");
  if (!all.ok()) return all.status();
  const auto dequantize_all = [&](int i) {
    return *all && IsEdgeQuantizable(model.outputs[i].type, model.outputs[i].quantization);
  };
  if (message.outputs().empty()) {
    for (int i = 0; i < model.outputs.size(); ++i) outputs.push_back({i, dequantize_all(i)});
    return outputs;
  }
  for (const auto& requested : message.outputs()) {
    absl::StatusOr<RequestedOutput> output = ParseOutput(model, requested);
    if (!output.ok()) return output.status();
    for (const RequestedOutput& other : outputs) {
      if (other.index == output->index) {
        return Wrong("output '", requested.name(), "' is requested twice");
      }
    }
    output->dequantize |= dequantize_all(output->index);
    outputs.push_back(*output);
  }
  return outputs;
}

// The message's inputs in the model's order, each there once.
absl::StatusOr<std::vector<int>> OrderInputs(const ModelDescription& model,
                                             const inference::ModelInferRequest& message) {
  std::vector<int> order(model.inputs.size(), -1);
  for (int i = 0; i < message.inputs_size(); ++i) {
    const std::string& name = message.inputs(i).name();
    const std::optional<int> index = FindTensor(model.inputs, name);
    if (!index.has_value()) {
      return Wrong("input '", name, "': no such input; the model has ", Names(model.inputs));
    }
    if (order[*index] >= 0) return Wrong("input '", name, "' is given twice");
    order[*index] = i;
  }
  for (int i = 0; i < order.size(); ++i) {
    if (order[i] < 0) {
      return Wrong("input '", model.inputs[i].name, "' is missing; the model needs ",
                   Names(model.inputs));
    }
  }
  return order;
}

// Whether contents are raw.
absl::StatusOr<bool> CheckContentsKind(const inference::ModelInferRequest& message) {
  const int raw = message.raw_input_contents_size();
  if (raw == 0) return false;
  for (const InputMessage& input : message.inputs()) {
    if (input.has_contents()) {
      return Wrong("input '", input.name(),
                   "' has contents although raw_input_contents is used: one or the other");
    }
  }
  if (raw != message.inputs_size()) {
    return Wrong("raw_input_contents has ", raw, " entries, must have one for each of the ",
                 message.inputs_size(), " inputs");
  }
  return true;
}

}  // namespace

absl::StatusOr<InferRequest> ParseInferRequest(const ModelDescription& model,
                                               const inference::ModelInferRequest& message) {
  InferRequest request;
  absl::StatusOr<bool> raw = CheckContentsKind(message);
  if (!raw.ok()) return raw.status();
  request.raw = *raw;
  absl::StatusOr<std::vector<int>> order = OrderInputs(model, message);
  if (!order.ok()) return order.status();
  for (int i = 0; i < order->size(); ++i) {
    const int position = (*order)[i];
    const IoTensor& tensor = model.inputs[i];
    const InputMessage& input = message.inputs(position);
    if (absl::Status check = CheckInputParameters(input); !check.ok()) return check;
    absl::StatusOr<DataType> given = CheckDataType(tensor, input);
    if (!given.ok()) return given.status();
    absl::StatusOr<int64_t> rows = CheckShape(model, tensor, input);
    if (!rows.ok()) return rows.status();
    if (i > 0 && *rows != request.rows) {
      return Wrong("input '", tensor.name, "' has ", *rows, " rows, '", model.inputs[0].name,
                   "' has ", request.rows, ": all inputs need the same number");
    }
    request.rows = *rows;
    int64_t count = 0;
    if (__builtin_mul_overflow(*rows, tensor.shape.num_elements(), &count)) {
      return Wrong("input '", tensor.name, "': ", *rows, " rows are more than can be sent");
    }
    const CheckedInput checked{&tensor, &input, *given, count};
    absl::StatusOr<InputWriter> writer =
        *raw ? RawWriter(checked, message.raw_input_contents(position), position)
             : TypedWriter(checked);
    if (!writer.ok()) return writer.status();
    request.inputs.push_back(*std::move(writer));
    request.bytes += count * DataTypeSize(*given);
  }
  absl::StatusOr<std::vector<RequestedOutput>> outputs = ParseOutputs(model, message);
  if (!outputs.ok()) return outputs.status();
  request.outputs = *std::move(outputs);
  for (const RequestedOutput& output : request.outputs) {
    const IoTensor& tensor = model.outputs[output.index];
    if (!request.raw && !output.dequantize && TypedFieldName(tensor.type).empty()) {
      return Wrong("output '", tensor.name, "' is ", ProtocolTypeName(tensor.type),
                   ", which has no typed contents: send the request with raw_input_contents");
    }
  }
  return request;
}

namespace {

// Sets an output's shape and makes room for its contents.
void PrepareContents(const InferRequest& request, int place, DataType type,
                     absl::Span<const int64_t> shape, int64_t count,
                     inference::ModelInferResponse& message) {
  auto& out = *message.mutable_outputs(place);
  out.mutable_shape()->Assign(shape.begin(), shape.end());
  if (request.raw) {
    message.mutable_raw_output_contents(place)->resize(count * DataTypeSize(type));
  } else {
    ResizeTypedContents(*out.mutable_contents(), type, count);
  }
}

// Where the model's output `index` stands in the answer, or -1.
int PlaceOf(const InferRequest& request, int index) {
  const auto requested = std::find_if(request.outputs.begin(), request.outputs.end(),
                                      [index](const auto& o) { return o.index == index; });
  if (requested == request.outputs.end()) return -1;
  return static_cast<int>(requested - request.outputs.begin());
}

DataType AnswerType(const RequestedOutput& output, const IoTensor& tensor) {
  return output.dequantize ? DataType::kFloat32 : tensor.type;
}

}  // namespace

void PrepareOutputs(const ModelDescription& model, const InferRequest& request,
                    inference::ModelInferResponse& message) {
  for (size_t place = 0; place < request.outputs.size(); ++place) {
    const RequestedOutput& output = request.outputs[place];
    const IoTensor& tensor = model.outputs[output.index];
    const DataType type = AnswerType(output, tensor);
    auto* const out = message.add_outputs();
    out->set_name(tensor.name);
    const absl::string_view type_name = ProtocolTypeName(type);
    out->set_datatype(type_name.data(), type_name.size());
    if (request.raw) message.add_raw_output_contents();
    if (tensor.shape_varies) continue;
    std::vector<int64_t> shape = PublicShape(model, tensor);
    if (model.batchable) shape[0] = request.rows;
    PrepareContents(request, static_cast<int>(place), type, shape,
                    request.rows * tensor.shape.num_elements(), message);
  }
}

void WriteVaryingOutput(const ModelDescription& model, const InferRequest& request, int index,
                        const Shape& shape, absl::Span<const std::byte> bytes,
                        inference::ModelInferResponse& message) {
  const int place = PlaceOf(request, index);
  if (place < 0) return;
  const std::vector<int64_t> dims(shape.dims().begin(), shape.dims().end());
  PrepareContents(request, place, AnswerType(request.outputs[place], model.outputs[index]), dims,
                  shape.num_elements(), message);
  WriteOutput(model, request, index, 0, bytes, message);
}

void WriteOutput(const ModelDescription& model, const InferRequest& request, int index,
                 int64_t first_row, absl::Span<const std::byte> rows,
                 inference::ModelInferResponse& message) {
  const int place = PlaceOf(request, index);
  if (place < 0) return;
  const IoTensor& tensor = model.outputs[index];
  const int64_t count = static_cast<int64_t>(rows.size() / DataTypeSize(tensor.type));
  const int64_t first = first_row * tensor.shape.num_elements();
  if (request.raw) {
    char* const out = message.mutable_raw_output_contents(place)->data();
    if (request.outputs[place].dequantize) {
      DequantizeReals(rows.data(), count, tensor.type, tensor.quantization,
                      out + first * sizeof(float));
    } else {
      std::memcpy(out + first * DataTypeSize(tensor.type), rows.data(), rows.size());
    }
    return;
  }
  auto& contents = *message.mutable_outputs(place)->mutable_contents();
  if (request.outputs[place].dequantize) {
    DequantizeReals(rows.data(), count, tensor.type, tensor.quantization,
                    contents.mutable_fp32_contents()->mutable_data() + first);
  } else {
    WriteTypedContents(rows.data(), tensor.type, first, count, contents);
  }
}

std::vector<int64_t> PublicShape(const ModelDescription& model, const IoTensor& tensor) {
  std::vector<int64_t> shape(tensor.shape.dims().begin(), tensor.shape.dims().end());
  if (tensor.shape_varies) std::fill(shape.begin(), shape.end(), -1);
  if (model.batchable) shape[0] = -1;
  return shape;
}

std::string ShapeText(absl::Span<const int64_t> shape) {
  return absl::StrCat("[", absl::StrJoin(shape, ","), "]");
}

}  // namespace octet::server
