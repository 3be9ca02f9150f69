// The worked examples of engine/WORKED_EXAMPLES.md, as a reader finds them there: each is built,
// run under both rules on every instruction set of this machine, and compared with the page.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <set>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "engine/base/status_macros.h"
#include "tests/conformance/numerics/worked_model.h"
#include "tests/conformance/numerics/worked_table.h"
#include "tests/support/run_model.h"

namespace octet::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string ReadText(const std::string& path) {
  std::ifstream file(absl::StrCat(OCTET_SOURCE_DIR, "/", path));
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

const std::string& Page() {
  static const auto* const text = new std::string(ReadText("engine/WORKED_EXAMPLES.md"));
  return *text;
}

const std::string& Schema() {
  static const auto* const text = new std::string(ReadText("engine/model/schema/tflite.fbs"));
  return *text;
}

// Instruction sets that are built and that this machine has.
std::vector<std::string> Isas() {
  std::vector<std::string> usable;
  for (absl::string_view isa : absl::StrSplit(BuiltIsaNames(), ',')) {
    if (CheckIsa(isa).ok()) usable.emplace_back(isa);
  }
  return usable;
}

// The kind of arithmetic of a type combination: the result's type where that is a code, else the
// inputs'; float activations that meet int8 weights are "hybrid", numbers and indices "plain".
std::string Arithmetic(const std::vector<std::string>& inputs,
                       const std::vector<std::string>& outputs) {
  std::set<std::string> in;
  std::set<std::string> out;
  for (std::string type : inputs) in.insert(absl::StrReplaceAll(type, {{"?", ""}, {"...", ""}}));
  for (std::string type : outputs) out.insert(absl::StrReplaceAll(type, {{"...", ""}}));
  for (const auto& [type, kind] :
       {std::pair("INT16", "int16"), {"UINT8", "uint8"}, {"INT8", "int8"}}) {
    if (out.count(type) > 0) return kind;
  }
  const bool real = in.count("FLOAT32") + in.count("FLOAT16") > 0;
  if (real && in.count("INT8") + in.count("UINT8") > 0) return "hybrid";
  for (const auto& [type, kind] :
       {std::pair("INT16", "int16"), {"UINT8", "uint8"}, {"INT8", "int8"}}) {
    if (in.count(type) > 0) return kind;
  }
  return real || out.count("FLOAT32") > 0 ? "float" : "plain";
}

std::string ArithmeticOf(const WorkedExample& example) {
  for (const WorkedOperator& op : example.graphs[0].operators) {
    if (op.op != example.op) continue;
    std::vector<std::string> types[2];
    for (const auto* names : {&op.arguments, &op.results}) {
      for (const std::string& name : *names) {
        const auto tensor = FindTensor(example, name);
        if (tensor.ok()) types[names == &op.results].emplace_back(DataTypeName((*tensor)->type));
      }
    }
    return Arithmetic(types[0], types[1]);
  }
  return absl::StrCat("no ", example.op, " in the main graph");
}

absl::Status CompareReals(const std::string& got, const std::string& want, WorkedBound bound) {
  for (size_t i = 0; i < want.size() / sizeof(float); ++i) {
    float a;
    float b;
    std::memcpy(&a, got.data() + i * sizeof(float), sizeof(float));
    std::memcpy(&b, want.data() + i * sizeof(float), sizeof(float));
    if (std::memcmp(&a, &b, sizeof(float)) == 0) continue;
    const double ulp =
        std::nextafter(std::abs(b), std::numeric_limits<float>::infinity()) - std::abs(b);
    if (std::abs(static_cast<double>(a) - b) <= bound.absolute + bound.ulps * ulp) continue;
    return absl::FailedPreconditionError(absl::StrCat("element ", i, " is ", a, ", not ", b));
  }
  return absl::OkStatus();
}

absl::Status CompareCodes(const std::string& got, const std::string& want, size_t size) {
  for (size_t i = 0; i < want.size(); ++i) {
    if (got[i] == want[i]) continue;
    return absl::FailedPreconditionError(
        absl::StrCat("element ", i / size, " differs: byte ", i % size, " is ",
                     static_cast<int>(static_cast<uint8_t>(got[i])), ", not ",
                     static_cast<int>(static_cast<uint8_t>(want[i]))));
  }
  return absl::OkStatus();
}

// One result against the page's values.
absl::Status Compare(absl::Span<const std::byte> got, const Shape& shape, const NestedValues& want,
                     DataType type, const WorkedBound& bound) {
  OCTET_ASSIGN_OR_RETURN(const std::string bytes, EncodeValues(want, type));
  if (shape.dims() != absl::MakeConstSpan(want.shape) || got.size() != bytes.size()) {
    return absl::FailedPreconditionError(absl::StrCat("has the shape ", shape.ToString()));
  }
  const std::string copy(reinterpret_cast<const char*>(got.data()), got.size());
  return type == DataType::kFloat32 ? CompareReals(copy, bytes, bound)
                                    : CompareCodes(copy, bytes, DataTypeSize(type));
}

absl::Status FillInputs(const WorkedExample& example, ExecutionContext& context) {
  const std::vector<std::string>& inputs = example.graphs[0].inputs;
  for (size_t i = 0; i < inputs.size(); ++i) {
    OCTET_ASSIGN_OR_RETURN(const WorkedTensor* tensor, FindTensor(example, inputs[i]));
    OCTET_ASSIGN_OR_RETURN(const std::string bytes, EncodeValues(*tensor->values, tensor->type));
    if (context.input(i).size() != bytes.size()) {
      return absl::FailedPreconditionError(absl::StrCat("another size of input ", inputs[i]));
    }
    if (!bytes.empty()) std::memcpy(context.input(i).data(), bytes.data(), bytes.size());
  }
  return absl::OkStatus();
}

// Runs an example once; an error where its answer is not the page's.
absl::Status Run(const WorkedExample& example, const std::string& file, const RunOptions& options) {
  OCTET_ASSIGN_OR_RETURN(auto model, CompileBytes(file, options));
  OCTET_ASSIGN_OR_RETURN(auto context, ExecutionContext::Create(model));
  const WorkedGraph& main = example.graphs[0];
  if (model->description().batchable && !main.inputs.empty()) {
    OCTET_ASSIGN_OR_RETURN(const WorkedTensor* first, FindTensor(example, main.inputs[0]));
    OCTET_RETURN_IF_ERROR(context->SetRows(first->shape[0]));
  }
  OCTET_RETURN_IF_ERROR(FillInputs(example, *context));
  OCTET_RETURN_IF_ERROR(context->Run());
  const auto& want = options.rounding == Rounding::kFloat32 ? example.float32 : example.fixed_point;
  for (size_t i = 0; i < want.size(); ++i) {
    OCTET_ASSIGN_OR_RETURN(const WorkedTensor* tensor, FindTensor(example, main.outputs[i]));
    const absl::Status same =
        Compare(context->output(i), context->output_shape(i), want[i], tensor->type, example.bound);
    if (!same.ok())
      return absl::FailedPreconditionError(absl::StrCat(tensor->name, ": ", same.message()));
  }
  return absl::OkStatus();
}

// What is wrong with an example under any rule, on any instruction set; empty where all is well.
std::string Check(const WorkedExample& example) {
  std::string wrong;
  auto file = BuildWorkedModel(example, Schema());
  if (!file.ok()) return std::string(file.status().message());
  for (Rounding rounding : kBothRules) {
    for (const std::string& isa : Isas()) {
      RunOptions options;
      options.rounding = rounding;
      options.isa = isa;
      const absl::Status status = Run(example, *file, options);
      if (!status.ok()) {
        absl::StrAppend(&wrong, RoundingName(rounding), " on ", isa, ": ", status.message(), "\n");
      }
    }
  }
  return wrong;
}

std::vector<WorkedExample> Examples() {
  auto examples = ReadWorkedExamples(Page());
  EXPECT_TRUE(examples.ok()) << examples.status();
  return examples.ok() ? *std::move(examples) : std::vector<WorkedExample>();
}

TEST(WorkedExamplesTest, EveryLineHolds) {
  const std::vector<WorkedExample> examples = Examples();
  EXPECT_FALSE(examples.empty());
  for (const WorkedExample& example : examples) {
    EXPECT_THAT(Check(example), IsEmpty()) << "line " << example.line << ", " << example.op;
  }
}

// An operator that only moves values, or makes them, has one line; it holds for every type.
TEST(WorkedExamplesTest, LinesOfAnyTypeHoldForEveryType) {
  const std::vector<SupportedOp> rows = ListOps();
  for (const WorkedExample& example : Examples()) {
    if (example.arithmetic != "any") continue;
    for (const SupportedOp& row : rows) {
      if (row.op != example.op) continue;
      const auto typed = WithTypesOf(example, row);
      ASSERT_TRUE(typed.ok()) << typed.status();
      EXPECT_THAT(Check(*typed), IsEmpty()) << "line " << example.line << ", " << row.op << " of "
                                            << ::testing::PrintToString(row.inputs);
    }
  }
}

TEST(WorkedExamplesTest, LinesAreOfTheirArithmeticAndOfKnownOperators) {
  std::set<std::string> known;
  for (const SupportedOp& row : ListOps()) known.insert(row.op);
  for (const WorkedExample& example : Examples()) {
    EXPECT_EQ(known.count(example.op), 1u) << "line " << example.line << ": " << example.op;
    if (example.arithmetic == "any") continue;
    EXPECT_EQ(ArithmeticOf(example), example.arithmetic)
        << "line " << example.line << ": " << example.op;
  }
}

TEST(WorkedExamplesTest, EveryOperatorHasALineForEachArithmetic) {
  std::set<std::pair<std::string, std::string>> shown;
  for (const WorkedExample& example : Examples()) shown.emplace(example.op, example.arithmetic);
  std::set<std::string> missing;
  for (const SupportedOp& row : ListOps()) {
    const std::string arithmetic = Arithmetic(row.inputs, row.outputs);
    if (shown.count({row.op, "any"}) + shown.count({row.op, arithmetic}) == 0) {
      missing.insert(absl::StrCat(row.op, " ", arithmetic));
    }
  }
  EXPECT_THAT(missing, IsEmpty());
}

TEST(NumericsPageTest, NamesEveryOperator) {
  const std::string page = ReadText("engine/NUMERICS.md");
  std::set<std::string> named;
  for (absl::string_view word : absl::StrSplit(page, absl::ByAnyChar(" \n,.;:()|`/"))) {
    named.emplace(word);
  }
  std::set<std::string> missing;
  for (const SupportedOp& row : ListOps()) {
    if (named.count(row.op) == 0) missing.insert(row.op);
  }
  EXPECT_THAT(missing, IsEmpty());
}

constexpr char kHeader[] =
    "| operator | arithmetic | model | tensors | fixed_point | float32 | within | remark |\n"
    "|---|---|---|---|---|---|---|---|\n";

absl::StatusOr<std::vector<WorkedExample>> ReadLine(const std::string& line) {
  return ReadWorkedExamples(absl::StrCat(kHeader, line, "\n"));
}

TEST(WorkedTableTest, FindsAWrongAnswer) {
  const auto right =
      ReadLine("| NEG | plain | `y = NEG(x)` | x int32 [1, -2]; y int32 | [-1, 2] | | | |");
  ASSERT_TRUE(right.ok()) << right.status();
  EXPECT_THAT(Check(right->at(0)), IsEmpty());
  for (const char* answer : {"[-1, 3]", "[-1, 2, 0]", "[[-1, 2]]"}) {
    const auto wrong = ReadLine(absl::StrCat(
        "| NEG | plain | `y = NEG(x)` | x int32 [1, -2]; y int32 | ", answer, " | | | |"));
    ASSERT_TRUE(wrong.ok()) << wrong.status();
    EXPECT_THAT(Check(wrong->at(0)), HasSubstr("y: ")) << answer;
  }
}

TEST(WorkedTableTest, HoldsEachRuleToItsOwnAnswer) {
  const auto example =
      ReadLine("| NEG | plain | `y = NEG(x)` | x int32 [1]; y int32 | [-1] | [7] | | |");
  ASSERT_TRUE(example.ok()) << example.status();
  const std::string wrong = Check(example->at(0));
  EXPECT_THAT(wrong, HasSubstr("float32 on"));
  EXPECT_FALSE(absl::StrContains(wrong, "fixed_point")) << wrong;
}

TEST(WorkedTableTest, HoldsRealsToTheBound) {
  const std::string line =
      "| SQUARE | float | `y = SQUARE(x)` | x float [1]; y float | [1.0000001] | | ";
  const auto exact = ReadLine(line + "| |");
  const auto near = ReadLine(line + "1 ulp | |");
  const auto absolute = ReadLine(line + "1e-6 | |");
  ASSERT_TRUE(exact.ok() && near.ok() && absolute.ok());
  EXPECT_THAT(Check(exact->at(0)), HasSubstr("element 0"));
  EXPECT_THAT(Check(near->at(0)), IsEmpty());
  EXPECT_THAT(Check(absolute->at(0)), IsEmpty());
}

TEST(WorkedTableTest, RefusesWhatDoesNotFollowTheGrammar) {
  for (const char* line : {
           "| NEG | plain | `y = NEG(x)` | x int32 [1]; y int32 | [-1] | | |",    // seven cells
           "| NEG | plain | `y = NEG x` | x int32 [1]; y int32 | [-1] | | | |",   // no operator
           "| NEG | plain | `y = NEG(x)` | x int33 [1]; y int32 | [-1] | | | |",  // no type
           "| NEG | plain | `y = NEG(x)` | x int32 [[1], [2, 3]]; y int32 | [1] | | | |",  // ragged
           "| NEG | plain | `y = NEG(x)` | x int32 [1; y int32 | [-1] | | | |",        // not closed
           "| NEG | plain | `y = NEG(x)` | x int32 [1]; y int32 | | | | |",            // no answer
           "| NEG | plain | `y = NEG(x)` | x int32 [1]; y int32 | [-1] | | near | |",  // no bound
           "| NEG | plain | `y = NEG(x)` | x int32 [1]; y int32 | [-1] | | | | ",      // not a row
       }) {
    EXPECT_FALSE(ReadLine(line).ok()) << line;
  }
  EXPECT_FALSE(ReadWorkedExamples("| operator | arithmetic |\n").ok());
}

TEST(WorkedTableTest, RefusesWhatIsNoModel) {
  for (const char* line : {
           "| NEG | plain | `y = NEG(z)` | x int32 [1]; y int32 | [-1] | | | |",    // no tensor z
           "| NEG | plain | `y = NEG(x)` | x int32 [1.5]; y int32 | [-1] | | | |",  // no int32
           "| NEG | plain | `y = NEG(x)` | x int8 [128]; y int8 | [-1] | | | |",    // no int8
           "| NEG | plain | `y = NEG(x) NegOptions{axis: 1}` | x int32 [1]; y int32 | [-1] | | | |",
           "| NEGATE | plain | `y = NEGATE(x)` | x int32 [1]; y int32 | [-1] | | | |",
       }) {
    const auto example = ReadLine(line);
    ASSERT_TRUE(example.ok()) << example.status();
    EXPECT_FALSE(Check(example->at(0)).empty()) << line;
  }
}

}  // namespace
}  // namespace octet::testing
