#include "engine/quantize/transform/quantize.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/model/model.h"
#include "engine/model/text.h"
#include "engine/quantize/transform/constant_plan.h"
#include "engine/quantize/transform/dynamic_range.h"
#include "engine/quantize/transform/writer.h"

namespace octet {
namespace {

constexpr char kDescription[] = "Quantized by Octet.";

absl::Status CheckOptions(const QuantizeOptions& options) {
  if (options.min_weight_elements < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("min_weight_elements is ", options.min_weight_elements, "; it is 0 or more"));
  }
  return absl::OkStatus();
}

bool IsQuantized(const TensorDef& tensor) {
  const bool is_code = tensor.type == DataType::kInt8 || tensor.type == DataType::kUint8 ||
                       tensor.type == DataType::kInt16 || tensor.type == DataType::kUint16;
  return is_code && tensor.quantization.is_quantized();
}

absl::Status CheckIsFloatModel(const Model& model) {
  for (size_t s = 0; s < model.subgraphs().size(); ++s) {
    const std::vector<TensorDef>& tensors = model.subgraphs()[s].tensors;
    for (size_t t = 0; t < tensors.size(); ++t) {
      if (IsQuantized(tensors[t])) {
        return absl::FailedPreconditionError(
            absl::StrCat("the model is quantized already: ", TensorLabel(s, t, tensors[t].name),
                         " is ", DataTypeName(tensors[t].type), " with a scale"));
      }
      if (tensors[t].is_constant && tensors[t].type == DataType::kFloat16) {
        return absl::FailedPreconditionError(absl::StrCat(
            "the model's weights are reduced already: ", TensorLabel(s, t, tensors[t].name),
            " is a FLOAT16 constant; give the FLOAT32 model"));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<QuantizationMode> ParseQuantizationMode(absl::string_view text) {
  if (text == "dynamic-range") return QuantizationMode::kDynamicRange;
  for (const absl::string_view known : {"full-integer", "float16", "int16x8", "weight-only"}) {
    if (text == known) {
      return absl::UnimplementedError(
          absl::StrCat("quantization mode ", known, " is not supported; dynamic-range is"));
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("quantization mode ", QuoteName(text),
                   " is unknown: dynamic-range, full-integer, float16, int16x8, weight-only"));
}

absl::StatusOr<QuantizedModel> QuantizeModel(absl::string_view model,
                                             const QuantizeOptions& options,
                                             QuantizeProgress progress) {
  OCTET_RETURN_IF_ERROR(CheckOptions(options));
  OCTET_ASSIGN_OR_RETURN(const std::shared_ptr<const Model> source, ReadModel(std::string(model)));
  OCTET_RETURN_IF_ERROR(CheckIsFloatModel(*source));
  OCTET_ASSIGN_OR_RETURN(const std::unique_ptr<tflite::ModelT> file, UnpackFile(model));

  QuantizedModel result;
  OCTET_ASSIGN_OR_RETURN(
      result.report.tensors,
      ApplyDynamicRange(*source, PlanDynamicRange(*source, options), progress, *file));
  file->description = kDescription;
  result.bytes = PackFile(*file);
  result.report.bytes_before = static_cast<int64_t>(model.size());
  result.report.bytes_after = static_cast<int64_t>(result.bytes.size());
  return result;
}

absl::StatusOr<QuantizedModel> QuantizeModel(absl::string_view model,
                                             const QuantizeOptions& options) {
  const auto ignore = [](int64_t, int64_t, absl::string_view) { return true; };
  return QuantizeModel(model, options, ignore);
}

}  // namespace octet
