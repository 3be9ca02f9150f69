#include "server/services/infer_response.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/services/classification.h"
#include "server/services/data_types.h"
#include "server/services/edge_quantization.h"
#include "server/services/typed_contents.h"

namespace octet::server {
namespace {

using inference::ModelInferResponse;

// Where the model's output `index` stands in the answer, or -1.
int PlaceOf(const InferRequest& request, int index) {
  const auto requested = std::find_if(request.outputs.begin(), request.outputs.end(),
                                      [index](const auto& o) { return o.index == index; });
  if (requested == request.outputs.end()) return -1;
  return static_cast<int>(requested - request.outputs.begin());
}

// Of the values, before they are made classes.
DataType ValueType(const RequestedOutput& output, const IoTensor& tensor) {
  return output.dequantize ? DataType::kFloat32 : tensor.type;
}

// Sets an output's shape and makes room for its contents: `count` values in `rows` rows.
void PrepareContents(const InferRequest& request, int place, DataType type,
                     std::vector<int64_t> shape, int64_t rows, int64_t count, bool batched,
                     ModelInferResponse& message) {
  auto& out = *message.mutable_outputs(place);
  if (const int64_t asked = request.outputs[place].classes; asked > 0) {
    const int64_t classes = rows == 0 ? 0 : std::min(asked, count / rows);
    shape = batched ? std::vector<int64_t>{rows, classes} : std::vector<int64_t>{classes};
    // One text for each class, so that threads that write different rows touch different ones.
    auto& texts = *out.mutable_contents()->mutable_bytes_contents();
    texts.Reserve(static_cast<int>(rows * classes));
    while (texts.size() < rows * classes) texts.Add();
  } else if (request.raw) {
    message.mutable_raw_output_contents(place)->resize(count * DataTypeSize(type));
  } else {
    ResizeTypedContents(*out.mutable_contents(), type, count);
  }
  out.mutable_shape()->Assign(shape.begin(), shape.end());
}

// `count` values of one or more rows, `row_elements` each, the first being row `first_row`.
void WriteClasses(const RequestedOutput& output, const IoTensor& tensor, int64_t first_row,
                  int64_t row_elements, int64_t count, const std::byte* codes,
                  inference::InferTensorContents& contents) {
  if (row_elements == 0) return;
  std::vector<float> reals;
  const std::byte* values = codes;
  if (output.dequantize) {
    reals.resize(count);
    DequantizeReals(codes, count, tensor.type, tensor.quantization, reals.data());
    values = reinterpret_cast<const std::byte*>(reals.data());
  }
  const DataType type = ValueType(output, tensor);
  const int64_t classes = std::min(output.classes, row_elements);
  for (int64_t row = 0; row < count / row_elements; ++row) {
    std::vector<std::string> texts =
        FindClasses(values + row * row_elements * DataTypeSize(type), row_elements, type, classes);
    for (int64_t i = 0; i < classes; ++i) {
      *contents.mutable_bytes_contents(static_cast<int>((first_row + row) * classes + i)) =
          std::move(texts[i]);
    }
  }
}

// Texts as raw contents: each after its length, four bytes.
std::string JoinTexts(const inference::InferTensorContents& contents) {
  std::string joined;
  for (const std::string& text : contents.bytes_contents()) {
    const auto size = static_cast<uint32_t>(text.size());
    joined.append(reinterpret_cast<const char*>(&size), sizeof(size));
    joined.append(text);
  }
  return joined;
}

absl::Status MoveToSharedMemory(const SharedMemoryPart& part, std::string& bytes,
                                ModelInferResponse::InferOutputTensor& out) {
  const auto size = static_cast<int64_t>(bytes.size());
  if (size > part.byte_size) {
    return absl::InvalidArgumentError(absl::StrCat("output '", out.name(), "' has ", size,
                                                   " bytes, its shared_memory_byte_size is ",
                                                   part.byte_size));
  }
  if (absl::Status write = part.region->Write(part.offset, bytes); !write.ok()) {
    return absl::Status(write.code(), absl::StrCat("output '", out.name(), "': ", write.message()));
  }
  bytes.clear();
  auto& parameters = *out.mutable_parameters();
  parameters["shared_memory_region"].set_string_param(part.region_name);
  parameters["shared_memory_byte_size"].set_int64_param(size);
  if (part.offset != 0) parameters["shared_memory_offset"].set_int64_param(part.offset);
  return absl::OkStatus();
}

void WriteAt(const ModelDescription& model, const InferRequest& request, int place,
             int64_t first_row, int64_t row_elements, absl::Span<const std::byte> rows,
             ModelInferResponse& message) {
  const RequestedOutput& output = request.outputs[place];
  const IoTensor& tensor = model.outputs[output.index];
  const int64_t count = static_cast<int64_t>(rows.size() / DataTypeSize(tensor.type));
  const int64_t first = first_row * row_elements;
  if (output.classes > 0) {
    WriteClasses(output, tensor, first_row, row_elements, count, rows.data(),
                 *message.mutable_outputs(place)->mutable_contents());
    return;
  }
  if (request.raw) {
    char* const out = message.mutable_raw_output_contents(place)->data();
    if (output.dequantize) {
      DequantizeReals(rows.data(), count, tensor.type, tensor.quantization,
                      out + first * sizeof(float));
    } else {
      std::memcpy(out + first * DataTypeSize(tensor.type), rows.data(), rows.size());
    }
    return;
  }
  auto& contents = *message.mutable_outputs(place)->mutable_contents();
  if (output.dequantize) {
    DequantizeReals(rows.data(), count, tensor.type, tensor.quantization,
                    contents.mutable_fp32_contents()->mutable_data() + first);
  } else {
    WriteTypedContents(rows.data(), tensor.type, first, count, contents);
  }
}

}  // namespace

void PrepareOutputs(const ModelDescription& model, const InferRequest& request,
                    ModelInferResponse& message) {
  for (size_t place = 0; place < request.outputs.size(); ++place) {
    const RequestedOutput& output = request.outputs[place];
    const IoTensor& tensor = model.outputs[output.index];
    const DataType type = ValueType(output, tensor);
    auto* const out = message.add_outputs();
    out->set_name(tensor.name);
    const absl::string_view type_name = output.classes > 0 ? "BYTES" : ProtocolTypeName(type);
    out->set_datatype(type_name.data(), type_name.size());
    if (request.raw) message.add_raw_output_contents();
    if (tensor.shape_varies) continue;
    std::vector<int64_t> shape = PublicShape(model, tensor);
    if (model.batchable) shape[0] = request.rows;
    PrepareContents(request, static_cast<int>(place), type, std::move(shape), request.rows,
                    request.rows * tensor.shape.num_elements(), model.batchable, message);
  }
}

void WriteVaryingOutput(const ModelDescription& model, const InferRequest& request, int index,
                        const Shape& shape, absl::Span<const std::byte> bytes,
                        ModelInferResponse& message) {
  const int place = PlaceOf(request, index);
  if (place < 0) return;
  const DataType type = ValueType(request.outputs[place], model.outputs[index]);
  PrepareContents(request, place, type, {shape.dims().begin(), shape.dims().end()}, 1,
                  shape.num_elements(), /*batched=*/false, message);
  WriteAt(model, request, place, 0, shape.num_elements(), bytes, message);
}

void WriteOutput(const ModelDescription& model, const InferRequest& request, int index,
                 int64_t first_row, absl::Span<const std::byte> rows, ModelInferResponse& message) {
  const int place = PlaceOf(request, index);
  if (place < 0) return;
  WriteAt(model, request, place, first_row, model.outputs[index].shape.num_elements(), rows,
          message);
}

absl::Status FinishOutputs(const InferRequest& request, ModelInferResponse& message) {
  for (size_t i = 0; i < request.outputs.size(); ++i) {
    const RequestedOutput& output = request.outputs[i];
    if (!request.raw) continue;
    const int place = static_cast<int>(i);
    auto& out = *message.mutable_outputs(place);
    std::string& raw = *message.mutable_raw_output_contents(place);
    if (output.classes > 0) {
      raw = JoinTexts(out.contents());
      out.clear_contents();
    }
    if (!output.shared_memory.has_value()) continue;
    absl::Status moved = MoveToSharedMemory(*output.shared_memory, raw, out);
    if (!moved.ok()) return moved;
  }
  return absl::OkStatus();
}

double AnswerBytes(const RequestedOutput& output, const IoTensor& tensor, double rows) {
  const double elements = static_cast<double>(tensor.shape.num_elements());
  if (output.classes > 0) {
    constexpr double kText = 64;  // with what the message keeps of it
    return rows * std::min<double>(static_cast<double>(output.classes), elements) * kText;
  }
  return rows * elements * static_cast<double>(DataTypeSize(ValueType(output, tensor)));
}

}  // namespace octet::server
