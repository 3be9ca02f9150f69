// Any bytes, any mode: the quantizer answers with a status, and ReadModel accepts what it writes.
// The modes with integer activations get ranges instead of samples, so that nothing has to run.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "engine/model/model.h"
#include "engine/quantize/transform/compatibility.h"
#include "engine/quantize/transform/equalize.h"
#include "engine/quantize/transform/integer_edit.h"
#include "engine/quantize/transform/writer.h"
#include "octet/quantize.h"

namespace {

using octet::QuantizationMode;

void Demand(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::abort();
}

void QuantizeConstants(absl::string_view bytes) {
  for (const QuantizationMode mode : {QuantizationMode::kDynamicRange,
                                      QuantizationMode::kWeightOnly, QuantizationMode::kFloat16}) {
    for (const bool per_channel : {true, false}) {
      // Every weight, so that small inputs reach the whole transform.
      const auto quantized = octet::QuantizeModel(
          bytes, {.mode = mode, .min_weight_elements = 1, .per_channel = per_channel});
      if (quantized.ok()) Demand(octet::ReadModel(quantized->bytes).status());
    }
  }
}

void QuantizeIntegers(const octet::Model& model, absl::string_view file, QuantizationMode mode) {
  const octet::TensorRanges ranges(model.main().tensors.size(), octet::ValueRange{-1, 2});
  const octet::QuantizeOptions options{.mode = mode};
  const auto plan = octet::PlanInteger(model, ranges, options);
  if (!plan.ok()) return;
  auto draft = octet::OpenDraft(file);
  if (!draft.ok()) return;
  const auto edit = octet::ApplyInteger(
      model, *plan, options, {}, nullptr, [](int64_t, int64_t, absl::string_view) { return true; },
      *draft);
  if (!edit.ok()) return;
  const auto written = octet::WriteFile(*draft, nullptr, [](uint64_t, uint64_t) { return true; });
  Demand(written.status());
  const auto read = octet::ReadModel(*written);
  Demand(read.status());
  octet::CheckTargets(**read);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  QuantizeConstants(absl::string_view(reinterpret_cast<const char*>(data), size));
  // Aligned, as the pieces behind QuantizeModel want it.
  const std::string file(reinterpret_cast<const char*>(data), size);
  if (!octet::IsAlignedForReading(file)) return 0;
  const auto model = octet::ReadModelInPlace(file);
  if (!model.ok()) return 0;
  for (const QuantizationMode mode : {QuantizationMode::kFullInteger, QuantizationMode::kInt16x8}) {
    QuantizeIntegers(**model, file, mode);
  }
  std::vector<octet::ImprovementReport> improvements;
  const auto equalized = octet::EqualizeLayers(**model, file, nullptr, improvements);
  if (equalized.ok()) Demand(octet::ReadModel(*equalized).status());
  return 0;
}
