// Writes small models of every kind that reader and quantizer distinguish: seeds for fuzzing.
//   write_seed_models DIRECTORY
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/model_builder.h"

namespace octet {
namespace {

using testing::ModelBuilder;
using testing::Quant;

std::string Int8Classifier() {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kInt8, {1, 4}, Quant(0.1f, 3));
  const int w = b.Constant<int8_t>("w", {2, 4}, {1, 2, 3, 4, 5, 6, 7, 8}, Quant({0.1f, 0.2f}, 0));
  const int c = b.Constant<int32_t>("b", {2}, {1, 2}, Quant({0.01f, 0.02f}, 0));
  const int h = b.Tensor("h", DataType::kInt8, {1, 2}, Quant(0.5f, -1));
  const int y = b.Tensor("y", DataType::kInt8, {1, 2}, Quant(1.0f / 256, -128));
  b.Op(BuiltinOp::kFullyConnected, 4, {x, w, c}, {h}, FullyConnectedOptions{});
  b.Op(BuiltinOp::kSoftmax, 2, {h}, {y}, SoftmaxOptions{});
  b.Output(y);
  b.Signature("serving_default", {{"image", x}}, {{"scores", y}});
  return b.Build();
}

std::string FloatConvolutions() {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {1, 4, 4, 2});
  b.ShapeSignature(x, {-1, 4, 4, 2});
  const int w = b.Constant<float>("w", {2, 1, 1, 2}, {1, -2, 3, 4});
  const int d = b.Constant<float>("d", {1, 1, 1, 2}, {0.5f, 0});
  const int c = b.Constant<float>("c", {2}, {1, 2});
  const int axes = b.Constant<int32_t>("axes", {2}, {1, 2});
  const int h0 = b.Tensor("h0", DataType::kFloat32, {1, 4, 4, 2});
  const int h1 = b.Tensor("h1", DataType::kFloat32, {1, 4, 4, 2});
  const int h2 = b.Tensor("h2", DataType::kFloat32, {1, 2, 2, 2});
  const int y = b.Tensor("y", DataType::kFloat32, {1, 2});
  b.Op(BuiltinOp::kConv2d, 1, {x, w, c}, {h0}, Conv2DOptions{});
  b.Op(BuiltinOp::kDepthwiseConv2d, 1, {h0, d, c}, {h1}, DepthwiseConv2DOptions{});
  b.Op(BuiltinOp::kMaxPool2d, 1, {h1}, {h2},
       Pool2DOptions{.stride_h = 2, .stride_w = 2, .filter_h = 2, .filter_w = 2});
  b.Op(BuiltinOp::kMean, 1, {h2, axes}, {y}, ReducerOptions{});
  b.Output(y);
  return b.Build();
}

// A table that is gathered from, multiplied with, added and given out; a second subgraph.
std::string SharedWeights() {
  ModelBuilder b;
  const int x = b.Input("x", DataType::kFloat32, {2, 2});
  const int ids = b.Input("ids", DataType::kInt32, {1});
  const int w = b.Constant<float>("w", {2, 2}, {1, 2, 3, 4});
  const int rows = b.Tensor("rows", DataType::kFloat32, {1, 2});
  const int y = b.Tensor("y", DataType::kFloat32, {2, 2});
  const int z = b.Tensor("z", DataType::kFloat32, {2, 2});
  const int s = b.Tensor("s", DataType::kFloat32, {2, 2});
  b.Op(BuiltinOp::kGather, 1, {w, ids}, {rows});
  b.Op(BuiltinOp::kFullyConnected, 1, {x, w, kAbsentTensor}, {y}, FullyConnectedOptions{});
  b.Op(BuiltinOp::kBatchMatmul, 1, {y, b.SameData("w2", w)}, {z});
  b.Op(BuiltinOp::kAdd, 1, {z, w}, {s}, AddOptions{});
  for (const int t : {rows, s, w}) b.Output(t);
  b.Subgraph("body");
  const int in = b.Input("in", DataType::kFloat32, {0});
  const int state = b.Variable("state", DataType::kFloat32, {1});
  const int out = b.Tensor("out", DataType::kFloat32, {0});
  b.CustomOp("Mine", {in, state}, {out});
  b.Output(out);
  return b.Build();
}

}  // namespace
}  // namespace octet

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: write_seed_models DIRECTORY\n");
    return 2;
  }
  const std::vector<std::string> models = {octet::Int8Classifier(), octet::FloatConvolutions(),
                                           octet::SharedWeights()};
  for (size_t i = 0; i < models.size(); ++i) {
    std::ofstream file(std::string(argv[1]) + "/seed_" + std::to_string(i) + ".tflite",
                       std::ios::binary);
    file << models[i];
    if (!file.flush()) {
      std::fprintf(stderr, "cannot write to %s\n", argv[1]);
      return 1;
    }
  }
  return 0;
}
