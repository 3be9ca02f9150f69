#include "tests/bench/profile.h"

#include <algorithm>

#include "absl/strings/str_format.h"

namespace octet {
namespace {

// Products that go into one element of the output.
int64_t Depth(BuiltinOp kind, absl::Span<const Shape> inputs, const Shape& output) {
  switch (kind) {
    case BuiltinOp::kConv2d:  // filter [out, height, width, in]
    case BuiltinOp::kFullyConnected:
      return inputs[1].InnerElements(1);
    case BuiltinOp::kDepthwiseConv2d:  // [1, height, width, out]
      return inputs[1].num_elements() / std::max<int64_t>(output.dim(output.rank() - 1), 1);
    case BuiltinOp::kConv3d:  // [depth, height, width, in, out]
      return inputs[1].OuterElements(inputs[1].rank() - 1);
    case BuiltinOp::kBatchMatmul: {
      // The left matrix, as it stands or transposed, is the output's rows by the depth.
      const Shape& left = inputs[0];
      const int64_t rows = output.dim(output.rank() - 2);
      return left.InnerElements(left.rank() - 2) / std::max<int64_t>(rows, 1);
    }
    default:
      return 0;
  }
}

std::string Shapes(absl::Span<const Shape> shapes) {
  std::string text;
  for (const Shape& shape : shapes) text += shape.ToString();
  return text;
}

std::string OfBound(const StepBound& bound, double us) {
  if (bound.kind == StepBound::Kind::kUnknown || us <= 0) return "-";
  return absl::StrFormat("%s %.1f%%",
                         bound.kind == StepBound::Kind::kCompute ? "compute" : "memory",
                         100 * bound.us / us);
}

std::string LimitsText(const MachineLimits& limits) {
  std::string text = "limits: int8 ";
  if (limits.int8_macs_per_second > 0) {
    absl::StrAppendFormat(&text, "%.0f GMAC/s", limits.int8_macs_per_second / 1e9);
  } else {
    text += "not known";
  }
  text += "; reading";
  for (const MachineLimits::Reading& reading : limits.readings) {
    absl::StrAppendFormat(&text, " %d KiB %.0f GB/s", reading.bytes >> 10,
                          reading.bytes_per_second / 1e9);
  }
  return text + "\n";
}

}  // namespace

int64_t StepMacs(BuiltinOp kind, absl::Span<const Shape> inputs, absl::Span<const Shape> outputs) {
  if (kind == BuiltinOp::kTransposeConv) {
    // Each element of the input meets the filter [out, height, width, in] of its channel.
    return inputs[2].num_elements() * inputs[1].OuterElements(3);
  }
  return outputs.empty() ? 0 : outputs[0].num_elements() * Depth(kind, inputs, outputs[0]);
}

int64_t StepMacs(const GraphStep& step, absl::Span<const Shape> inputs,
                 absl::Span<const Shape> outputs) {
  const auto depthwise =
      std::find(step.merged.begin(), step.merged.end(), BuiltinOp::kDepthwiseConv2d);
  if (depthwise == step.merged.end()) return StepMacs(step.kind, inputs, outputs);
  // Every pixel meets all weights once. Those before the depthwise convolution meet the image's.
  int64_t macs = 0;
  int64_t before = depthwise - step.merged.begin();
  for (const Shape& weights : inputs.subspan(1)) {
    if (weights.rank() != 4) continue;  // a bias
    macs += (before-- > 0 ? inputs[0] : outputs[0]).OuterElements(3) * weights.num_elements();
  }
  return macs;
}

Profile::Profile(const Program& program) {
  for (const auto& graph : program.graphs) {
    if (graph == nullptr) continue;
    for (const GraphStep& step : graph->steps) graphs_[&step] = graph.get();
  }
}

void Profile::StepBegins(const GraphStep&) { open_.push_back({Clock::now(), 0}); }

void Profile::StepEnds(const GraphStep& step, absl::Span<const Shape> inputs,
                       absl::Span<const Shape> outputs) {
  const Open open = open_.back();
  const std::chrono::duration<double, std::micro> took = Clock::now() - open.begin;
  open_.pop_back();
  Entry& entry = entries_[&step];
  if (entry.calls == 0) {
    entry.name = StepName(step);
    entry.op_index = step.op_index;
  }
  entry.inputs.assign(inputs.begin(), inputs.end());
  entry.outputs.assign(outputs.begin(), outputs.end());
  entry.macs = StepMacs(step, inputs, outputs);
  const Graph& graph = *graphs_.at(&step);
  entry.work.int8_macs = MultipliesInt8(graph, step) ? entry.macs : 0;
  entry.work.bytes = StepBytes(graph, step, inputs, outputs);
  const double own_us = took.count() - open.nested_us;
  entry.total_us += own_us;
  entry.fastest_us = entry.calls == 0 ? own_us : std::min(entry.fastest_us, own_us);
  ++entry.calls;
  if (!open_.empty()) open_.back().nested_us += took.count();
}

void Profile::Clear() {
  open_.clear();
  for (auto& [step, entry] : entries_) {
    entry.total_us = 0;
    entry.calls = 0;
  }
}

std::vector<Profile::Entry> Profile::Sorted() const {
  std::vector<Entry> sorted;
  for (const auto& [step, entry] : entries_) {
    if (entry.calls > 0) sorted.push_back(entry);
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Entry& a, const Entry& b) { return a.best_us() > b.best_us(); });
  return sorted;
}

std::string Profile::Table(int64_t runs, const MachineLimits& limits) const {
  const std::vector<Entry> sorted = Sorted();
  double best_us = 0;
  double total_us = 0;
  for (const Entry& entry : sorted) {
    best_us += entry.best_us();
    total_us += entry.total_us;
  }
  std::string table = absl::StrFormat("%10s %10s %6s %10s %8s %10s %14s  %4s %-24s %s\n", "best us",
                                      "mean us", "share", "MACs/call", "GMAC/s", "bytes/call",
                                      "of its bound", "op", "kind", "inputs -> outputs");
  for (const Entry& entry : sorted) {
    const double gmacs = entry.fastest_us > 0 ? entry.macs / entry.fastest_us / 1e3 : 0;
    absl::StrAppendFormat(&table,
                          "%10.2f %10.2f %5.1f%% %10d %8.1f %10d %14s  %4d %-24s %s -> %s\n",
                          entry.best_us() / runs, entry.total_us / runs,
                          best_us > 0 ? 100 * entry.best_us() / best_us : 0, entry.macs, gmacs,
                          entry.work.bytes, OfBound(BoundOf(limits, entry.work), entry.fastest_us),
                          entry.op_index, entry.name, Shapes(entry.inputs), Shapes(entry.outputs));
  }
  table += LimitsText(limits);
  absl::StrAppendFormat(&table, "%10.2f %10.2f us a run inside %d steps\n", best_us / runs,
                        total_us / runs, sorted.size());
  return table;
}

}  // namespace octet
