// Models against TensorFlow Lite's own answers, on every instruction set of this machine.
//
// Integer answers are equal byte for byte, as are those of hybrid operators alone; float answers
// lie within a bound that follows from the arithmetic.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/model/model.h"
#include "octet/engine.h"
#include "tests/conformance/models/float_bound.h"
#include "tests/conformance/models/golden.h"
#include "tests/support/goldens.h"
#include "tests/support/npy.h"

namespace octet::testing {
namespace {

// Largest difference of codes or values, and where.
struct Difference {
  double largest = 0;
  size_t differing = 0;
  size_t first = 0;
};

template <typename T>
Difference Compare(absl::Span<const std::byte> got, const std::string& want) {
  Difference difference;
  for (size_t i = 0; i < got.size() / sizeof(T); ++i) {
    T a;
    T b;
    std::memcpy(&a, got.data() + i * sizeof(T), sizeof(T));
    std::memcpy(&b, want.data() + i * sizeof(T), sizeof(T));
    if (std::memcmp(&a, &b, sizeof(T)) == 0) continue;
    if (difference.differing++ == 0) difference.first = i;
    difference.largest =
        std::max(difference.largest, std::abs(static_cast<double>(a) - static_cast<double>(b)));
  }
  return difference;
}

Difference CompareAs(DataType type, absl::Span<const std::byte> got, const std::string& want) {
  switch (type) {
    case DataType::kFloat32:
      return Compare<float>(got, want);
    case DataType::kUint8:
      return Compare<uint8_t>(got, want);
    case DataType::kInt32:
      return Compare<int32_t>(got, want);
    default:
      return Compare<int8_t>(got, want);
  }
}

double Magnitude(const NpyArray& array) {
  double largest = 0;
  if (array.descr != "<f4") return largest;
  for (size_t i = 0; i + sizeof(float) <= array.bytes.size(); i += sizeof(float)) {
    float v;
    std::memcpy(&v, array.bytes.data() + i, sizeof(v));
    largest = std::max(largest, static_cast<double>(std::abs(v)));
  }
  return largest;
}

// Runs a model on its recorded inputs and compares all outputs. `bounds`: largest difference for
// each output; empty demands equal bytes.
void RunAndCompare(const Golden& golden, const CompiledModel& model, ExecutionContext& context,
                   absl::Span<const double> bounds) {
  const ModelDescription& description = model.description();
  const absl::Status filled = FillInputs(golden, model, context);
  ASSERT_TRUE(filled.ok()) << filled;
  ASSERT_TRUE(context.Run().ok());
  for (size_t i = 0; i < description.outputs.size(); ++i) {
    auto want = Expected(golden, description.rounding, static_cast<int>(i));
    ASSERT_TRUE(want.ok()) << want.status();
    const auto got = context.output(i);
    ASSERT_EQ(want->bytes.size(), got.size()) << "output " << i;
    const Difference difference = CompareAs(description.outputs[i].type, got, want->bytes);
    const double bound = bounds.empty() ? 0 : bounds[i];
    EXPECT_LE(difference.largest, bound) << "output " << i << ": " << difference.differing
                                         << " elements differ, the first at " << difference.first;
    if (bounds.empty()) {
      EXPECT_EQ(difference.differing, 0u) << "output " << i;
    }
  }
}

bool HasLoop(const Model& model) {
  const auto& operators = model.main().operators;
  return std::any_of(operators.begin(), operators.end(),
                     [](const OperatorDef& op) { return op.op == BuiltinOp::kWhile; });
}

bool IsHybrid(const Model& model) {
  for (const OperatorDef& op : model.main().operators) {
    if (op.inputs.size() < 2 || op.inputs[1] == kAbsentTensor) continue;
    if (model.main().tensors[op.outputs[0]].type == DataType::kFloat32 &&
        model.main().tensors[op.inputs[1]].type == DataType::kInt8) {
      return true;
    }
  }
  return false;
}

bool HasFloatProducts(const Model& model) {
  for (const OperatorDef& op : model.main().operators) {
    if (op.op == BuiltinOp::kDequantize || op.op == BuiltinOp::kQuantize) continue;
    for (int32_t t : op.outputs) {
      const TensorDef& tensor = model.main().tensors[t];
      if (tensor.type == DataType::kFloat32) return true;
    }
  }
  return false;
}

bool OnlyIntegerOutputs(const Model& model) {
  const SubgraphDef& main = model.main();
  return std::none_of(main.outputs.begin(), main.outputs.end(),
                      [&](int32_t t) { return main.tensors[t].type == DataType::kFloat32; });
}

absl::StatusOr<std::vector<double>> BoundsFor(const Golden& golden, const Model& model) {
  if (!HasFloatProducts(model) || IsHybrid(model) || OnlyIntegerOutputs(model)) {
    return std::vector<double>();
  }
  std::vector<double> magnitudes;
  for (size_t i = 0; i < model.main().inputs.size(); ++i) {
    auto array = ReadNpy(golden.Path(absl::StrCat(".in", i, ".npy")));
    if (!array.ok()) return array.status();
    magnitudes.push_back(Magnitude(*array));
  }
  std::vector<double> recorded;
  for (size_t i = 0; i < model.main().outputs.size(); ++i) {
    auto array = ReadNpy(golden.Path(absl::StrCat(".out", i, ".npy")));
    if (!array.ok()) return array.status();
    recorded.push_back(Magnitude(*array));
  }
  return FloatDifferenceBound(model, magnitudes, recorded);
}

// A loop carries every difference into its next iteration; a bound would grow beyond use.
void RunLoopAndCompare(const Golden& golden, const CompiledModel& model,
                       ExecutionContext& context) {
  const absl::Status filled = FillInputs(golden, model, context);
  ASSERT_TRUE(filled.ok()) << filled;
  ASSERT_TRUE(context.Run().ok());
  for (int i = 0; i < static_cast<int>(model.description().outputs.size()); ++i) {
    ASSERT_EQ(model.description().outputs[i].type, DataType::kFloat32);
    const absl::Status close = CheckAsCloseAsRecorded(golden, i, context.output(i));
    EXPECT_TRUE(close.ok()) << "output " << i << ": " << close;
  }
}

// Loads, compiles for each instruction set and compares.
void Check(const Golden& golden, Rounding rounding) {
  auto model = LoadModel(ReadFile(golden.Path(".tflite")));
  ASSERT_TRUE(model.ok()) << golden.name << ": " << model.status();
  const bool has_loop = HasLoop(**model);
  auto bounds = has_loop ? std::vector<double>() : BoundsFor(golden, **model);
  for (const std::string& isa : UsableIsas()) {
    SCOPED_TRACE(absl::StrCat(golden.name, " on ", isa));
    CompileOptions options;
    options.rounding = rounding;
    options.isa = isa;
    auto compiled = CompiledModel::Compile(*model, options);
    ASSERT_TRUE(compiled.ok()) << compiled.status();
    ASSERT_TRUE(bounds.ok()) << bounds.status();
    auto context = ExecutionContext::Create(*compiled);
    ASSERT_TRUE(context.ok()) << context.status();
    if (has_loop) {
      RunLoopAndCompare(golden, **compiled, **context);
    } else {
      RunAndCompare(golden, **compiled, **context, *bounds);
    }
  }
}

class GoldenModels : public ::testing::TestWithParam<Rounding> {
 protected:
  void SetUp() override {
    if (GoldensFolder().empty()) GTEST_SKIP() << MissingGoldens();
  }
};

TEST_P(GoldenModels, SingleOperators) {
  const std::vector<Golden> goldens = GoldensOf(GoldensFolder() + "/ops");
  EXPECT_GE(goldens.size(), 276u);
  for (const Golden& golden : goldens) {
    Check(golden, GetParam());
  }
  std::cout << goldens.size() << " cases run on " << absl::StrJoin(UsableIsas(), ", ") << "\n";
}

INSTANTIATE_TEST_SUITE_P(Rules, GoldenModels,
                         ::testing::Values(Rounding::kFloat32, Rounding::kFixedPoint),
                         [](const auto& info) { return std::string(RoundingName(info.param)); });

}  // namespace
}  // namespace octet::testing
