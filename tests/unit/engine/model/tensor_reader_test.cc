#include "engine/model/tensor_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/model.h"
#include "tests/support/model_builder.h"

namespace octet {
namespace {

using ::octet::testing::ModelBuilder;
using ::octet::testing::Quant;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A model with the one constant INT8 tensor 'c' of 2 x 3 elements, changed by `edit`.
template <typename Edit>
absl::StatusOr<TensorDef> Read(Edit edit) {
  ModelBuilder b;
  b.Output(b.Constant<int8_t>("c", {2, 3}, {1, 2, 3, 4, 5, 6}, Quant(0.5f, 1)));
  edit(*b.raw().subgraphs[0]->tensors[0], b);
  const auto model = ReadModel(b.Build());
  if (!model.ok()) return model.status();
  TensorDef tensor = (*model)->main().tensors[0];
  tensor.data = {};  // it dies with the model
  return tensor;
}

template <typename Edit>
void ExpectError(absl::StatusCode code, const std::string& text, Edit edit) {
  const auto tensor = Read(edit);
  EXPECT_EQ(tensor.status().code(), code) << tensor.status();
  EXPECT_THAT(std::string(tensor.status().message()), HasSubstr("subgraph 0, tensor 0 'c': "));
  EXPECT_THAT(std::string(tensor.status().message()), HasSubstr(text));
}

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kUnimplemented = absl::StatusCode::kUnimplemented;

TEST(ReadTensorTest, TypesByName) {
  for (const auto& [type, name] : std::vector<std::pair<tflite::TensorType, std::string>>{
           {tflite::TensorType::STRING, "STRING"},
           {tflite::TensorType::INT4, "INT4"},
           {tflite::TensorType::COMPLEX64, "COMPLEX64"},
           {tflite::TensorType::VARIANT, "VARIANT"},
           {tflite::TensorType::BFLOAT16, "BFLOAT16"},
           {tflite::TensorType::FLOAT8_E5M2, "FLOAT8_E5M2"}}) {
    ExpectError(kUnimplemented, name + " tensors are not supported",
                [t = type](auto& tensor, auto&) { tensor.type = t; });
  }
  ExpectError(kInvalid, "type code 99 is not in the format",
              [](auto& t, auto&) { t.type = static_cast<tflite::TensorType>(99); });
}

TEST(ReadTensorTest, WhatIsNotSupported) {
  ExpectError(kUnimplemented, "external buffer 3", [](auto& t, auto&) { t.external_buffer = 3; });
  ExpectError(kUnimplemented, "block-wise quantization", [](auto& t, auto&) {
    t.quantization->details.Set(tflite::BlockwiseQuantizationT());
  });
  ExpectError(kUnimplemented, "custom quantization",
              [](auto& t, auto&) { t.quantization->details.Set(tflite::CustomQuantizationT()); });
  ExpectError(kUnimplemented, "several axes", [](auto& t, auto&) {
    t.quantization->details.Set(tflite::MultiAxisQuantizationT());
  });
  ExpectError(kUnimplemented, "a variable with initial data in buffer 1",
              [](auto& t, auto&) { t.is_variable = true; });
}

TEST(ReadTensorTest, Shapes) {
  ExpectError(kInvalid, "shape [-2,-3] has a negative dimension", [](auto& t, auto&) {
    t.shape = {-2, -3};
  });
  ExpectError(kInvalid, "more than 8 dimensions",
              [](auto& t, auto&) { t.shape = {2, 3, 1, 1, 1, 1, 1, 1, 1}; });
  ExpectError(kInvalid, "shape_signature [-1,4] contradicts shape [2,3]", [](auto& t, auto&) {
    t.shape_signature = {-1, 4};
  });
  ExpectError(kInvalid, "shape_signature [-1] contradicts shape [2,3]",
              [](auto& t, auto&) { t.shape_signature = {-1}; });
  ExpectError(kInvalid, "shape_signature [-2,3] contradicts shape [2,3]", [](auto& t, auto&) {
    t.shape_signature = {-2, 3};
  });
  const auto open = Read([](auto& t, auto&) { t.shape_signature = {-1, 3}; });
  ASSERT_TRUE(open.ok()) << open.status();
  EXPECT_THAT(open->shape_signature, ElementsAre(-1, 3));
}

TEST(ReadTensorTest, DataFitsTheShape) {
  ExpectError(kInvalid, "buffer 1 has 6 bytes; INT8 [2,4] takes 8", [](auto& t, auto&) {
    t.shape = {2, 4};
  });
  ExpectError(kInvalid, "buffer 1 has 6 bytes; INT16 [2,3] takes 12",
              [](auto& t, auto&) { t.type = tflite::TensorType::INT16; });
  ExpectError(kInvalid, "a handle of a variable has data in buffer 1",
              [](auto& t, auto&) { t.type = tflite::TensorType::RESOURCE; });
  ExpectError(kInvalid, "BOOL values other than 0 and 1",
              [](auto& t, auto&) { t.type = tflite::TensorType::BOOL; });
}

TEST(ReadTensorTest, Scales) {
  for (const float scale :
       {-1.0f, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    ExpectError(kInvalid, "scale 0 is", [&](auto& t, auto&) { t.quantization->scale = {scale}; });
  }
  // Files by other writers have dead channels with scale 0.
  const auto zero = Read([](auto& t, auto&) {
    t.quantization->scale = {0.0f, 0.01f};
    t.quantization->zero_point = {0, 0};
  });
  ASSERT_TRUE(zero.ok()) << zero.status();
  EXPECT_THAT(zero->quantization.scale, ElementsAre(0.0f, 0.01f));
}

TEST(ReadTensorTest, ZeroPoints) {
  const auto absent = Read([](auto& t, auto&) { t.quantization->zero_point.clear(); });
  ASSERT_TRUE(absent.ok()) << absent.status();
  EXPECT_THAT(absent->quantization.zero_point, ElementsAre(0));

  const auto shared = Read([](auto& t, auto&) {
    t.quantization->scale = {1, 2, 3};
    t.quantization->zero_point = {-7};
    t.quantization->quantized_dimension = 1;
  });
  ASSERT_TRUE(shared.ok()) << shared.status();
  EXPECT_THAT(shared->quantization.zero_point, ElementsAre(-7, -7, -7));
  EXPECT_EQ(shared->quantization.quantized_dimension, 1);

  ExpectError(kInvalid, "2 zero points for 1 scales", [](auto& t, auto&) {
    t.quantization->zero_point = {0, 0};
  });
  ExpectError(kInvalid, "zero point 128 is outside [-128, 127]",
              [](auto& t, auto&) { t.quantization->zero_point = {128}; });
  ExpectError(kInvalid, "zero point -1 is outside [0, 255]", [](auto& t, auto&) {
    t.type = tflite::TensorType::UINT8;
    t.quantization->zero_point = {-1};
  });
  ExpectError(kInvalid, "zero point 4294967296 is outside", [](auto& t, auto& b) {
    t.type = tflite::TensorType::INT32;
    b.raw().buffers[1]->data.resize(24);
    t.quantization->zero_point = {int64_t{1} << 32};
  });
}

TEST(ReadTensorTest, PerAxis) {
  ExpectError(kInvalid, "quantized_dimension 2 is not a dimension of shape [2,3]",
              [](auto& t, auto&) {
                t.quantization->scale = {1, 2};
                t.quantization->zero_point = {0, 0};
                t.quantization->quantized_dimension = 2;
              });
  ExpectError(kInvalid, "quantized_dimension -1 is not", [](auto& t, auto&) {
    t.quantization->scale = {1, 2};
    t.quantization->zero_point = {0, 0};
    t.quantization->quantized_dimension = -1;
  });
  ExpectError(kInvalid, "2 scales for dimension 1 of shape [2,3]", [](auto& t, auto&) {
    t.quantization->scale = {1, 2};
    t.quantization->zero_point = {0, 0};
    t.quantization->quantized_dimension = 1;
  });
}

TEST(ReadTensorTest, RangesWithoutScaleAreNoQuantization) {
  const auto tensor = Read([](auto& t, auto&) {
    t.quantization->scale.clear();
    t.quantization->zero_point.clear();
    t.quantization->min = {0};
    t.quantization->max = {1};
  });
  ASSERT_TRUE(tensor.ok()) << tensor.status();
  EXPECT_FALSE(tensor->quantization.is_quantized());
}

TEST(ReadTensorTest, NamesInErrorsAreCutAndPrintable) {
  const auto tensor = Read([](auto& t, auto&) {
    t.name = std::string(100, 'a') + "\n";
    t.shape = {-1};
  });
  EXPECT_THAT(std::string(tensor.status().message()),
              HasSubstr("'" + std::string(80, 'a') + "...'"));
}

}  // namespace
}  // namespace octet
