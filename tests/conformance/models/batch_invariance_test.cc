// A row's answer never depends on its batch mates: for every recorded model that can be batched, a
// batch of N answers as N runs of one row, byte for byte, float models included (no operator's
// summation order depends on the batch). What cannot be batched says why.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <random>

#include "absl/strings/str_cat.h"
#include "tests/conformance/models/golden.h"
#include "tests/support/goldens.h"

namespace octet::testing {
namespace {

constexpr int kRows = 5;

using Bytes = std::vector<std::byte>;

// Inputs of one row, by index.
using Row = std::vector<Bytes>;

Bytes Copy(absl::Span<const std::byte> bytes) { return Bytes(bytes.begin(), bytes.end()); }

// The recorded row first. The others hold its elements in another order, for values of a plausible
// range; one of them, where elements are codes, the extremes.
std::vector<Row> MakeRows(const CompiledModel& model, ExecutionContext& context) {
  std::mt19937 random(7);
  std::vector<Row> rows(kRows);
  const auto& inputs = model.description().inputs;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Bytes recorded = Copy(context.input(static_cast<int>(i)));
    const size_t size = std::max<size_t>(DataTypeSize(inputs[i].type), 1);
    std::vector<size_t> order(recorded.size() / size);
    for (size_t e = 0; e < order.size(); ++e) order[e] = e;
    for (Row& row : rows) {
      Bytes bytes(recorded.size());
      for (size_t e = 0; e < order.size(); ++e) {
        std::memcpy(bytes.data() + e * size, recorded.data() + order[e] * size, size);
      }
      row.push_back(std::move(bytes));
      std::shuffle(order.begin(), order.end(), random);
    }
    if (size == 1 && inputs[i].type != DataType::kBool) {
      for (std::byte& b : rows.back()[i]) b = random() % 2 == 0 ? std::byte{0x80} : std::byte{0x7f};
    }
  }
  return rows;
}

// Outputs of running `rows` together: by output, then by row.
std::vector<std::vector<Bytes>> RunTogether(ExecutionContext& context, int outputs,
                                            absl::Span<const Row> rows) {
  const absl::Status made = context.SetRows(static_cast<int>(rows.size()));
  EXPECT_TRUE(made.ok()) << made;
  for (size_t r = 0; r < rows.size(); ++r) {
    for (size_t i = 0; i < rows[r].size(); ++i) {
      const Bytes& bytes = rows[r][i];
      std::memcpy(context.input(static_cast<int>(i)).data() + r * bytes.size(), bytes.data(),
                  bytes.size());
    }
  }
  const absl::Status run = context.Run();
  EXPECT_TRUE(run.ok()) << run;
  std::vector<std::vector<Bytes>> all(outputs);
  for (int o = 0; o < outputs; ++o) {
    const auto out = context.output(o);
    const size_t row_bytes = out.size() / rows.size();
    for (size_t r = 0; r < rows.size(); ++r) {
      all[o].push_back(Copy(out.subspan(r * row_bytes, row_bytes)));
    }
  }
  return all;
}

void ExpectRowsApart(const Golden& golden, std::shared_ptr<const CompiledModel> model) {
  auto created = ExecutionContext::Create(model);
  ASSERT_TRUE(created.ok()) << created.status();
  ExecutionContext& context = **created;
  const absl::Status filled = FillInputs(golden, *model, context);
  ASSERT_TRUE(filled.ok()) << filled;
  const std::vector<Row> rows = MakeRows(*model, context);
  const int outputs = static_cast<int>(model->description().outputs.size());
  const auto together = RunTogether(context, outputs, rows);
  for (int r = 0; r < kRows; ++r) {
    const auto alone = RunTogether(context, outputs, {&rows[r], 1});
    for (int o = 0; o < outputs; ++o) {
      EXPECT_TRUE(together[o][r] == alone[o][0])
          << golden.name << ": row " << r << " of output " << o << " depends on its batch mates";
    }
  }
}

struct Tally {
  int batched = 0;
  std::map<std::string, std::vector<std::string>> alone;  // models by reason
};

void CheckFolder(const std::string& folder, Tally& tally) {
  for (const Golden& golden : GoldensOf(folder)) {
    for (Rounding rounding : {Rounding::kFloat32, Rounding::kFixedPoint}) {
      SCOPED_TRACE(absl::StrCat(golden.name, " ", RoundingName(rounding)));
      auto model = LoadModel(ReadFile(golden.Path(".tflite")));
      ASSERT_TRUE(model.ok()) << model.status();
      CompileOptions options;
      options.rounding = rounding;
      options.max_rows = kRows;
      auto compiled = CompiledModel::Compile(*model, options);
      ASSERT_TRUE(compiled.ok()) << compiled.status();
      const ModelDescription& description = (*compiled)->description();
      EXPECT_EQ(description.batchable, description.not_batchable_reason.empty());
      if (description.batchable) {
        ++tally.batched;
        ExpectRowsApart(golden, *compiled);
      } else {
        tally.alone[description.not_batchable_reason].push_back(golden.name);
      }
    }
  }
}

void Print(const Tally& tally) {
  std::cout << tally.batched << " batched (each under both rules)\n";
  for (const auto& [reason, names] : tally.alone) {
    std::cout << "  not batched: " << names[0] << " and " << names.size() - 1 << " more: " << reason
              << "\n";
  }
}

TEST(BatchInvariance, SingleOperators) {
  if (GoldensFolder().empty()) GTEST_SKIP() << MissingGoldens();
  Tally tally;
  CheckFolder(GoldensFolder() + "/ops", tally);
  Print(tally);
  EXPECT_GE(tally.batched, 2 * 183);
}

TEST(BatchInvariance, RealModels) {
  if (GoldensFolder().empty()) GTEST_SKIP() << MissingGoldens();
  Tally tally;
  CheckFolder(GoldensFolder() + "/models", tally);
  Print(tally);
  EXPECT_GE(tally.batched, 2 * 23);
}

}  // namespace
}  // namespace octet::testing
