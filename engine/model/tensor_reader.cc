#include "engine/model/tensor_reader.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/status_macros.h"
#include "engine/base/utf8.h"
#include "engine/model/sparse_tensor.h"

namespace octet {
namespace {

template <typename T>
absl::Span<const T> View(const flatbuffers::Vector<T>* vector) {
  if (vector == nullptr || vector->size() == 0) return {};
  return absl::MakeConstSpan(vector->data(), vector->size());
}

DataType ToDataType(tflite::TensorType type) {
  switch (type) {
    case tflite::TensorType::FLOAT32:
      return DataType::kFloat32;
    case tflite::TensorType::FLOAT16:
      return DataType::kFloat16;
    case tflite::TensorType::FLOAT64:
      return DataType::kFloat64;
    case tflite::TensorType::INT8:
      return DataType::kInt8;
    case tflite::TensorType::INT16:
      return DataType::kInt16;
    case tflite::TensorType::INT32:
      return DataType::kInt32;
    case tflite::TensorType::INT64:
      return DataType::kInt64;
    case tflite::TensorType::UINT8:
      return DataType::kUint8;
    case tflite::TensorType::UINT16:
      return DataType::kUint16;
    case tflite::TensorType::UINT32:
      return DataType::kUint32;
    case tflite::TensorType::UINT64:
      return DataType::kUint64;
    case tflite::TensorType::BOOL:
      return DataType::kBool;
    case tflite::TensorType::RESOURCE:
      return DataType::kResource;
    default:
      return DataType::kOther;
  }
}

absl::StatusOr<DataType> ReadType(tflite::TensorType type, const std::string& label) {
  const DataType known = ToDataType(type);
  if (known != DataType::kOther) return known;
  const char* name = tflite::EnumNameTensorType(type);
  if (*name == '\0') {
    return absl::InvalidArgumentError(
        absl::StrCat(label, ": type code ", static_cast<int>(type), " is not in the format"));
  }
  return absl::UnimplementedError(absl::StrCat(label, ": ", name, " tensors are not supported"));
}

absl::Status CheckSupported(const tflite::Tensor& tensor, const std::string& label) {
  if (tensor.external_buffer() != 0) {
    return absl::UnimplementedError(absl::StrCat(label, ": data in external buffer ",
                                                 tensor.external_buffer(),
                                                 ", outside the file, is not supported"));
  }
  if (tensor.quantization() == nullptr) return absl::OkStatus();
  switch (tensor.quantization()->details_type()) {
    case tflite::QuantizationDetails::NONE:
      return absl::OkStatus();
    case tflite::QuantizationDetails::CustomQuantization:
      return absl::UnimplementedError(
          absl::StrCat(label, ": custom quantization is not supported"));
    case tflite::QuantizationDetails::BlockwiseQuantization:
      return absl::UnimplementedError(
          absl::StrCat(label, ": block-wise quantization is not supported"));
    case tflite::QuantizationDetails::MultiAxisQuantization:
      return absl::UnimplementedError(
          absl::StrCat(label, ": quantization along several axes is not supported"));
  }
  return absl::UnimplementedError(absl::StrCat(label, ": unknown quantization details"));
}

absl::Status CheckSignature(absl::Span<const int32_t> signature, const Shape& shape,
                            const std::string& label) {
  bool same = static_cast<int>(signature.size()) == shape.rank();
  for (int i = 0; same && i < shape.rank(); ++i) {
    same = signature[i] == -1 || signature[i] == shape.dim(i);
  }
  if (same) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(label, ": shape_signature [",
                                                 absl::StrJoin(signature, ","),
                                                 "] contradicts shape ", shape.ToString()));
}

std::pair<int64_t, int64_t> ZeroPointRange(DataType type) {
  switch (type) {
    case DataType::kInt8:
      return {-128, 127};
    case DataType::kUint8:
      return {0, 255};
    case DataType::kInt16:
      return {-32768, 32767};
    case DataType::kUint16:
      return {0, 65535};
    default:
      return {std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()};
  }
}

absl::Status CheckAxis(const tflite::QuantizationParameters& q, size_t scales, const Shape& shape,
                       const std::string& label) {
  const int32_t axis = q.quantized_dimension();
  if (axis < 0 || axis >= shape.rank()) {
    return absl::InvalidArgumentError(absl::StrCat(
        label, ": quantized_dimension ", axis, " is not a dimension of shape ", shape.ToString()));
  }
  if (scales != static_cast<size_t>(shape.dim(axis))) {
    return absl::InvalidArgumentError(absl::StrCat(label, ": ", scales, " scales for dimension ",
                                                   axis, " of shape ", shape.ToString()));
  }
  return absl::OkStatus();
}

absl::StatusOr<Quantization> ReadQuantization(const tflite::QuantizationParameters& q,
                                              DataType type, const Shape& shape,
                                              const std::string& label) {
  Quantization result;
  const absl::Span<const float> scale = View(q.scale());
  const absl::Span<const int64_t> zero_point = View(q.zero_point());
  if (scale.empty()) return result;  // min and max of a float tensor, or nothing at all
  for (size_t i = 0; i < scale.size(); ++i) {
    if (!std::isfinite(scale[i]) || scale[i] < 0) {
      return absl::InvalidArgumentError(absl::StrCat(label, ": scale ", i, " is ", scale[i],
                                                     "; a scale is finite and not negative"));
    }
  }
  if (zero_point.size() > 1 && zero_point.size() != scale.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat(label, ": ", zero_point.size(), " zero points for ", scale.size(), " scales"));
  }
  const auto [lowest, highest] = ZeroPointRange(type);
  for (const int64_t z : zero_point) {
    if (z < lowest || z > highest) {
      return absl::InvalidArgumentError(
          absl::StrCat(label, ": zero point ", z, " is outside [", lowest, ", ", highest, "]"));
    }
  }
  if (scale.size() > 1) OCTET_RETURN_IF_ERROR(CheckAxis(q, scale.size(), shape, label));
  result.scale.assign(scale.begin(), scale.end());
  if (zero_point.size() == scale.size()) {
    result.zero_point.assign(zero_point.begin(), zero_point.end());
  } else {
    result.zero_point.assign(scale.size(), zero_point.empty() ? 0 : zero_point[0]);
  }
  const int32_t axis = q.quantized_dimension();
  result.quantized_dimension = axis >= 0 && axis < shape.rank() ? axis : 0;
  return result;
}

absl::Status CheckBools(const TensorDef& tensor, uint32_t buffer, const std::string& label) {
  const auto is_bool = [](std::byte b) { return b <= std::byte{1}; };
  if (tensor.type != DataType::kBool ||
      std::all_of(tensor.data.begin(), tensor.data.end(), is_bool)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(label, ": buffer ", buffer, " has BOOL values other than 0 and 1"));
}

absl::StatusOr<absl::Span<const std::byte>> ReadSparse(const tflite::SparsityParameters& sparsity,
                                                       absl::Span<const std::byte> values,
                                                       const std::string& label,
                                                       ConstantStore& constants,
                                                       const TensorDef& tensor) {
  const size_t element = DataTypeSize(tensor.type);
  OCTET_ASSIGN_OR_RETURN(const absl::Span<std::byte> dense,
                         constants.Unfolded(tensor.shape.num_elements() * element));
  OCTET_RETURN_IF_ERROR(UnfoldSparse(sparsity, tensor.shape, element, values, label, dense));
  return absl::Span<const std::byte>(dense);
}

absl::Status ReadData(uint32_t buffer, const tflite::SparsityParameters* sparsity,
                      const std::string& label, ConstantStore& constants, TensorDef& tensor) {
  if (buffer == 0) return absl::OkStatus();
  if (buffer >= constants.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat(label, ": buffer ", buffer, " of ", constants.size(), " does not exist"));
  }
  const size_t bytes = constants.raw(buffer).size();
  if (bytes == 0) return absl::OkStatus();
  if (tensor.type == DataType::kResource) {
    return absl::InvalidArgumentError(
        absl::StrCat(label, ": a handle of a variable has data in buffer ", buffer));
  }
  if (tensor.is_variable) {
    return absl::UnimplementedError(absl::StrCat(label, ": a variable with initial data in buffer ",
                                                 buffer, " is not supported"));
  }
  const size_t element = DataTypeSize(tensor.type);
  const uint64_t expected = static_cast<uint64_t>(tensor.shape.num_elements()) * element;
  if (sparsity != nullptr) {
    OCTET_ASSIGN_OR_RETURN(tensor.data,
                           ReadSparse(*sparsity, constants.raw(buffer), label, constants, tensor));
    tensor.is_constant = true;
    return CheckBools(tensor, buffer, label);
  }
  if (bytes != expected) {
    return absl::InvalidArgumentError(absl::StrCat(label, ": buffer ", buffer, " has ", bytes,
                                                   " bytes; ", DataTypeName(tensor.type), " ",
                                                   tensor.shape.ToString(), " takes ", expected));
  }
  OCTET_ASSIGN_OR_RETURN(tensor.data, constants.Aligned(buffer, element));
  tensor.is_constant = true;
  return CheckBools(tensor, buffer, label);
}

}  // namespace

absl::StatusOr<TensorDef> ReadTensor(const tflite::Tensor& tensor, const std::string& label,
                                     ConstantStore& constants) {
  TensorDef result;
  if (tensor.name() != nullptr) result.name = ToUtf8(tensor.name()->str());
  OCTET_RETURN_IF_ERROR(CheckSupported(tensor, label));
  OCTET_ASSIGN_OR_RETURN(result.type, ReadType(tensor.type(), label));
  absl::StatusOr<Shape> shape = Shape::Create(View(tensor.shape()));
  if (!shape.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(label, ": ", shape.status().message()));
  }
  result.shape = *std::move(shape);
  const absl::Span<const int32_t> signature = View(tensor.shape_signature());
  if (!signature.empty()) {
    OCTET_RETURN_IF_ERROR(CheckSignature(signature, result.shape, label));
    result.shape_signature.assign(signature.begin(), signature.end());
  }
  if (tensor.quantization() != nullptr) {
    OCTET_ASSIGN_OR_RETURN(result.quantization, ReadQuantization(*tensor.quantization(),
                                                                 result.type, result.shape, label));
  }
  result.is_variable = tensor.is_variable();
  OCTET_RETURN_IF_ERROR(ReadData(tensor.buffer(), tensor.sparsity(), label, constants, result));
  return result;
}

}  // namespace octet
