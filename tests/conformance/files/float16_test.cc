// Our quantizer against TensorFlow's converter in mode float16: from the same float file, the same
// constants become the same halves, in the same place.
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "engine/model/model.h"
#include "octet/quantize.h"
#include "tests/support/goldens.h"

namespace octet {
namespace {

constexpr char kSuffix[] = ".float16.tflite";

// The half behind a value that a DEQUANTIZE computes from a constant; the value itself else.
const TensorDef& Behind(const SubgraphDef& graph, int32_t tensor) {
  for (const OperatorDef& op : graph.operators) {
    if (op.op != BuiltinOp::kDequantize || op.outputs[0] != tensor) continue;
    if (graph.tensors[op.inputs[0]].is_constant) return graph.tensors[op.inputs[0]];
  }
  return graph.tensors[tensor];
}

int CountHalves(const SubgraphDef& graph) {
  int count = 0;
  for (const OperatorDef& op : graph.operators) count += op.op == BuiltinOp::kDequantize;
  return count;
}

// Returns the number of inputs that are halves, all equal.
int ExpectSame(const SubgraphDef& ours, const SubgraphDef& theirs) {
  EXPECT_EQ(ours.operators.size(), theirs.operators.size());
  EXPECT_EQ(CountHalves(ours), CountHalves(theirs));
  int halves = 0;
  for (size_t i = 0; i < std::min(ours.operators.size(), theirs.operators.size()); ++i) {
    const OperatorDef& a = ours.operators[i];
    const OperatorDef& b = theirs.operators[i];
    EXPECT_EQ(a.op, b.op);
    EXPECT_EQ(a.version, b.version);
    if (a.op == BuiltinOp::kDequantize) continue;  // in whatever order; all before the others
    for (size_t slot = 0; slot < std::min(a.inputs.size(), b.inputs.size()); ++slot) {
      if (a.inputs[slot] == kAbsentTensor || b.inputs[slot] == kAbsentTensor) continue;
      const TensorDef& x = Behind(ours, a.inputs[slot]);
      const TensorDef& y = Behind(theirs, b.inputs[slot]);
      EXPECT_EQ(x.type, y.type) << x.name;
      EXPECT_EQ(x.shape, y.shape) << x.name;
      EXPECT_EQ(x.data.size(), y.data.size()) << x.name;
      if (x.data.empty() || x.data.size() != y.data.size()) continue;
      EXPECT_EQ(std::memcmp(x.data.data(), y.data.data(), x.data.size()), 0) << x.name;
      halves += x.type == DataType::kFloat16;
    }
  }
  return halves;
}

TEST(Float16Test, EqualsTheConverter) {
  const std::string goldens = testing::GoldensFolder();
  if (goldens.empty()) GTEST_SKIP() << testing::MissingGoldens();
  const std::string folder = absl::StrCat(goldens, "/ops");
  int halves = 0;
  int files = 0;
  for (const std::string& file : testing::FilesEndingIn(folder, kSuffix)) {
    const std::string name(absl::StripSuffix(file, kSuffix));
    SCOPED_TRACE(name);
    const std::string source =
        testing::ReadFile(absl::StrCat(folder, "/", name, ".float32.tflite"));
    if (source.empty()) continue;
    ++files;
    const auto quantized = QuantizeModel(source, {.mode = QuantizationMode::kFloat16});
    ASSERT_TRUE(quantized.ok()) << quantized.status();
    const auto ours = ReadModel(quantized->bytes);
    const auto theirs = ReadModel(testing::ReadFile(absl::StrCat(folder, "/", file)));
    ASSERT_TRUE(ours.ok() && theirs.ok());
    halves += ExpectSame((*ours)->main(), (*theirs)->main());
  }
  EXPECT_GE(files, 15);
  EXPECT_GE(halves, 25);
}

}  // namespace
}  // namespace octet
