// Operators alone against LiteRT's recorded answers, under both rules and on every instruction set
// of this machine. Integer and hybrid answers are equal byte for byte; a float answer that LiteRT
// itself may compute in another order lies within the bound that stands beside it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iostream>
#include <set>
#include <tuple>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/conformance/ops/op_goldens.h"

namespace octet::testing {
namespace {

// Instruction sets that are built and that this machine has.
std::vector<std::string> Isas() {
  std::vector<std::string> usable;
  for (absl::string_view isa : absl::StrSplit(BuiltIsaNames(), ',')) {
    if (CheckIsa(isa).ok()) usable.emplace_back(isa);
  }
  return usable;
}

// Number of elements of `T` that differ more than `bound` allows, or at all without one.
template <typename T>
size_t CountApart(absl::Span<const std::byte> got, const std::string& want,
                  const std::optional<GoldenBound>& bound, std::string* first) {
  size_t apart = 0;
  for (size_t i = 0; i < want.size() / sizeof(T); ++i) {
    T a;
    T b;
    std::memcpy(&a, got.data() + i * sizeof(T), sizeof(T));
    std::memcpy(&b, want.data() + i * sizeof(T), sizeof(T));
    if (std::memcmp(&a, &b, sizeof(T)) == 0) continue;
    const double limit =
        bound ? bound->absolute + bound->relative * std::abs(static_cast<double>(b)) : -1;
    if (std::abs(static_cast<double>(a) - static_cast<double>(b)) <= limit) continue;
    if (apart++ == 0) {
      *first = absl::StrCat("element ", i, " is ", +a, ", not ", +b, ", limit ", limit);
    }
  }
  return apart;
}

size_t CountApart(const GoldenTensor& want, absl::Span<const std::byte> got,
                  const std::optional<GoldenBound>& bound, std::string* first) {
  if (want.type == "FLOAT32") return CountApart<float>(got, want.bytes, bound, first);
  if (want.type == "INT8") return CountApart<int8_t>(got, want.bytes, {}, first);
  if (want.type == "INT16") return CountApart<int16_t>(got, want.bytes, {}, first);
  if (want.type == "INT32") return CountApart<int32_t>(got, want.bytes, {}, first);
  if (want.type == "INT64") return CountApart<int64_t>(got, want.bytes, {}, first);
  return CountApart<uint8_t>(got, want.bytes, {}, first);
}

void ExpectAnswer(const GoldenTensor& want, absl::Span<const std::byte> got, const Shape& shape,
                  const std::optional<GoldenBound>& bound) {
  EXPECT_EQ(shape, want.shape);
  ASSERT_EQ(got.size(), want.bytes.size());
  std::string first;
  const size_t apart = CountApart(want, got, bound, &first);
  EXPECT_EQ(apart, 0u) << apart << " elements of " << want.type << ": " << first;
}

// A model that is batchable stands at one row; the recorded run may have more.
absl::Status FitRows(const GoldenRun& run, const ModelDescription& description,
                     ExecutionContext& context) {
  if (!description.batchable || run.inputs.empty()) return absl::OkStatus();
  return context.SetRows(run.inputs[0].shape.dim(0));
}

void Replay(const GoldenCase& golden, const CompiledModel& model, ExecutionContext& context) {
  for (const GoldenRun& run : golden.runs) {
    ASSERT_TRUE(FitRows(run, model.description(), context).ok());
    for (size_t i = 0; i < run.inputs.size(); ++i) {
      ASSERT_EQ(context.input(i).size(), run.inputs[i].bytes.size()) << "input " << i;
      std::memcpy(context.input(i).data(), run.inputs[i].bytes.data(), run.inputs[i].bytes.size());
    }
    const absl::Status status = context.Run();
    ASSERT_TRUE(status.ok()) << status;
    const auto& expected = run.Expected(model.description().rounding);
    ASSERT_EQ(model.description().outputs.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      SCOPED_TRACE(absl::StrCat("output ", i));
      ExpectAnswer(expected[i], context.output(i), context.output_shape(i), golden.bound);
    }
  }
}

// The first operator of a case that no row of the registry takes; empty where all are known.
std::string UnknownOperator(const GoldenCase& golden, const Model* model) {
  static const auto* const rows = new std::vector<SupportedOp>(ListOps());
  for (const OperatorTypes& types :
       model == nullptr ? std::vector<OperatorTypes>{golden.types} : OperatorsOf(*model)) {
    if (!AnyRowTakes(*rows, types)) return Describe(types);
  }
  return "";
}

// True where the case was run; else an operator of it is not supported yet, named in `unknown`.
bool Check(const GoldenCase& golden, Rounding rounding, std::string* unknown) {
  auto model = LoadModel(golden.model);
  *unknown = UnknownOperator(golden, model.ok() ? model->get() : nullptr);
  if (!unknown->empty()) return false;
  EXPECT_TRUE(model.ok()) << model.status();
  if (!model.ok()) return true;
  for (const std::string& isa : Isas()) {
    SCOPED_TRACE(absl::StrCat(golden.name, " on ", isa));
    CompileOptions options;
    options.rounding = rounding;
    options.isa = isa;
    auto compiled = CompiledModel::Compile(*model, options);
    EXPECT_TRUE(compiled.ok()) << compiled.status();
    if (!compiled.ok()) return true;
    auto context = ExecutionContext::Create(*compiled);
    EXPECT_TRUE(context.ok()) << context.status();
    if (context.ok()) Replay(golden, **compiled, **context);
  }
  return true;
}

class OpGoldens : public ::testing::TestWithParam<std::tuple<std::string, Rounding>> {};

TEST_P(OpGoldens, AnswersAsRecorded) {
  const auto& [op, rounding] = GetParam();
  auto cases = ReadOpGoldens(op);
  ASSERT_TRUE(cases.ok()) << cases.status();
  EXPECT_FALSE(cases->empty());
  size_t run = 0;
  std::set<std::string> unknown;
  for (const GoldenCase& golden : *cases) {
    std::string name;
    if (Check(golden, rounding, &name)) {
      ++run;
    } else {
      unknown.insert(name);
    }
  }
  std::cout << op << ": " << run << " of " << cases->size() << " cases run\n";
  for (const std::string& name : unknown) std::cout << "  not supported yet: " << name << "\n";
}

INSTANTIATE_TEST_SUITE_P(Ops, OpGoldens,
                         ::testing::Combine(::testing::ValuesIn(OpsWithGoldens()),
                                            ::testing::Values(Rounding::kFloat32,
                                                              Rounding::kFixedPoint)),
                         [](const auto& info) {
                           return absl::StrCat(std::get<0>(info.param), "_",
                                               RoundingName(std::get<1>(info.param)));
                         });

// The table of operators that documentation prints holds nothing that LiteRT did not answer.
TEST(OpTable, EveryRowHasARecordedAnswer) {
  std::vector<OperatorTypes> answered;
  for (const std::string& op : OpsWithGoldens()) {
    auto cases = ReadOpGoldens(op);
    ASSERT_TRUE(cases.ok()) << cases.status();
    for (const GoldenCase& golden : *cases) {
      answered.push_back(golden.types);
      auto model = LoadModel(golden.model);
      if (!model.ok()) continue;
      for (OperatorTypes& types : OperatorsOf(**model)) answered.push_back(std::move(types));
    }
  }
  const std::vector<SupportedOp> rows = ListOps();
  EXPECT_FALSE(rows.empty());
  for (const SupportedOp& row : rows) {
    EXPECT_TRUE(std::any_of(answered.begin(), answered.end(),
                            [&](const OperatorTypes& types) { return Takes(row, types); }))
        << "no recorded answer for " << Describe(row);
  }
}

}  // namespace
}  // namespace octet::testing
