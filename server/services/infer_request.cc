#include "server/services/infer_request.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/services/classification.h"
#include "server/services/data_types.h"
#include "server/services/edge_quantization.h"
#include "server/services/typed_contents.h"

namespace octet::server {
namespace {

using InputMessage = inference::ModelInferRequest::InferInputTensor;

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

// Where the input lies, if in shared memory.
absl::StatusOr<std::optional<SharedMemoryPart>> ParseInputParameters(const InputMessage& input,
                                                                     const SharedMemory* memory) {
  for (const auto& [key, value] : input.parameters()) {
    if (!IsSharedMemoryParameter(key) && !IsRestParameter(key)) {
      return Wrong("input '", input.name(), "': unknown parameter '", key, "'");
    }
  }
  absl::StatusOr<std::optional<SharedMemoryPart>> part =
      ParseSharedMemory(input.parameters(), memory);
  if (!part.ok()) {
    return absl::Status(part.status().code(),
                        absl::StrCat("input '", input.name(), "': ", part.status().message()));
  }
  return part;
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

// Reads the input now: from here on its owner may do with the memory what it likes.
absl::StatusOr<InputWriter> SharedMemoryWriter(const CheckedInput& input,
                                               const SharedMemoryPart& part,
                                               InferRequest& request) {
  const int64_t element = static_cast<int64_t>(DataTypeSize(input.given));
  if (part.byte_size % element != 0 || part.byte_size / element != input.count) {
    return Wrong("input '", input.tensor->name, "': shared_memory_byte_size is ", part.byte_size,
                 ", must be that of ", input.count, " elements of ", element, " bytes");
  }
  absl::StatusOr<std::string> bytes = part.region->Read(part.offset, part.byte_size);
  if (!bytes.ok()) return Wrong("input '", input.tensor->name, "': ", bytes.status().message());
  request.owned.push_back(std::make_unique<const std::string>(*std::move(bytes)));
  return RawWriter(input, *request.owned.back(), /*raw_index=*/-1);
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

// The number of classes that are asked for; 0 for the output itself.
absl::StatusOr<int64_t> ParseClassification(const IoTensor& tensor,
                                            const InferParameters& parameters) {
  const absl::StatusOr<std::optional<int64_t>> classes = IntParameter(parameters, "classification");
  if (!classes.ok()) return classes.status();
  if (!classes->has_value()) return 0;
  if (**classes < 1) return Wrong("classification is ", **classes, ", must be at least 1");
  if (!IsClassifiable(tensor.type)) {
    return Wrong("classification of ", ProtocolTypeName(tensor.type), " is not possible");
  }
  return **classes;
}

absl::StatusOr<RequestedOutput> ParseOutputParameters(const IoTensor& tensor,
                                                      const InferParameters& parameters,
                                                      const SharedMemory* memory) {
  RequestedOutput output;
  for (const auto& [key, value] : parameters) {
    if (key == "dequantize" || key == "classification" || IsSharedMemoryParameter(key) ||
        IsRestParameter(key)) {
      continue;
    }
    return Wrong("unknown parameter '", key,
                 "'; known are 'dequantize', 'classification' and shared memory's");
  }
  const absl::StatusOr<bool> dequantize = BoolParameter(parameters, "dequantize");
  if (!dequantize.ok()) return dequantize.status();
  output.dequantize = *dequantize && tensor.type != DataType::kFloat32;
  if (output.dequantize && !IsEdgeQuantizable(tensor.type, tensor.quantization)) {
    return Wrong("dequantize needs a quantized output, this is ", ProtocolTypeName(tensor.type),
                 " without a scale");
  }
  const absl::StatusOr<int64_t> classes = ParseClassification(tensor, parameters);
  if (!classes.ok()) return classes.status();
  output.classes = *classes;
  absl::StatusOr<std::optional<SharedMemoryPart>> part = ParseSharedMemory(parameters, memory);
  if (!part.ok()) return part.status();
  output.shared_memory = *std::move(part);
  return output;
}

absl::StatusOr<RequestedOutput> ParseOutput(
    const ModelDescription& model,
    const inference::ModelInferRequest::InferRequestedOutputTensor& message,
    const SharedMemory* memory) {
  const std::optional<int> index = FindTensor(model.outputs, message.name());
  if (!index.has_value()) {
    return Wrong("output '", message.name(), "': no such output; the model has ",
                 Names(model.outputs));
  }
  absl::StatusOr<RequestedOutput> output =
      ParseOutputParameters(model.outputs[*index], message.parameters(), memory);
  if (!output.ok()) {
    return absl::Status(output.status().code(),
                        absl::StrCat("output '", message.name(), "': ", output.status().message()));
  }
  output->index = *index;
  return output;
}

absl::StatusOr<std::vector<RequestedOutput>> ParseOutputs(
    const ModelDescription& model, const inference::ModelInferRequest& message,
    const SharedMemory* memory) {
  std::vector<RequestedOutput> outputs;
  absl::StatusOr<bool> all = BoolParameter(message.parameters(), "dequantize");
  if (!all.ok()) return all.status();
  const auto dequantize_all = [&](int i) {
    return *all && IsEdgeQuantizable(model.outputs[i].type, model.outputs[i].quantization);
  };
  if (message.outputs().empty()) {
    for (int i = 0; i < model.outputs.size(); ++i) {
      outputs.push_back({.index = i, .dequantize = dequantize_all(i)});
    }
    return outputs;
  }
  for (const auto& requested : message.outputs()) {
    absl::StatusOr<RequestedOutput> output = ParseOutput(model, requested, memory);
    if (!output.ok()) return output.status();
    for (const RequestedOutput& other : outputs) {
      if (other.index == output->index) {
        return Wrong("output '", requested.name(), "' is requested twice");
      }
    }
    output->dequantize |= dequantize_all(output->index);
    outputs.push_back(*std::move(output));
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

// Whether contents are raw. `sent`: inputs that are not in shared memory.
absl::StatusOr<bool> CheckContentsKind(const inference::ModelInferRequest& message, int sent) {
  const int raw = message.raw_input_contents_size();
  const bool all_sent = sent == message.inputs_size();
  if (raw == 0 && all_sent) return false;
  for (const InputMessage& input : message.inputs()) {
    if (input.has_contents()) {
      return Wrong("input '", input.name(), "' has contents although ",
                   all_sent ? "raw_input_contents" : "shared memory", " is used: one or the other");
    }
  }
  if (raw != sent) {
    return Wrong("raw_input_contents has ", raw, " entries, must have one for each of the ", sent,
                 all_sent ? " inputs" : " inputs that are not in shared memory");
  }
  return true;
}

// Each input's place among those that are not in shared memory.
std::vector<int> RawPlaces(const inference::ModelInferRequest& message) {
  std::vector<int> places;
  int next = 0;
  for (const InputMessage& input : message.inputs()) {
    places.push_back(next);
    next += input.parameters().count("shared_memory_region") == 0;
  }
  places.push_back(next);  // the number of them all
  return places;
}

// Checks one input and adds it to `request`; returns its rows.
absl::StatusOr<int64_t> AddInput(const ModelDescription& model, const IoTensor& tensor,
                                 const inference::ModelInferRequest& message, int position,
                                 int raw_place, const SharedMemory* memory, InferRequest& request) {
  const InputMessage& input = message.inputs(position);
  absl::StatusOr<std::optional<SharedMemoryPart>> part = ParseInputParameters(input, memory);
  if (!part.ok()) return part.status();
  absl::StatusOr<DataType> given = CheckDataType(tensor, input);
  if (!given.ok()) return given.status();
  absl::StatusOr<int64_t> rows = CheckShape(model, tensor, input);
  if (!rows.ok()) return rows.status();
  int64_t count = 0;
  if (__builtin_mul_overflow(*rows, tensor.shape.num_elements(), &count)) {
    return Wrong("input '", tensor.name, "': ", *rows, " rows are more than can be sent");
  }
  const CheckedInput checked{&tensor, &input, *given, count};
  absl::StatusOr<InputWriter> writer =
      part->has_value() ? SharedMemoryWriter(checked, **part, request)
      : request.raw     ? RawWriter(checked, message.raw_input_contents(raw_place), raw_place)
                        : TypedWriter(checked);
  if (!writer.ok()) return writer.status();
  request.inputs.push_back(*std::move(writer));
  request.bytes += count * DataTypeSize(*given);
  return rows;
}

}  // namespace

absl::StatusOr<InferRequest> ParseInferRequest(const ModelDescription& model,
                                               const inference::ModelInferRequest& message,
                                               const SharedMemory* memory) {
  InferRequest request;
  const std::vector<int> raw_places = RawPlaces(message);
  absl::StatusOr<bool> raw = CheckContentsKind(message, raw_places.back());
  if (!raw.ok()) return raw.status();
  request.raw = *raw;
  absl::StatusOr<std::vector<int>> order = OrderInputs(model, message);
  if (!order.ok()) return order.status();
  for (int i = 0; i < order->size(); ++i) {
    const int position = (*order)[i];
    const IoTensor& tensor = model.inputs[i];
    absl::StatusOr<int64_t> rows =
        AddInput(model, tensor, message, position, raw_places[position], memory, request);
    if (!rows.ok()) return rows.status();
    if (i > 0 && *rows != request.rows) {
      return Wrong("input '", tensor.name, "' has ", *rows, " rows, '", model.inputs[0].name,
                   "' has ", request.rows, ": all inputs need the same number");
    }
    request.rows = *rows;
  }
  absl::StatusOr<std::vector<RequestedOutput>> outputs = ParseOutputs(model, message, memory);
  if (!outputs.ok()) return outputs.status();
  request.outputs = *std::move(outputs);
  for (const RequestedOutput& output : request.outputs) {
    request.raw |= output.shared_memory.has_value();
  }
  for (const RequestedOutput& output : request.outputs) {
    const IoTensor& tensor = model.outputs[output.index];
    if (!request.raw && !output.dequantize && TypedFieldName(tensor.type).empty()) {
      return Wrong("output '", tensor.name, "' is ", ProtocolTypeName(tensor.type),
                   ", which has no typed contents: send the request with raw_input_contents");
    }
  }
  return request;
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
