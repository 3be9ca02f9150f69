#include "engine/ops/products/transpose_conv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace octet::ops {
namespace {

using ::testing::HasSubstr;

// Float, images of 2 x 3 x 2 to 3 channels by a 2 x 2 kernel with stride 2.
class TransposeConvTest : public ::testing::Test {
 protected:
  TransposeConvTest() : tensors_(4), weights_(3 * 2 * 2 * 2, 1.0f) {
    tensors_[0].name = "shape";
    tensors_[0].type = DataType::kInt32;
    tensors_[0].shape = *Shape::Create({4});
    tensors_[1].name = "weights";
    tensors_[1].shape = *Shape::Create({3, 2, 2, 2});
    tensors_[1].is_constant = true;
    tensors_[1].data = {reinterpret_cast<const std::byte*>(weights_.data()), weights_.size() * 4};
    tensors_[2].name = "image";
    tensors_[2].shape = *Shape::Create({1, 2, 3, 2});
    op_.inputs = {0, 1, 2};
    op_.outputs = {3};
    options_.stride_h = options_.stride_w = 2;
  }

  void SetShape(const std::vector<int32_t>& dims) {
    dims_ = dims;
    tensors_[0].is_constant = true;
    tensors_[0].data = {reinterpret_cast<const std::byte*>(dims_.data()), dims_.size() * 4};
  }

  PreparedOp Prepare() {
    op_.options = options_;
    PrepareContext context;
    context.tensors = tensors_;
    context.op = &op_;
    return PrepareTransposeConvF32(context);
  }

  std::string Error() { return std::string(Prepare().status().message()); }

  std::vector<TensorDef> tensors_;
  std::vector<float> weights_;
  std::vector<int32_t> dims_;
  OperatorDef op_;
  TransposeConvOptions options_;
};

TEST_F(TransposeConvTest, AConstantShapeServesAnyNumberOfRows) {
  SetShape({1, 4, 6, 3});
  const auto op = Prepare();
  ASSERT_TRUE(op.ok()) << op.status();
  EXPECT_EQ((*op)->shape_source(), ShapeSource::kShapes);
  const std::vector<Shape> inputs = {*Shape::Create({4}), *Shape::Create({3, 2, 2, 2}),
                                     *Shape::Create({5, 2, 3, 2})};
  const auto shapes = (*op)->InferShapes(inputs);
  ASSERT_TRUE(shapes.ok()) << shapes.status();
  EXPECT_EQ((*shapes)[0], *Shape::Create({5, 4, 6, 3}));
  const bool has_rows[] = {false, false, true};
  EXPECT_TRUE((*op)->CheckRowsApart(inputs, has_rows).ok());
}

TEST_F(TransposeConvTest, AComputedShapeMustFitTheImage) {
  const auto op = Prepare();
  ASSERT_TRUE(op.ok()) << op.status();
  EXPECT_EQ((*op)->shape_source(), ShapeSource::kValues);
  const std::vector<Shape> inputs = {*Shape::Create({4}), *Shape::Create({3, 2, 2, 2}),
                                     *Shape::Create({1, 2, 3, 2})};
  const auto infer = [&](const std::vector<int32_t>& dims) {
    const void* values[] = {dims.data(), nullptr, nullptr};
    return (*op)->InferShapesFromValues(inputs, values);
  };
  EXPECT_TRUE(infer({1, 5, 7, 3}).ok());
  for (const auto& dims : std::vector<std::vector<int32_t>>{
           {2, 4, 6, 3}, {1, 4, 6, 2}, {1, -1, 6, 3}, {1, 1 << 30, 1 << 30, 3}}) {
    EXPECT_FALSE(infer(dims).ok()) << dims[0] << "," << dims[1];
  }
  const bool has_rows[] = {false, false, true};
  EXPECT_FALSE((*op)->CheckRowsApart(inputs, has_rows).ok());
}

TEST_F(TransposeConvTest, NamesWhatDoesNotFit) {
  SetShape({2, 4, 6, 3});
  EXPECT_THAT(Error(), HasSubstr("'image'"));
  SetShape({1, 4, 6, 3});
  options_.stride_w = 0;
  EXPECT_THAT(Error(), HasSubstr("strides of 2 and 0"));
  options_.stride_w = 2;
  tensors_[2].shape = *Shape::Create({1, 2, 3, 4});
  EXPECT_THAT(Error(), HasSubstr("'weights'"));
  tensors_[2].shape = *Shape::Create({1, 2, 3, 2});
  tensors_[0].shape = *Shape::Create({3});
  EXPECT_THAT(Error(), HasSubstr("'shape'"));
}

// Two columns of pixels reach beyond the image's last window, and see no tap.
TEST_F(TransposeConvTest, PixelsThatNothingReachesAreZero) {
  SetShape({1, 4, 8, 3});
  options_.padding = Padding::kValid;
  const auto op = Prepare();
  ASSERT_TRUE(op.ok()) << op.status();
  const std::vector<Shape> inputs = {*Shape::Create({4}), *Shape::Create({3, 2, 2, 2}),
                                     *Shape::Create({1, 2, 3, 2})};
  const auto outputs = (*op)->InferShapes(inputs);
  ASSERT_TRUE(outputs.ok());
  const std::vector<float> image(12, 1.0f);
  std::vector<float> out(4 * 8 * 3, -1.0f);
  std::vector<std::byte> scratch((*op)->ScratchBytes(inputs, 1) + 64);
  const void* in_pointers[] = {dims_.data(), weights_.data(), image.data()};
  void* out_pointers[] = {out.data()};
  RunContext context;
  context.inputs = in_pointers;
  context.outputs = out_pointers;
  context.input_shapes = inputs;
  context.output_shapes = *outputs;
  context.scratch = scratch.data();
  ASSERT_TRUE((*op)->Run(context).ok());
  for (int i = 0; i < 4 * 8 * 3; ++i) EXPECT_EQ(out[i], i / 3 % 8 < 6 ? 2.0f : 0.0f) << i;
}

}  // namespace
}  // namespace octet::ops
