#include "engine/ops/products/integer_product.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"

namespace octet::ops {
namespace {

absl::Status CheckZeroPoint(const TensorDef& tensor) {
  const CodeRange range = TypeRange(tensor.type);
  const int64_t zero_point = tensor.quantization.zero_point[0];
  const bool symmetric = tensor.type == DataType::kInt16;
  if (symmetric ? zero_point == 0 : zero_point >= range.lo && zero_point <= range.hi) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("tensor '", tensor.name, "' has zero point ", zero_point));
}

absl::Status CheckTensors(const IntegerProductParams& params) {
  for (const TensorDef* tensor : {params.input, params.output}) {
    OCTET_RETURN_IF_ERROR(CheckPerTensor(*tensor));
    OCTET_RETURN_IF_ERROR(CheckZeroPoint(*tensor));
  }
  if (params.weights->type == DataType::kUint8) {
    OCTET_RETURN_IF_ERROR(CheckPerTensor(*params.weights));
    return CheckZeroPoint(*params.weights);
  }
  return CheckSymmetricWeights(*params.weights, params.quantized_dimension);
}

// Which rule answers, and whose activation bounds.
void ChooseRule(const IntegerProductParams& params, Rounding rounding, OutputStageParams& stage) {
  stage.rule = params.fully_connected ? RequantRule::kFloat64 : RequantRule::kFixedPoint;
  switch (params.input->type) {
    case DataType::kInt16:
      if (params.int32_sums && rounding == Rounding::kFloat32) {
        stage.rule = RequantRule::kHalfUp;
        stage.half_up_channels = params.half_up_channels;
        stage.float32_product =
            params.fully_connected && params.weights->quantization.scale.size() == 1;
      } else if (!params.int32_sums && !params.fully_connected) {
        stage.rule = RequantRule::kWideSum;
      }
      return;
    case DataType::kUint8:
      stage.float32_product = true;
      // XNNPACK leaves weights that claim another channel dimension to the builtin kernel.
      if (rounding == Rounding::kFloat32 && params.weights->quantization.quantized_dimension == 0) {
        stage.rule = RequantRule::kFloat32;
      }
      return;
    default:
      stage.rule = ConvolutionRule(rounding, stage.weight_scales);
      stage.half_up_channels = params.half_up_channels;
  }
}

std::vector<int64_t> WideBias(const TensorDef* bias, int32_t channels) {
  std::vector<int64_t> wide(channels, 0);
  if (bias == nullptr) return wide;
  if (bias->type == DataType::kInt64) {
    std::copy_n(bias->values<int64_t>().begin(), channels, wide.begin());
  } else {
    std::copy_n(bias->values<int32_t>().begin(), channels, wide.begin());
  }
  return wide;
}

std::vector<int16_t> WeightsLessZeroPoint(const TensorDef& weights) {
  std::vector<int16_t> centred(weights.shape.num_elements());
  if (weights.type == DataType::kUint8) {
    const auto codes = weights.values<uint8_t>();
    const int32_t zero_point = weights.quantization.zero_point[0];
    std::transform(codes.begin(), codes.end(), centred.begin(),
                   [=](uint8_t code) { return static_cast<int16_t>(code - zero_point); });
  } else {
    const auto codes = weights.values<int8_t>();
    std::copy(codes.begin(), codes.end(), centred.begin());
  }
  return centred;
}

absl::Status CheckSums(const IntegerProductParams& params, const IntegerProduct& product) {
  const bool wide = params.input->type == DataType::kInt16;
  const int64_t limit = wide ? int64_t{1} << 47 : std::numeric_limits<int32_t>::max();
  const int64_t largest = wide ? 32768 : 255;
  const auto taps = static_cast<int64_t>(product.weights.size()) / params.channels;
  for (int32_t c = 0; c < params.channels; ++c) {
    int64_t magnitude = 0;
    for (int64_t i = 0; i < taps; ++i) {
      magnitude += std::abs(product.weights[c * params.channel_stride + i * params.tap_stride]);
    }
    const int64_t bias = product.bias[c];
    if (bias > limit || bias < -limit || magnitude * largest + std::abs(bias) > limit) {
      return absl::InvalidArgumentError(absl::StrCat("the sum of output channel ", c,
                                                     " of weights '", params.weights->name,
                                                     "' can exceed ", wide ? "47" : "32", " bits"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

int64_t DotS16(const int16_t* a, const int16_t* b, int64_t k, int64_t chunk) {
  int64_t sum = 0;
  for (int64_t begin = 0; begin < k; begin += chunk) {
    const int64_t end = std::min(k, begin + chunk);
    int32_t part = 0;
    for (int64_t i = begin; i < end; ++i) part += int32_t{a[i]} * b[i];
    sum += part;
  }
  return sum;
}

int64_t SafeChunk(DataType input) {
  // 504 * 2^15 * 2^7 and 33024 * 255 * 255 stay below 2^31; both are whole vectors.
  return input == DataType::kInt16 ? 504 : 33024;
}

absl::StatusOr<OutputStageParams> IntegerStage(const IntegerProductParams& params,
                                               absl::Span<const float> scales, Rounding rounding) {
  OCTET_RETURN_IF_ERROR(CheckTensors(params));
  OutputStageParams stage =
      StageBetween(params.input->quantization, scales, params.output->quantization);
  ChooseRule(params, rounding, stage);
  OCTET_ASSIGN_OR_RETURN(
      stage.range, ActivationCodes(params.activation, *params.output, ActivationRule(stage.rule)));
  return stage;
}

absl::StatusOr<IntegerProduct> IntegerProduct::Make(const IntegerProductParams& params,
                                                    Rounding rounding) {
  const std::vector<float> scales = ChannelScales(params.weights->quantization, params.channels);
  OCTET_ASSIGN_OR_RETURN(const OutputStageParams stage, IntegerStage(params, scales, rounding));
  IntegerProduct product;
  product.weights = WeightsLessZeroPoint(*params.weights);
  product.bias = WideBias(params.bias, params.channels);
  product.chunk = SafeChunk(params.input->type);
  product.input_zero_point = params.input->quantization.zero_point[0];
  OCTET_RETURN_IF_ERROR(CheckSums(params, product));
  OCTET_ASSIGN_OR_RETURN(product.stage, OutputStage::Make(stage, 0));
  return product;
}

}  // namespace octet::ops
