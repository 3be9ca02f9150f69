// A run allocates nothing: the program's allocation functions count, and the count must stand still
// while a model runs that has run once before. The exceptions, by name, are models whose shapes
// each run finds anew: of what WHERE finds, of variables by handle, and of what subgraphs are
// given.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <new>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "octet/engine.h"
#include "tests/conformance/models/golden.h"
#include "tests/support/goldens.h"

namespace {

std::atomic<int64_t> allocations{0};

void* Counted(std::size_t bytes, std::size_t alignment) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  void* memory = nullptr;
  if (posix_memalign(&memory, alignment, bytes == 0 ? 1 : bytes) != 0) std::abort();
  return memory;
}

}  // namespace

// Every form, those that do not throw among them: a sanitizer has its own of what is left out,
// whose memory these would free.
void* operator new(std::size_t bytes) { return Counted(bytes, alignof(std::max_align_t)); }
void* operator new[](std::size_t bytes) { return Counted(bytes, alignof(std::max_align_t)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return Counted(bytes, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment) {
  return Counted(bytes, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return Counted(bytes, alignof(std::max_align_t));
}
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
  return Counted(bytes, alignof(std::max_align_t));
}
void* operator new(std::size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return Counted(bytes, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment,
                     const std::nothrow_t&) noexcept {
  return Counted(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }

namespace octet::testing {
namespace {

constexpr int kRows = 3;

TEST(RunAllocation, TheCounterCounts) {
  const int64_t before = allocations.load();
  auto value = std::make_unique<std::string>(100, 'x');
  EXPECT_EQ(allocations.load() - before, 2) << *value;
}

// Allocations of one run of `rows` rows that is not the first.
int64_t AllocationsOfRun(ExecutionContext& context, int rows) {
  const absl::Status made = context.SetRows(rows);
  EXPECT_TRUE(made.ok()) << made;
  int64_t before = 0;
  for (int run = 0; run < 2; ++run) {
    before = allocations.load();
    const absl::Status status = context.Run();
    EXPECT_TRUE(status.ok()) << status;
  }
  return allocations.load() - before;
}

struct Tally {
  int settings = 0;
  std::set<std::string> allocating;
};

void CheckModel(const Golden& golden, bool recorded, const std::shared_ptr<ThreadPool>& pool,
                Rounding rounding, Tally& tally) {
  const int threads = pool == nullptr ? 1 : pool->threads();
  SCOPED_TRACE(absl::StrCat(golden.name, ", ", RoundingName(rounding), ", ", threads, " threads"));
  auto model = LoadModelFile(golden.Path(".tflite"));
  ASSERT_TRUE(model.ok()) << model.status();
  CompileOptions options;
  options.rounding = rounding;
  options.max_rows = kRows;
  options.pool = pool;
  auto compiled = CompiledModel::Compile(*model, options);
  ASSERT_TRUE(compiled.ok()) << compiled.status();
  auto context = ExecutionContext::Create(*compiled);
  ASSERT_TRUE(context.ok()) << context.status();
  if (recorded) {
    const absl::Status filled = FillInputs(golden, **compiled, **context);
    ASSERT_TRUE(filled.ok()) << filled;
  }
  for (int rows : {1, kRows}) {
    if (rows > 1 && !(*compiled)->description().batchable) continue;
    ++tally.settings;
    const int64_t count = AllocationsOfRun(**context, rows);
    if (count > 0) tally.allocating.insert(golden.name);
  }
}

Tally CheckFolder(const std::string& folder, bool recorded) {
  Tally tally;
  const auto two = std::make_shared<ThreadPool>(2);
  for (const Golden& golden : GoldensOf(folder)) {
    for (Rounding rounding : {Rounding::kFloat32, Rounding::kFixedPoint}) {
      CheckModel(golden, recorded, nullptr, rounding, tally);
      CheckModel(golden, recorded, two, rounding, tally);
    }
  }
  std::cout << tally.settings << " settings\n";
  for (const std::string& name : tally.allocating) std::cout << "  allocates: " << name << "\n";
  return tally;
}

TEST(RunAllocation, ShippedModels) {
  const Tally tally = CheckFolder(OCTET_DATA_DIR, false);
  EXPECT_GE(tally.settings, 3 * 8);
  EXPECT_EQ(tally.allocating, std::set<std::string>());
}

TEST(RunAllocation, RecordedModels) {
  if (GoldensFolder().empty()) GTEST_SKIP() << MissingGoldens();
  const Tally tally = CheckFolder(GoldensFolder() + "/models", true);
  EXPECT_GE(tally.settings, 4 * 53);
  const std::set<std::string> variables = {"mww_vad_int8_streaming_vars"};
  EXPECT_EQ(tally.allocating, variables);
}

TEST(RunAllocation, RecordedOperators) {
  if (GoldensFolder().empty()) GTEST_SKIP() << MissingGoldens();
  const Tally tally = CheckFolder(GoldensFolder() + "/ops", true);
  EXPECT_GE(tally.settings, 4 * 450);
  const std::set<std::string> found_anew = {"cond_if.float32", "lstm.dynamic", "lstm.float32",
                                            "where.float32", "while_loop.float32"};
  EXPECT_EQ(tally.allocating, found_anew);
}

}  // namespace
}  // namespace octet::testing
