#include "client/inputs/binding.h"

#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/formats/npy.h"
#include "client/inputs/elements.h"

namespace octet::client {
namespace {

std::string SpecText(const InputSpec& spec) {
  return absl::StrCat("input '", spec.name, "' takes ", DataTypeName(spec.type), " ",
                      ShapeText(spec.shape));
}

absl::Status Mismatch(absl::string_view given, const InputSpec& spec, absl::string_view unit = "") {
  return absl::InvalidArgumentError(absl::StrCat(given, ", but ", SpecText(spec), unit));
}

bool Fits(absl::Span<const int64_t> shape, absl::Span<const int64_t> wanted) {
  if (shape.size() != wanted.size()) return false;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (wanted[i] != -1 && wanted[i] != shape[i]) return false;
  }
  return true;
}

// The samples' axis stands before the input's own shape, or in place of a batch of one.
bool FitsSamples(absl::Span<const int64_t> shape, absl::Span<const int64_t> wanted) {
  if (shape.empty()) return false;
  if (Fits(shape.subspan(1), wanted)) return true;
  return !wanted.empty() && (wanted[0] == 1 || wanted[0] == -1) && shape.size() == wanted.size() &&
         Fits(shape.subspan(1), wanted.subspan(1));
}

// A quantized input may be sent real values.
bool MayBeQuantized(DataType type) {
  return type == DataType::kInt8 || type == DataType::kUint8 || type == DataType::kInt16;
}

absl::StatusOr<Array> ConvertFor(Array array, const InputSpec& spec) {
  const bool real = IsFloat(array.type) && MayBeQuantized(spec.type);
  absl::StatusOr<Array> converted =
      ConvertElements(std::move(array), real ? DataType::kFp32 : spec.type);
  if (!converted.ok()) return Mismatch(converted.status().message(), spec);
  return converted;
}

Tensor Named(Array array, const InputSpec& spec) {
  return {spec.name, array.type, std::move(array.shape), std::move(array.data)};
}

std::string RealPixels(absl::string_view pixels, PixelRange range) {
  std::string data(pixels.size() * sizeof(float), '\0');
  for (size_t i = 0; i < pixels.size(); ++i) {
    const double pixel = static_cast<uint8_t>(pixels[i]);
    const float value = static_cast<float>(range.black + pixel * (range.white - range.black) / 255);
    std::memcpy(data.data() + i * sizeof(float), &value, sizeof(float));
  }
  return data;
}

absl::StatusOr<Array> PixelElements(const Picture& picture, const InputSpec& spec,
                                    std::optional<PixelRange> range) {
  if (range.has_value() || spec.type == DataType::kFp32) {
    return Array{DataType::kFp32, {}, RealPixels(picture.pixels, range.value_or(PixelRange()))};
  }
  Array array{spec.type, {}, picture.pixels};
  if (spec.type == DataType::kUint8) return array;
  if (spec.type != DataType::kInt8) return Mismatch("the file is a picture", spec);
  for (char& pixel : array.data) pixel = static_cast<char>(static_cast<uint8_t>(pixel) ^ 0x80);
  return array;
}

absl::StatusOr<std::vector<int64_t>> ParseLabels(Array array) {
  if (array.shape.size() != 1 || IsFloat(array.type)) {
    return absl::InvalidArgumentError(
        absl::StrCat("'labels' is ", DataTypeName(array.type), " ", ShapeText(array.shape),
                     ", but one class number (an integer) for each sample is wanted"));
  }
  absl::StatusOr<Array> wide = ConvertElements(std::move(array), DataType::kInt64);
  if (!wide.ok()) return wide.status();
  std::vector<int64_t> labels(wide->data.size() / sizeof(int64_t));
  if (!labels.empty()) std::memcpy(labels.data(), wide->data.data(), wide->data.size());
  return labels;
}

absl::StatusOr<octet::v1::SampleTensor> BindSampleTensor(Array array, const InputSpec& spec,
                                                         absl::string_view array_name) {
  if (!FitsSamples(array.shape, spec.shape)) {
    return Mismatch(absl::StrCat("array '", array_name, "' has shape ", ShapeText(array.shape)),
                    spec, " a sample");
  }
  absl::StatusOr<Array> converted = ConvertFor(std::move(array), spec);
  if (!converted.ok()) return converted.status();
  octet::v1::SampleTensor tensor;
  tensor.set_name(spec.name);
  tensor.set_datatype(std::string(DataTypeName(converted->type)));
  for (int64_t dim : converted->shape) tensor.add_shape(dim);
  tensor.set_data(std::move(converted->data));
  return tensor;
}

}  // namespace

absl::StatusOr<std::vector<InputSpec>> InputSpecs(
    const inference::ModelMetadataResponse& metadata) {
  std::vector<InputSpec> specs;
  for (const auto& input : metadata.inputs()) {
    absl::StatusOr<DataType> type = ParseDataType(input.datatype());
    if (!type.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("input '", input.name(), "': ", type.status().message()));
    }
    specs.push_back({input.name(), *type, {input.shape().begin(), input.shape().end()}});
  }
  return specs;
}

absl::StatusOr<Tensor> BindArray(Array array, const InputSpec& spec) {
  const std::string given = absl::StrCat("the array has shape ", ShapeText(array.shape));
  if (!Fits(array.shape, spec.shape)) {
    array.shape.insert(array.shape.begin(), 1);
    if (!Fits(array.shape, spec.shape)) return Mismatch(given, spec);
  }
  absl::StatusOr<Array> converted = ConvertFor(std::move(array), spec);
  if (!converted.ok()) return converted.status();
  return Named(*std::move(converted), spec);
}

absl::StatusOr<Tensor> BindPicture(Picture picture, const InputSpec& spec,
                                   std::optional<PixelRange> range) {
  const size_t rank = spec.shape.size();
  if (rank != 3 && rank != 4) return Mismatch("the file is a picture", spec);
  const int64_t channels = spec.shape[rank - 1];
  if (channels != -1) {
    absl::StatusOr<Picture> fitting = WithChannels(std::move(picture), channels);
    if (!fitting.ok()) {
      return Mismatch(absl::StrCat("the picture ", fitting.status().message()), spec);
    }
    picture = *std::move(fitting);
  }
  std::vector<int64_t> shape = {picture.height, picture.width, picture.channels};
  if (rank == 4) shape.insert(shape.begin(), 1);
  if (!Fits(shape, spec.shape)) {
    return Mismatch(absl::StrCat("the picture is ", picture.width, " wide and ", picture.height,
                                 " high (", ShapeText(shape), ")"),
                    spec);
  }
  absl::StatusOr<Array> array = PixelElements(picture, spec, range);
  if (!array.ok()) return array.status();
  array->shape = std::move(shape);
  return Named(*std::move(array), spec);
}

absl::StatusOr<Tensor> BindRaw(std::string bytes, const InputSpec& spec) {
  std::vector<int64_t> shape = spec.shape;
  int free_dim = -1;
  int64_t row_bytes = DataTypeSize(spec.type);
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == -1 && free_dim == -1) {
      free_dim = static_cast<int>(i);
    } else if (shape[i] <= 0 || __builtin_mul_overflow(row_bytes, shape[i], &row_bytes)) {
      return Mismatch("raw bytes do not tell their shape", spec);
    }
  }
  const int64_t size = static_cast<int64_t>(bytes.size());
  const std::string given = absl::StrCat("the file has ", size, " raw bytes");
  if (free_dim == -1 && size != row_bytes) {
    return Mismatch(given, spec);
  }
  if (free_dim != -1) {
    if (size == 0 || size % row_bytes != 0) return Mismatch(given, spec);
    shape[free_dim] = size / row_bytes;
  }
  return Tensor{spec.name, spec.type, std::move(shape), std::move(bytes)};
}

absl::StatusOr<Tensor> BindFile(std::string bytes, const InputSpec& spec,
                                std::optional<PixelRange> range) {
  if (LooksLikePng(bytes)) {
    absl::StatusOr<Picture> picture = ParsePng(bytes);
    if (!picture.ok()) return picture.status();
    return BindPicture(*std::move(picture), spec, range);
  }
  if (absl::StartsWith(bytes, "\x93NUMPY")) {
    absl::StatusOr<Array> array = ParseNpy(bytes);
    if (!array.ok()) return array.status();
    return BindArray(*std::move(array), spec);
  }
  return BindRaw(std::move(bytes), spec);
}

absl::StatusOr<SampleSet> BindSamples(std::map<std::string, Array> arrays,
                                      const std::vector<InputSpec>& specs) {
  SampleSet set;
  const auto labels = arrays.find("labels");
  const bool labelled = labels != arrays.end();
  if (labelled) {
    absl::StatusOr<std::vector<int64_t>> parsed = ParseLabels(std::move(labels->second));
    if (!parsed.ok()) return parsed.status();
    set.labels = *std::move(parsed);
    arrays.erase(labels);
  }
  for (const InputSpec& spec : specs) {
    auto found = arrays.find(spec.name);
    if (found == arrays.end() && specs.size() == 1) found = arrays.find("x");
    if (found == arrays.end()) {
      return absl::InvalidArgumentError(absl::StrCat("has no array '", spec.name, "'"));
    }
    auto tensor = BindSampleTensor(std::move(found->second), spec, found->first);
    if (!tensor.ok()) return tensor.status();
    arrays.erase(found);
    const int64_t samples = tensor->shape_size() == 0 ? 0 : tensor->shape(0);
    if (!set.inputs.empty() && samples != set.samples) {
      return absl::InvalidArgumentError(absl::StrCat("array '", spec.name, "' has ", samples,
                                                     " samples, another has ", set.samples));
    }
    set.samples = samples;
    set.inputs.push_back(*std::move(tensor));
  }
  if (!arrays.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "array '", arrays.begin()->first, "' is neither an input of the model nor 'labels'"));
  }
  if (labelled && static_cast<int64_t>(set.labels.size()) != set.samples) {
    return absl::InvalidArgumentError(
        absl::StrCat("has ", set.labels.size(), " labels for ", set.samples, " samples"));
  }
  return set;
}

}  // namespace octet::client
