#include "octet/quantize.h"

#include <algorithm>
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

absl::string_view QuantizeStageName(QuantizeStage stage) {
  switch (stage) {
    case QuantizeStage::kRead:
      return "read";
    case QuantizeStage::kCalibrate:
      return "calibrate";
    case QuantizeStage::kQuantize:
      return "quantize";
    case QuantizeStage::kWrite:
      return "write";
    case QuantizeStage::kMeasure:
      return "measure";
  }
  return "unknown";
}

absl::StatusOr<QuantizedModel> QuantizeModel(absl::string_view source,
                                             const QuantizeOptions& options,
                                             const QuantizeResources& resources) {
  OCTET_RETURN_IF_ERROR(CheckQuantizeOptions(options));
  if (options.mode != QuantizationMode::kDynamicRange) {
    return absl::UnimplementedError(absl::StrCat("quantization mode ",
                                                 QuantizationModeName(options.mode),
                                                 " is not supported; dynamic-range is"));
  }
  OCTET_ASSIGN_OR_RETURN(const std::shared_ptr<const Model> model, ReadModel(std::string(source)));
  OCTET_RETURN_IF_ERROR(CheckIsFloatModel(*model));
  OCTET_ASSIGN_OR_RETURN(const std::unique_ptr<tflite::ModelT> file, UnpackFile(source));

  QuantizedModel result;
  const auto tell = [&](int64_t done, int64_t total, absl::string_view tensor) {
    if (!resources.progress) return true;
    return resources.progress(
        {.stage = QuantizeStage::kQuantize,
         .tensor = tensor,
         .fraction = static_cast<double>(done) / std::max<int64_t>(total, 1)});
  };
  OCTET_ASSIGN_OR_RETURN(result.report.tensors,
                         ApplyDynamicRange(*model, PlanDynamicRange(*model, options), tell, *file));
  file->description = kDescription;
  result.bytes = PackFile(*file);
  result.report.bytes_before = static_cast<int64_t>(source.size());
  result.report.bytes_after = static_cast<int64_t>(result.bytes.size());
  return result;
}

absl::StatusOr<CompatibilityReport> CheckCompatibility(absl::string_view) {
  return absl::UnimplementedError("the compatibility report is not supported");
}

}  // namespace octet
