#include "engine/quantize/source.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/model/text.h"
#include "engine/quantize/transform/widen_half.h"

namespace octet {
namespace {

bool IsQuantized(const TensorDef& tensor) {
  const bool is_code = tensor.type == DataType::kInt8 || tensor.type == DataType::kUint8 ||
                       tensor.type == DataType::kInt16 || tensor.type == DataType::kUint16;
  return is_code && tensor.quantization.is_quantized();
}

absl::Status CheckIsFloatModel(const Model& model) {
  for (size_t s = 0; s < model.subgraphs().size(); ++s) {
    const std::vector<TensorDef>& tensors = model.subgraphs()[s].tensors;
    for (size_t t = 0; t < tensors.size(); ++t) {
      if (!IsQuantized(tensors[t])) continue;
      return absl::FailedPreconditionError(
          absl::StrCat("the model is quantized already: ", TensorLabel(s, t, tensors[t].name),
                       " is ", DataTypeName(tensors[t].type), " with a scale"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<QuantizeSource> OpenQuantizeSource(absl::string_view bytes, QuantizationMode mode,
                                                  ThreadPool* pool) {
  QuantizeSource source{.file = bytes};
  if (!IsAlignedForReading(bytes)) {
    source.owned = std::make_shared<const std::string>(bytes);
    source.file = *source.owned;
  }
  OCTET_ASSIGN_OR_RETURN(source.model, ReadModelInPlace(source.file));
  OCTET_RETURN_IF_ERROR(CheckIsFloatModel(*source.model));
  if (!HasHalfConstants(*source.model)) return source;
  if (mode == QuantizationMode::kFloat16) {
    return absl::FailedPreconditionError("the model's weights are FLOAT16 already");
  }
  OCTET_ASSIGN_OR_RETURN(std::string wide, WidenHalfConstants(*source.model, source.file, pool));
  source.owned = std::make_shared<const std::string>(std::move(wide));
  source.file = *source.owned;
  OCTET_ASSIGN_OR_RETURN(source.model, ReadModelInPlace(source.file));
  return source;
}

}  // namespace octet
